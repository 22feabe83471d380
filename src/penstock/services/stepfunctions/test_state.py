"""TestState: one state alone, carried out without an execution.

A Wait state does not wait. Jobs, task tokens, activities, Map and Parallel states need a mocked result, as on AWS.
Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html
"""

from collections.abc import Awaitable, Iterable, Mapping
from typing import Any

import orjson

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.stepfunctions.asl import fields
from penstock.services.stepfunctions.asl.backoff import catcher_of, delay, retry_of
from penstock.services.stepfunctions.asl.errors import NO_CHOICE, StateError, evaluation
from penstock.services.stepfunctions.asl.json_text import JsonError, loads
from penstock.services.stepfunctions.asl.model import Choice, Fail, Map, Pass, State, Task
from penstock.services.stepfunctions.asl.parse import compile_state
from penstock.services.stepfunctions.asl.scope import UNSET, Scope
from penstock.services.stepfunctions.asl.templates import compile_template
from penstock.services.stepfunctions.asl.validate import validate, validate_state
from penstock.services.stepfunctions.engine.engine import engine
from penstock.services.stepfunctions.integrations import calls, http_tasks, resource
from penstock.services.stepfunctions.integrations.resource import Target
from penstock.services.stepfunctions.map_inspection import inspect_map
from penstock.services.stepfunctions.mocked import check_mock, check_use
from penstock.services.stepfunctions.names import invalid
from penstock.services.stepfunctions.times import iso
from penstock.wire.model import Json


async def test_state(ctx: Context, request: Json) -> Json:
    name, raw, language = _definition(request)
    given = _loaded(request.get("input") or "{}", "InvalidExecutionInput")
    state = compile_state(name, raw, language)
    check_use(request, state)
    mock = request.get("mock", {})
    if "result" in mock:
        result = _loaded(mock["result"], "ValidationException")
        check_mock(ctx.kernel, state, result, mock.get("fieldValidationMode", "STRICT"))
    variables = _loaded(request.get("variables") or "{}", "InvalidExecutionInput")
    context = _context(ctx, request, name, given)
    scope = Scope(given, variables, lambda: context, ctx.clock.now())
    inspected: Json = {"input": _text(given)}
    try:
        answer = await _carried_out(ctx, request, state, raw, scope, given, inspected)
    except StateError as error:
        answer = _failed(request, state, scope, given, error, inspected)
    if request.get("inspectionLevel", "INFO") != "INFO":
        answer["inspectionData"] = inspected
    return answer


def _definition(request: Json) -> tuple[str, Json, str]:
    """The state's name, itself, and the query language around it. Raises InvalidDefinition."""
    raw = _loaded(request["definition"], "InvalidDefinition")
    whole = isinstance(raw, dict) and "States" in raw
    found = validate(request["definition"]) if whole else validate_state(raw)
    found = [one for one in found if one.severity == "ERROR"]
    if found:
        raise AwsError("InvalidDefinition", f"Invalid State Machine Definition: '{', '.join(map(str, found))}'")
    if not whole:
        return request.get("stateName", "TestState"), raw, "JSONPath"
    name = request.get("stateName", "")
    if name not in raw["States"]:
        raise invalid("State not found in definition" if name else "stateName is required for a state machine")
    return name, raw["States"][name], raw.get("QueryLanguage", "JSONPath")


def _loaded(text: str, code: str) -> Any:
    try:
        return loads(text)
    except JsonError as error:
        raise AwsError(code, f"Invalid JSON: '{error.message}'") from None


def _context(ctx: Context, request: Json, name: str, given: Any) -> Json:
    if "context" in request:
        return dict(_loaded(request["context"], "ValidationException"))
    now, retries = iso(ctx.clock.now()), request.get("stateConfiguration", {}).get("retrierRetryCount", 0)
    execution = {"Id": "", "Input": given, "Name": ids.uuid(), "RoleArn": request.get("roleArn", ""), "StartTime": now}
    state = {"EnteredTime": now, "Name": name, "RetryCount": retries}
    return {"Execution": execution, "State": state, "StateMachine": {"Id": "", "Name": ""}}


def _text(value: Any) -> str:
    return orjson.dumps(value).decode()


async def _carried_out(
    ctx: Context, request: Json, state: State, raw: Json, scope: Scope, given: Any, inspected: Json
) -> Json:
    prepared = state.prepare(scope)
    _before(raw, state, scope, prepared, inspected)
    if isinstance(state, Choice):
        return _chosen(state, scope, given, prepared)
    if isinstance(state, Map):
        inspect_map(state, scope, request.get("stateConfiguration", {}), inspected)
    result = await _result(ctx, request, state, scope, prepared, inspected)
    if state.type in ("Task", "Map", "Parallel"):
        inspected["result"] = _text(result)
        scope.result = result
    elif _is_static(state):
        inspected["result"] = _text(result)
    _after(raw, state, scope, given, result, inspected)
    assigned = _assigned(state, scope, result)
    output = state.finish(scope, given, result)
    if assigned is not None:
        inspected["variables"] = _text({**scope.variables, **assigned})
    answer = {"status": "SUCCEEDED", "output": _text(output)}
    return {**answer, "nextState": state.next} if state.next else answer


def _before(raw: Json, state: State, scope: Scope, prepared: Any, inspected: Json) -> None:
    if state.jsonata:
        inspected["afterArguments"] = _text(prepared)
    elif not _is_static(state):
        inspected["afterInputPath"] = _text(scope.input)
        if state.type not in ("Succeed", "Fail", "Choice"):
            inspected["afterParameters"] = _text(prepared)


def _is_static(state: State) -> bool:
    """A Pass state whose Result its input has no part in."""
    return isinstance(state, Pass) and state.result is not UNSET


def _after(raw: Json, state: State, scope: Scope, given: Any, result: Any, inspected: Json) -> None:
    """What each of JSONPath's steps makes of the result, one by one."""
    if state.jsonata or state.type == "Succeed":
        return
    inner = Scope(result, scope.variables, scope.make_context, scope.now)
    selected = compile_template(raw["ResultSelector"])(inner) if "ResultSelector" in raw else result
    inspected["afterResultSelector"] = _text(selected)
    placed = fields.finish({key: raw[key] for key in ("ResultPath",) if key in raw})(inner, given, selected)
    inspected["afterResultPath"] = _text(placed)


def _assigned(state: State, scope: Scope, result: Any) -> Mapping[str, Any] | None:
    if state.assign is None:
        return None
    inner = Scope(scope.input if state.jsonata else result, scope.variables, scope.make_context, scope.now)
    inner.result = scope.result
    return dict(state.assign(inner))


def _chosen(state: Choice, scope: Scope, given: Any, prepared: Any) -> Json:
    rule = next((rule for rule in state.rules if rule.test(scope)), None)
    target = rule.next if rule else state.default
    if not target:
        raise evaluation(NO_CHOICE, "Failed to transition out of the state. The state does not point to a next state.")
    output = rule.output(scope) if rule and rule.output else state.finish(scope, given, prepared)
    return {"status": "SUCCEEDED", "output": _text(output), "nextState": target}


async def _result(ctx: Context, request: Json, state: State, scope: Scope, prepared: Any, inspected: Json) -> Any:
    mock = request.get("mock", {})
    if "errorOutput" in mock:
        raise StateError(mock["errorOutput"].get("error", ""), mock["errorOutput"].get("cause", ""))
    if "result" in mock:
        return loads(mock["result"])
    if isinstance(state, Pass):
        return prepared if state.result is UNSET else state.result
    if isinstance(state, Fail):
        raise StateError(state.error(scope) or "", state.cause(scope) or "")
    if isinstance(state, Task):
        return await _called(ctx, request, state, prepared, inspected)
    return prepared


async def _called(ctx: Context, request: Json, state: Task, prepared: Any, inspected: Json) -> Any:
    target = resource.parse(state.resource)
    if target.kind == "activity" or target.pattern != resource.REQUEST:
        raise invalid(f"{state.resource} can only be tested with a mock")
    if "roleArn" not in request:
        raise invalid("roleArn is required to test a Task state without a mock")
    kernel = ctx.kernel
    principal = engine(ctx).sessions.principal(request["roleArn"], "TestState")
    caller = ctx.at(principal=principal)
    if target.kind == "http":
        return await _exchanged(caller, request, target, prepared, inspected)
    try:
        asked = calls.request_of(kernel, target, prepared, [])
        found = kernel.enter(caller, target.service, target.operation, asked)
        return calls.result_of(kernel, target, await found if isinstance(found, Awaitable) else found)
    except AwsError as error:
        raise calls.failure_of(kernel, target, error) from None


async def _exchanged(ctx: Context, request: Json, target: Target, prepared: Any, inspected: Json) -> Any:
    """The result of an HTTP Task; what was sent is shown without the connection's part unless secrets are revealed."""
    told = await http_tasks.exchange(ctx, target, prepared)
    if request.get("inspectionLevel") == "TRACE":
        sent, answer = (told.sent if request.get("revealSecrets") else told.shown), told.response
        protocol = sent.url.partition(":")[0]
        inspected["request"] = {
            "protocol": protocol,
            "method": sent.method,
            "url": sent.url,
            "headers": _headers(sent.headers.items()),
            "body": sent.body.decode("utf-8", "replace"),
        }
        inspected["response"] = {
            "protocol": protocol,
            "statusCode": str(answer.status),
            "statusMessage": http_tasks.status_text(answer.status),
            "headers": _headers(answer.headers),
            "body": answer.body.decode("utf-8", "replace") if isinstance(answer.body, bytes) else "",
        }
    return http_tasks.outcome(target, told)


def _headers(pairs: Iterable[tuple[str, str]]) -> str:
    return f"[{', '.join(f'{name}: {value}' for name, value in pairs)}]"


def _failed(request: Json, state: State, scope: Scope, given: Any, error: StateError, inspected: Json) -> Json:
    answer: Json = {"error": error.error, "cause": error.cause}
    tried = request.get("stateConfiguration", {}).get("retrierRetryCount", 0)
    index = retry_of(state.retry, [tried] * len(state.retry), error.error)
    if index is not None:
        seconds = int(delay(state.retry[index], tried, lambda: 1.0))
        inspected["errorDetails"] = {"retryIndex": index, "retryBackoffIntervalSeconds": seconds}
        return {**answer, "status": "RETRIABLE"}
    catcher = catcher_of(state.catch, error.error)
    if catcher is None:
        return {**answer, "status": "FAILED"}
    output = {"Error": error.error, "Cause": error.cause}
    scope = Scope(given, scope.variables, scope.make_context, scope.now)
    scope.error = output
    inspected["errorDetails"] = {"catchIndex": state.catch.index(catcher)}
    shown = _text(catcher.finish(scope, given, output))
    return {**answer, "status": "CAUGHT_ERROR", "nextState": catcher.next, "output": shown}
