"""What an update would do, without doing it: the changes of a change set.

Rule: resources are looked at in order; what depends on one that is yet to be made or replaced is taken as changed.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from penstock.services.cloudformation import store
from penstock.services.cloudformation.deploy import Deployment
from penstock.services.cloudformation.records import masked, noechoed, output
from penstock.template.blueprint import Blueprint
from penstock.template.document import TemplateError, parse
from penstock.template.functions import as_text
from penstock.template.graph import Reference, references
from penstock.template.plan import KNOWN_AFTER_APPLY, UNKNOWN, Action, Record, changes, is_unknown, replacing
from penstock.template.provider import Properties
from penstock.template.types import type_of
from penstock.wire.model import Json

_ATTRIBUTES = ("Metadata", "CreationPolicy", "UpdatePolicy", "DeletionPolicy", "UpdateReplacePolicy")
_CONTEXTS = frozenset({"BeforeContext", "AfterContext"})
_VALUES = frozenset({"Path", "BeforeValue", "AfterValue", "AttributeChangeType"})
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
    look = _Looking(deployment, plan, _declared_before(deployment))
    found = [change for name in plan.order if (change := look.change(name, before.get(name)))]
    gone = [record for name, record in before.items() if name not in plan.declared]
    secrets = noechoed(deployment.before.get("Parameters", {})) | noechoed(deployment.row.body["Parameters"])
    return [masked(change, secrets) for change in _all(found, gone)]


def _all(found: list[Json], gone: list[Record]) -> list[Json]:
    return [*found, *(_described(Action.REMOVE, record, record.properties, None, []) for record in gone)]


def _declared_before(deployment: Deployment) -> Json:
    body = deployment.before
    data = body.get("Processed") or parse(body["Template"])
    resources: Json = data.get("Resources", {})
    return resources


@dataclass(frozen=True, slots=True)
class _Looking:
    """`declared` are the resources as the template before had them."""

    deployment: Deployment
    plan: Blueprint
    declared: Json

    def change(self, logical_id: str, record: Record | None) -> Json | None:
        deployment, plan = self.deployment, self.plan
        kind_name = plan.declared[logical_id].type
        kind = type_of(deployment.state.types, kind_name)
        assert kind is not None
        wanted = _wanted(deployment, plan, logical_id)
        if record is None or record.type != kind_name:
            plan.resources[logical_id] = UNKNOWN
            return _described(Action.ADD, Record(logical_id, kind_name), None, wanted, [])
        changed = changes(record.properties, wanted) if wanted is not None else frozenset(record.properties)
        others = list(self._attributes(logical_id))
        if not changed and wanted is not None and deployment.decide(kind, record, wanted) is Action.KEEP:
            plan.resources[logical_id] = record.resource
            return _described(Action.MODIFY, record, record.properties, wanted, others) if others else None
        replaced = replacing(kind, record.properties, wanted) if wanted is not None else kind.replace_on
        action = Action.REPLACE if kind.update is None or changed & replaced else Action.MODIFY
        plan.resources[logical_id] = UNKNOWN if action is Action.REPLACE else record.resource
        values = (record.properties, wanted or {})
        details = [
            _detail(name, "Always" if name in replaced else "Never", values, cause)
            for name in sorted(changed)
            for cause in causes(deployment, plan, logical_id, name)
        ]
        return _described(action, record, record.properties, wanted, details + others)

    def _attributes(self, logical_id: str) -> Iterator[Json]:
        """What changes of the resource beside its properties."""
        before = self.declared.get(logical_id, {})
        after = self.plan.template.document.data["Resources"][logical_id]
        for name in _ATTRIBUTES:
            if before.get(name) != after.get(name):
                target = {"Attribute": name, "RequiresRecreation": "Never"}
                yield {"Target": target, "Evaluation": "Static", "ChangeSource": "DirectModification"}


def _wanted(deployment: Deployment, plan: Blueprint, logical_id: str) -> Properties | None:
    """None where a property cannot be evaluated before another resource is there."""
    try:
        return deployment.wanted(plan, logical_id)
    except TemplateError:
        if any(plan.resources[name] is UNKNOWN for name in plan.needs[logical_id]):
            return None
        raise


def _described(
    action: Action, record: Record, before: Properties | None, after: Properties | None, details: list[Json]
) -> Json:
    change: Json = {
        "PolicyAction": _policy_action(action, record),
        "Action": "Modify" if action is Action.REPLACE else str(action),
        "LogicalResourceId": record.logical_id,
        "PhysicalResourceId": record.physical_id or None,
        "ResourceType": record.type,
        "Replacement": _REPLACEMENT.get(action),
        "Scope": sorted({detail["Target"]["Attribute"] for detail in details}),
        "Details": details,
        "BeforeContext": None if before is None else _context(before),
        "AfterContext": None if after is None else _context(after),
    }
    return {"Type": "Resource", "ResourceChange": {name: value for name, value in change.items() if value is not None}}


def _policy_action(action: Action, record: Record) -> str | None:
    """What becomes of the resource that is there."""
    if action is Action.REMOVE:
        return "Retain" if record.deletion_policy == "Retain" else "Delete"
    if action is Action.REPLACE:
        return f"ReplaceAnd{'Retain' if record.update_replace_policy == 'Retain' else 'Delete'}"
    return None


def _context(properties: Properties) -> str:
    return json.dumps({"Properties": _shown(properties)})


def _shown(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _shown(child) for key, child in node.items()}
    if isinstance(node, list):
        return [_shown(child) for child in node]
    text = as_text(node)
    return KNOWN_AFTER_APPLY if is_unknown(text) else text


def _detail(name: str, recreation: str, values: tuple[Properties, Properties], cause: Json) -> Json:
    before, after = (side.get(name) for side in values)
    kind = "Add" if before is None else "Remove" if after is None else "Modify"
    attribute: Json = {"Attribute": "Tags"} if name == "Tags" else {"Attribute": "Properties", "Name": name}
    target: Json = {**attribute, "RequiresRecreation": recreation, "Path": f"/Properties/{name}"}
    target |= {} if before is None else {"BeforeValue": _value(before)}
    target |= {} if after is None else {"AfterValue": _value(after)}
    return {"Target": {**target, "AttributeChangeType": kind}, **cause}


def _value(node: Any) -> str:
    shown = _shown(node)
    return shown if isinstance(shown, str) else json.dumps(shown)


def causes(deployment: Deployment, plan: Blueprint, logical_id: str, name: str) -> list[Json]:
    """Why the property changes, as ChangeSource, CausingEntity and Evaluation: what it refers to, or itself."""
    node = plan.declared[logical_id].properties.get(name)
    found = [cause for reference in references(node) if (cause := _cause(deployment, plan, reference)) is not None]
    direct: Json = {"ChangeSource": "DirectModification", "Evaluation": "Dynamic" if found else "Static"}
    return [*found, direct]


def _cause(deployment: Deployment, plan: Blueprint, reference: Reference) -> Json | None:
    name = reference.name
    if name in plan.template.parameters:
        if deployment.before.get("Parameters", {}).get(name) == deployment.row.body["Parameters"].get(name):
            return None
        return {"ChangeSource": "ParameterReference", "CausingEntity": name, "Evaluation": "Static"}
    made = plan.resources.get(name)
    evaluation = "Static" if made is UNKNOWN else "Dynamic"
    if reference.attribute is None:
        return {"ChangeSource": "ResourceReference", "CausingEntity": name, "Evaluation": evaluation}
    entity = f"{name}.{reference.attribute}"
    return {"ChangeSource": "ResourceAttribute", "CausingEntity": entity, "Evaluation": evaluation}


def without_values(change: Json) -> Json:
    """The change as it is told when IncludePropertyValues is not asked for."""
    found = {key: value for key, value in change["ResourceChange"].items() if key not in _CONTEXTS}
    by_resource = {
        detail["Target"].get("Name") for detail in found["Details"] if detail["ChangeSource"].startswith("Resource")
    }
    found["Details"] = [
        {**detail, "Target": {key: value for key, value in detail["Target"].items() if key not in _VALUES}}
        for detail in found["Details"]
        if detail["ChangeSource"] != "DirectModification" or detail["Target"].get("Name") not in by_resource
    ]
    return {**change, "ResourceChange": found}
