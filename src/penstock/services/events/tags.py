"""Tags of rules and event buses."""

from collections.abc import Iterable

from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.events import names, store
from penstock.services.events.state import bus_of, rule_of, state
from penstock.wire.model import Json


def tag_resource(ctx: Context, request: Json) -> Json:
    put_tags(ctx, _existing(ctx, request["ResourceARN"]), request["Tags"])
    return {}


def untag_resource(ctx: Context, request: Json) -> Json:
    arn = _existing(ctx, request["ResourceARN"])
    ctx.store.many(store.DELETE_TAG, ((arn, key) for key in request["TagKeys"]))
    return {}


def list_tags_for_resource(ctx: Context, request: Json) -> Json:
    rows = ctx.store.all(store.TAGS, _existing(ctx, request["ResourceARN"]))
    return {"Tags": [{"Key": key, "Value": value} for key, value in rows]}


def put_tags(ctx: Context, arn: str, tags: Iterable[Json]) -> None:
    ctx.store.many(store.PUT_TAG, [(arn, tag["Key"], tag["Value"]) for tag in tags])


def _existing(ctx: Context, resource_arn: str) -> str:
    """The ARN, if it is that of a rule or bus that exists. Raises ResourceNotFoundException."""
    try:
        arn = Arn.parse(resource_arn)
    except ValueError:
        raise names.invalid(
            f"Parameter {resource_arn} is not valid. Reason: Provided Arn is not in correct format."
        ) from None
    kind, _, name = arn.resource.partition("/")
    if kind == "rule":
        bus, _, rule = name.rpartition("/")
        rule_of(bus_of(ctx.at(account=arn.account, region=arn.region), bus), rule)
    elif resource_arn not in state(ctx).buses:
        raise AwsError("ResourceNotFoundException", f"Event bus {name} does not exist.")
    return resource_arn
