"""Actions of listeners and rules: what is refused, and the form in which they are described.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Action.html
"""

from collections.abc import Callable

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.elbv2 import names
from penstock.services.elbv2.attribute_tables import ALB, group_kind
from penstock.services.elbv2.state import GROUP, Entry, mine, state
from penstock.wire.model import Json

_UNSUPPORTED = ("authenticate-oidc", "authenticate-cognito", "jwt-validation")
_MOST_ACTIONS = 5
_MOST_GROUPS = 5
_CONTENT_TYPES = ("text/html", "application/json", "application/javascript", "text/css", "text/plain")
_AS_THEY_ARE = {
    "Protocol": "#{protocol}",
    "Port": "#{port}",
    "Host": "#{host}",
    "Path": "/#{path}",
    "Query": "#{query}",
}


def checked(ctx: Context, given: list[Json], balancer: Entry) -> list[Json]:
    """The actions as they are described. Raises InvalidLoadBalancerAction and others."""
    if len(given) > _MOST_ACTIONS:
        raise AwsError("TooManyActionsException", "You've reached the limit on the number of actions per rule")
    for action in given:
        if action["Type"] in _UNSUPPORTED:
            raise names.unsupported(f"actions of type {action['Type']}")
    if len(given) != 1:
        raise _refused(
            "Actions must contain exactly one action of the following types: forward, redirect, fixed-response"
        )
    [action] = given
    if balancer.document["Type"] != ALB and action["Type"] != "forward":
        raise _refused(f"Action type '{action['Type']}' is not supported for listeners of network load balancers")
    return [_CHECKS[action["Type"]](ctx, action, balancer)]


def _refused(message: str) -> AwsError:
    return AwsError("InvalidLoadBalancerActionException", message)


def _kept(action: Json) -> Json:
    return {"Type": action["Type"], **({"Order": action["Order"]} if "Order" in action else {})}


# -- fixed-response, redirect --------------------------------------------------------------------------------


def _fixed_response(ctx: Context, action: Json, balancer: Entry) -> Json:
    config = action.get("FixedResponseConfig")
    if config is None:
        raise _refused("FixedResponseConfig must be specified for actions of type 'fixed-response'")
    if config.get("ContentType") and config["ContentType"] not in _CONTENT_TYPES:
        allowed = ", ".join(f"'{kind}'" for kind in _CONTENT_TYPES)
        raise _refused(f"The ContentType must be one of:{allowed}")
    return {**_kept(action), "FixedResponseConfig": config}


def _redirect(ctx: Context, action: Json, balancer: Entry) -> Json:
    if "RedirectConfig" not in action:
        raise _refused("RedirectConfig must be specified for actions of type 'redirect'")
    config = {**_AS_THEY_ARE, **action["RedirectConfig"]}
    port = config["Port"]
    if port != "#{port}" and not (port.isdigit() and 1 <= int(port) <= 65_535):
        raise _refused(f"The redirect port '{port}' must be a value from '1-65535' or '#{{port}}'")
    if not config["Path"].startswith("/"):
        raise _refused(f"The redirect path '{config['Path']}' must begin with a '/' character")
    if all(config[part] == value for part, value in _AS_THEY_ARE.items()):
        raise _refused("The redirect configuration is not valid because it creates a loop.")
    return {**_kept(action), "RedirectConfig": config}


# -- forward -------------------------------------------------------------------------------------------------


def _forward(ctx: Context, action: Json, balancer: Entry) -> Json:
    config = action.get("ForwardConfig") or {}
    groups = config.get("TargetGroups") or []
    alone = action.get("TargetGroupArn")
    if alone and groups and [group.get("TargetGroupArn") for group in groups] != [alone]:
        raise _refused(
            "TargetGroupArn and ForwardConfig cannot both be specified unless they name the same target group"
        )
    groups = groups or ([{"TargetGroupArn": alone}] if alone else [])
    if not groups:
        raise _refused("A target group must be specified for actions of type 'forward'")
    if len(groups) > _MOST_GROUPS:
        raise names.invalid(f"Up to '{_MOST_GROUPS}' target groups can be specified in a forward action")
    tuples = [_weighted(ctx, group, balancer) for group in groups]
    if len({group["TargetGroupArn"] for group in tuples}) < len(tuples):
        raise names.invalid("A target group cannot be specified more than once in a forward action")
    shown = {"TargetGroups": tuples, "TargetGroupStickinessConfig": _stickiness(config)}
    one = {"TargetGroupArn": tuples[0]["TargetGroupArn"]} if len(tuples) == 1 else {}
    return {**_kept(action), **one, "ForwardConfig": shown}


def _weighted(ctx: Context, given: Json, balancer: Entry) -> Json:
    arn, weight = given.get("TargetGroupArn", ""), given.get("Weight", 1)
    if not 0 <= weight <= 999:
        raise names.invalid(f"Target group weight '{weight}' must be between '0' and '999'")
    group = mine(ctx, GROUP, arn)
    _check_fit(group, balancer)
    if any(user != balancer.arn for user in state(ctx).uses(arn)):
        raise AwsError(
            "TargetGroupAssociationLimitException",
            f"The following target groups cannot be associated with more than one load balancer: {arn}",
        )
    return {"TargetGroupArn": arn, "Weight": weight}


def _check_fit(group: Entry, balancer: Entry) -> None:
    kind, wanted = group_kind(group.document), balancer.document["Type"]
    if (kind == "tcp") == (wanted == ALB):
        named = f"protocol '{group.document['Protocol']}'" if kind != "lambda" else "target type 'lambda'"
        raise AwsError(
            "IncompatibleProtocolsException",
            f"Target group '{group.arn}' with {named} cannot be used with a load balancer of type '{wanted}'",
        )
    if group.document.get("VpcId", balancer.document["VpcId"]) != balancer.document["VpcId"]:
        raise names.unfit(f"The following target groups are not in the same VPC as the load balancer: {group.arn}")


def _stickiness(config: Json) -> Json:
    given = config.get("TargetGroupStickinessConfig") or {}
    if not given.get("Enabled"):
        return {"Enabled": False}
    seconds = given.get("DurationSeconds", 0)
    if not 1 <= seconds <= 604_800:
        raise names.invalid(f"Target group stickiness duration '{seconds}' must be between '1' and '604800'")
    return {"Enabled": True, "DurationSeconds": seconds}


_CHECKS: dict[str, Callable[[Context, Json, Entry], Json]] = {
    "fixed-response": _fixed_response,
    "redirect": _redirect,
    "forward": _forward,
}
