"""Usage plans, the keys in them, and how much of a plan a key has used.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_UsagePlan.html; texts as observed.
"""

from datetime import UTC, date, datetime, timedelta

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.apigateway import store
from penstock.services.apigateway.lookup import bad_request, beside, members, not_found, page, save_beside
from penstock.services.apigateway.patch import Member, Patch, Patcher, nested, scalar
from penstock.services.apigateway.store import DOCUMENTS, api_owner, owner
from penstock.wire.model import Json

_EPOCH = date(1970, 1, 1)
_PERIODS = {"DAY": 1, "WEEK": 7, "MONTH": 28}


def keys_owner(ctx: Context, plan_id: str) -> str:
    """Owns the keys of a plan."""
    return f"{owner(ctx)}/plan/{plan_id}"


def create_usage_plan(ctx: Context, request: Json) -> Json:
    plan = {
        "id": ids.lower_id(6),
        "name": request["name"],
        "apiStages": request.get("apiStages", []),
        **members(request, ("description", "throttle", "quota", "tags")),
    }
    _check(ctx, plan)
    return save_beside(ctx, "usageplan", plan["id"], plan)


def _check(ctx: Context, plan: Json) -> None:
    if not plan["name"]:
        raise bad_request("Usage Plan name cannot be blank")
    for stage in plan["apiStages"]:
        _check_stage(ctx, stage.get("apiId", ""), stage.get("stage", ""))
    if "throttle" in plan:
        plan["throttle"] = {"burstLimit": 0, "rateLimit": 0.0, **plan["throttle"]}
    quota = plan.get("quota")
    if quota is not None:
        quota.setdefault("offset", 0)
        if quota.get("limit", 0) <= 0:
            raise bad_request("Usage Plan quota limit must be greater than 0")
        if not 0 <= quota["offset"] < _PERIODS[quota.get("period", "MONTH")]:
            raise bad_request("Usage Plan quota offset must be within the quota period")


def _check_stage(ctx: Context, api_id: str, stage: str) -> None:
    if DOCUMENTS.get(ctx.store, api_owner(ctx, api_id), "stage", stage) is None:
        raise not_found(f"API Stage not found: {api_id}:{stage}")


def get_usage_plan(ctx: Context, request: Json) -> Json:
    plan = beside(ctx, "usageplan", request["usagePlanId"])
    return {**plan, "tags": plan.get("tags", {})}


def get_usage_plans(ctx: Context, request: Json) -> Json:
    key_id = request.get("keyId")
    return page(plans_with(ctx, key_id) if key_id else DOCUMENTS.all(ctx.store, owner(ctx), "usageplan"), request)


def plans_with(ctx: Context, key_id: str) -> list[Json]:
    """The plans that a key is in."""
    prefix = keys_owner(ctx, "")
    owners = [found for found in DOCUMENTS.owners(ctx.store, "key", key_id) if found.startswith(prefix)]
    return [beside(ctx, "usageplan", found.removeprefix(prefix)) for found in owners]


def _has_key(ctx: Context, plan_id: str, key_id: str) -> bool:
    return DOCUMENTS.get(ctx.store, keys_owner(ctx, plan_id), "key", key_id) is not None


def delete_usage_plan(ctx: Context, request: Json) -> Json:
    plan_id = beside(ctx, "usageplan", request["usagePlanId"])["id"]
    DOCUMENTS.delete(ctx.store, owner(ctx), "usageplan", plan_id)
    DOCUMENTS.drop(ctx.store, keys_owner(ctx, plan_id))
    ctx.store.run(store.FORGET_USAGE, plan_id)
    return {}


# -- changes -----------------------------------------------------------------------------------------


def _api_stages(plan: Json, patch: Patch) -> None:
    """`/apiStages`, value `<api id>:<stage>`."""
    api_id, separator, stage = (patch.value or "").partition(":")
    if not separator:
        raise bad_request("Invalid API Stage specified")
    found = [known for known in plan["apiStages"] if (known["apiId"], known["stage"]) != (api_id, stage)]
    if patch.op == "remove" and len(found) == len(plan["apiStages"]):
        raise not_found(f"Invalid API Stage {{api: {api_id}, stage: {stage}}} specified for usageplan {plan['id']}")
    plan["apiStages"] = found if patch.op == "remove" else [*found, {"apiId": api_id, "stage": stage}]


def _method_throttle(plan: Json, patch: Patch) -> None:
    """`/apiStages/<api id>:<stage>/throttle/<path>/<method>/rateLimit`, or without the end to remove."""
    api_id, _, stage = patch.keys[1].partition(":")
    found = next((s for s in plan["apiStages"] if (s["apiId"], s["stage"]) == (api_id, stage)), None)
    if found is None or patch.keys[2:3] != ["throttle"]:
        raise bad_request(f"Invalid patch path {patch.path}")
    throttles = found.setdefault("throttle", {})
    name = "/".join(patch.keys[3:5])
    if patch.op == "remove":
        throttles.pop(name, None)
        return
    limit = patch.keys[5]
    throttles.setdefault(name, {})[limit] = float(patch.value or 0) if limit == "rateLimit" else int(patch.value or 0)


def _drop(plan: Json, patch: Patch) -> None:
    plan.pop(patch.keys[0], None)


_PATCHER = Patcher(
    {
        "name": scalar(blank="Usage Plan name cannot be blank"),
        "description": scalar(ops=("add", "replace", "remove")),
        "productCode": scalar(ops=("add", "replace", "remove")),
        "throttle": nested({"rateLimit": float, "burstLimit": int}, ("add", "replace")),
        "quota": nested({"limit": int, "offset": int, "period": str}, ("add", "replace")),
        "apiStages": Member(("add", "remove"), _api_stages),
    }
)
_WHOLE = Patcher({"throttle": Member(("remove",), _drop), "quota": Member(("remove",), _drop)})


def update_usage_plan(ctx: Context, request: Json) -> Json:
    plan = beside(ctx, "usageplan", request["usagePlanId"])
    for operation in request.get("patchOperations", ()):
        patch = Patch.parse(operation)
        if patch.keys[:1] == ["apiStages"] and len(patch.keys) > 2:
            _method_throttle(plan, patch)
        elif patch.path in ("/throttle", "/quota"):
            _WHOLE.apply(plan, [operation])
        else:
            _PATCHER.apply(plan, [operation])
    _check(ctx, plan)
    save_beside(ctx, "usageplan", plan["id"], plan)
    return {**plan, "tags": plan.get("tags", {})}


# -- keys of a plan ----------------------------------------------------------------------------------


def create_usage_plan_key(ctx: Context, request: Json) -> Json:
    key = beside(ctx, "apikey", request["keyId"])
    plan_id = beside(ctx, "usageplan", request["usagePlanId"])["id"]
    if request["keyType"] != "API_KEY":
        raise bad_request("Usage plan key type must be API_KEY")
    if _has_key(ctx, plan_id, key["id"]):
        raise AwsError("ConflictException", f"API Key {key['id']} is already in usage plan {plan_id}")
    entry = {"id": key["id"], "type": "API_KEY", "value": key["value"], **members(key, ("name",))}
    DOCUMENTS.put(ctx.store, keys_owner(ctx, plan_id), "key", key["id"], entry)
    return entry


def get_usage_plan_key(ctx: Context, request: Json) -> Json:
    beside(ctx, "usageplan", request["usagePlanId"])
    found = DOCUMENTS.get(ctx.store, keys_owner(ctx, request["usagePlanId"]), "key", request["keyId"])
    if found is None:
        raise not_found("Invalid Usage Plan Key identifier specified")
    return found


def get_usage_plan_keys(ctx: Context, request: Json) -> Json:
    """The newest first; none of a plan that nobody has made. As on AWS."""
    keys = DOCUMENTS.all(ctx.store, keys_owner(ctx, request["usagePlanId"]), "key")[::-1]
    if request.get("nameQuery"):
        keys = [key for key in keys if key.get("name", "").startswith(request["nameQuery"])]
    return page(keys, request)


def delete_usage_plan_key(ctx: Context, request: Json) -> Json:
    get_usage_plan_key(ctx, request)
    DOCUMENTS.delete(ctx.store, keys_owner(ctx, request["usagePlanId"]), "key", request["keyId"])
    return {}


# -- usage -------------------------------------------------------------------------------------------


def day_of(seconds: float) -> int:
    return int(seconds // 86_400)


def period_start(quota: Json, seconds: float) -> int:
    """The first day of the period that `seconds` lie in: weeks begin on Sunday, `offset` days later."""
    day = day_of(seconds)
    offset: int = quota.get("offset", 0)
    if quota.get("period") == "DAY":
        return day
    if quota.get("period") == "WEEK":
        return day - (day - offset + 4) % 7  # the epoch was a Thursday
    moment = datetime.fromtimestamp(seconds, UTC).date() - timedelta(days=offset)
    return (moment.replace(day=1) - _EPOCH).days + offset


def _day(text: str) -> int:
    try:
        return (date.fromisoformat(text) - _EPOCH).days
    except ValueError:
        raise bad_request(f"Invalid date specified: {text}") from None


def get_usage(ctx: Context, request: Json) -> Json:
    plan = beside(ctx, "usageplan", request["usagePlanId"])
    keys = DOCUMENTS.all(ctx.store, keys_owner(ctx, plan["id"]), "key")
    wanted = [key for key in keys if request.get("keyId") in (None, key["id"])]
    if request.get("keyId") and not wanted:
        raise not_found("Invalid Key identifier specified")
    first, last = _day(request["startDate"]), _day(request["endDate"])
    shown = page([{key["id"]: _daily(ctx, plan, key["id"], first, last)} for key in wanted], request)
    items = {key_id: days for entry in shown["items"] for key_id, days in entry.items()}
    return {**shown, "items": items, "usagePlanId": plan["id"], **members(request, ("startDate", "endDate"))}


def _daily(ctx: Context, plan: Json, key_id: str, first: int, last: int) -> list[list[int]]:
    """Used and remaining, day by day."""
    used: dict[int, int] = dict(ctx.store.all(store.USAGE_OF_KEY, plan["id"], key_id, first, last))
    left = plan.get("quota", {}).get("limit", 0)
    days = []
    for day in range(first, last + 1):
        left -= used.get(day, 0)
        days.append([used.get(day, 0), max(left, 0)])
    return days


def update_usage(ctx: Context, request: Json) -> Json:
    """`replace /remaining`: grants a key more of its quota for the present period."""
    plan = beside(ctx, "usageplan", request["usagePlanId"])
    get_usage_plan_key(ctx, request)
    if "quota" not in plan:
        raise bad_request("Usage Plan quota is not set")
    today = day_of(ctx.clock.now())
    for operation in request.get("patchOperations", ()):
        if (operation["op"], operation.get("path")) != ("replace", "/remaining"):
            raise bad_request(f"Invalid patch path {operation.get('path')}")
        start = period_start(plan["quota"], ctx.clock.now())
        row = ctx.store.one(store.USED_SINCE, plan["id"], request["keyId"], start)
        used_today = ctx.store.all(store.USAGE_OF_KEY, plan["id"], request["keyId"], today, today)
        before = (row[0] if row else 0) - (used_today[0][1] if used_today else 0)
        wanted = plan["quota"]["limit"] - int(operation["value"]) - before
        ctx.store.run(store.SET_USE, plan["id"], request["keyId"], today, wanted)
    days = _daily(ctx, plan, request["keyId"], today, today)
    shown = datetime.fromtimestamp(ctx.clock.now(), UTC).date().isoformat()
    return {"usagePlanId": plan["id"], "startDate": shown, "endDate": shown, "items": {request["keyId"]: days}}
