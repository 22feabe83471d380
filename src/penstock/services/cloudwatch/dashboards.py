"""Dashboards: stored and readable.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html and its siblings.
"""

import re

import orjson

from penstock.base.errors import AwsError
from penstock.base.paging import page_key, page_token
from penstock.call import Context
from penstock.services.cloudwatch import store
from penstock.wire.model import Json

_NAME = re.compile(r"[\w-]{1,255}")
_PAGE = 300
_AFTER_ALL = "\U0010ffff"


def put_dashboard(ctx: Context, request: Json) -> Json:
    name, body = request["DashboardName"], request["DashboardBody"]
    if not _NAME.fullmatch(name):
        message = f"The value {name} for field DashboardName contains invalid characters."
        raise AwsError("InvalidParameterValueException", message)
    _check_body(body)
    arn = f"arn:aws:cloudwatch::{ctx.account}:dashboard/{name}"
    ctx.store.run(store.PUT_DASHBOARD, arn, ctx.account, name, body, ctx.clock.now())
    return {"DashboardValidationMessages": []}


def _check_body(body: str) -> None:
    try:
        valid = isinstance(orjson.loads(body), dict)
    except orjson.JSONDecodeError:
        valid = False
    if not valid:
        raise AwsError(
            "DashboardInvalidInputError",
            "The field DashboardBody must be a valid JSON object",
            dashboardValidationMessages=[{"Message": "The field DashboardBody must be a valid JSON object"}],
        )


def get_dashboard(ctx: Context, request: Json) -> Json:
    row = ctx.store.one(store.DASHBOARD, ctx.account, request["DashboardName"])
    if row is None:
        raise AwsError("DashboardNotFoundError", f"Dashboard {request['DashboardName']} does not exist")
    return {"DashboardArn": row[0], "DashboardName": row[1], "DashboardBody": row[2]}


def list_dashboards(ctx: Context, request: Json) -> Json:
    prefix, after = request.get("DashboardNamePrefix", ""), ""
    if "NextToken" in request:
        try:
            after = page_key(request["NextToken"], str)[0] + "\0"
        except ValueError:
            message = "Request parameter NextToken is invalid"
            raise AwsError("InvalidParameterValueException", message) from None
    rows = ctx.store.all(store.DASHBOARDS, ctx.account, max(prefix, after), prefix + _AFTER_ALL)
    shown = [
        {"DashboardName": name, "DashboardArn": arn, "LastModified": modified, "Size": len(body.encode())}
        for arn, name, body, modified in rows[:_PAGE]
    ]
    token = {"NextToken": page_token(rows[_PAGE - 1][1])} if len(rows) > _PAGE else {}
    return {"DashboardEntries": shown, **token}


def delete_dashboards(ctx: Context, request: Json) -> Json:
    """All of them, or none where one does not exist."""
    for name in request["DashboardNames"]:
        if not ctx.store.run(store.DELETE_DASHBOARD, ctx.account, name):
            raise AwsError("DashboardNotFoundError", f"Dashboard {name} does not exist")
    return {}
