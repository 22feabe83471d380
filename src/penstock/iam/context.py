"""The context keys of a request: what conditions and policy variables look at. Pure.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from penstock.base.arn import account_of
from penstock.iam.patterns import Context
from penstock.iam.principal import Principal

_TYPES = {
    "account": "Account",
    "anonymous": "Anonymous",
    "federated": "FederatedUser",
    "role": "AssumedRole",
    "user": "User",
}


def folded(keys: Mapping[str, str | Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Keys mean the same in any case, and have one value or several."""
    return {key.lower(): (value,) if isinstance(value, str) else tuple(value) for key, value in keys.items()}


def moment_keys(now: float) -> dict[str, str]:
    """What time it is for a request."""
    moment = datetime.fromtimestamp(now, UTC)
    return {"aws:CurrentTime": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "aws:EpochTime": str(int(now))}


def simulated(principal: Principal, now: float, given: Mapping[str, str | Iterable[str]]) -> Context:
    """What a simulation knows of a request: who asks and when, and the keys that it is given."""
    return {**folded(moment_keys(now)), "aws:securetransport": ("false",), **principal_keys(principal), **folded(given)}


def principal_keys(principal: Principal) -> dict[str, tuple[str, ...]]:
    """The context keys that follow from who asks."""
    keys: dict[str, tuple[str, ...]] = {
        "aws:principalisawsservice": (str(principal.kind == "service").lower(),),
        "aws:userid": (principal.user_id,),
    }
    if principal.kind == "service":
        return {**keys, "aws:principalservicename": (principal.arn,), **_source_keys(principal)}
    keys |= {
        "aws:principalarn": (principal.arn,),
        "aws:principalaccount": (principal.account,),
        "aws:principaltype": (_TYPES[principal.kind],),
    }
    if principal.kind == "role":
        keys["aws:principalarn"] = (f"arn:aws:iam::{principal.account}:role/{principal.arn.split('/')[1]}",)
    if principal.kind == "user":
        keys["aws:username"] = (principal.arn.rpartition("/")[2],)
    return keys | {f"aws:principaltag/{name.lower()}": (value,) for name, value in principal.tags}


def _source_keys(service: Principal) -> dict[str, tuple[str, ...]]:
    """A bucket's ARN names no account: it is that in which the service acts."""
    if not service.source:
        return {}
    account = account_of(service.source) or service.account
    keys: dict[str, tuple[str, ...]] = {"aws:sourcearn": (service.source,), "aws:sourceaccount": (account,)}
    # A topic's own policy, as SNS makes it, lets alarms of its account in by a key that has no other use.
    if service.arn == "cloudwatch.amazonaws.com":
        keys["aws:sourceowner"] = (account,)
    return keys
