"""What AWS says of a definition's faults, as ValidateStateMachineDefinition answers it."""

from collections.abc import Iterable
from typing import Any

NO_TIMESTAMP = "String does not match RFC3339 timestamp"
NOT_CLOSED = "JSONata string must start with {% and end with %}"


def _listed(names: Iterable[str]) -> str:
    return f"[{', '.join(names)}]"


def required(*names: str) -> str:
    return f"These fields are required: {_listed(names)}"


def needed(name: str) -> str:
    """Of what a task or an item reader has to pass on."""
    return f"The field '{name}' is required but was missing"


def not_supported(name: str) -> str:
    return f"Field '{name}' is not supported"


def of_other_language(name: str, language: str) -> str:
    other = "JSONPath" if language == "JSONata" else "JSONata"
    only = f"is only supported for the '{other}' QueryLanguage"
    return f"The QueryLanguage is set to '{language}', but field '{name}' {only}"


def too_many(names: Iterable[str]) -> str:
    return f"There should only be one of the following fields: {_listed(names)}"


def one_of(names: Iterable[str]) -> str:
    return f"This object should have only one of the following fields: {_listed(names)}"


def values(allowed: Iterable[str]) -> str:
    return f"Value should be one of the following: {_listed(allowed)}"


def expected(kind: str) -> str:
    return f"Expected value of type {kind}"


def not_a_list(value: Any) -> str:
    """Why a value is no array with something in it; empty if it is one."""
    if not isinstance(value, list):
        return expected("Array")
    return "" if value else "Value cannot be empty"
