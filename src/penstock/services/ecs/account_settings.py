"""Account settings: kept per principal, with the account's defaults behind them.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html
"""

from penstock.call import Context
from penstock.services.ecs import names
from penstock.services.ecs.errors import invalid
from penstock.services.ecs.store import DOCUMENTS
from penstock.wire.model import Json

_SWITCH = ("enabled", "disabled", "on", "off")
_DEFAULTS = {
    "serviceLongArnFormat": "enabled",
    "taskLongArnFormat": "enabled",
    "containerInstanceLongArnFormat": "enabled",
    "awsvpcTrunking": "disabled",
    "containerInsights": "disabled",
    "fargateFIPSMode": "disabled",
    "tagResourceAuthorization": "on",
    "fargateTaskRetirementWaitPeriod": "7",
    "guardDutyActivate": "off",
    "defaultLogDriverMode": "non-blocking",
    "fargateEventWindows": "disabled",
}
_VALUES = {
    "containerInsights": (*_SWITCH, "enhanced"),
    "fargateTaskRetirementWaitPeriod": ("0", "7", "14"),
    "defaultLogDriverMode": ("blocking", "non-blocking"),
}
_ROOT = "default"  # whose settings hold for everybody without own ones


def put_account_setting(ctx: Context, request: Json) -> Json:
    return _put(ctx, request, request.get("principalArn") or ctx.principal.arn)


def put_account_setting_default(ctx: Context, request: Json) -> Json:
    return _put(ctx, request, _ROOT)


def _put(ctx: Context, request: Json, principal: str) -> Json:
    name, value = request["name"], request["value"]
    allowed = _VALUES.get(name, _SWITCH)
    if value not in allowed:
        raise invalid(f"Invalid value for the setting {name}: it should be one of [{','.join(allowed)}]")
    if name in ("serviceLongArnFormat", "taskLongArnFormat", "containerInstanceLongArnFormat") and value in (
        "disabled",
        "off",
    ):
        raise invalid(f"The account setting {name} can no longer be disabled.")
    shown = f"arn:aws:iam::{ctx.account}:root" if principal == _ROOT else principal
    setting = {"name": name, "value": value, "principalArn": shown, "type": "user"}
    DOCUMENTS.put(ctx.store, names.scope(ctx), "setting", f"{principal}|{name}", setting)
    return {"setting": setting}


def delete_account_setting(ctx: Context, request: Json) -> Json:
    principal, name = request.get("principalArn") or ctx.principal.arn, request["name"]
    DOCUMENTS.delete(ctx.store, names.scope(ctx), "setting", f"{principal}|{name}")
    return {"setting": {"name": name, "value": _effective(ctx, name, principal), "principalArn": principal}}


def list_account_settings(ctx: Context, request: Json) -> Json:
    principal = request.get("principalArn") or ctx.principal.arn
    settings = [
        {"name": name, "value": _effective(ctx, name, principal), "principalArn": principal, "type": "user"}
        for name in _DEFAULTS
        if request.get("effectiveSettings") or _own(ctx, name, principal) is not None
    ]
    wanted = [
        setting
        for setting in settings
        if setting["name"] == request.get("name", setting["name"])
        and setting["value"] == request.get("value", setting["value"])
    ]
    return names.page(request, "settings", wanted, lambda setting: setting["name"])


def _own(ctx: Context, name: str, principal: str) -> Json | None:
    return DOCUMENTS.get(ctx.store, names.scope(ctx), "setting", f"{principal}|{name}")


def _effective(ctx: Context, name: str, principal: str) -> str:
    found = _own(ctx, name, principal) or _own(ctx, name, _ROOT)
    return str(found["value"]) if found else _DEFAULTS[name]
