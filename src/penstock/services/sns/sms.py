"""SMS: no message leaves this machine. One to a phone number is taken, and the log says that it was not sent.

The account's settings are kept and shown, and have no effect. Nobody has opted out, since nobody was sent anything.
Source: https://docs.aws.amazon.com/sns/latest/api/API_SetSMSAttributes.html
"""

import re

from penstock.base import ids
from penstock.base.documents import Documents
from penstock.base.errors import AwsError
from penstock.base.telemetry import LogLine
from penstock.call import Context
from penstock.services.sns.endpoints import is_phone_number
from penstock.services.sns.errors import invalid
from penstock.wire.model import Json

_records = Documents("sns_sms")
SCHEMA = _records.schema

_KIND = "attributes"
_INITIAL = {"MonthlySpendLimit": "1"}
_NAMES = frozenset({"DefaultSMSType", "DefaultSenderID", "DeliveryStatusIAMRole", "DeliveryStatusSuccessSamplingRate",
                    "MonthlySpendLimit", "UsageReportS3Bucket"})  # fmt: skip
_VALUES = {
    "DefaultSMSType": re.compile("Promotional|Transactional"),
    "DefaultSenderID": re.compile("(?=.*[A-Za-z])[A-Za-z0-9]{1,11}"),
}


def send(ctx: Context, phone_number: str, text: str) -> Json:
    line = f"sms to {phone_number} is not sent from this machine: {text}"
    ctx.telemetry.log(LogLine(ctx.clock.now(), "WARNING", "sns", line))
    return {"MessageId": ids.uuid()}


# -- the account's settings ------------------------------------------------------------------------------------


def set_sms_attributes(ctx: Context, request: Json) -> Json:
    for name, value in request["attributes"].items():
        if name not in _NAMES:
            raise AwsError("InvalidParameterException", f"{name} is not a valid attribute")
        if name in _VALUES and not _VALUES[name].fullmatch(value):
            raise AwsError("InvalidParameterException", f"{name} is invalid")
    _records.put(ctx.store, _owner(ctx), _KIND, "", _attributes(ctx) | request["attributes"])
    return {}


def get_sms_attributes(ctx: Context, request: Json) -> Json:
    """Those that are asked for, or all."""
    attributes, wanted = _attributes(ctx), request.get("attributes")
    return {"attributes": {name: attributes[name] for name in attributes if not wanted or name in wanted}}


def _attributes(ctx: Context) -> Json:
    return _records.get(ctx.store, _owner(ctx), _KIND, "") or _INITIAL


def _owner(ctx: Context) -> str:
    return f"{ctx.account}/{ctx.region}"


# -- who wants none --------------------------------------------------------------------------------------------


def check_if_phone_number_is_opted_out(ctx: Context, request: Json) -> Json:
    _check_number(request)
    return {"isOptedOut": False}


def list_phone_numbers_opted_out(ctx: Context, request: Json) -> Json:
    return {"phoneNumbers": []}


def opt_in_phone_number(ctx: Context, request: Json) -> Json:
    """Whoever has not opted out is opted in."""
    _check_number(request)
    return {}


def _check_number(request: Json) -> None:
    if not is_phone_number(request["phoneNumber"]):
        raise invalid("PhoneNumber", "input incorrectly formatted")
