"""Operations on stacks.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html
"""

import re

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.cloudformation import describe, lifecycle, requests, store
from penstock.services.cloudformation.deploy import Deployment
from penstock.services.cloudformation.preview import preview
from penstock.services.cloudformation.state import quiet
from penstock.services.cloudformation.store import StackRow
from penstock.template.document import TemplateError
from penstock.wire.model import Json

_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]*")
_UPDATABLE = frozenset(
    {
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
        "UPDATE_FAILED",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
    }
)


async def create_stack(ctx: Context, request: Json) -> Json:
    name = request["StackName"]
    refuse_bad_name(name)
    existing = store.stack_by_name(ctx.store, ctx.account, ctx.region, name)
    if existing is not None:
        raise AwsError("AlreadyExistsException", f"Stack [{name}] already exists")
    wanted = await requests.stack(ctx, request, None)
    row = lifecycle.new_row(ctx, wanted, requests.settings(request))
    await _accept(Deployment(ctx, row, wanted, quiet), request)
    lifecycle.set_status(ctx, row, "CREATE_IN_PROGRESS", "User Initiated")
    on_failure = "DO_NOTHING" if request.get("DisableRollback") else request.get("OnFailure", "ROLLBACK")
    await lifecycle.started(ctx, row, lifecycle.run_create(ctx, row, wanted, on_failure, quiet))
    return {"StackId": row.stack_id}


def refuse_bad_name(name: str) -> None:
    """The model has one shape for names and ids, so it cannot say what a new name looks like."""
    if not _NAME.fullmatch(name):
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {_NAME.pattern}",
        )


async def update_stack(ctx: Context, request: Json) -> Json:
    row = describe.known(ctx, request["StackName"], "Stack [{}] does not exist")
    refuse_unless_updatable(row)
    wanted = await requests.stack(ctx, request, row)
    deployment = Deployment(ctx, row, wanted, quiet)
    await _accept(deployment, request)
    if (await preview(deployment)).empty:
        raise AwsError("ValidationError", "No updates are to be performed.")
    lifecycle.set_status(ctx, row, "UPDATE_IN_PROGRESS", "User Initiated")
    on_failure = "DO_NOTHING" if request.get("DisableRollback") else "ROLLBACK"
    work = lifecycle.run_update(ctx, row, wanted, requests.settings(request), on_failure, quiet)
    await lifecycle.started(ctx, row, work)
    return {"StackId": row.stack_id}


def refuse_unless_updatable(row: StackRow) -> None:
    if row.status not in _UPDATABLE:
        raise AwsError("ValidationError", f"Stack:{row.stack_id} is in {row.status} state and can not be updated.")


async def _accept(deployment: Deployment, request: Json) -> None:
    """Refuses what CloudFormation refuses before it begins."""
    try:
        plan = await deployment.blueprint()
    except TemplateError as error:
        raise requests.refused(error) from error
    if not plan.template.resources:
        raise AwsError("ValidationError", "Template format error: At least one Resources member must be defined.")
    requests.refuse_without_capabilities(plan, request)


async def delete_stack(ctx: Context, request: Json) -> Json:
    row = describe.find(ctx, request["StackName"])
    if row is None or row.deleted_at is not None:
        return {}
    if row.body.get("EnableTerminationProtection"):
        raise AwsError(
            "ValidationError", f"Stack [{row.stack_name}] cannot be deleted while TerminationProtection is enabled"
        )
    if row.status == "DELETE_IN_PROGRESS":
        return {}
    if row.stack_id in ctx.state("cloudformation").under_way:
        raise AwsError("ValidationError", f"Stack [{row.stack_name}] cannot be deleted while in status {row.status}")
    _refuse_if_imported(ctx, row)
    lifecycle.set_status(ctx, row, "DELETE_IN_PROGRESS", "User Initiated")
    retained = frozenset(request.get("RetainResources", ()))
    await lifecycle.started(ctx, row, lifecycle.delete(ctx, row, quiet, retained))
    return {}


def _refuse_if_imported(ctx: Context, row: StackRow) -> None:
    for name in store.exports_of(ctx.store, row.stack_id):
        users = [stack for stack, _ in store.importers(ctx.store, row.account, row.region, name)]
        if users:
            text = f"Export {name} cannot be deleted as it is in use by {' and '.join(users)}"
            raise AwsError("ValidationError", text)


def describe_stacks(ctx: Context, request: Json) -> Json:
    if "StackName" in request:
        return {"Stacks": [describe.stack(describe.known(ctx, request["StackName"]))]}
    rows = [row for row in store.stacks(ctx.store, ctx.account, ctx.region) if row.deleted_at is None]
    found, rest = describe.page(rows, request)
    return {"Stacks": [describe.stack(row) for row in found], **rest}


def list_stacks(ctx: Context, request: Json) -> Json:
    wanted = set(request.get("StackStatusFilter", ()))
    rows = [row for row in store.stacks(ctx.store, ctx.account, ctx.region) if not wanted or row.status in wanted]
    found, rest = describe.page(rows, request)
    return {"StackSummaries": [describe.summary(row) for row in found], **rest}


def update_termination_protection(ctx: Context, request: Json) -> Json:
    row = describe.known(ctx, request["StackName"], "Stack [{}] does not exist")
    row.body["EnableTerminationProtection"] = request["EnableTerminationProtection"]
    store.put_stack(ctx.store, row)
    return {"StackId": row.stack_id}


async def continue_update_rollback(ctx: Context, request: Json) -> Json:
    row = describe.known(ctx, request["StackName"], "Stack [{}] does not exist")
    if row.status != "UPDATE_ROLLBACK_FAILED":
        text = f"Stack:{row.stack_id} is in {row.status} state and can not continue rollback."
        raise AwsError("ValidationError", text)
    await lifecycle.started(ctx, row, lifecycle.roll_back(ctx, row, quiet))
    return {}
