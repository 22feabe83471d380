"""Operations on change sets: what `aws cloudformation deploy` uses.

Rule: a change set is made at once; one without changes has failed, with the text that the AWS CLI looks for.
"""

from collections.abc import Mapping

from penstock.base import ids
from penstock.base.arn import arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.cloudformation import describe, lifecycle, requests, store
from penstock.services.cloudformation.deploy import Deployment
from penstock.services.cloudformation.preview import Preview, preview
from penstock.services.cloudformation.stacks import refuse_unless_updatable
from penstock.services.cloudformation.state import quiet
from penstock.services.cloudformation.store import ChangeSetRow, StackRow
from penstock.template.assembly import Stack
from penstock.template.document import Document, TemplateError, parse
from penstock.wire.model import Json

_NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."


async def create_change_set(ctx: Context, request: Json) -> Json:
    row, is_new = _stack_for(ctx, request)
    wanted = await requests.stack(ctx, request, None if row is None else row)
    if row is None:
        row = lifecycle.new_row(ctx, wanted, requests.settings(request))
    else:
        _refuse_taken_name(ctx, row, request["ChangeSetName"])
    deployment = Deployment(ctx, row, wanted, quiet)
    try:
        plan = await deployment.blueprint()
        requests.refuse_without_capabilities(plan, request)
        looked_ahead = await preview(deployment)
    except TemplateError as error:
        raise requests.refused(error) from error
    if is_new and row.status != "REVIEW_IN_PROGRESS":
        lifecycle.set_status(ctx, row, "REVIEW_IN_PROGRESS", "User Initiated")
    made = _row(ctx, request, row, wanted, looked_ahead)
    store.put_change_set(ctx.store, made)
    return {"Id": made.change_set_id, "StackId": row.stack_id}


def _refuse_taken_name(ctx: Context, row: StackRow, name: str) -> None:
    """An executed change set is history; its name is free."""
    taken = store.change_set_by_name(ctx.store, row.stack_id, name)
    if taken is None:
        return
    if taken.body["ExecutionStatus"] != "EXECUTE_COMPLETE":
        text = f"ChangeSet {name} cannot be created due to a mismatch with existing attribute name"
        raise AwsError("AlreadyExistsException", text)
    store.delete_change_set(ctx.store, taken.change_set_id)


def _stack_for(ctx: Context, request: Json) -> tuple[StackRow | None, bool]:
    """(the stack, if it is there; whether the change set creates it)."""
    name = request["StackName"]
    row = describe.find(ctx, name)
    kind = request.get("ChangeSetType", "UPDATE")
    if kind == "IMPORT":
        raise AwsError("ValidationError", "Penstock does not import existing resources into stacks")
    if kind == "CREATE":
        if row is not None and row.status != "REVIEW_IN_PROGRESS":
            again = f"cannot be created again with the changeSet [{request['ChangeSetName']}]."
            text = f"Stack [{name}] already exists and {again}"
            raise AwsError("ValidationError", text)
        return row, True
    if row is None:
        raise AwsError("ValidationError", f"Stack [{name}] does not exist")
    if row.status != "REVIEW_IN_PROGRESS":
        refuse_unless_updatable(row)
    return row, row.status == "REVIEW_IN_PROGRESS"


def _row(ctx: Context, request: Json, row: StackRow, wanted: Stack, looked_ahead: Preview) -> ChangeSetRow:
    name = request["ChangeSetName"]
    body = {
        "Description": request.get("Description"),
        "Status": "FAILED" if looked_ahead.empty else "CREATE_COMPLETE",
        "StatusReason": _NO_CHANGES if looked_ahead.empty else None,
        "ExecutionStatus": "UNAVAILABLE" if looked_ahead.empty else "AVAILABLE",
        "Changes": looked_ahead.changes,
        "Parameters": dict(wanted.parameters),
        "Tags": dict(wanted.tags),
        "Settings": requests.settings(request),
        "Template": wanted.document.text,
        "OnStackFailure": request.get("OnStackFailure"),
    }
    change_set_id = arn("cloudformation", ctx.region, ctx.account, f"changeSet/{name}/{ids.uuid()}")
    return ChangeSetRow(change_set_id, row.stack_id, name, ctx.clock.now(), body)


def describe_change_set(ctx: Context, request: Json) -> Json:
    row, stack = known_change_set(ctx, request)
    body = row.body
    changes, rest = describe.page(body["Changes"], request)
    found = {
        **_summary(row, stack),
        "Parameters": _parameters(body["Parameters"]),
        "Tags": [{"Key": key, "Value": value} for key, value in body["Tags"].items()],
        "Capabilities": body["Settings"].get("Capabilities"),
        "NotificationARNs": body["Settings"].get("NotificationARNs", []),
        "RollbackConfiguration": {},
        "Changes": changes,
        "OnStackFailure": body.get("OnStackFailure"),
        **rest,
    }
    return {name: value for name, value in found.items() if value is not None}


def _parameters(given: Mapping[str, str]) -> list[Json]:
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()]


def _summary(row: ChangeSetRow, stack: StackRow) -> Json:
    names = ("Description", "Status", "StatusReason", "ExecutionStatus")
    return {
        "ChangeSetId": row.change_set_id,
        "ChangeSetName": row.name,
        "StackId": stack.stack_id,
        "StackName": stack.stack_name,
        "CreationTime": row.created_at,
        "IncludeNestedStacks": False,
        **{name: row.body[name] for name in names if row.body.get(name) is not None},
    }


def known_change_set(ctx: Context, request: Json) -> tuple[ChangeSetRow, StackRow]:
    """The change set by its id, or by its stack's name and its own; and its stack."""
    name = request["ChangeSetName"]
    if name.startswith("arn:"):
        row = store.change_set_by_id(ctx.store, name)
    elif "StackName" not in request:
        raise AwsError("ValidationError", "StackName must be specified if ChangeSetName is not specified as an ARN.")
    else:
        stack = describe.known(ctx, request["StackName"], "Stack [{}] does not exist")
        row = store.change_set_by_name(ctx.store, stack.stack_id, name)
    if row is None:
        raise AwsError("ChangeSetNotFoundException", f"ChangeSet [{name}] does not exist")
    return row, describe.known(ctx, row.stack_id)


def list_change_sets(ctx: Context, request: Json) -> Json:
    stack = describe.known(ctx, request["StackName"], "Stack [{}] does not exist")
    rows, rest = describe.page(store.change_sets(ctx.store, stack.stack_id), request)
    return {"Summaries": [_summary(row, stack) for row in rows], **rest}


def delete_change_set(ctx: Context, request: Json) -> Json:
    try:
        row, _ = known_change_set(ctx, request)
    except AwsError as error:
        if error.code == "ChangeSetNotFoundException":
            return {}
        raise
    store.delete_change_set(ctx.store, row.change_set_id)
    return {}


async def execute_change_set(ctx: Context, request: Json) -> Json:
    row, stack = known_change_set(ctx, request)
    if row.body["ExecutionStatus"] != "AVAILABLE":
        text = (
            f"ChangeSet [{row.change_set_id}] cannot be executed in its current execution status of "
            f"[{row.body['ExecutionStatus']}]"
        )
        raise AwsError("InvalidChangeSetStatus", text)
    for other in store.change_sets(ctx.store, stack.stack_id):  # the others were made for what the stack was before
        store.delete_change_set(ctx.store, other.change_set_id)
    row.body |= {"ExecutionStatus": "EXECUTE_COMPLETE"}
    store.put_change_set(ctx.store, row)
    await _execute(ctx, row, stack, "DO_NOTHING" if request.get("DisableRollback") else None)
    return {}


async def _execute(ctx: Context, row: ChangeSetRow, stack: StackRow, on_failure: str | None) -> None:
    body = row.body
    found = Document(parse(body["Template"]), body["Template"])
    wanted = Stack(
        stack.stack_name, found, stack.account, stack.region, parameters=body["Parameters"], tags=body["Tags"]
    )
    settings = {**body["Settings"], "ChangeSetId": row.change_set_id}
    if stack.status == "REVIEW_IN_PROGRESS":
        lifecycle.write_template(stack, wanted, settings)
        lifecycle.set_status(ctx, stack, "CREATE_IN_PROGRESS", "User Initiated")
        choice = on_failure or body.get("OnStackFailure") or "ROLLBACK"
        work = lifecycle.run_create(ctx, stack, wanted, choice, quiet)
    else:
        refuse_unless_updatable(stack)
        lifecycle.set_status(ctx, stack, "UPDATE_IN_PROGRESS", "User Initiated")
        work = lifecycle.run_update(ctx, stack, wanted, settings, on_failure or "ROLLBACK", quiet)
    await lifecycle.started(ctx, stack, work)
