"""Pipes: create, describe, list, update, delete, start, stop.

An operation answers with the state that the pipe is on its way through; the next one to ask finds it arrived.
Source: https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_CreatePipe.html and its siblings.
"""

from collections.abc import Iterator

from penstock.base.paging import page_key, page_token
from penstock.call import Context
from penstock.services.pipes import runner
from penstock.services.pipes.checks import check, source_problem
from penstock.services.pipes.names import conflict, invalid, not_found, pipe_arn
from penstock.services.pipes.store import CHECKPOINTS, DOCUMENTS, KIND
from penstock.wire.model import Json

_SETTINGS = ("Description", "Source", "SourceParameters", "Enrichment", "EnrichmentParameters", "Target",
             "TargetParameters", "RoleArn", "LogConfiguration", "KmsKeyIdentifier")  # fmt: skip
_MERGED = ("SourceParameters", "EnrichmentParameters", "TargetParameters")
_STREAMS = frozenset({"KinesisStreamParameters", "DynamoDBStreamParameters"})
_BEGINNING = ("StartingPosition", "StartingPositionTimestamp")
_REPLIED = ("Arn", "Name", "DesiredState", "CurrentState", "CreationTime", "LastModifiedTime")
_LISTED = (*_REPLIED, "StateReason", "Source", "Enrichment", "Target")
_USER = "USER_INITIATED"
_PAGE = 100


def create_pipe(ctx: Context, request: Json) -> Json:
    name, now = request["Name"], ctx.clock.now()
    pipe = {
        "Arn": pipe_arn(ctx.region, ctx.account, name),
        "Name": name,
        **{member: request[member] for member in _SETTINGS if member in request},
        "Tags": request.get("Tags") or {},
        "CreationTime": now,
        "DesiredState": request.get("DesiredState", "RUNNING"),
    }
    check(ctx, pipe)
    if DOCUMENTS.get(ctx.store, owner(ctx), KIND, name) is not None:
        raise conflict(name, f"Pipe {name} already exists.")
    return _arrive(ctx, pipe, "CREATING")


def describe_pipe(ctx: Context, request: Json) -> Json:
    pipe = lookup(ctx, request["Name"])
    trouble = runner.trouble(ctx, pipe["Arn"])
    return pipe | {"StateReason": trouble[:512]} if trouble else pipe


def list_pipes(ctx: Context, request: Json) -> Json:
    shown: list[Json] = []
    limit = request.get("Limit", _PAGE)
    for pipe in _matching(ctx, request):
        if len(shown) == limit:
            return {"Pipes": shown, "NextToken": page_token(shown[-1]["Name"])}
        shown.append({member: pipe[member] for member in _LISTED if member in pipe})
    return {"Pipes": shown}


def update_pipe(ctx: Context, request: Json) -> Json:
    """What is not given stays; the parameters of a service are replaced as a whole, but for where a stream began."""
    pipe = lookup(ctx, request["Name"])
    pipe |= {member: request[member] for member in _SETTINGS if member in request and member not in _MERGED}
    for member in _MERGED:
        if member in request:
            pipe[member] = _merged(pipe.get(member) or {}, request[member])
    pipe["DesiredState"] = request.get("DesiredState", pipe["DesiredState"])
    check(ctx, pipe)
    return _arrive(ctx, pipe, "UPDATING")


def _merged(before: Json, given: Json) -> Json:
    merged = {**before, **given}
    for name in given.keys() & before.keys() & _STREAMS:
        merged[name] = {**{key: before[name][key] for key in _BEGINNING if key in before[name]}, **given[name]}
    return merged


def start_pipe(ctx: Context, request: Json) -> Json:
    return _turned(ctx, request, "RUNNING", "STARTING")


def stop_pipe(ctx: Context, request: Json) -> Json:
    return _turned(ctx, request, "STOPPED", "STOPPING")


def _turned(ctx: Context, request: Json, desired: str, through: str) -> Json:
    """Nothing changes of a pipe that is there already: what it has under way goes on."""
    pipe = lookup(ctx, request["Name"])
    if pipe["CurrentState"] == desired:
        return _replied(pipe)
    return _arrive(ctx, pipe | {"DesiredState": desired}, through)


def delete_pipe(ctx: Context, request: Json) -> Json:
    pipe = lookup(ctx, request["Name"])
    DOCUMENTS.delete(ctx.store, owner(ctx), KIND, pipe["Name"])
    CHECKPOINTS.forget(ctx.store, pipe["Arn"])
    ctx.store.after_commit(lambda: runner.stop(ctx, pipe["Arn"]))
    return _replied({**pipe, "DesiredState": "DELETED", "CurrentState": "DELETING"})


# -- shared ------------------------------------------------------------------------------------------


def owner(ctx: Context) -> str:
    return f"{ctx.account}:{ctx.region}"


def lookup(ctx: Context, name: str) -> Json:
    """Raises NotFoundException."""
    pipe = DOCUMENTS.get(ctx.store, owner(ctx), KIND, name)
    if pipe is None:
        raise not_found(name)
    return pipe


def save(ctx: Context, pipe: Json) -> None:
    DOCUMENTS.put(ctx.store, owner(ctx), KIND, pipe["Name"], pipe)


_FAILED = {"CREATING": "CREATE_FAILED", "UPDATING": "UPDATE_FAILED", "STARTING": "START_FAILED"}


def _arrive(ctx: Context, pipe: Json, through: str) -> Json:
    """Brings the pipe to the state that it is to have; the answer says what it goes through."""
    pipe |= {"CurrentState": pipe["DesiredState"], "StateReason": _USER, "LastModifiedTime": ctx.clock.now()}
    if through in _FAILED and (problem := source_problem(runner.as_role(ctx, pipe), pipe)):
        pipe |= {"CurrentState": _FAILED[through], "StateReason": problem[:512]}
    save(ctx, pipe)
    ctx.store.after_commit(lambda: runner.restart(ctx, pipe))
    return _replied({**pipe, "CurrentState": through})


def _replied(pipe: Json) -> Json:
    return {member: pipe[member] for member in _REPLIED}


def _matching(ctx: Context, request: Json) -> Iterator[Json]:
    after = _page_start(request)
    wanted = {name: request[name] for name in ("DesiredState", "CurrentState") if name in request}
    prefixes = {name: request.get(f"{name}Prefix", "") for name in ("Name", "Source", "Target")}
    for pipe in sorted(DOCUMENTS.all(ctx.store, owner(ctx), KIND), key=lambda each: str(each["Name"])):
        matches = all(pipe[name].startswith(prefix) for name, prefix in prefixes.items())
        if pipe["Name"] > after and matches and wanted.items() <= pipe.items():
            yield pipe


def _page_start(request: Json) -> str:
    if "NextToken" not in request:
        return ""
    try:
        return str(page_key(request["NextToken"], str)[0])
    except ValueError:
        raise invalid("NextToken is not valid.") from None
