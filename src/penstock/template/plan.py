"""What is to be done with a resource: what was recorded against what is wanted.

Rule: pure. The same decision serves a preview, where values of resources yet to be made are unknown, and the real
thing, where everything is known by the time a resource's turn comes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from penstock.template.provider import Properties, Resource, ResourceType


class Action(StrEnum):
    """By the words of DescribeChangeSet, where it has one."""

    ADD = "Add"
    MODIFY = "Modify"
    REPLACE = "Replace"
    REMOVE = "Remove"
    KEEP = "Keep"


@dataclass(frozen=True, slots=True)
class Record:
    """A resource as it was last applied. `pending`: what has begun and not ended: create, update, replace or none."""

    logical_id: str
    type: str
    physical_id: str = ""
    attributes: Properties = field(default_factory=dict)
    properties: Properties = field(default_factory=dict)
    assets: Mapping[str, str] = field(default_factory=dict)  # "bucket/key" -> local path, of those it was given
    needs: tuple[str, ...] = ()
    deletion_policy: str = "Delete"
    update_replace_policy: str = "Delete"
    pending: str = ""
    replaces: str = ""  # physical id of the resource before, for the generated name

    @property
    def resource(self) -> Resource:
        return Resource(self.physical_id, self.attributes, self.properties)


def decide(kind: ResourceType, record: Record | None, wanted: Properties, assets: Mapping[str, str]) -> Action:
    """Add, Modify, Replace or Keep. A changed type is the caller's: it is another resource under the same name."""
    if record is None or record.pending == "create":
        return Action.ADD
    changed = changes(record.properties, wanted)
    if not changed and record.pending != "update" and dict(record.assets) == dict(assets):
        return Action.KEEP
    if kind.update is None or replacing(kind, record.properties, wanted):
        return Action.REPLACE
    return Action.MODIFY


def changes(old: Properties, new: Properties) -> frozenset[str]:
    """The names of the properties that differ."""
    return frozenset(name for name in old.keys() | new.keys() if not _same(old.get(name), new.get(name)))


def replacing(kind: ResourceType, old: Properties, new: Properties) -> frozenset[str]:
    """The names of the properties that differ in what makes a new resource."""
    return frozenset(name.partition(".")[0] for name in kind.replace_on if not _same(_at(old, name), _at(new, name)))


def _at(properties: Any, path: str) -> Any:
    for name in path.split("."):
        properties = properties.get(name) if isinstance(properties, Mapping) else None
    return properties


def _same(old: Any, new: Any) -> bool:
    """Equal as CloudFormation sees it: a number and its text are the same, an absent property is no value."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(_same(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_same, old, new))
    if isinstance(old, bool) or isinstance(new, bool):
        return str(old).lower() == str(new).lower()
    return bool(old == new or (isinstance(old, (int, str)) and isinstance(new, (int, str)) and str(old) == str(new)))


class _Unknown(dict[str, str]):
    """The attributes of a resource yet to be made: every name has a value that equals no recorded one."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        return f"{_UNKNOWN}:{name}}}}}"


_UNKNOWN = "{{changeSet:KNOWN_AFTER_APPLY"
KNOWN_AFTER_APPLY = f"{_UNKNOWN}}}}}"  # CloudFormation's own word for it
UNKNOWN = Resource(KNOWN_AFTER_APPLY, _Unknown())


def is_unknown(text: str) -> bool:
    """Whether the text is, or is made with, what UNKNOWN yields."""
    return _UNKNOWN in text
