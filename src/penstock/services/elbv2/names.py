"""ARNs, names and errors of load balancing, and the pages in which things are listed. Pure.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html
"""

import re
from collections.abc import Sequence
from typing import Any, TypeVar

from penstock.base import ids
from penstock.base.arn import arn
from penstock.base.errors import AwsError
from penstock.base.paging import page_key, page_token
from penstock.wire.model import Json

T = TypeVar("T")

PRINCIPAL = "elasticloadbalancing.amazonaws.com"
DOMAIN = "elb.localhost"
_KINDS = {"application": "app", "network": "net"}
_PAGE = 400
_LONGEST = 32
_ALLOWED = re.compile(r"[a-zA-Z0-9-]+")

# region -> hosted zones of its application and network load balancers.
# Source: https://docs.aws.amazon.com/general/latest/gr/elb.html
_ZONES = {
    "us-east-1": ("Z35SXDOTRQ7X7K", "Z26RNL4JYFTOTI"),
    "us-east-2": ("Z3AADJGX6KTTL2", "ZLMOA37VPKANP"),
    "us-west-1": ("Z368ELLRRE2KJ0", "Z24FKFUX50B4VW"),
    "us-west-2": ("Z1H1FL5HABSF5", "Z18D5FSROUN65G"),
    "ca-central-1": ("ZQSVJUPU6J1EY", "Z2EPGBW3API2WT"),
    "eu-central-1": ("Z215JYRZR1TBD5", "Z3F0SRJ5LGBH90"),
    "eu-north-1": ("Z23TAZ6LKFMNIO", "Z1UDT6IFJ4EJM"),
    "eu-west-1": ("Z32O12XQLNTSW2", "Z2IFOLAFXWLO4F"),
    "eu-west-2": ("ZHURV8PSTC4K8", "ZD4D7Y8KGAS4G"),
    "eu-west-3": ("Z3Q77PNBQS71R4", "Z1CMS0P5QUZ6D5"),
    "ap-northeast-1": ("Z14GRHDCWA56QT", "Z31USIVHYNEOWT"),
    "ap-south-1": ("ZP97RAFLXTNZK", "ZVDDRBQ08TROA"),
    "ap-southeast-1": ("Z1LMS91P8CMLE5", "ZKVM4W9LS7TM"),
    "ap-southeast-2": ("Z1GM3OXH4ZPM65", "ZCT6FZBF4DROD"),
    "sa-east-1": ("Z2P70J7HTTTPLU", "ZTK26PT1VY4CU"),
}


def load_balancer_arn(region: str, account: str, kind: str, name: str) -> str:
    resource = f"loadbalancer/{_KINDS[kind]}/{name}/{ids.hex_id(16)}"
    return arn("elasticloadbalancing", region, account, resource)


def target_group_arn(region: str, account: str, name: str) -> str:
    return arn("elasticloadbalancing", region, account, f"targetgroup/{name}/{ids.hex_id(16)}")


def child_arn(parent: str, kind: str) -> str:
    """A new listener of a load balancer, or rule (`listener-rule`) of a listener."""
    head, _, tail = parent.rpartition(":")
    return f"{head}:{kind}/{tail.partition('/')[2]}/{ids.hex_id(16)}"


def full_name(arn_text: str) -> str:
    """`app/my-alb/50dc6c495c0c9188` of a load balancer, `targetgroup/my-group/73e2d6bc24d8a067` of a target group."""
    resource = arn_text.rpartition(":")[2]
    return resource.removeprefix("loadbalancer/")


def is_arn(text: str, kind: str) -> bool:
    """Whether it names a `kind` of load balancing ("loadbalancer", "targetgroup", ...), existing or not."""
    scheme, _, service, *_, resource = text.split(":", 5) if text.count(":") >= 5 else [""] * 6
    return (scheme, service) == ("arn", "elasticloadbalancing") and resource.startswith(f"{kind}/")


def dns_name(name: str, region: str, arn_text: str, internal: bool) -> str:
    """As AWS names it, under a domain that is this machine's."""
    prefix = "internal-" if internal else ""
    return f"{prefix}{name}-{int(arn_text.rpartition('/')[2], 16) % 10**10}.{region}.{DOMAIN}"


def hosted_zone(region: str, kind: str) -> str:
    application, network = _ZONES.get(region, _ZONES["us-east-1"])
    return network if kind == "network" else application


def scope(account: str, region: str) -> str:
    """What load balancers and target groups belong to."""
    return f"{account}/{region}"


def check(what: str, name: str) -> None:
    """`what` begins the sentence: "The load balancer", "Target group". Raises ValidationError."""
    if len(name) > _LONGEST:
        raise invalid(f"{what} name '{name}' cannot be longer than '{_LONGEST}' characters")
    if not _ALLOWED.fullmatch(name):
        raise invalid(
            f"{what} name '{name}' can only contain characters that are alphanumeric characters or hyphens(-)"
        )
    if name.startswith("-") or name.endswith("-"):
        raise invalid(f"{what} name '{name}' cannot begin or end with '-'")


def page(request: Json, member: str, found: Sequence[T]) -> Json:
    """The response of a describe operation."""
    first = 0
    if request.get("Marker"):
        try:
            first = page_key(request["Marker"], int)[0]
        except ValueError:
            raise invalid(f"Invalid marker '{request['Marker']}'") from None
    end = first + request.get("PageSize", _PAGE)
    shown: Json = {member: list(found[first:end])}
    return {**shown, "NextMarker": page_token(end)} if end < len(found) else shown


def pairs(values: Json) -> list[Json]:
    """`{"a": "b"}` -> `[{"Key": "a", "Value": "b"}]`"""
    return [{"Key": key, "Value": value} for key, value in values.items()]


def invalid(message: str) -> AwsError:
    return AwsError("ValidationError", message, status=400)


def unfit(message: str) -> AwsError:
    return AwsError("InvalidConfigurationRequestException", message)


def unsupported(what: str) -> AwsError:
    """What AWS does and Penstock does not."""
    return AwsError("NotImplemented", f"Penstock does not support {what}.", status=501)


def missing(kind: str, message: str, **fields: Any) -> AwsError:
    """`kind`: LoadBalancer, Listener, Rule or TargetGroup."""
    return AwsError(f"{kind}NotFoundException", message, **fields)
