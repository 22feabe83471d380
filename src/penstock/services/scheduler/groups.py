"""Schedule groups: create, get, list, delete. The group `default` comes into being when it is first asked for.

Source: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateScheduleGroup.html and its siblings.
"""

from penstock.base.paging import page_key, page_token
from penstock.call import Context
from penstock.services.scheduler import store
from penstock.services.scheduler.names import DEFAULT, exists, group_arn, invalid, missing, owner
from penstock.services.scheduler.state import state
from penstock.services.scheduler.store import GROUP, GROUPS
from penstock.wire.model import Json

_SHOWN = ("Arn", "CreationDate", "LastModificationDate", "Name", "State")
_PAGE = 100


def create_schedule_group(ctx: Context, request: Json) -> Json:
    name = request["Name"]
    known = _stored(ctx, name)
    if known is not None:
        if request.get("ClientToken", "") != known["ClientToken"] or not known["ClientToken"]:
            raise exists(f"Schedule group {name}")
        return {"ScheduleGroupArn": known["Arn"]}
    tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", ())}
    return {"ScheduleGroupArn": _make(ctx, name, tags, request.get("ClientToken", ""))["Arn"]}


def get_schedule_group(ctx: Context, request: Json) -> Json:
    return _shown(find_group(ctx, request["Name"]))


def list_schedule_groups(ctx: Context, request: Json) -> Json:
    """The default group, then the oldest first."""
    find_group(ctx, DEFAULT)
    prefix, limit = request.get("NamePrefix", ""), request.get("MaxResults", _PAGE)
    known = GROUPS.all(ctx.store, owner(ctx), GROUP)
    groups = [group for group in known if group["Name"].startswith(prefix)]
    groups.sort(key=lambda group: bool(group["Name"] != DEFAULT))
    begin = _page_start(request)
    page: Json = {"ScheduleGroups": [_shown(group) for group in groups[begin : begin + limit]]}
    return page | ({"NextToken": page_token(begin + limit)} if len(groups) > begin + limit else {})


def delete_schedule_group(ctx: Context, request: Json) -> Json:
    """Its schedules go with it."""
    name = find_group(ctx, request["Name"])["Name"]
    if name == DEFAULT:
        raise invalid("The default schedule group cannot be deleted.")
    ctx.store.run(store.DELETE_GROUP, owner(ctx), name)
    GROUPS.delete(ctx.store, owner(ctx), GROUP, name)
    ctx.store.after_commit(state(ctx).arm)
    return {}


def find_group(ctx: Context, name: str) -> Json:
    """Raises ResourceNotFoundException."""
    found = _stored(ctx, name)
    if found is not None:
        return found
    if name == DEFAULT:
        return _make(ctx, name, {}, "")
    raise missing(f"Schedule group {name}")


def save_group(ctx: Context, group: Json) -> None:
    GROUPS.put(ctx.store, owner(ctx), GROUP, group["Name"], group)


def _stored(ctx: Context, name: str) -> Json | None:
    return GROUPS.get(ctx.store, owner(ctx), GROUP, name)


def _make(ctx: Context, name: str, tags: dict[str, str], token: str) -> Json:
    now = ctx.clock.now()
    group = {
        "Arn": group_arn(ctx, name),
        "Name": name,
        "State": "ACTIVE",
        "CreationDate": now,
        "LastModificationDate": now,
        "Tags": tags,
        "ClientToken": token,
    }
    save_group(ctx, group)
    return group


def _shown(group: Json) -> Json:
    return {member: group[member] for member in _SHOWN}


def _page_start(request: Json) -> int:
    if "NextToken" not in request:
        return 0
    try:
        return int(page_key(request["NextToken"], int)[0])
    except ValueError:
        raise invalid("Invalid NextToken.") from None
