"""Rules of application load balancers: create, describe, modify, reorder, delete.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html and its siblings.
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.elbv2 import actions, conditions, names, transforms
from penstock.services.elbv2.attribute_tables import ALB
from penstock.services.elbv2.state import LISTENER, RULE, Entry, asked_for, mine, state
from penstock.services.elbv2.tags import merged
from penstock.wire.model import Json

_MOST = 100  # per load balancer, default rules apart


def create_rule(ctx: Context, request: Json) -> Json:
    listener = mine(ctx, LISTENER, request["ListenerArn"])
    balancer = state(ctx).entries[listener.parent]
    if balancer.document["Type"] != ALB:
        raise AwsError(
            "UnsupportedProtocolException", "Rules are not supported for listeners of network load balancers"
        )
    tags = merged({}, request.get("Tags"))
    found = conditions.checked(request["Conditions"])
    priority = str(request["Priority"])
    rules = state(ctx).children(RULE, listener.arn)
    if any(rule.document["Priority"] == priority for rule in rules):
        raise _in_use(priority)
    if _count(ctx, balancer) >= _MOST:
        raise AwsError("TooManyRulesException", "You've reached the limit on the number of rules per load balancer")
    arn = names.child_arn(listener.arn, RULE)
    document = {"RuleArn": arn, "Priority": priority, "Conditions": found, "IsDefault": False}
    document["Actions"] = actions.checked(ctx, request["Actions"], balancer)
    if request.get("Transforms"):
        document["Transforms"] = transforms.checked(request["Transforms"])
    return {"Rules": [state(ctx).put(Entry(arn, RULE, listener.arn, document, {}, tags)).document]}


def _count(ctx: Context, balancer: Entry) -> int:
    listeners = state(ctx).children(LISTENER, balancer.arn)
    return sum(len(state(ctx).children(RULE, listener.arn)) - 1 for listener in listeners)


def _in_use(priority: str) -> AwsError:
    return AwsError("PriorityInUseException", f"Priority '{priority}' is currently in use")


def in_order(rules: list[Entry]) -> list[Entry]:
    """By priority, the default rule last."""
    return sorted(
        rules, key=lambda rule: (rule.document["IsDefault"], len(rule.document["Priority"]), rule.document["Priority"])
    )


def describe_rules(ctx: Context, request: Json) -> Json:
    listener, arns = request.get("ListenerArn"), request.get("RuleArns")
    if not listener and not arns:
        raise names.invalid("You must specify either listener rule ARNs or a listener ARN")
    if listener and arns:
        raise names.invalid("Listener rule ARNs and a listener ARN cannot be specified at the same time")
    if arns:
        found = asked_for(ctx, RULE, arns, "One or more rules not found")
    else:
        [entry] = asked_for(ctx, LISTENER, [str(listener)], "One or more listeners not found")
        found = in_order(state(ctx).children(RULE, entry.arn))
    return names.page(request, "Rules", [entry.document for entry in found])


def modify_rule(ctx: Context, request: Json) -> Json:
    entry = mine(ctx, RULE, request["RuleArn"])
    wanted, reset = request.get("Transforms"), request.get("ResetTransforms")
    if not any((request.get("Conditions"), request.get("Actions"), wanted, reset)):
        raise names.invalid("Either conditions or actions must be specified")
    if wanted and reset:
        raise names.invalid("Transforms and ResetTransforms cannot be specified at the same time")
    _refuse_default(entry, "modified")
    changes: Json = {"Transforms": transforms.checked(wanted)} if wanted else {}
    if request.get("Conditions"):
        changes["Conditions"] = conditions.checked(request["Conditions"])
    if request.get("Actions"):
        balancer = state(ctx).entries[state(ctx).entries[entry.parent].parent]
        changes["Actions"] = actions.checked(ctx, request["Actions"], balancer)
    kept = {key: value for key, value in entry.document.items() if not (reset and key == "Transforms")}
    entry.document = {**kept, **changes}
    return {"Rules": [state(ctx).put(entry).document]}


def delete_rule(ctx: Context, request: Json) -> Json:
    entry = mine(ctx, RULE, request["RuleArn"])
    _refuse_default(entry, "deleted")
    state(ctx).drop(entry)
    return {}


def set_rule_priorities(ctx: Context, request: Json) -> Json:
    """All at once, so that rules can change places."""
    wanted: dict[str, str] = {}
    for pair in request["RulePriorities"]:
        if "RuleArn" not in pair or "Priority" not in pair:
            raise names.invalid("A rule ARN and a priority must be specified")
        wanted[pair["RuleArn"]] = str(pair["Priority"])
    for priority in wanted.values():
        if list(wanted.values()).count(priority) > 1:
            raise names.invalid(f"Priority '{priority}' was provided multiple times")
    entries = asked_for(ctx, RULE, list(wanted), "One or more rules not found")
    if len({entry.parent for entry in entries}) > 1:
        raise names.invalid("Rules must belong to the same listener")
    for entry in entries:
        _refuse_default(entry, "re-prioritized")
    for other in state(ctx).children(RULE, entries[0].parent):
        if other.arn not in wanted and other.document["Priority"] in wanted.values():
            raise _in_use(other.document["Priority"])
    for entry in entries:
        entry.document = {**entry.document, "Priority": wanted[entry.arn]}
        state(ctx).put(entry)
    return {"Rules": [entry.document for entry in in_order([state(ctx).entries[arn] for arn in wanted])]}


def _refuse_default(entry: Entry, done: str) -> None:
    if entry.document["IsDefault"]:
        raise AwsError("OperationNotPermittedException", f"Default rule '{entry.arn}' cannot be {done}")
