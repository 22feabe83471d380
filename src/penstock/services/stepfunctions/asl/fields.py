"""How a state's fields become functions: input and output processing of both query languages.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html
"""

from collections.abc import Mapping
from typing import Any

import orjson

from penstock.services.stepfunctions.asl.errors import RESULT_PATH, RUNTIME, evaluation
from penstock.services.stepfunctions.asl.jsonata import EXPECTED, compile_jsonata
from penstock.services.stepfunctions.asl.model import Finish
from penstock.services.stepfunctions.asl.paths import NoSuchPath, Step, compile_path, place, reference_steps
from penstock.services.stepfunctions.asl.scope import Expression, Scope
from penstock.services.stepfunctions.asl.templates import compile_template, compile_value

Json = Mapping[str, Any]


def same(scope: Scope) -> Any:
    return scope.input


def checked_path(text: str, field: str) -> Expression:
    """A path that must lead somewhere."""
    read = compile_path(text)

    def value(scope: Scope) -> Any:
        try:
            return read(scope)
        except NoSuchPath as error:
            raise evaluation(RUNTIME, str(error), field) from None

    return value


def optional(raw: Json, field: str, jsonata: bool) -> Expression | None:
    """A template field, compiled for its language; None where it is not there."""
    if field not in raw:
        return None
    return compile_jsonata(raw[field], field, EXPECTED.get(field, "")) if jsonata else compile_template(raw[field])


def number(raw: Json, field: str, jsonata: bool) -> Expression | None:
    """A field that is a number, a `<field>Path`, or a JSONata expression."""
    if f"{field}Path" in raw:
        return checked_path(raw[f"{field}Path"], f"{field}Path")
    return optional(raw, field, jsonata)


def text(raw: Json, field: str, jsonata: bool) -> Expression:
    """A string field, `<field>Path` (a path or an intrinsic function), or a JSONata expression; None if absent."""
    if f"{field}Path" in raw:
        read = compile_value(raw[f"{field}Path"])

        def value(scope: Scope) -> Any:
            try:
                return read(scope)
            except NoSuchPath as error:
                raise evaluation(RUNTIME, str(error), f"{field}Path") from None

        return value
    return optional(raw, field, jsonata) or (lambda scope: None)


# -- JSONPath -------------------------------------------------------------------------------------------


def prepare(raw: Json, parameters: str = "Parameters") -> Expression:
    """InputPath, then Parameters."""
    template = compile_template(raw[parameters]) if parameters in raw else None
    path = raw.get("InputPath", "$")
    if path == "$":
        return template or same
    read: Expression = (lambda scope: {}) if path is None else checked_path(path, "InputPath")

    def value(scope: Scope) -> Any:
        scope.input = read(scope)
        return template(scope) if template else scope.input

    return value


def finish(raw: Json) -> Finish:
    """ResultSelector, ResultPath, OutputPath."""
    selector = compile_template(raw["ResultSelector"]) if "ResultSelector" in raw else None
    result_path, output_path = raw.get("ResultPath", "$"), raw.get("OutputPath", "$")
    steps = None if result_path is None else reference_steps(result_path)
    read = None if output_path == "$" else _output(output_path)
    if selector is None and steps == () and read is None:
        return lambda scope, given, result: result

    def value(scope: Scope, given: Any, result: Any) -> Any:
        if selector is not None:
            scope.input = result
            result = selector(scope)
        output = given if steps is None else _placed(given, steps, result, result_path)
        if read is None:
            return output
        scope.input = output
        return read(scope)

    return value


def _output(path: str | None) -> Expression:
    return (lambda scope: {}) if path is None else checked_path(path, "OutputPath")


def _placed(given: Any, steps: tuple[Step, ...], result: Any, path: str) -> Any:
    try:
        return place(given, steps, result)
    except ValueError:
        shown = orjson.dumps(given).decode()
        cause = f"Unable to apply step '{path}' to input {shown}"
        raise evaluation(RESULT_PATH, cause, "ResultPath") from None


# -- JSONata --------------------------------------------------------------------------------------------


def jsonata_prepare(raw: Json) -> Expression:
    return compile_jsonata(raw["Arguments"], "Arguments") if "Arguments" in raw else same


def jsonata_finish(raw: Json) -> Finish:
    if "Output" not in raw:
        return lambda scope, given, result: result
    output = compile_jsonata(raw["Output"], "Output")
    return lambda scope, given, result: output(scope)
