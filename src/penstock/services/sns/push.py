"""Mobile push: platform applications and their endpoints, as records.

Nothing is pushed from this machine: the log says what would have been. Credentials are not kept.
Source: https://docs.aws.amazon.com/sns/latest/dg/sns-mobile-application-as-subscriber.html
"""

import re
from typing import Any

from penstock.base import ids
from penstock.base.arn import arn
from penstock.base.documents import Documents
from penstock.base.errors import AwsError
from penstock.base.paging import page_key, page_token
from penstock.base.telemetry import LogLine
from penstock.call import Context
from penstock.services.sns.errors import invalid
from penstock.wire.model import Json

APPLICATIONS, ENDPOINTS = "application", "endpoint"

_records = Documents("sns_push")
SCHEMA = _records.schema

_PLATFORMS = frozenset({"ADM", "APNS", "APNS_MACOS", "APNS_MACOS_SANDBOX", "APNS_PASSBOOK", "APNS_PASSBOOK_SANDBOX",
                        "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "BAIDU", "FCM", "GCM", "MPNS",
                        "WNS"})  # fmt: skip
_CREDENTIALS = frozenset({"PlatformCredential", "PlatformPrincipal"})
_WITHOUT_PRINCIPAL = frozenset({"FCM", "GCM"})
_ENDPOINT_ATTRIBUTES = frozenset({"CustomUserData", "Enabled", "Token"})
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_MAX_NAME, _MAX_USER_DATA, _PAGE = 256, 2048, 100


# -- applications ----------------------------------------------------------------------------------------------


def create_platform_application(ctx: Context, request: Json) -> Json:
    name, platform, attributes = request["Name"], request["Platform"], request["Attributes"]
    _check_name(name)
    if platform not in _PLATFORMS:
        raise invalid("Platform", f"{platform} is not supported")
    _check_credentials(platform, attributes)
    found = arn("sns", ctx.region, ctx.account, f"app/{platform}/{name}")
    _put(ctx, APPLICATIONS, found, {"Enabled": "true", **_kept(attributes)})
    return {"PlatformApplicationArn": found}


def _check_credentials(platform: str, attributes: dict[str, str]) -> None:
    """Two that belong together; Google's platforms have a credential alone."""
    given = _CREDENTIALS.intersection(attributes)
    if len(given) == 1 and not (platform in _WITHOUT_PRINCIPAL and "PlatformCredential" in given):
        [one], [other] = given, _CREDENTIALS - given
        raise invalid("Attributes", f"{one} attribute provided without {other}")


def _check_name(name: str) -> None:
    if not name:
        raise invalid(name, "cannot be empty")
    if len(name) > _MAX_NAME:
        raise invalid(name, f"must be at most {_MAX_NAME} characters long")
    if not _NAME.fullmatch(name):
        raise invalid(name, "must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'")


def _kept(attributes: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in attributes.items() if name not in _CREDENTIALS}


def get_platform_application_attributes(ctx: Context, request: Json) -> Json:
    return {"Attributes": _application(ctx, request)}


def set_platform_application_attributes(ctx: Context, request: Json) -> Json:
    attributes = _application(ctx, request) | _kept(request["Attributes"])
    _put(ctx, APPLICATIONS, request["PlatformApplicationArn"], attributes)
    return {}


def list_platform_applications(ctx: Context, request: Json) -> Json:
    found, token = _page(ctx, APPLICATIONS, _owner(ctx), request)
    listed = [{"PlatformApplicationArn": each["arn"], "Attributes": each["attributes"]} for each in found]
    return {"PlatformApplications": listed, **token}


def delete_platform_application(ctx: Context, request: Json) -> Json:
    """With its endpoints."""
    _records.delete(ctx.store, _owner(ctx), APPLICATIONS, request["PlatformApplicationArn"])
    _records.drop(ctx.store, request["PlatformApplicationArn"])
    return {}


def _application(ctx: Context, request: Json) -> Json:
    name = request["PlatformApplicationArn"]
    count = len(name.split(":"))
    if count < 6:
        raise invalid("PlatformApplicationArn", f"An ARN must have at least 6 elements, not {count}")
    found = _records.get(ctx.store, _owner(ctx), APPLICATIONS, name)
    if found is None:
        raise AwsError("NotFoundException", "PlatformApplication does not exist")
    attributes: Json = found["attributes"]
    return attributes


# -- endpoints -------------------------------------------------------------------------------------------------


def create_platform_endpoint(ctx: Context, request: Json) -> Json:
    """A token has one endpoint in each application."""
    _application(ctx, request)
    application, token, given = request["PlatformApplicationArn"], request["Token"], request.get("Attributes") or {}
    _check_endpoint(given)
    data = {"CustomUserData": request["CustomUserData"]} if request.get("CustomUserData") else {}
    attributes = {"Enabled": "true", "Token": token, **data, **given}
    for known in _records.all(ctx.store, application, ENDPOINTS):
        if known["attributes"]["Token"] == token:
            if known["attributes"] == attributes:
                return {"EndpointArn": known["arn"]}
            reason = f"Endpoint {known['arn']} already exists with the same Token, but different attributes."
            raise invalid("Token", reason)
    made = f"{application.replace(':app/', ':endpoint/')}/{ids.uuid()}"
    _put(ctx, ENDPOINTS, made, attributes, application)
    return {"EndpointArn": made}


def _check_endpoint(attributes: dict[str, str]) -> None:
    for name in attributes:
        if name not in _ENDPOINT_ATTRIBUTES:
            raise invalid("Attributes", f"Invalid attribute name: {name}")
    if len(attributes.get("CustomUserData", "").encode()) > _MAX_USER_DATA:
        reason = f"must be at most {_MAX_USER_DATA} bytes long in UTF-8 encoding"
        raise invalid("Attributes", f"Invalid value for attribute: CustomUserData: {reason}")


def get_endpoint_attributes(ctx: Context, request: Json) -> Json:
    return {"Attributes": _endpoint(ctx, request)[1]}


def set_endpoint_attributes(ctx: Context, request: Json) -> Json:
    application, attributes = _endpoint(ctx, request)
    _check_endpoint(request["Attributes"])
    _put(ctx, ENDPOINTS, request["EndpointArn"], attributes | request["Attributes"], application)
    return {}


def list_endpoints_by_platform_application(ctx: Context, request: Json) -> Json:
    _application(ctx, request)
    found, token = _page(ctx, ENDPOINTS, request["PlatformApplicationArn"], request)
    return {"Endpoints": [{"EndpointArn": each["arn"], "Attributes": each["attributes"]} for each in found], **token}


def delete_endpoint(ctx: Context, request: Json) -> Json:
    _records.delete(ctx.store, application_of(request["EndpointArn"]), ENDPOINTS, request["EndpointArn"])
    return {}


def application_of(endpoint: str) -> str:
    """`...:endpoint/<platform>/<name>/<id>` -> `...:app/<platform>/<name>`"""
    return endpoint.rpartition("/")[0].replace(":endpoint/", ":app/")


def _endpoint(ctx: Context, request: Json) -> tuple[str, Json]:
    """The application and the attributes of an endpoint."""
    found = find_endpoint(ctx, request["EndpointArn"])
    if found is None:
        raise AwsError("NotFoundException", "Endpoint does not exist")
    return application_of(request["EndpointArn"]), found


def find_endpoint(ctx: Context, endpoint: str) -> Json | None:
    """The attributes of an endpoint."""
    found = _records.get(ctx.store, application_of(endpoint), ENDPOINTS, endpoint)
    return found["attributes"] if found else None


def _put(ctx: Context, kind: str, name: str, attributes: Json, owner: str = "") -> None:
    _records.put(ctx.store, owner or _owner(ctx), kind, name, {"arn": name, "attributes": attributes})


def _owner(ctx: Context) -> str:
    return f"{ctx.account}/{ctx.region}"


def _page(ctx: Context, kind: str, owner: str, request: Json) -> tuple[list[Any], dict[str, str]]:
    try:
        start = page_key(request["NextToken"], int)[0] if request.get("NextToken") else 0
    except ValueError:
        raise invalid("nextToken") from None
    found = _records.all(ctx.store, owner, kind)
    token = {"NextToken": page_token(start + _PAGE)} if len(found) > start + _PAGE else {}
    return found[start : start + _PAGE], token


# -- messages --------------------------------------------------------------------------------------------------


def send(ctx: Context, endpoint: str, text: str) -> Json:
    attributes = find_endpoint(ctx, endpoint)
    if attributes is None:
        raise invalid("TargetArn", "No endpoint found for the target arn specified")
    if attributes["Enabled"].lower() != "true":
        raise AwsError("EndpointDisabledException", "Endpoint is disabled")
    line = f"push to {endpoint} is not sent from this machine: {text}"
    ctx.telemetry.log(LogLine(ctx.clock.now(), "WARNING", endpoint, line))
    return {"MessageId": ids.uuid()}
