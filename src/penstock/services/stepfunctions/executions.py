"""Executions: start, stop, describe, list, redrive.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
"""

import asyncio
import math
from collections.abc import Awaitable

import orjson

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.base.paging import page_token
from penstock.base.store import Row
from penstock.call import Context
from penstock.services.stepfunctions import aliases, store, versions
from penstock.services.stepfunctions.asl.json_text import JsonError, loads
from penstock.services.stepfunctions.engine.engine import engine
from penstock.services.stepfunctions.engine.run import MAX_BYTES, Run
from penstock.services.stepfunctions.names import (
    MachineArn,
    arn_of,
    check_name,
    execution_arn,
    invalid,
    machine_arn,
    no_execution,
    no_machine,
    owner,
)
from penstock.services.stepfunctions.pages import invalid_token, limit_of, token_key
from penstock.wire.model import Json

_ENDLESS = 2**62
REDRIVE_DAYS = 14
MAX_RUNNING = 1_000_000
_INCLUDED = {"included": True}
_DATA = frozenset({"input", "inputDetails", "output", "outputDetails"})


def _machine(ctx: Context, found: MachineArn) -> Json:
    """A state machine from memory, as it is looked for by every start."""
    memory = engine(ctx)
    machine = memory.machines.get(found.base)
    if machine is None:
        machine = store.DOCUMENTS.get(ctx.store, owner(ctx), "machine", found.base)
        if machine is None:
            raise no_machine(found.base)
        memory.machines[found.base] = machine
    return machine


def _document(ctx: Context, request: Json, found: MachineArn, machine: Json) -> Json:
    """What an execution begins with. Raises InvalidName and InvalidExecutionInput."""
    name = request.get("name") or ids.uuid()
    if "name" in request:
        check_name(name)
    text = request.get("input", "{}")
    _check_input(text)
    document: Json = {"machine": found.base, "name": name, "input": text, "revision": machine["revisionId"]}
    if found.qualifier:
        version = _version(ctx, request["stateMachineArn"], found)
        document |= {"revision": version["revisionId"], "version": version["arn"]}
        if not found.version:
            document["alias"] = request["stateMachineArn"]
    document["role"] = engine(ctx).revision(found.base, document["revision"]).role
    header = request.get("traceHeader") or (ctx.trace.header if ctx.traced else "")
    return {**document, "trace": header, "given": request.get("traceHeader", "")} if header else document


def _version(ctx: Context, arn: str, found: MachineArn) -> Json:
    if found.version:
        return versions.version_at(ctx, found.base, found.qualifier)
    alias = store.DOCUMENTS.get(ctx.store, found.base, "alias", arn)
    if alias is None:
        raise no_machine(arn)
    return aliases.routed(ctx, alias)


def _check_input(text: str) -> None:
    if len(text.encode()) > MAX_BYTES:
        raise invalid(
            f"1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less "
            f"than or equal to {MAX_BYTES}"
        )
    try:
        loads(text)
    except JsonError as error:
        reason = error.message if text.strip() else "Invalid execution input."
        raise AwsError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{reason}'") from None


def start_execution(ctx: Context, request: Json) -> Json:
    found = machine_arn(request["stateMachineArn"])
    machine = _machine(ctx, found)
    document = _document(ctx, request, found, machine)
    if machine["type"] == "EXPRESS":
        arn = arn_of(ctx, f"express:{machine['name']}:{document['name']}:{ids.uuid()}")
        run = engine(ctx).start_later(arn, {**document, "express": True})
        return {"executionArn": arn, "startDate": run.started_at}
    arn = arn_of(ctx, f"execution:{machine['name']}:{document['name']}")
    if "name" in request and (row := ctx.store.one(store.EXECUTION, arn)) is not None:
        return _again(row, document)
    if len(engine(ctx).runs) >= MAX_RUNNING:
        text = f"The maximum number of running executions ({MAX_RUNNING}) has been reached."
        raise AwsError("ExecutionLimitExceeded", text)
    run = engine(ctx).start(arn, document)
    return {"executionArn": arn, "startDate": run.started_at}


def _again(row: Row, document: Json) -> Json:
    """The same name and input is the same execution while it runs."""
    if row[3] == "RUNNING" and orjson.loads(row[7])["input"] == document["input"]:
        return {"executionArn": row[1], "startDate": row[4]}
    raise AwsError("ExecutionAlreadyExists", f"Execution Already Exists: '{row[1]}'")


def start_sync_execution(ctx: Context, request: Json) -> Json | Awaitable[Json]:
    found = machine_arn(request["stateMachineArn"])
    machine = _machine(ctx, found)
    if machine["type"] != "EXPRESS":
        raise _not_supported()
    document = _document(ctx, request, found, machine)
    arn = arn_of(ctx, f"express:{machine['name']}:{document['name']}:{ids.uuid()}")
    run = engine(ctx).start_express(arn, {**document, "express": True})
    run.begin()
    return _sync_answer(run) if run.done else _wait_for(run)


async def _wait_for(run: Run) -> Json:
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    run.ended = lambda _: None if ended.done() else ended.set_result(None)
    await ended
    return _sync_answer(run)


def _sync_answer(run: Run) -> Json:
    duration = (run.stopped_at - run.started_at) * 1000
    billed = {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": max(100, math.ceil(duration / 100) * 100)}
    answer = {
        "executionArn": run.arn,
        "stateMachineArn": run.machine_arn,
        "name": run.document["name"],
        "startDate": run.started_at,
        "stopDate": run.stopped_at,
        "status": run.status,
        "input": run.document["input"],
        "inputDetails": _INCLUDED,
        "billingDetails": billed,
        **run.result,
    }
    if "output" in run.result:
        answer["outputDetails"] = _INCLUDED
    if run.document.get("given"):
        answer["traceHeader"] = run.document["given"]
    return answer


def _not_supported() -> AwsError:
    return AwsError("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")


def row_of(ctx: Context, arn: str) -> Row:
    """Raises ExecutionDoesNotExist, and InvalidArn for express executions, of which nothing is kept."""
    if ":express:" in arn:
        raise AwsError("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'")
    row = ctx.store.one(store.EXECUTION, execution_arn(arn))
    if row is None:
        raise no_execution(arn)
    return row


def describe_execution(ctx: Context, request: Json) -> Json:
    row = row_of(ctx, request["executionArn"])
    _, arn, machine, status, started_at, stopped_at, map_run, text, result = row
    document, ended = orjson.loads(text), orjson.loads(result)
    answer = {
        "executionArn": arn,
        "stateMachineArn": machine,
        "name": document["name"],
        "status": status,
        "startDate": started_at,
        "input": document["input"],
        "inputDetails": _INCLUDED,
        "redriveCount": document.get("redrives", 0),
        **_redrivable(ctx, row, document),
        **_versioned(document),
        **ended,
    }
    if stopped_at is not None:
        answer["stopDate"] = stopped_at
    if "output" in ended:
        answer["outputDetails"] = _INCLUDED
    if request.get("includedData") == "METADATA_ONLY":
        answer = {name: value for name, value in answer.items() if name not in _DATA}
    optional = {"traceHeader": document.get("given"), "mapRunArn": map_run, "redriveDate": document.get("redrivenAt")}
    return answer | {name: value for name, value in optional.items() if value}


def _versioned(document: Json) -> Json:
    names = (("stateMachineVersionArn", "version"), ("stateMachineAliasArn", "alias"))
    return {name: document[key] for name, key in names if key in document}


def _redrivable(ctx: Context, row: Row, document: Json) -> Json:
    if reason := _why_not(ctx, row):
        return {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}
    if row[6]:
        return {"redriveStatus": "REDRIVABLE_BY_MAP_RUN"}
    return {"redriveStatus": "REDRIVABLE"}


def _why_not(ctx: Context, row: Row) -> str:
    if row[3] == "RUNNING":
        return "Execution is RUNNING and cannot be redriven"
    if row[3] == "SUCCEEDED":
        return "Execution is SUCCEEDED and cannot be redriven"
    if (row[5] or 0) < ctx.clock.now() - REDRIVE_DAYS * 86_400:
        return "Execution has exceeded its redrivable period and cannot be redriven"
    return ""


def redrive_execution(ctx: Context, request: Json) -> Json:
    row = row_of(ctx, request["executionArn"])
    document = orjson.loads(row[7])
    if request.get("clientToken") and document.get("redriveToken") == request["clientToken"]:
        return {"redriveDate": document["redrivenAt"]}
    if reason := _why_not(ctx, row):
        raise AwsError("ExecutionNotRedrivable", f"Execution '{row[1]}' is not redrivable: {reason}")
    if row[6]:
        raise AwsError("ExecutionNotRedrivable", "Child workflow executions are redriven by redriving their Map Run")
    return {"redriveDate": engine(ctx).reopen(row, request.get("clientToken", ""))}


def stop_execution(ctx: Context, request: Json) -> Json:
    if ":express:" in request["executionArn"]:
        raise _not_supported()
    row = row_of(ctx, request["executionArn"])
    run = engine(ctx).runs.get(row[1])
    if row[3] != "RUNNING" or run is None:
        return {"stopDate": row[5] or ctx.clock.now()}
    if not run.threads:
        run.thread(run.machine, None, 0)
    run.turn(run.stop, request.get("error"), request.get("cause"))
    return {"stopDate": run.stopped_at}


def list_executions(ctx: Context, request: Json) -> Json:
    rows = _rows(ctx, request, limit_of(request) + 1)
    limit = limit_of(request)
    answer: Json = {"executions": [_listed(row) for row in rows[:limit]]}
    if len(rows) > limit:
        answer["nextToken"] = page_token(rows[limit - 1][0], _filters(request))
    return answer


def _filters(request: Json) -> list[str]:
    """What must stay the same from page to page."""
    return [request.get(name, "") for name in ("stateMachineArn", "mapRunArn", "statusFilter", "redriveFilter")]


def _before(request: Json) -> int:
    """The row behind which a page begins. Raises InvalidToken, also for a token of another question."""
    if not request.get("nextToken"):
        return _ENDLESS
    last, filters = token_key(request, int, list)
    if filters != _filters(request):
        raise invalid_token("Input inconsistent with page token")
    return int(last)


def _rows(ctx: Context, request: Json, limit: int) -> list[Row]:
    before = _before(request)
    if "mapRunArn" in request:
        return ctx.store.all(store.LIST_BY_MAP_RUN, request["mapRunArn"], before, limit)
    if "stateMachineArn" not in request:
        raise invalid("Must provide either a State Machine ARN or a Map Run ARN", "MISSING_REQUIRED_PARAMETER")
    found = machine_arn(request["stateMachineArn"])
    if _machine(ctx, found)["type"] == "EXPRESS":
        raise _not_supported()
    if not found.qualifier and "redriveFilter" not in request:
        if "statusFilter" in request:
            return ctx.store.all(store.LIST_BY_STATUS, found.base, request["statusFilter"], before, limit)
        return ctx.store.all(store.LIST_EXECUTIONS, found.base, before, limit)
    return _filtered(ctx, request, found, before, limit)


def _filtered(ctx: Context, request: Json, found: MachineArn, before: int, limit: int) -> list[Row]:
    """By what only the documents say: a version, an alias, whether it was redriven."""
    status, redriven = request.get("statusFilter"), request.get("redriveFilter")
    matching: list[Row] = []
    while len(matching) < limit:
        rows = ctx.store.all(store.LIST_EXECUTIONS, found.base, before, 500)
        for row in rows:
            document = orjson.loads(row[7])
            same = not found.qualifier or request["stateMachineArn"] in (document.get("version"), document.get("alias"))
            again = redriven is None or (redriven == "REDRIVEN") == bool(document.get("redrives"))
            if same and again and status in (None, row[3]):
                matching.append(row)
        if len(rows) < 500:
            break
        before = rows[-1][0]
    return matching[:limit]


def _listed(row: Row) -> Json:
    document = orjson.loads(row[7])
    shown = {
        "executionArn": row[1],
        "stateMachineArn": row[2],
        "name": document["name"],
        "status": row[3],
        "startDate": row[4],
        **_versioned(document),
        "redriveCount": document.get("redrives", 0),
    }
    optional = {"stopDate": row[5], "mapRunArn": row[6], "redriveDate": document.get("redrivenAt")}
    return shown | {name: value for name, value in optional.items() if value}


def describe_state_machine_for_execution(ctx: Context, request: Json) -> Json:
    row = row_of(ctx, request["executionArn"])
    document = orjson.loads(row[7])
    revision = store.DOCUMENTS.get(ctx.store, document["machine"], "revision", document["revision"])
    assert revision is not None
    answer = {
        "stateMachineArn": row[2],
        "name": revision["name"],
        "definition": revision["definition"],
        "roleArn": revision["roleArn"],
        "updateDate": revision["updatedAt"],
        "loggingConfiguration": revision["loggingConfiguration"],
        "tracingConfiguration": revision["tracingConfiguration"],
        "encryptionConfiguration": revision["encryptionConfiguration"],
    }
    if revision["revisionId"] != "INITIAL":
        answer["revisionId"] = revision["revisionId"]
    return {**answer, "mapRunArn": row[6]} if row[6] else answer
