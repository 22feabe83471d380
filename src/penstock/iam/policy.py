"""A policy document, read once: statements whose elements are compiled patterns. Pure.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from penstock.iam.conditions import Condition, PolicyError, compile_conditions, condition_keys
from penstock.iam.patterns import ArnPattern, Context, Pattern
from penstock.iam.principal import Principal

__all__ = ["Policy", "PolicyError", "Principals", "Statement", "parse"]

_VARIABLES_SINCE = "2012-10-17"
_VARIABLE = re.compile(r"\$\{([^},]+)")


@dataclass(frozen=True, slots=True)
class Principals:
    """The Principal element of a resource policy: by kind (`AWS`, `Service`, ...) what it names; `*` is everybody."""

    named: Mapping[str, tuple[str, ...]]

    def grade(self, asking: Principal) -> str:
        """How `asking` is meant: `direct`, by its `role`, through its `account` (which delegates), or not (``).

        `{"AWS": "*"}` is everybody, services among them: topics' own policies let alarms in by it.
        """
        if "*" in self.named.get("*", ()) or "*" in self.named.get("AWS", ()):
            return "direct"
        if asking.kind == "service":
            return "direct" if {asking.arn, "*"} & set(self.named.get("Service", ())) else ""
        found = {_aws(value, asking) for value in self.named.get("AWS", ())}
        return next((grade for grade in ("direct", "role", "account") if grade in found), "")


def _aws(value: str, asking: Principal) -> str:
    if value == asking.arn:
        return "direct"
    if asking.kind == "role" and _same_role(value, asking):
        return "role"
    return "account" if value in (asking.account, f"arn:aws:iam::{asking.account}:root") else ""


def _same_role(value: str, session: Principal) -> bool:
    """`arn:aws:iam::1:role/path/Name` means every session `arn:aws:sts::1:assumed-role/Name/...`."""
    head, found, name = value.partition(":role/")
    if not found or head != f"arn:aws:iam::{session.account}":
        return False
    return session.arn.split("/")[1] == name.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. An element that the document leaves out is None."""

    allows: bool
    sid: str
    actions: tuple[Pattern, ...] | None
    not_actions: tuple[Pattern, ...] | None
    resources: tuple[ArnPattern, ...] | None
    not_resources: tuple[ArnPattern, ...] | None
    principals: Principals | None
    not_principals: Principals | None
    condition: Condition
    keys: frozenset[str]  # the context keys that the condition looks at
    reads: frozenset[str]  # those and the policy variables, in lower case: what its word depends on

    def about(self, action: str) -> bool:
        return _among(action, self.actions, self.not_actions, {})

    def applies(self, action: str, resource: str, context: Context) -> bool:
        """To this action on this resource; who asks is another question."""
        return (
            _among(action, self.actions, self.not_actions, context)
            and _among(resource, self.resources, self.not_resources, context)
            and self.condition(context)
        )

    def grade(self, asking: Principal) -> str:
        """How the statement means `asking`, as `Principals.grade`; identity policies mean whoever has them."""
        if self.not_principals is not None:
            return "" if self.not_principals.grade(asking) else "direct"
        return "direct" if self.principals is None else self.principals.grade(asking)


def _among(
    value: str,
    wanted: tuple[Pattern, ...] | tuple[ArnPattern, ...] | None,
    unwanted: tuple[Pattern, ...] | tuple[ArnPattern, ...] | None,
    context: Context,
) -> bool:
    if wanted is not None:
        return any(pattern.matches(value, context) for pattern in wanted)
    return unwanted is None or not any(pattern.matches(value, context) for pattern in unwanted)


@dataclass(frozen=True, slots=True)
class Policy:
    """`name` is what simulations call it: an ARN, or the name of an inline policy."""

    name: str
    statements: tuple[Statement, ...]

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(key for statement in self.statements for key in statement.keys)


def parse(document: str | Mapping[str, Any], name: str = "") -> Policy:
    """Reads a document, as text or as parsed JSON. Raises PolicyError."""
    if isinstance(document, str):
        try:
            document = orjson.loads(document)
        except orjson.JSONDecodeError:
            raise PolicyError("This policy contains invalid Json") from None
    if not isinstance(document, Mapping) or "Statement" not in document:
        raise PolicyError("A policy document is an object with a Statement")
    variables = document.get("Version") == _VARIABLES_SINCE
    return Policy(name, tuple(_statement(raw, variables) for raw in _listed(document["Statement"])))


def _statement(raw: Any, variables: bool) -> Statement:
    if not isinstance(raw, Mapping) or raw.get("Effect") not in ("Allow", "Deny"):
        raise PolicyError("A statement is an object whose Effect is Allow or Deny")
    condition = raw.get("Condition", {})
    holds = compile_conditions(condition, variables)
    keys = frozenset(condition_keys(condition))
    return Statement(
        allows=raw["Effect"] == "Allow",
        sid=raw.get("Sid", ""),
        actions=_actions(raw, "Action"),
        not_actions=_actions(raw, "NotAction"),
        resources=_resources(raw, "Resource", variables),
        not_resources=_resources(raw, "NotResource", variables),
        principals=_principals(raw, "Principal"),
        not_principals=_principals(raw, "NotPrincipal"),
        condition=holds,
        keys=keys,
        reads=frozenset(key.lower() for key in (*keys, *(_variables(raw) if variables else ()))),
    )


def _variables(raw: Mapping[str, Any]) -> list[str]:
    """The policy variables in a statement."""
    return [name.strip() for name in _VARIABLE.findall(orjson.dumps(dict(raw)).decode())]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _strings(raw: Mapping[str, Any], element: str) -> list[str] | None:
    if element not in raw:
        return None
    values = _listed(raw[element])
    if not all(isinstance(value, str) for value in values):
        raise PolicyError(f"{element} is a string or a list of strings")
    return values


def _actions(raw: Mapping[str, Any], element: str) -> tuple[Pattern, ...] | None:
    actions = _strings(raw, element)
    return None if actions is None else tuple(Pattern(action, variables=False, fold=True) for action in actions)


def _resources(raw: Mapping[str, Any], element: str, variables: bool) -> tuple[ArnPattern, ...] | None:
    resources = _strings(raw, element)
    return None if resources is None else tuple(ArnPattern(resource, variables) for resource in resources)


def _principals(raw: Mapping[str, Any], element: str) -> Principals | None:
    value = raw.get(element)
    if isinstance(value, Mapping):
        return Principals({kind: tuple(_strings(value, kind) or ()) for kind in value})
    everybody = _strings(raw, element)
    return None if everybody is None else Principals({"*": tuple(everybody)})
