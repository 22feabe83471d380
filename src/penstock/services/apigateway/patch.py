"""PATCH: which paths of a document may be changed, by which operation, and how.

A `Patch` is one operation; a `Member` knows what may be done below one name. Paths are JSON Pointers.
Source: https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html; texts as observed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from penstock.services.apigateway.lookup import bad_request, not_found
from penstock.wire.model import Json

Convert = Callable[[str], Any]


class Patch(NamedTuple):
    op: str
    path: str
    keys: list[str]  # the unescaped parts of the path
    value: str | None

    @classmethod
    def parse(cls, operation: Json) -> "Patch":
        path = operation.get("path") or "null"
        keys = [key.replace("~1", "/").replace("~0", "~") for key in path.split("/")[1:]]
        return cls(operation.get("op", ""), path, keys, operation.get("value"))


@dataclass(frozen=True)
class Member:
    """What may be done below one name. `depth` is the number of path parts, the name included."""

    ops: tuple[str, ...]
    apply: Callable[[Json, Patch], None]
    depth: int = 1


def boolean(text: str) -> bool:
    return text.lower() == "true"


def scalar(convert: Convert = str, ops: tuple[str, ...] = ("replace",), blank: str = "") -> Member:
    """A single value; `blank` is the error for an empty one, without it an empty one removes the member."""

    def apply(document: Json, patch: Patch) -> None:
        name = patch.keys[0]
        if patch.op == "remove" or (not patch.value and convert is str and not blank):
            document.pop(name, None)
        elif not patch.value and blank:
            raise bad_request(blank)
        else:
            document[name] = _converted(convert, patch)

    return Member(ops, apply)


def mapping(convert: Convert = str, missing: str = "", null: str = "") -> Member:
    """`/name/key`: an entry of a map. `missing` is the error for a key to remove or replace that is not there."""

    def apply(document: Json, patch: Patch) -> None:
        name, key = patch.keys
        entries = document.get(name) or {}
        if missing and patch.op in ("remove", "replace") and key not in entries:
            raise not_found(missing)
        if null and patch.op != "remove" and patch.value is None:
            raise bad_request(null)
        if patch.op == "remove":
            entries.pop(key, None)
        else:
            entries[key] = _converted(convert, patch)
        document[name] = entries
        if not entries:
            del document[name]

    return Member(("add", "replace", "remove"), apply, 2)


def listed() -> Member:
    """`/name/value`: a value of a list. One that is replaced moves to the end, as on AWS."""

    def apply(document: Json, patch: Patch) -> None:
        name, value = patch.keys
        values = [known for known in document.get(name, ()) if known != value]
        if patch.op != "remove":
            values.append(patch.value if patch.op == "replace" and patch.value else value)
        document[name] = values
        if not values:
            del document[name]

    return Member(("add", "replace", "remove"), apply, 2)


def nested(converts: Mapping[str, Convert], ops: tuple[str, ...] = ("add", "replace", "remove")) -> Member:
    """`/name/member`: a scalar one level down."""

    def apply(document: Json, patch: Patch) -> None:
        name, key = patch.keys
        if key not in converts:
            raise bad_request(f"Invalid patch path {patch.path}")
        inner = document.setdefault(name, {})
        if patch.op == "remove":
            inner.pop(key, None)
        else:
            inner[key] = _converted(converts[key], patch)

    return Member(ops, apply, 2)


def _converted(convert: Convert, patch: Patch) -> Any:
    try:
        return convert(patch.value or "")
    except ValueError:
        raise bad_request(
            f"Invalid patch value  '{patch.value}' specified for op '{patch.op}' on path '{patch.path}'"
        ) from None


@dataclass(frozen=True)
class Patcher:
    """The members of one kind of document. `choose`: the other of AWS's two ways to word a wrong operation."""

    members: Mapping[str, Member]
    choose: bool = False

    def apply(self, document: Json, operations: Iterable[Json]) -> Json:
        """Changes `document` and returns it. Raises BadRequestException, NotFoundException."""
        for operation in operations:
            patch = Patch.parse(operation)
            self._member(patch).apply(document, patch)
        return document

    def _member(self, patch: Patch) -> Member:
        member = self.members.get(patch.keys[0]) if patch.keys else None
        known = member is not None and member.depth == len(patch.keys)
        if self.choose:
            self._check_choice(patch, known)
        elif not known:
            raise bad_request(f"Invalid patch path {patch.path}")
        assert member is not None
        if patch.op not in member.ops:
            raise bad_request(f"Invalid patch operation specified. Must be one of: [{', '.join(member.ops)}]")
        return member

    def _check_choice(self, patch: Patch, known: bool) -> None:
        text = f"Invalid patch path  '{patch.path}' specified for op '{patch.op}'."
        if patch.op != "replace":
            raise bad_request(f"{text} Please choose supported operations")
        if not known:
            raise bad_request(f"{text} Must be one of: [{', '.join(f'/{name}' for name in self.members)}]")
