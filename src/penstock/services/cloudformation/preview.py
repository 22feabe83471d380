"""What an update would do, without doing it: the changes of a change set.

Rule: resources are looked at in order; what depends on one that is yet to be made or replaced is taken as changed.
"""

from dataclasses import dataclass

from penstock.services.cloudformation import store
from penstock.services.cloudformation.deploy import Deployment
from penstock.services.cloudformation.records import output
from penstock.template.blueprint import Blueprint
from penstock.template.document import TemplateError
from penstock.template.plan import UNKNOWN, Action, Record, changes, replacing
from penstock.template.provider import Properties
from penstock.template.types import type_of
from penstock.wire.model import Json

_REPLACEMENT = {Action.MODIFY: "False", Action.REPLACE: "True"}


@dataclass(frozen=True, slots=True)
class Preview:
    """`changes` as in DescribeChangeSet; `empty` when outputs and tags stay the same too."""

    changes: list[Json]
    empty: bool


async def preview(deployment: Deployment) -> Preview:
    """This deployment against what is recorded. TemplateError for a bad template."""
    plan = await deployment.blueprint()
    changes = _changes(deployment, plan)
    row = deployment.row
    same_tags = dict(deployment.stack.tags) == row.body.get("Tags", {})
    return Preview(changes, not changes and same_tags and _outputs(deployment, plan) == row.body.get("Outputs", []))


def _outputs(deployment: Deployment, plan: Blueprint) -> list[Json] | None:
    try:
        return [output(name, body) for name, body in deployment.outputs(plan).items()]
    except TemplateError:
        return None  # it needs what is not there yet


def _changes(deployment: Deployment, plan: Blueprint) -> list[Json]:
    rows = store.resources(deployment.ctx.store, deployment.row.stack_id)
    before = {row.record.logical_id: row.record for row in rows if row.record.physical_id}
    found = [change for name in plan.order if (change := _change(deployment, plan, name, before.get(name)))]
    gone = [record for name, record in before.items() if name not in plan.declared]
    return [*found, *(_described(Action.REMOVE, record, frozenset(), frozenset()) for record in gone)]


def _change(deployment: Deployment, plan: Blueprint, logical_id: str, record: Record | None) -> Json | None:
    kind_name = plan.declared[logical_id].type
    kind = type_of(deployment.state.types, kind_name)
    assert kind is not None
    if record is None or record.type != kind_name:
        plan.resources[logical_id] = UNKNOWN
        return _described(Action.ADD, Record(logical_id, kind_name), frozenset(), frozenset())
    wanted = _wanted(deployment, plan, logical_id)
    changed = changes(record.properties, wanted) if wanted is not None else frozenset(record.properties)
    if not changed and wanted is not None and deployment.decide(kind, record, wanted) is Action.KEEP:
        plan.resources[logical_id] = record.resource
        return None
    replaced = replacing(kind, record.properties, wanted) if wanted is not None else kind.replace_on
    action = Action.REPLACE if kind.update is None or changed & replaced else Action.MODIFY
    plan.resources[logical_id] = UNKNOWN if action is Action.REPLACE else record.resource
    return _described(action, record, changed, replaced)


def _wanted(deployment: Deployment, plan: Blueprint, logical_id: str) -> Properties | None:
    """None where a property cannot be evaluated before another resource is there."""
    try:
        return deployment.wanted(plan, logical_id)
    except TemplateError:
        if any(plan.resources[name] is UNKNOWN for name in plan.needs[logical_id]):
            return None
        raise


def _described(action: Action, record: Record, changed: frozenset[str], replacing: frozenset[str]) -> Json:
    change: Json = {
        "Action": "Modify" if action is Action.REPLACE else str(action),
        "LogicalResourceId": record.logical_id,
        "ResourceType": record.type,
        "Scope": ["Properties"] if changed else [],
        "Details": [_detail(name, name in replacing) for name in sorted(changed)],
    }
    if record.physical_id:
        change["PhysicalResourceId"] = record.physical_id
    if action in _REPLACEMENT:
        change["Replacement"] = _REPLACEMENT[action]
    return {"Type": "Resource", "ResourceChange": change}


def _detail(name: str, replaces: bool) -> Json:
    target = {
        "Attribute": "Properties",
        "Name": name,
        "RequiresRecreation": "Always" if replaces else "Never",
    }
    return {"Target": target, "Evaluation": "Static", "ChangeSource": "DirectModification"}
