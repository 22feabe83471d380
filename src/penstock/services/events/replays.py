"""Replays: start, find, list, cancel; and the work itself.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html
A replay starts a moment after it was asked for, reads its archive in the order of the events' times, a page per
transaction, and notes how far it has come in the same transaction: after a crash it goes on from there.
"""

from typing import NamedTuple

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.delivery.transform import Event
from penstock.services.events import names, store
from penstock.services.events.router import Way, publish, timestamp
from penstock.services.events.state import State, bus_of, state
from penstock.wire.model import Json

START_DELAY = 1.0  # seconds in STARTING, in which a replay can be cancelled
_PAGE = 100
_FILTERS = ("State", "EventSourceArn", "NamePrefix")
_LISTED = frozenset(
    {"ReplayName", "EventSourceArn", "State", "EventStartTime", "EventEndTime", "EventLastReplayedTime"}
    | {"ReplayStartTime", "ReplayEndTime"}
)


class Replay(NamedTuple):
    """A row. `document` holds what the caller said and when."""

    arn: str
    name: str
    archive_arn: str
    state: str
    document: Json
    last_at: float | None
    last_id: int
    ended_at: float | None

    @classmethod
    def of(cls, row: store.Row) -> "Replay":
        arn, name, archive_arn, state, document, last_at, last_id, ended_at = row
        return cls(arn, name, archive_arn, state, orjson.loads(document), last_at, last_id, ended_at)


def start_replay(ctx: Context, request: Json) -> Json:
    name, destination = request["ReplayName"], request["Destination"]
    _check(ctx, request)
    arn = names.replay_arn(ctx.region, ctx.account, name)
    if ctx.store.one(store.REPLAY, arn) is not None:
        raise AwsError("ResourceAlreadyExistsException", f"Replay {name} already exists.")
    document = {
        **({"Description": request["Description"]} if "Description" in request else {}),
        "EventStartTime": request["EventStartTime"],
        "EventEndTime": request["EventEndTime"],
        "Destination": destination,
        "ReplayStartTime": ctx.clock.now(),
    }
    replay = Replay(arn, name, request["EventSourceArn"], "STARTING", document, None, 0, None)
    ctx.store.run(store.INSERT_REPLAY, *replay[:4], orjson.dumps(document).decode(), *replay[5:])
    ctx.store.after_commit(lambda: begin(state(ctx), arn))
    return {"ReplayArn": arn, "State": "STARTING", "ReplayStartTime": document["ReplayStartTime"]}


def _check(ctx: Context, request: Json) -> None:
    destination = request["Destination"]["Arn"]
    if ":event-bus/" not in destination:
        raise names.invalid("Parameter Destination.Arn is not valid. Reason: Must contain an event bus ARN.")
    bus = bus_of(ctx, destination)
    archive = ctx.store.one(store.ARCHIVE, request["EventSourceArn"])
    if archive is None:
        name = request["EventSourceArn"].rpartition("/")[2]
        raise names.invalid(f"Parameter EventSourceArn is not valid. Reason: Archive {name} does not exist.")
    if archive[2] != bus.arn:
        raise names.invalid("Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.")
    if request["EventStartTime"] >= request["EventEndTime"]:
        raise names.invalid("Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.")


def describe_replay(ctx: Context, request: Json) -> Json:
    return _described(_replay(ctx, request["ReplayName"]))


def list_replays(ctx: Context, request: Json) -> Json:
    if sum(name in request for name in _FILTERS) > 1:
        raise names.invalid(
            "At most one filter is allowed for ListReplays. Use either : State, EventSourceArn, or NamePrefix."
        )
    prefix = names.replay_arn(ctx.region, ctx.account, request.get("NamePrefix", ""))
    rows = ctx.store.each(store.REPLAYS_BETWEEN, names.start(request, prefix), prefix + names.AFTER_ALL)
    wanted = (
        replay
        for replay in map(Replay.of, rows)
        if request.get("State", replay.state) == replay.state
        and request.get("EventSourceArn", replay.archive_arn) == replay.archive_arn
    )
    return names.page(request, "Replays", wanted, lambda replay: replay.arn, _listed)


def cancel_replay(ctx: Context, request: Json) -> Json:
    replay = _replay(ctx, request["ReplayName"])
    if replay.state not in ("STARTING", "RUNNING"):
        raise AwsError("IllegalStatusException", f"Replay {replay.name} is not in a valid state for this operation.")
    _move(state(ctx), replay._replace(state="CANCELLING"))
    return {"ReplayArn": replay.arn, "State": "CANCELLING"}


def _replay(ctx: Context, name: str) -> Replay:
    row = ctx.store.one(store.REPLAY, names.replay_arn(ctx.region, ctx.account, name))
    if row is None:
        raise names.not_found(f"Replay {name}")
    return Replay.of(row)


def _described(replay: Replay) -> Json:
    optional = {"EventLastReplayedTime": replay.last_at, "ReplayEndTime": replay.ended_at}
    return {
        "ReplayName": replay.name,
        "ReplayArn": replay.arn,
        "State": replay.state,
        "EventSourceArn": replay.archive_arn,
        **replay.document,
        **{key: value for key, value in optional.items() if value is not None},
    }


def _listed(replay: Replay) -> Json:
    return {key: value for key, value in _described(replay).items() if key in _LISTED}


# -- the work ----------------------------------------------------------------------------------------------


def begin(state: State, arn: str) -> None:
    state.kernel.spawn(_run(state, arn), f"replay {arn}")


def resume(state: State) -> None:
    """Takes up the replays that were under way."""
    for row in state.kernel.store.all(store.UNFINISHED_REPLAYS):
        begin(state, row[0])


async def _run(state: State, arn: str) -> None:
    await state.kernel.clock.sleep(START_DELAY)
    going = True
    while going:
        with state.kernel.clock.work(), state.kernel.store.savepoint():
            row = state.kernel.store.one(store.REPLAY, arn)
            going = row is not None and _step(state, Replay.of(row))
        await state.kernel.store.committed()


def _step(state: State, replay: Replay) -> bool:
    """Replays a page; whether there may be more."""
    now = state.kernel.clock.now()
    if replay.state == "CANCELLING":
        _move(state, replay._replace(state="CANCELLED", ended_at=now))
        return False
    document, rows = replay.document, state.kernel.store
    after = document["EventStartTime"] if replay.last_at is None else replay.last_at
    found = rows.all(store.ARCHIVED_AFTER, replay.archive_arn, after, replay.last_id, document["EventEndTime"], _PAGE)
    bus = state.buses.get(document["Destination"]["Arn"])
    if not found or bus is None:
        _move(state, replay._replace(state="COMPLETED", ended_at=now))
        return False
    for _, _, text in found:
        publish(state, bus, _replayed(text, replay.name, now), Way(now), document["Destination"].get("FilterArns"))
    _move(state, replay._replace(state="RUNNING", last_at=found[-1][1], last_id=found[-1][0]))
    return True


def _replayed(text: str, name: str, now: float) -> Event:
    """The archived event, marked with the replay's name."""
    marked = f'{text[:-1]},"replay-name":{orjson.dumps(name).decode()}}}'
    return Event(marked, orjson.loads(marked), timestamp(now))


def _move(state: State, replay: Replay) -> None:
    state.kernel.store.run(store.MOVE_REPLAY, replay.state, replay.last_at, replay.last_id, replay.ended_at, replay.arn)
