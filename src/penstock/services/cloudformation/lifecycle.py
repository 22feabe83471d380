"""What happens to a stack as a whole: created, updated, rolled back, deleted; its statuses and their events.

Rule: CloudFormation's states. `penstock up` and the operations go the same way; they differ in what a failure does.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""

import asyncio
import copy
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.base import ids
from penstock.base.arn import arn
from penstock.base.errors import PenstockError
from penstock.call import Context
from penstock.services.cloudformation import events, store
from penstock.services.cloudformation.deploy import Deployment
from penstock.services.cloudformation.failures import CalledOff, DeployError
from penstock.services.cloudformation.state import Report, State, quiet
from penstock.services.cloudformation.store import StackRow
from penstock.template import document
from penstock.template.assembly import Stack
from penstock.template.document import Document, TemplateError
from penstock.template.provider import Assets, ImageAsset
from penstock.wire.model import Json

_MOMENT = 0.5  # real seconds
ROLLBACK, DELETE, DO_NOTHING = "ROLLBACK", "DELETE", "DO_NOTHING"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a deployment ended; `error` is None when it went well."""

    stack_id: str
    status: str
    error: PenstockError | None = None


def new_row(ctx: Context, stack: Stack, settings: Json) -> StackRow:
    """A new stack, not recorded yet."""
    stack_id = arn("cloudformation", ctx.region, ctx.account, f"stack/{stack.name}/{ids.uuid()}")
    row = StackRow(stack_id, stack.name, ctx.account, ctx.region, "", ctx.clock.now())
    write_template(row, stack, settings)
    return row


def set_status(ctx: Context, row: StackRow, status: str, reason: str | None = None, report: Report = quiet) -> None:
    """Records the stack's status and its event."""
    now = ctx.clock.now()
    row.status = status
    row.body["StackStatusReason"] = reason
    if status == "UPDATE_IN_PROGRESS":
        row.updated_at = now
    if status in ("ROLLBACK_IN_PROGRESS", "DELETE_IN_PROGRESS"):
        row.body["DeletionTime"] = now
    if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        row.body["Completed"] = True
    if status == "DELETE_COMPLETE":
        row.deleted_at = now
    store.put_stack(ctx.store, row)
    events.of_stack(ctx, row, status, reason, report)


def begin(ctx: Context, row: StackRow, status: str, token: str | None) -> None:
    """What a request sets going; the token is in all the events that come of it."""
    row.body["ClientRequestToken"] = token
    set_status(ctx, row, status, "User Initiated")


async def deploy(ctx: Context, stack: Stack, report: Report = quiet, settings: Json | None = None) -> Outcome:
    """Creates or updates the stack and waits for it; a failure keeps what was made, and the next call goes on.

    PenstockError when another deployment of the stack is under way.
    """
    ctx.kernel.service("cloudformation")  # the runtime deploys without a call that would have brought it to work
    with ctx.clock.work():
        return await deploy_inside(ctx, stack, report, settings or {})


async def deploy_inside(ctx: Context, stack: Stack, report: Report, settings: Json) -> Outcome:
    """The same as part of another deployment, or of other work."""
    ctx = ctx.at(account=stack.account, region=stack.region)
    row = store.stack_by_name(ctx.store, ctx.account, ctx.region, stack.name) or new_row(ctx, stack, settings)
    with _under_way(ctx, row):
        if "Completed" in row.body:
            set_status(ctx, row, "UPDATE_IN_PROGRESS", None, report)
            return await run_update(ctx, row, stack, settings, DO_NOTHING, report)
        write_template(row, stack, settings)
        set_status(ctx, row, "CREATE_IN_PROGRESS", None, report)
        return await run_create(ctx, row, stack, DO_NOTHING, report)


@contextmanager
def _under_way(ctx: Context, row: StackRow) -> Iterator[None]:
    """One deployment of a stack at a time; one that breaks off has failed."""
    state: State = ctx.state("cloudformation")
    if row.stack_id in state.under_way:
        raise PenstockError(f"another deployment of the stack {row.stack_name} is under way")
    state.under_way[row.stack_id] = asyncio.current_task()
    try:
        yield
    except asyncio.CancelledError:
        if state.called_off.pop(row.stack_id, None) is None:
            set_status(ctx, row, _failed(row.status), "The deployment was interrupted")
        raise
    except Exception as error:
        set_status(ctx, row, _failed(row.status), f"{type(error).__name__}: {error}")
        raise
    finally:
        del state.under_way[row.stack_id]


def _failed(status: str) -> str:
    return status.replace("_COMPLETE_CLEANUP", "").replace("IN_PROGRESS", "FAILED")


async def run_create(
    ctx: Context,
    row: StackRow,
    stack: Stack,
    on_failure: str,
    report: Report,
    refused: TemplateError | None = None,
) -> Outcome:
    """From the status CREATE_IN_PROGRESS on; `refused` is why it fails before anything is made."""
    deployment = Deployment(ctx, row, stack, report)
    try:
        if refused is not None:
            raise refused
        plan = await deployment.blueprint()
        tell_of_transforms(ctx, row, deployment, report)
        await deployment.apply(plan)
        await deployment.clean_up()
    except (DeployError, TemplateError) as error:
        return await _failed_create(ctx, deployment, error, on_failure)
    return _ended(ctx, row, "CREATE_COMPLETE", report)


def tell_of_transforms(ctx: Context, row: StackRow, deployment: Deployment, report: Report) -> None:
    if deployment.transformed:
        set_status(ctx, row, row.status, "Transformation succeeded", report)


async def _failed_create(
    ctx: Context, deployment: Deployment, error: DeployError | TemplateError, on_failure: str
) -> Outcome:
    row, report = deployment.row, deployment.report
    reason, failure = _summary(error), explained(deployment.stack, error)
    if on_failure == DO_NOTHING:
        return _ended(ctx, row, "CREATE_FAILED", report, reason, failure)
    verb = "Delete" if on_failure == DELETE else "Rollback"
    return await _undo_create(ctx, deployment, verb, f"{reason}{verb} requested by user.", failure)


async def _undo_create(
    ctx: Context, deployment: Deployment, verb: str, reason: str, failure: PenstockError | None
) -> Outcome:
    row, report = deployment.row, deployment.report
    set_status(ctx, row, f"{verb.upper()}_IN_PROGRESS", reason, report)
    if not await Deployment(ctx, row, deployment.stack, report, undoing=True).delete_all():
        return _ended(ctx, row, f"{verb.upper()}_FAILED", report, _stuck(ctx, row), failure)
    return _ended(ctx, row, f"{verb.upper()}_COMPLETE", report, None, failure)


async def run_update(
    ctx: Context,
    row: StackRow,
    stack: Stack,
    settings: Json,
    on_failure: str,
    report: Report,
    refused: TemplateError | None = None,
) -> Outcome:
    """From the status UPDATE_IN_PROGRESS on; `refused` is why it fails before anything is changed."""
    before = _kept(row)
    during = settings.get("StackPolicyDuringUpdate")
    write_template(row, stack, {name: value for name, value in settings.items() if name != "StackPolicyDuringUpdate"})
    deployment = Deployment(ctx, row, stack, report)
    deployment.policy = during or before.get("StackPolicy", "")
    try:
        if refused is not None:
            raise refused
        plan = await deployment.blueprint()
        tell_of_transforms(ctx, row, deployment, report)
        await deployment.apply(plan)
    except (DeployError, TemplateError) as error:
        failure = explained(stack, error)
        if on_failure == DO_NOTHING and not isinstance(error, CalledOff):
            row.body["Before"] = before
            return _ended(ctx, row, "UPDATE_FAILED", report, _summary(error), failure)
        row.body = before
        return await roll_back(ctx, row, report, failure, _summary(error))
    row.body.pop("Before", None)
    set_status(ctx, row, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", None, report)
    await deployment.clean_up()
    return _ended(ctx, row, "UPDATE_COMPLETE", report)


def _kept(row: StackRow) -> Json:
    """What the stack was when it was last as it should be."""
    before: Json = row.body.get("Before") or copy.deepcopy(row.body)
    return before


async def roll_back(
    ctx: Context,
    row: StackRow,
    report: Report,
    failure: PenstockError | None = None,
    reason: str | None = None,
    skipped: frozenset[str] = frozenset(),
) -> Outcome:
    """Applies what the stack was before its update; the `skipped` resources are left as they are."""
    set_status(ctx, row, "UPDATE_ROLLBACK_IN_PROGRESS", reason, report)
    deployment = Deployment(ctx, row, stack_of(row), report, undoing=True)
    deployment.skipped = skipped
    try:
        await deployment.apply(await deployment.blueprint())
    except (DeployError, TemplateError) as error:
        return _ended(ctx, row, "UPDATE_ROLLBACK_FAILED", report, _summary(error), failure)
    set_status(ctx, row, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", None, report)
    await deployment.clean_up()
    return _ended(ctx, row, "UPDATE_ROLLBACK_COMPLETE", report, None, failure)


async def roll_back_failed(ctx: Context, row: StackRow, report: Report = quiet) -> Outcome:
    """What RollbackStack does with a stack whose failure was left as it was."""
    if row.status == "CREATE_FAILED":
        deployment = Deployment(ctx, row, stack_of(row), report)
        return await _undo_create(ctx, deployment, "Rollback", "User Initiated", None)
    row.body = _kept(row)
    return await roll_back(ctx, row, report, None, "User Initiated")


async def delete(
    ctx: Context,
    row: StackRow,
    report: Report = quiet,
    retained: frozenset[str] = frozenset(),
    *,
    forced: bool = False,
    begun: bool = False,
) -> Outcome:
    """Deletes the stack's resources, dependents first; what has to be retained stays.

    forced: what cannot be deleted is left as it is. begun: the status says already that it is being deleted.
    """
    deployment = Deployment(ctx, row, stack_of(row), report)
    if not begun:
        set_status(ctx, row, "DELETE_IN_PROGRESS", None, report)
    if not await deployment.delete_all(retained, forced=forced):
        reason = _stuck(ctx, row)
        return _ended(ctx, row, "DELETE_FAILED", report, reason, PenstockError(f"{row.stack_name}: {reason}"))
    for name in store.exports_of(ctx.store, row.stack_id):
        store.delete_export(ctx.store, row, name)
    store.put_imports(ctx.store, row, set())
    return _ended(ctx, row, "DELETE_COMPLETE", report)


def _stuck(ctx: Context, row: StackRow) -> str:
    rows = store.resources(ctx.store, row.stack_id)
    names = [found.record.logical_id for found in rows if found.status == "DELETE_FAILED"]
    return f"The following resource(s) failed to delete: [{', '.join(names)}]. "


def _ended(
    ctx: Context,
    row: StackRow,
    status: str,
    report: Report,
    reason: str | None = None,
    error: PenstockError | None = None,
) -> Outcome:
    set_status(ctx, row, status, reason, report)
    return Outcome(row.stack_id, status, error)


async def started(
    ctx: Context, row: StackRow, work: Coroutine[Any, Any, Outcome], after: "asyncio.Task[Any] | None" = None
) -> None:
    """Lets the work go on after the reply. What takes a moment only is done before it: clients that wait for a stack
    look once, and then every 5 to 30 seconds. It begins when `after`, which is ending, has ended.
    """

    async def run() -> None:
        with ctx.clock.work():
            if after is not None:
                await asyncio.wait([after])
            with _under_way(ctx, row):
                await work

    task = ctx.spawn(run(), f"cloudformation {row.stack_name}")
    minutes = row.body.get("TimeoutInMinutes")
    if minutes and row.status == "CREATE_IN_PROGRESS":
        _limit(ctx, row, task, 60.0 * minutes)
    await asyncio.wait([task], timeout=_MOMENT)


def _limit(ctx: Context, row: StackRow, task: "asyncio.Task[Any]", seconds: float) -> None:
    """TimeoutInMinutes, in virtual time."""
    state: State = ctx.state("cloudformation")
    reason = "Stack creation time exceeded the specified timeout. "
    timer = ctx.clock.call_at(ctx.clock.now() + seconds, lambda: state.call_off(row.stack_id, reason))
    task.add_done_callback(lambda _: timer.cancel())


async def resume(ctx: Context) -> None:
    """After a stop in the middle: such a stack has failed, and the next deployment goes on from there."""
    for row in store.all_stacks(ctx.store):
        if row.status.endswith("_IN_PROGRESS") and row.status != "REVIEW_IN_PROGRESS":
            set_status(ctx, row, _failed(row.status), "Penstock was stopped during the deployment")


def explained(stack: Stack, error: DeployError | TemplateError) -> PenstockError:
    """A template's error with its file and line, any other as it is."""
    return stack.document.explain(error) if isinstance(error, TemplateError) else error


def _summary(error: DeployError | TemplateError) -> str:
    if isinstance(error, CalledOff):
        return error.reason
    if isinstance(error, DeployError):
        return f"The following resource(s) failed to {error.verb.lower()}: [{error.logical_id}]. "
    return f"{error.message}. "


def write_template(row: StackRow, stack: Stack, settings: Json) -> None:
    """What the stack is asked to be from now on."""
    row.body |= settings
    row.body["Template"] = stack.document.text
    row.body["Processed"] = stack.document.data if stack.document.processed else None
    row.body["File"] = str(stack.document.file) if stack.document.file else None
    row.body["Tags"] = dict(stack.tags)
    row.body["Given"] = dict(stack.parameters)
    row.body["Assets"] = _assets_to_json(stack.assets)


def stack_of(row: StackRow) -> Stack:
    """The stack as it was last asked for."""
    text, processed, file = row.body["Template"], row.body.get("Processed"), row.body.get("File")
    found = Document(processed or document.parse(text), text, Path(file) if file else None, processed is not None)
    return Stack(
        row.stack_name,
        found,
        row.account,
        row.region,
        parameters=row.body.get("Given", {}),
        tags=row.body.get("Tags", {}),
        assets=_assets_from_json(row.body.get("Assets") or {}),
    )


def _assets_to_json(assets: Assets) -> Json:
    images = {
        tag: [str(image.directory), image.dockerfile, dict(image.build_args), image.target]
        for tag, image in assets.images.items()
    }
    return {"files": [[*key, str(path)] for key, path in assets.files.items()], "images": images}


def _assets_from_json(body: Json) -> Assets:
    files = {(bucket, key): Path(path) for bucket, key, path in body.get("files", ())}
    images = {tag: ImageAsset(Path(folder), *rest) for tag, (folder, *rest) in body.get("images", {}).items()}
    return Assets(files, images)
