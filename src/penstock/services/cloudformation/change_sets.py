"""Operations on change sets: what `aws cloudformation deploy` uses.

Rule: a change set is made at once; one without changes has failed, with the text that the AWS CLI looks for.
"""

from dataclasses import replace

from penstock.base import ids
from penstock.base.arn import arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.cloudformation import describe, lifecycle, requests, store
from penstock.services.cloudformation.deploy import Deployment
from penstock.services.cloudformation.preview import Preview, preview, without_values
from penstock.services.cloudformation.state import quiet
from penstock.services.cloudformation.store import ChangeSetRow, StackRow
from penstock.template.assembly import Stack
from penstock.template.document import Document, MissingExport, TemplateError, parse
from penstock.template.macros import is_transformed
from penstock.wire.model import Json

_NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."
_KEPT = ("ImportExistingResources", "IncludeNestedStacks", "OnStackFailure")


async def create_change_set(ctx: Context, request: Json) -> Json:
    row, is_new = _stack_for(ctx, request)
    wanted = await requests.stack(ctx, request, row)
    settings = requests.settings(request)
    if row is None:
        requests.refuse_bad_name(request["StackName"])
        row = lifecycle.new_row(ctx, wanted, {})
    else:
        _refuse_taken_name(ctx, row, request["ChangeSetName"])
    deployment = Deployment(ctx, row, wanted, quiet)
    looked_ahead = await _looked_ahead(deployment, request, is_new)
    parameters = row.body.get("Parameters", {})
    if is_new and row.status != "REVIEW_IN_PROGRESS":
        row.body = {"Template": wanted.document.text}  # the rest comes when the change set is executed
        lifecycle.set_status(ctx, row, "REVIEW_IN_PROGRESS", "User Initiated")
    made = _row(ctx, request, row, wanted, looked_ahead)
    made.body |= {"Shown": parameters, "Settings": settings, "Processed": deployment.processed}
    store.put_change_set(ctx.store, made)
    return {"Id": made.change_set_id, "StackId": row.stack_id}


async def _looked_ahead(deployment: Deployment, request: Json, is_new: bool) -> Preview | str:
    """What it would change, or why that is unknown: a transform may fail after the request was accepted."""
    document = deployment.stack.document
    try:
        plan = await deployment.blueprint()
    except TemplateError as error:
        if is_transformed(document):
            return error.message
        raise requests.refused(error) from error
    requests.refuse_other_types(plan, request)
    requests.refuse_without_capabilities(plan, request)
    try:
        found = await preview(deployment)
    except MissingExport as error:
        return error.message
    except TemplateError as error:
        raise requests.refused(error) from error
    return replace(found, empty=False) if is_new else found


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
        requests.refuse_unless_updatable(row)
    return row, row.status == "REVIEW_IN_PROGRESS"


def _row(ctx: Context, request: Json, row: StackRow, wanted: Stack, looked_ahead: Preview | str) -> ChangeSetRow:
    name = request["ChangeSetName"]
    reason = looked_ahead if isinstance(looked_ahead, str) else _NO_CHANGES if looked_ahead.empty else None
    body = {
        "Description": request.get("Description"),
        "Status": "FAILED" if reason else "CREATE_COMPLETE",
        "StatusReason": reason,
        "ExecutionStatus": "UNAVAILABLE" if reason else "AVAILABLE",
        "Changes": [] if isinstance(looked_ahead, str) else looked_ahead.changes,
        "Parameters": dict(wanted.parameters),
        "Tags": dict(wanted.tags),
        "Template": wanted.document.text,
        **{name: request[name] for name in _KEPT if name in request},
    }
    change_set_id = arn("cloudformation", ctx.region, ctx.account, f"changeSet/{name}/{ids.uuid()}")
    return ChangeSetRow(change_set_id, row.stack_id, name, ctx.clock.now(), body)


def describe_change_set(ctx: Context, request: Json) -> Json:
    row, stack = known_change_set(ctx, request)
    body = row.body
    changes, rest = describe.page(body["Changes"], request)
    found = {
        **_summary(row, stack),
        "Parameters": [describe.parameter(name, value) for name, value in body["Shown"].items()] or None,
        "Tags": [{"Key": key, "Value": value} for key, value in body["Tags"].items()] or None,
        "Capabilities": body["Settings"].get("Capabilities", []),
        "NotificationARNs": body["Settings"].get("NotificationARNs", []),
        "RollbackConfiguration": body["Settings"].get("RollbackConfiguration", {}),
        "Changes": changes if request.get("IncludePropertyValues") else [without_values(change) for change in changes],
        "OnStackFailure": body.get("OnStackFailure"),
        **rest,
    }
    return {name: value for name, value in found.items() if value is not None}


def _summary(row: ChangeSetRow, stack: StackRow) -> Json:
    names = ("Description", "Status", "StatusReason", "ExecutionStatus", "ImportExistingResources")
    return {
        "ChangeSetId": row.change_set_id,
        "ChangeSetName": row.name,
        "StackId": stack.stack_id,
        "StackName": stack.stack_name,
        "CreationTime": row.created_at,
        "IncludeNestedStacks": row.body.get("IncludeNestedStacks", False),
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
    active = [row for row in store.change_sets(ctx.store, stack.stack_id) if not _is_executed(row)]
    rows, rest = describe.page(active, request)
    return {"Summaries": [_summary(row, stack) for row in rows], **rest}


def _is_executed(row: ChangeSetRow) -> bool:
    return bool(row.body["ExecutionStatus"] == "EXECUTE_COMPLETE")


def outdate(ctx: Context, stack: StackRow) -> None:
    """The stack has become another one without them."""
    for row in store.change_sets(ctx.store, stack.stack_id):
        if row.body["ExecutionStatus"] == "AVAILABLE":
            row.body["ExecutionStatus"] = "OBSOLETE"
            store.put_change_set(ctx.store, row)


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
    _refuse_unless_available(row)
    if stack.status != "REVIEW_IN_PROGRESS":
        requests.refuse_unless_updatable(stack)
    for other in store.change_sets(ctx.store, stack.stack_id):  # the others were made for what the stack was before
        if not _is_executed(other):
            store.delete_change_set(ctx.store, other.change_set_id)
    row.body |= {"ExecutionStatus": "EXECUTE_COMPLETE"}
    store.put_change_set(ctx.store, row)
    own: Json = {name: request[name] for name in ("ClientRequestToken", "DisableRollback") if name in request}
    await _execute(ctx, row, stack, {**row.body["Settings"], **own, "ChangeSetId": row.change_set_id})
    return {}


def _refuse_unless_available(row: ChangeSetRow) -> None:
    status, execution = row.body["Status"], row.body["ExecutionStatus"]
    if execution != "AVAILABLE":
        what = f"status of [{status}]" if status == "FAILED" else f"execution status of [{execution}]"
        text = f"ChangeSet [{row.change_set_id}] cannot be executed in its current {what}"
        raise AwsError("InvalidChangeSetStatus", text)


async def _execute(ctx: Context, row: ChangeSetRow, stack: StackRow, settings: Json) -> None:
    body, name = row.body, stack.stack_name
    text, processed = body["Template"], body["Processed"]
    found = Document(processed or parse(text), text, processed=processed is not None)
    wanted = Stack(name, found, stack.account, stack.region, parameters=body["Parameters"], tags=body["Tags"])
    choice = "DO_NOTHING" if settings.get("DisableRollback") else body.get("OnStackFailure") or "ROLLBACK"
    if stack.status == "REVIEW_IN_PROGRESS":
        lifecycle.write_template(stack, wanted, settings)
        stack.updated_at = ctx.clock.now()
        lifecycle.begin(ctx, stack, "CREATE_IN_PROGRESS", settings.get("ClientRequestToken"))
        work = lifecycle.run_create(ctx, stack, wanted, choice, quiet)
    else:
        lifecycle.begin(ctx, stack, "UPDATE_IN_PROGRESS", settings.get("ClientRequestToken"))
        choice = "DO_NOTHING" if choice == "DO_NOTHING" else "ROLLBACK"
        work = lifecycle.run_update(ctx, stack, wanted, settings, choice, quiet)
    await lifecycle.started(ctx, stack, work)
