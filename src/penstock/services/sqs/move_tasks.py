"""Message move tasks: a dead-letter queue's messages go back to where they came from, or to another queue.

A task is a row, so it goes on after a restart. A moved message is a new one: it gets a new id and a new life.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
"""

import base64
import binascii
from typing import NamedTuple

import orjson

from penstock.base import ids
from penstock.base.arn import Arn
from penstock.call import Context
from penstock.services.sqs import store
from penstock.services.sqs.errors import QUERY_CODES, invalid, not_found
from penstock.services.sqs.messages import Draft, Message, deposit, refresh, remove, visible
from penstock.services.sqs.state import Queue, state
from penstock.wire.model import Json

MAX_RATE = 500
MAX_RESULTS = 10

_CHUNK = 100  # messages of one step where no rate is given


class Task(NamedTuple):
    task_id: str
    source_arn: str
    destination_arn: str | None
    rate: int | None  # messages per second
    status: str
    started_at: float
    moved: int
    to_move: int
    failure_reason: str | None

    @property
    def active(self) -> bool:
        return self.status in ("RUNNING", "CANCELLING")

    @property
    def handle(self) -> str:
        text = f'{{"taskId":"{self.task_id}","sourceArn":"{self.source_arn}"}}'
        return base64.b64encode(text.encode()).decode()


class Failed(Exception):
    """A task cannot go on, for this reason."""


# -- operations ----------------------------------------------------------------------------------------


def start_message_move_task(ctx: Context, request: Json) -> Json:
    source = _queue(ctx, request, "SourceArn")
    redrives = (queue.settings.redrive for queue in state(ctx).queues.values())
    if not any(redrive and redrive.target_arn == source.arn for redrive in redrives):
        raise invalid("Source queue must be configured as a Dead Letter Queue.")
    _check_destination(ctx, source, request)
    rate = request.get("MaxNumberOfMessagesPerSecond")
    if rate is not None and not 1 <= rate <= MAX_RATE:
        raise invalid(
            "Value for parameter MaxNumberOfMessagesPerSecond is invalid. "
            f"Reason: You must enter a number that's between 1 and {MAX_RATE}."
        )
    if any(task.active for task in _tasks(ctx, source.arn, 1)):
        raise invalid(
            "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
        )
    now = ctx.clock.now()
    refresh(ctx, source, now)
    row = (ids.uuid(), source.arn, request.get("DestinationArn"), rate, now, source.depth.visible)
    ctx.store.run(store.INSERT_TASK, *row)
    ctx.store.after_commit(lambda: _spawn(ctx, row[0]))
    return {"TaskHandle": Task(row[0], source.arn, None, None, "RUNNING", now, 0, 0, None).handle}


def cancel_message_move_task(ctx: Context, request: Json) -> Json:
    try:
        named = orjson.loads(base64.b64decode(request["TaskHandle"], validate=True))
        task_id, source_arn = str(named["taskId"]), str(named["sourceArn"])
    except (binascii.Error, orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        raise invalid("Value for parameter TaskHandle is invalid.") from None
    _queue(ctx, {"SourceArn": source_arn}, "SourceArn")
    task = _task(ctx, task_id)
    if task is None or task.source_arn != source_arn:
        raise not_found("Task does not exist.")
    if task.status != "RUNNING":
        raise invalid("Only active tasks can be cancelled.")
    ctx.store.run(store.UPDATE_TASK, "CANCELLING", task.moved, None, task_id)
    return {"ApproximateNumberOfMessagesMoved": task.moved}


def list_message_move_tasks(ctx: Context, request: Json) -> Json:
    source = _queue(ctx, request, "SourceArn")
    limit = request.get("MaxResults", 1)
    if not 1 <= limit <= MAX_RESULTS:
        raise invalid(
            "Value for parameter MaxResults is invalid. "
            f"Reason: You must enter a number that's between 1 and {MAX_RESULTS}."
        )
    tasks = _tasks(ctx, source.arn, limit)
    return {"Results": [_described(task) for task in tasks]} if tasks else {}


def _described(task: Task) -> Json:
    members = {
        "TaskHandle": task.handle if task.status == "RUNNING" else None,
        "Status": task.status,
        "SourceArn": task.source_arn,
        "DestinationArn": task.destination_arn,
        "MaxNumberOfMessagesPerSecond": task.rate,
        "ApproximateNumberOfMessagesMoved": task.moved,
        "ApproximateNumberOfMessagesToMove": task.to_move,
        "FailureReason": task.failure_reason,
        "StartedTimestamp": int(task.started_at * 1000),
    }
    return {name: value for name, value in members.items() if value is not None}


def _queue(ctx: Context, request: Json, member: str) -> Queue:
    text = request[member]
    try:
        Arn.parse(text)
    except ValueError:
        form = "arn:<partition>:<service>:<region>:<account-id>:<resource-id>"
        raise invalid(f"You must use this format to specify the {member}: {form}") from None
    found = state(ctx).by_arn(text)
    if found is None:
        raise not_found(f"The resource that you specified for the {member} parameter doesn't exist.")
    return found


def _check_destination(ctx: Context, source: Queue, request: Json) -> None:
    if "DestinationArn" not in request:
        return
    destination = _queue(ctx, request, "DestinationArn")
    if destination is source:
        raise invalid("Source queue arn and destination queue arn cannot be the same.")
    if destination.fifo != source.fifo:
        raise invalid("The source queue and destination queue must be of the same queue type.")


def _task(ctx: Context, task_id: str) -> Task | None:
    row = ctx.store.one(store.SELECT_TASK, task_id)
    return Task._make(row) if row else None


def _tasks(ctx: Context, source_arn: str, limit: int) -> list[Task]:
    return [Task._make(row) for row in ctx.store.all(store.SELECT_TASKS, source_arn, limit)]


# -- the work ------------------------------------------------------------------------------------------


async def start(ctx: Context) -> None:
    """Takes up the tasks that the end of the process cut short."""
    for row in ctx.store.all(store.ACTIVE_TASKS):
        _spawn(ctx, row[0])


def _spawn(ctx: Context, task_id: str) -> None:
    ctx.spawn(_run(ctx, task_id), f"sqs: message move task {task_id}")


async def _run(ctx: Context, task_id: str) -> None:
    """Step by step, so that other work has its turn between two; with a rate, at most ten steps a second."""
    while (task := _task(ctx, task_id)) is not None and task.active:
        chunk = max(1, task.rate // 10) if task.rate else _CHUNK
        with ctx.clock.work(), ctx.store.savepoint():
            after = _step(ctx, task, chunk)
            ctx.store.run(store.UPDATE_TASK, after.status, after.moved, after.failure_reason, task_id)
        if not after.active:
            return
        if task.rate:
            await ctx.clock.sleep(chunk / task.rate)
        else:
            await ctx.store.committed()


def _step(ctx: Context, task: Task, chunk: int) -> Task:
    """The task after the next messages were moved."""
    if task.status == "CANCELLING":
        return task._replace(status="CANCELLED")
    source = state(ctx).by_arn(task.source_arn)
    try:
        if source is None:
            raise Failed(QUERY_CODES["QueueDoesNotExist"])
        now = ctx.clock.now()
        refresh(ctx, source, now)
        messages = visible(ctx, source, now, min(chunk, task.to_move - task.moved))
        for message in messages:
            _move(ctx, source, message, task.destination_arn)
            task = task._replace(moved=task.moved + 1)
    except Failed as reason:
        return task._replace(status="FAILED", failure_reason=str(reason))
    done = not messages or task.moved >= task.to_move
    return task._replace(status="COMPLETED") if done else task


def _move(ctx: Context, source: Queue, message: Message, destination_arn: str | None) -> None:
    attributes = orjson.loads(message.system_attributes or "{}")
    origin = attributes.pop("DeadLetterQueueSourceArn", None)
    if destination_arn is None and origin is None:
        raise Failed("CouldNotDetermineMessageSource")
    destination = state(ctx).by_arn(destination_arn or origin)
    if destination is None:
        raise Failed(QUERY_CODES["QueueDoesNotExist"])
    text = orjson.dumps(attributes).decode() if attributes else ""
    draft = Draft(ids.uuid(), message.body, message.message_attributes, text, message.sender_id)
    deposit(ctx, destination, draft, 0, message.group_id)
    remove(ctx, source, message)
