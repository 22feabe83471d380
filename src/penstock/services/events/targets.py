"""Targets of rules: put, remove, list.

Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html and its siblings.
"""

import re

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.delivery.transform import InputError
from penstock.services.events import names, store
from penstock.services.events.rules import refuse_managed
from penstock.services.events.state import Rule, bus_of, compile_target, rule_of, state
from penstock.wire.model import Json

MAX_TARGETS = 5
_ARN = re.compile(r"arn:[\w-]+:[\w-]+:[\w-]*:\w*:.*", re.DOTALL)
_NONE_FAILED: Json = {"FailedEntryCount": 0, "FailedEntries": []}


def put_targets(ctx: Context, request: Json) -> Json:
    bus = bus_of(ctx, request.get("EventBusName"))
    targets = request["Targets"]
    for target in targets:
        _check_arn(target)
    rule = rule_of(bus, request["Rule"])
    refuse_managed(rule)
    for target in targets:
        _check_input(target, rule)
    known = {row[0] for row in ctx.store.all(store.TARGET_IDS, bus.arn, rule.name)}
    if len(known | {target["Id"] for target in targets}) > MAX_TARGETS:
        raise AwsError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
    for target in targets:
        document = orjson.dumps(target).decode()
        ctx.store.run(store.PUT_TARGET, bus.arn, rule.name, target["Id"], target["Arn"], document)
    state(ctx).refresh_rule(bus, rule.name)
    return _NONE_FAILED


def _check_arn(target: Json) -> None:
    arn = target["Arn"]
    if not _ARN.fullmatch(arn):
        raise names.invalid(f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format.")
    if arn.split(":")[2] == "ecs" and not target.get("EcsParameters"):
        raise names.invalid(f"Parameter(s) EcsParameters must be specified for target: {target['Id']}.")
    if ":sqs:" in arn and arn.endswith(".fifo") and not target.get("SqsParameters"):
        raise names.invalid(f"Parameter(s) SqsParameters must be specified for target: {target['Id']}.")


def _check_input(target: Json, rule: Rule) -> None:
    try:
        compile_target(target, rule.arn, rule.name)
    except InputError as error:
        raise names.invalid(str(error)) from None


def remove_targets(ctx: Context, request: Json) -> Json:
    bus = bus_of(ctx, request.get("EventBusName"))
    rule = rule_of(bus, request["Rule"])
    if not request.get("Force"):
        refuse_managed(rule)
    ctx.store.many(store.DELETE_TARGET, [(bus.arn, rule.name, target_id) for target_id in request["Ids"]])
    state(ctx).refresh_rule(bus, rule.name)
    return _NONE_FAILED


def list_targets_by_rule(ctx: Context, request: Json) -> Json:
    bus = bus_of(ctx, request.get("EventBusName"))
    rule = rule_of(bus, request["Rule"])
    rows = ctx.store.all(store.TARGETS, bus.arn, rule.name, names.start(request, 1), names.size(request))
    return names.page(request, "Targets", rows, lambda row: row[0], lambda row: orjson.loads(row[1]))


def list_rule_names_by_target(ctx: Context, request: Json) -> Json:
    bus = bus_of(ctx, request.get("EventBusName"))
    first = names.start(request, "")
    rows = ctx.store.all(store.RULES_OF_TARGET, bus.arn, request["TargetArn"], first, names.size(request))
    return names.page(request, "RuleNames", [row[0] for row in rows], str, str)
