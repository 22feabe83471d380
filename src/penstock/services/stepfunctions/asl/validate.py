"""Whether a definition may be created: what is wrong with it, as AWS's diagnostics.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinitionDiagnostic.html
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from penstock.services.stepfunctions.asl import check_values, validate_choice, validate_map
from penstock.services.stepfunctions.asl.grammar import (
    EITHER,
    LANGUAGES,
    MACHINE_FIELDS,
    NOT_IN_JSONATA,
    ONLY_IN_JSONATA,
    PROCESSOR_FIELDS,
    REQUIRED,
    STATE_FIELDS,
    TERMINAL,
)
from penstock.services.stepfunctions.asl.json_text import JsonError, loads
from penstock.services.stepfunctions.asl.warnings import warnings
from penstock.services.stepfunctions.asl.wording import (
    expected,
    not_a_list,
    not_supported,
    of_other_language,
    one_of,
    required,
    too_many,
    values,
)

Json = Mapping[str, Any]
MAX_NAME = 80
MAX_DEPTH = 30


class Diagnostic(NamedTuple):
    code: str
    message: str
    location: str
    severity: str = "ERROR"

    def __str__(self) -> str:
        """As CreateStateMachine's message has it. What the JSON parser says names its place itself."""
        if self.code == "INVALID_JSON_DESCRIPTION":
            return f"{self.code}: {self.message}"
        return f"{self.code}: {self.message} at {self.location or 'null'}"


def schema(message: str, location: str, code: str = "SCHEMA_VALIDATION_FAILED") -> Diagnostic:
    return Diagnostic(code, message, location)


_NO_OBJECT = schema("Definition must be a valid JSON object", "")


def validate(definition: str, kind: str = "STANDARD") -> list[Diagnostic]:
    """Everything that is wrong with a definition's text, errors and warnings."""
    if not definition.strip():
        return [_NO_OBJECT]
    try:
        raw = loads(definition)
    except JsonError as error:
        return [Diagnostic("INVALID_JSON_DESCRIPTION", f"{error.message}\n at {error.location}", error.location)]
    if not isinstance(raw, dict):
        return [_NO_OBJECT]
    return list(_Validator(kind).machine(raw, "", "JSONPath", MACHINE_FIELDS, 0))


def validate_state(raw: Any, kind: str = "STANDARD") -> list[Diagnostic]:
    """The same for one state alone, whose transitions lead nowhere."""
    if not isinstance(raw, dict):
        return [_NO_OBJECT]
    return list(_Validator(kind).state("", raw, "", "JSONPath", 0))


class _Validator:
    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.names: set[str] = set()
        self.labels: set[str] = set()
        self.outer: frozenset[str] = frozenset()  # variables of the scopes around

    def machine(self, raw: Any, path: str, language: str, allowed: frozenset[str], depth: int) -> Iterator[Diagnostic]:
        here = path or "/"
        if not isinstance(raw, dict):
            yield schema(expected("Object"), here)
            return
        if depth > MAX_DEPTH:
            yield Diagnostic("TOO_DEEPLY_NESTED", "The states are too deeply nested.", here)
            return
        for name in raw:
            if name not in allowed:
                yield schema(not_supported(name), here)
        if missing := [name for name in ("States", "StartAt") if name not in raw]:
            yield schema(required(*missing), here)
        language = raw.get("QueryLanguage", language)
        if language not in LANGUAGES:
            yield schema(values(LANGUAGES), f"{path}/QueryLanguage")
            return
        yield from check_values.machine_values(raw, path, schema)
        states = raw.get("States")
        if isinstance(states, dict):
            yield from self.states(raw, states, path, language, depth)
        elif "States" in raw:
            yield schema(expected("Object"), f"{path}/States")

    def states(self, raw: Json, states: Json, path: str, language: str, depth: int) -> Iterator[Diagnostic]:
        if not states:
            yield schema("There must be at least one state", f"{path}/States")
            return
        start = raw.get("StartAt")
        if isinstance(start, str) and start not in states:
            yield Diagnostic("MISSING_TRANSITION_TARGET", f"Missing 'StartAt' target: {start}", f"{path}/StartAt")
        objects = {name: state for name, state in states.items() if isinstance(state, dict)}
        outer, mine = self.outer, frozenset(variable for state in objects.values() for variable in assigned(state))
        for variable in sorted(mine & outer):
            yield schema(f"The variable '{variable}' is assigned in an outer scope and cannot be assigned here", path)
        self.outer = outer | mine
        for name, state in states.items():
            where = f"{path}/States/{name}"
            yield from self.name(name, where)
            if name in objects:
                yield from self.state(name, state, where, language, depth)
            else:
                yield schema(expected("Object"), where)
        self.outer = outer
        yield from transitions(start, objects, path)

    def name(self, name: str, where: str) -> Iterator[Diagnostic]:
        if not name or len(name) > MAX_NAME:
            fault = f" exceeds the {MAX_NAME}-character limit allowed by the service" if name else ""
            yield Diagnostic("INVALID_STATE_NAME", f"Invalid State name: {name}{fault}", where)
        if name in self.names:
            yield Diagnostic("DUPLICATE_STATE_NAME", f"Duplicate State name: {name}", where)
        self.names.add(name)

    def state(self, name: str, raw: Json, path: str, language: str, depth: int) -> Iterator[Diagnostic]:
        kind, here = raw.get("Type"), path or "/"
        if kind is None:
            yield schema(required("Type"), here)
            return
        if kind not in STATE_FIELDS:
            yield schema(values(STATE_FIELDS), f"{path}/Type")
            return
        own = raw.get("QueryLanguage", language)
        if own not in LANGUAGES:
            yield schema(values(LANGUAGES), f"{path}/QueryLanguage")
            return
        if own == "JSONPath" and language == "JSONata":
            yield schema("'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", here)
        found = list(self.fields(raw, kind, path, own)) or [
            *check_values.values(raw, kind, path, own == "JSONata", schema),
            *check_values.resource(raw, kind, path, self.kind, own == "JSONata", schema),
            *self.inside(raw, kind, path, own, depth),
        ]
        yield from found
        if own == "JSONPath" and all(one.severity == "WARNING" for one in found):
            yield from (Diagnostic(*one, "WARNING") for one in warnings(raw, path))

    def fields(self, raw: Json, kind: str, path: str, language: str) -> Iterator[Diagnostic]:
        here = path or "/"
        refused = NOT_IN_JSONATA if language == "JSONata" else ONLY_IN_JSONATA
        for name in raw:
            if name not in STATE_FIELDS[kind]:
                yield schema(not_supported(name), here)
            elif name in refused and not (kind == "Pass" and name == "Parameters" and language == "JSONPath"):
                yield schema(of_other_language(name, language), here)
        if missing := [name for name in REQUIRED.get(kind, ()) if name not in raw]:
            yield schema(required(*missing), here)
        if kind not in TERMINAL and kind != "Choice":
            yield from _next_or_end(raw, here)
        for names, needed in EITHER.get(kind, ()):
            given = [name for name in names if name in raw]
            if len(given) > 1:
                yield schema(too_many(names), here)
            elif needed and not given:
                yield schema(one_of(names), here)

    def inside(self, raw: Json, kind: str, path: str, language: str, depth: int) -> Iterator[Diagnostic]:
        if kind == "Choice":
            yield from validate_choice.choices(raw, path, language == "JSONata", schema)
        elif kind == "Parallel":
            if fault := not_a_list(raw["Branches"]):
                yield schema(fault, f"{path}/Branches")
                return
            for index, branch in enumerate(raw["Branches"]):
                yield from self.machine(branch, f"{path}/Branches[{index}]", language, MACHINE_FIELDS, depth + 1)
        elif kind == "Map":
            yield from validate_map.distributed(raw, path, schema)
            yield from self.label(raw.get("Label"), path)
            field = "ItemProcessor" if "ItemProcessor" in raw else "Iterator"
            yield from self.processor(raw[field], f"{path}/{field}", language, depth)

    def label(self, label: Any, path: str) -> Iterator[Diagnostic]:
        if not isinstance(label, str):
            return
        if validate_map.bad_label(label):
            message = (
                f"Label must be between 1 and {validate_map.MAX_LABEL} characters long, without special ones: {label}"
            )
            yield Diagnostic("INVALID_LABEL_NAME", message, f"{path}/Label")
        if label in self.labels:
            yield Diagnostic("DUPLICATE_LABEL_NAME", f"Duplicate Label: {label}", f"{path}/Label")
        self.labels.add(label)

    def processor(self, raw: Json, path: str, language: str, depth: int) -> Iterator[Diagnostic]:
        config = raw.get("ProcessorConfig", {}) if isinstance(raw, dict) else {}
        if not isinstance(config, dict):
            yield schema(expected("Object"), f"{path}/ProcessorConfig")
            return
        mode = config.get("Mode", "INLINE")
        yield from self.mode(config, mode, f"{path}/ProcessorConfig")
        nested, self.kind = self.kind, config.get("ExecutionType", self.kind) if mode == "DISTRIBUTED" else self.kind
        yield from self.machine(raw, path, language, PROCESSOR_FIELDS, depth + 1)
        self.kind = nested

    def mode(self, config: Json, mode: Any, path: str) -> Iterator[Diagnostic]:
        if mode not in ("INLINE", "DISTRIBUTED"):
            yield schema(values(("INLINE", "DISTRIBUTED")), f"{path}/Mode")
        elif mode == "DISTRIBUTED" and self.kind == "EXPRESS":
            yield schema(
                "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines", path
            )
        elif mode == "DISTRIBUTED" and "ExecutionType" not in config:
            yield schema(required("ExecutionType"), path)
        elif mode == "DISTRIBUTED" and config["ExecutionType"] not in ("STANDARD", "EXPRESS"):
            yield schema(values(("STANDARD", "EXPRESS")), f"{path}/ExecutionType")
        elif mode == "INLINE" and "ExecutionType" in config:
            yield schema(not_supported("ExecutionType"), path)


def assigned(state: Json) -> Iterator[str]:
    """The variables that a state, its catchers or its rules assign."""
    entries = [state, *(one for field in ("Catch", "Choices") for one in _list(state.get(field)))]
    for entry in entries:
        given = entry.get("Assign") if isinstance(entry, dict) else None
        if isinstance(given, dict):
            yield from (name.removesuffix(".$") for name in given)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _next_or_end(raw: Json, here: str) -> Iterator[Diagnostic]:
    ends = raw.get("End", False)
    if not isinstance(ends, bool):
        yield schema(expected("Boolean"), f"{here}/End")
    elif "Next" in raw and ends:
        yield schema(too_many(("Next", "End")), here)
    elif "Next" not in raw and not ends:
        yield schema(one_of(("Next", "End")), here)


def targets(state: Json) -> Iterator[tuple[str, str]]:
    """Where a state may lead: (field, name of the next state)."""
    for field in ("Next", "Default"):
        if isinstance(state.get(field), str):
            yield field, state[field]
    for field in ("Choices", "Catch"):
        entries = state.get(field)
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict) and isinstance(entry.get("Next"), str):
                yield f"{field}[{index}]/Next", entry["Next"]


def transitions(start: Any, states: Mapping[str, Json], path: str) -> Iterator[Diagnostic]:
    """Targets that do not exist, states that nothing leads to, and machines that cannot end."""
    reached, queue = set(), [start] if start in states else []
    while queue:
        name = queue.pop()
        if name in reached:
            continue
        reached.add(name)
        queue += [target for _, target in targets(states[name]) if target in states]
    for name, state in states.items():
        where = f"{path}/States/{name}"
        for field, target in targets(state):
            if target not in states:
                kind = field.rpartition("/")[2]
                yield Diagnostic("MISSING_TRANSITION_TARGET", f"Missing '{kind}' target: {target}", f"{where}/{field}")
        if name not in reached and start in states:
            yield Diagnostic("MISSING_TRANSITION_TARGET", f'State "{name}" is not reachable.', where)
    if not any(state.get("End") is True or state.get("Type") in TERMINAL for state in states.values()):
        yield Diagnostic("MISSING_END_STATE", "Workflow has no terminal state", f"{path}/States" if path else "")
