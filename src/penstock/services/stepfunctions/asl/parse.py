"""A definition that was found valid becomes a `Machine`: one function per state type, in a table."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import orjson

from penstock.services.stepfunctions.asl import fields
from penstock.services.stepfunctions.asl.choice import compile_rule
from penstock.services.stepfunctions.asl.jsonata import compile_jsonata
from penstock.services.stepfunctions.asl.model import (
    Batcher,
    Catcher,
    Choice,
    Fail,
    Machine,
    Map,
    Parallel,
    Pass,
    Reader,
    Retrier,
    Rule,
    State,
    Task,
    Tolerance,
    Wait,
    Writer,
)
from penstock.services.stepfunctions.asl.scope import UNSET, Expression, Scope

Json = Mapping[str, Any]


@lru_cache(maxsize=256)
def machine_of(definition: str) -> Machine:
    """The machine of a definition's text, which was validated before."""
    return compile_machine(orjson.loads(definition), "JSONPath")


def compile_machine(raw: Json, language: str) -> Machine:
    language = raw.get("QueryLanguage", language)
    states = {name: compile_state(name, state, language) for name, state in raw["States"].items()}
    return Machine(raw["StartAt"], states, raw.get("TimeoutSeconds"), raw)


def compile_state(name: str, raw: Json, language: str) -> State:
    language = raw.get("QueryLanguage", language)
    jsonata = language == "JSONata"
    common: dict[str, Any] = {
        "name": name,
        "type": raw["Type"],
        "jsonata": jsonata,
        "next": raw.get("Next", ""),
        "prepare": fields.jsonata_prepare(raw) if jsonata else fields.prepare(raw),
        "finish": fields.jsonata_finish(raw) if jsonata else fields.finish(raw),
        "assign": fields.optional(raw, "Assign", jsonata),
        "retry": tuple(_retrier(one) for one in raw.get("Retry", ())),
        "catch": tuple(_catcher(one, jsonata) for one in raw.get("Catch", ())),
    }
    return _MAKERS[raw["Type"]](raw, jsonata, language, common)


def _retrier(raw: Json) -> Retrier:
    return Retrier(
        frozenset(raw["ErrorEquals"]),
        raw.get("IntervalSeconds", 1),
        raw.get("MaxAttempts", 3),
        raw.get("BackoffRate", 2.0),
        raw.get("MaxDelaySeconds"),
        raw.get("JitterStrategy") == "FULL",
    )


def _catcher(raw: Json, jsonata: bool) -> Catcher:
    finish = fields.jsonata_finish(raw) if jsonata else fields.finish(raw)
    return Catcher(frozenset(raw["ErrorEquals"]), raw["Next"], finish, fields.optional(raw, "Assign", jsonata))


def _pass(raw: Json, jsonata: bool, language: str, common: dict[str, Any]) -> State:
    return Pass(**common, result=raw.get("Result", UNSET))


def _task(raw: Json, jsonata: bool, language: str, common: dict[str, Any]) -> State:
    role = raw.get("Credentials")
    return Task(
        **common,
        resource=raw["Resource"],
        timeout=fields.number(raw, "TimeoutSeconds", jsonata),
        heartbeat=fields.number(raw, "HeartbeatSeconds", jsonata),
        role=fields.optional({"Credentials": role}, "Credentials", jsonata) if role else None,
    )


def _wait(raw: Json, jsonata: bool, language: str, common: dict[str, Any]) -> State:
    said = next(name for name in ("Seconds", "SecondsPath", "Timestamp", "TimestampPath") if name in raw)
    return Wait(
        **common,
        seconds=_field(raw, "Seconds", jsonata),
        timestamp=_field(raw, "Timestamp", jsonata),
        said=raw.get(f"{said.removesuffix('Path')}Path", ""),
    )


def _field(raw: Json, name: str, jsonata: bool) -> Expression | None:
    return fields.number(raw, name, jsonata) if name in raw or f"{name}Path" in raw else None


def _choice(raw: Json, jsonata: bool, language: str, common: dict[str, Any]) -> State:
    rules = tuple(_rule(one, jsonata, f"Choices[{index}]/Condition") for index, one in enumerate(raw["Choices"]))
    return Choice(**common, rules=rules, default=raw.get("Default", ""))


def _rule(raw: Json, jsonata: bool, field: str) -> Rule:
    test = _condition(compile_jsonata(raw["Condition"], field, "boolean")) if jsonata else compile_rule(dict(raw))
    return Rule(test, raw["Next"], fields.optional(raw, "Output", jsonata), fields.optional(raw, "Assign", jsonata))


def _condition(read: Expression) -> Callable[[Scope], bool]:
    return lambda scope: read(scope) is True


def _fail(raw: Json, jsonata: bool, language: str, common: dict[str, Any]) -> State:
    return Fail(**common, error=fields.text(raw, "Error", jsonata), cause=fields.text(raw, "Cause", jsonata))


def _parallel(raw: Json, jsonata: bool, language: str, common: dict[str, Any]) -> State:
    return Parallel(**common, branches=tuple(compile_machine(branch, language) for branch in raw["Branches"]))


def _map(raw: Json, jsonata: bool, language: str, common: dict[str, Any]) -> State:
    """`Parameters` is the old name of `ItemSelector`, `Iterator` that of `ItemProcessor`."""
    processor = raw.get("ItemProcessor") or raw["Iterator"]
    config = processor.get("ProcessorConfig", {})
    selector = fields.optional(raw, "ItemSelector", jsonata) or fields.optional(raw, "Parameters", jsonata)
    common["prepare"] = fields.same if jsonata else fields.prepare(raw, "")
    return Map(
        **common,
        items=_items(raw, jsonata),
        selector=selector,
        processor=compile_machine(processor, language),
        concurrency=fields.number(raw, "MaxConcurrency", jsonata),
        distributed=config.get("Mode") == "DISTRIBUTED",
        express=config.get("ExecutionType") == "EXPRESS",
        label=raw.get("Label", common["name"]),
        reader=_reader(raw["ItemReader"], jsonata) if "ItemReader" in raw else None,
        writer=_writer(raw["ResultWriter"], jsonata) if "ResultWriter" in raw else None,
        batcher=_batcher(raw["ItemBatcher"], jsonata) if "ItemBatcher" in raw else None,
        tolerance=Tolerance(
            fields.number(raw, "ToleratedFailureCount", jsonata),
            fields.number(raw, "ToleratedFailurePercentage", jsonata),
        ),
    )


def _items(raw: Json, jsonata: bool) -> Expression:
    if jsonata:
        return fields.optional(raw, "Items", jsonata) or fields.same
    return fields.checked_path(raw["ItemsPath"], "ItemsPath") if "ItemsPath" in raw else fields.same


def _arguments(raw: Json, jsonata: bool) -> Expression:
    name = "Arguments" if jsonata else "Parameters"
    return fields.optional(raw, name, jsonata) or (lambda scope: {})


def _reader(raw: Json, jsonata: bool) -> Reader:
    config = raw.get("ReaderConfig", {})
    return Reader(raw["Resource"], config, _arguments(raw, jsonata), fields.number(config, "MaxItems", jsonata))


def _writer(raw: Json, jsonata: bool) -> Writer:
    return Writer(raw.get("Resource", ""), raw.get("WriterConfig", {}), _arguments(raw, jsonata))


def _batcher(raw: Json, jsonata: bool) -> Batcher:
    return Batcher(
        fields.number(raw, "MaxItemsPerBatch", jsonata),
        fields.number(raw, "MaxInputBytesPerBatch", jsonata),
        fields.optional(raw, "BatchInput", jsonata),
    )


def _succeed(raw: Json, jsonata: bool, language: str, common: dict[str, Any]) -> State:
    return State(**common)


_MAKERS: dict[str, Callable[[Json, bool, str, dict[str, Any]], State]] = {
    "Pass": _pass,
    "Task": _task,
    "Wait": _wait,
    "Choice": _choice,
    "Succeed": _succeed,
    "Fail": _fail,
    "Parallel": _parallel,
    "Map": _map,
}
