"""Rules: put, find, list, switch on and off, delete.

Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html and its siblings.
"""

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.delivery import schedule
from penstock.delivery.patterns import PatternError, compile
from penstock.services.events import names, store
from penstock.services.events.state import Bus, Rule, bus_of, rule_of, state
from penstock.services.events.tags import put_tags
from penstock.wire.model import Json

_OPTIONAL = ("EventPattern", "ScheduleExpression", "Description", "RoleArn")
_LISTED = frozenset(
    {
        "Name",
        "Arn",
        "EventPattern",
        "State",
        "Description",
        "ScheduleExpression",
        "RoleArn",
        "ManagedBy",
        "EventBusName",
    }
)


def put_rule(ctx: Context, request: Json) -> Json:
    bus, name = bus_of(ctx, request.get("EventBusName")), request["Name"]
    known = bus.rules.get(name)
    if known is not None:
        refuse_managed(known)
    _check(bus, request)
    document = {
        "Name": name,
        "Arn": names.rule_arn(bus.region, bus.account, bus.name, name),
        "State": request.get("State", "ENABLED"),
        "EventBusName": bus.name,
        "CreatedBy": known.document["CreatedBy"] if known else ctx.account,
        **{key: request[key] for key in _OPTIONAL if request.get(key)},
    }
    save(ctx, bus, document)
    if known is None:
        put_tags(ctx, document["Arn"], request.get("Tags", []))
    return {"RuleArn": document["Arn"]}


def _check(bus: Bus, request: Json) -> None:
    if not request.get("EventPattern") and not request.get("ScheduleExpression"):
        raise names.invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")
    if request.get("EventPattern"):
        check_pattern(request["EventPattern"])
    if request.get("ScheduleExpression"):
        _check_schedule(bus, request["ScheduleExpression"])


def check_pattern(pattern: str) -> None:
    """Raises InvalidEventPatternException."""
    try:
        compile(pattern)
    except PatternError as error:
        raise AwsError("InvalidEventPatternException", str(error)) from None


def _check_schedule(bus: Bus, expression: str) -> None:
    if bus.name != names.DEFAULT:
        raise names.invalid("ScheduleExpression is supported only on the default event bus.")
    try:
        schedule.parse(expression)
    except schedule.ScheduleError:
        raise names.invalid("Parameter ScheduleExpression is not valid.") from None
    if expression.startswith("at("):
        raise names.invalid("Parameter ScheduleExpression is not valid.")


def save(ctx: Context, bus: Bus, document: Json) -> None:
    """Writes a rule; a schedule counts from now."""
    ctx.store.run(store.PUT_RULE, bus.arn, document["Name"], orjson.dumps(document).decode(), ctx.clock.now())
    state(ctx).refresh_rule(bus, document["Name"])


def describe_rule(ctx: Context, request: Json) -> Json:
    return rule_of(bus_of(ctx, request.get("EventBusName")), request["Name"]).document


def list_rules(ctx: Context, request: Json) -> Json:
    bus, prefix = bus_of(ctx, request.get("EventBusName")), request.get("NamePrefix", "")
    first = names.start(request, prefix)
    rows = ctx.store.all(store.RULES_BETWEEN, bus.arn, first, prefix + names.AFTER_ALL, names.size(request))
    documents = [orjson.loads(row[2]) for row in rows]
    return names.page(request, "Rules", documents, lambda rule: rule["Name"], _listed)


def _listed(document: Json) -> Json:
    return {key: value for key, value in document.items() if key in _LISTED}


def enable_rule(ctx: Context, request: Json) -> Json:
    return _switch(ctx, request, "ENABLED")


def disable_rule(ctx: Context, request: Json) -> Json:
    return _switch(ctx, request, "DISABLED")


def _switch(ctx: Context, request: Json, to: str) -> Json:
    bus = bus_of(ctx, request.get("EventBusName"))
    rule = rule_of(bus, request["Name"])
    refuse_managed(rule)
    save(ctx, bus, {**rule.document, "State": to})
    return {}


def delete_rule(ctx: Context, request: Json) -> Json:
    bus = bus_of(ctx, request.get("EventBusName"))
    rule = bus.rules.get(request["Name"])
    if rule is not None:
        if not request.get("Force"):
            refuse_managed(rule)
        if rule.targets:
            raise names.invalid("Rule can't be deleted since it has targets.")
        drop(ctx, rule)
    return {}


def drop(ctx: Context, rule: Rule) -> None:
    """Deletes a rule with its targets and tags."""
    for statement in (store.DELETE_TARGETS, store.DELETE_RULE):
        ctx.store.run(statement, rule.bus.arn, rule.name)
    ctx.store.run(store.DELETE_TAGS, rule.arn)
    state(ctx).refresh_rule(rule.bus, rule.name)


def refuse_managed(rule: Rule) -> None:
    """Raises ManagedRuleException for a rule that an AWS service made."""
    if rule.managed:
        raise AwsError("ManagedRuleException", f"Rule {rule.name} is managed by {rule.document['ManagedBy']}.")
