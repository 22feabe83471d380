"""Operations on stacks.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.cloudformation import change_sets, describe, lifecycle, requests, stack_policies, store
from penstock.services.cloudformation.deploy import Deployment
from penstock.services.cloudformation.lifecycle import Outcome
from penstock.services.cloudformation.preview import preview
from penstock.services.cloudformation.state import State, quiet
from penstock.services.cloudformation.store import StackRow
from penstock.template.document import MissingExport, TemplateError
from penstock.template.macros import is_transformed
from penstock.wire.model import Json


async def create_stack(ctx: Context, request: Json) -> Json:
    name = request["StackName"]
    requests.refuse_bad_name(name)
    existing = store.stack_by_name(ctx.store, ctx.account, ctx.region, name)
    if existing is not None and existing.status != "REVIEW_IN_PROGRESS":
        if _is_repeated(existing, request):
            return {"StackId": existing.stack_id}
        raise AwsError("AlreadyExistsException", f"Stack [{name}] already exists")
    wanted = await requests.stack(ctx, request, None)
    settings = await _settings(ctx, request)
    row = existing or lifecycle.new_row(ctx, wanted, settings)
    refused = await _accept(Deployment(ctx, row, wanted, quiet), request)
    if existing is not None:
        lifecycle.write_template(row, wanted, settings)
        change_sets.outdate(ctx, row)
    lifecycle.begin(ctx, row, "CREATE_IN_PROGRESS", request.get("ClientRequestToken"))
    on_failure = "DO_NOTHING" if request.get("DisableRollback") else request.get("OnFailure", "ROLLBACK")
    await lifecycle.started(ctx, row, lifecycle.run_create(ctx, row, wanted, on_failure, quiet, refused))
    return {"StackId": row.stack_id}


def _is_repeated(row: StackRow, request: Json) -> bool:
    """A request with the token of what is being done, or was done last, is the same one again."""
    token = request.get("ClientRequestToken")
    return token is not None and row.body.get("ClientRequestToken") == token


async def _settings(ctx: Context, request: Json) -> Json:
    settings = requests.settings(request)
    if request.get("OnFailure") == "DO_NOTHING":
        settings["DisableRollback"] = True
    for name in ("StackPolicy", "StackPolicyDuringUpdate"):
        if (policy := await stack_policies.given(ctx, request, name)) is not None:
            settings[name] = policy
    return settings


async def update_stack(ctx: Context, request: Json) -> Json:
    row = describe.known(ctx, request["StackName"], "Stack [{}] does not exist")
    if _is_repeated(row, request):
        return {"StackId": row.stack_id}
    requests.refuse_unless_updatable(row)
    wanted = await requests.stack(ctx, request, row)
    settings = await _settings(ctx, request)
    deployment = Deployment(ctx, row, wanted, quiet)
    refused = await _accept(deployment, request)
    if refused is None and not is_transformed(wanted.document) and (await preview(deployment)).empty:
        raise AwsError("ValidationError", "No updates are to be performed.")
    lifecycle.begin(ctx, row, "UPDATE_IN_PROGRESS", request.get("ClientRequestToken"))
    on_failure = "DO_NOTHING" if request.get("DisableRollback") else "ROLLBACK"
    work = lifecycle.run_update(ctx, row, wanted, settings, on_failure, quiet, refused)
    await lifecycle.started(ctx, row, work)
    return {"StackId": row.stack_id}


async def _accept(deployment: Deployment, request: Json) -> TemplateError | None:
    """Refuses what CloudFormation refuses before it begins; what transforms make of a template shows later.

    An import of what nobody exports is returned: it fails the stack that has been begun.
    """
    document = deployment.stack.document
    try:
        requests.refuse_unacknowledged_transforms(document, request)
        if is_transformed(document):
            return None
        plan = await deployment.blueprint()
        requests.refuse_without_resources(plan.template)
        requests.refuse_other_types(plan, request)
        requests.refuse_without_capabilities(plan, request)
        await preview(deployment)
    except MissingExport as error:
        return error
    except TemplateError as error:
        raise requests.refused(error) from error
    return None


async def delete_stack(ctx: Context, request: Json) -> Json:
    row = describe.find(ctx, request["StackName"])
    if row is None or row.deleted_at is not None or row.status == "DELETE_IN_PROGRESS":
        return {}
    if row.body.get("EnableTerminationProtection"):
        raise AwsError(
            "ValidationError", f"Stack [{row.stack_name}] cannot be deleted while TerminationProtection is enabled"
        )
    state: State = ctx.state("cloudformation")
    under_way = state.under_way.get(row.stack_id)
    if under_way is not None and row.status != "CREATE_IN_PROGRESS":
        raise AwsError("ValidationError", f"Stack [{row.stack_name}] cannot be deleted while in status {row.status}")
    _refuse_if_imported(ctx, row)
    state.call_off(row.stack_id, "")
    row.body["DeletionMode"] = request.get("DeletionMode")
    lifecycle.begin(ctx, row, "DELETE_IN_PROGRESS", request.get("ClientRequestToken"))
    await lifecycle.started(ctx, row, _deletion(ctx, row, request), under_way)
    return {}


async def _deletion(ctx: Context, row: StackRow, request: Json) -> Outcome:
    retained = frozenset(request.get("RetainResources", ()))
    forced = request.get("DeletionMode") == "FORCE_DELETE_STACK"
    return await lifecycle.delete(ctx, row, quiet, retained, forced=forced, begun=True)


async def cancel_update_stack(ctx: Context, request: Json) -> Json:
    row = describe.known(ctx, request["StackName"], "Stack [{}] does not exist")
    if row.status != "UPDATE_IN_PROGRESS":
        raise AwsError("ValidationError", "CancelUpdateStack cannot be called from current stack status")
    ctx.state("cloudformation").call_off(row.stack_id, "User Initiated")
    return {}


async def rollback_stack(ctx: Context, request: Json) -> Json:
    row = describe.known(ctx, request["StackName"], "Stack [{}] does not exist")
    if row.status not in ("CREATE_FAILED", "UPDATE_FAILED"):
        raise AwsError("ValidationError", f"Stack:{row.stack_id} is in {row.status} state and can not be rolled back.")
    row.body["ClientRequestToken"] = request.get("ClientRequestToken")
    await lifecycle.started(ctx, row, lifecycle.roll_back_failed(ctx, row))
    return {"StackId": row.stack_id}


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
    skipped = frozenset(request.get("ResourcesToSkip", ()))
    work = lifecycle.roll_back(ctx, row, quiet, reason="User Initiated", skipped=skipped)
    await lifecycle.started(ctx, row, work)
    return {}
