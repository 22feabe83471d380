"""The history of alarms: what was configured, which state followed which, what was done about it.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html
"""

import orjson

from penstock.base.errors import AwsError
from penstock.base.paging import page_key, page_token
from penstock.call import Context
from penstock.services.cloudwatch import store
from penstock.services.cloudwatch.series import scope_of
from penstock.services.cloudwatch.store import Alarm
from penstock.wire.model import Json

_PAGE = 100
_KEPT = 30 * 86_400.0


def describe_alarm_history(ctx: Context, request: Json) -> Json:
    newest_first = request.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    bounds = (request.get("StartDate", 0.0), request.get("EndDate", ctx.clock.now()))
    limit, begin = request.get("MaxRecords", _PAGE), _begin(request)
    rows = ctx.store.all(store.HISTORY, scope_of(ctx), *bounds)
    kinds = request.get("AlarmTypes", ("MetricAlarm",)) if "AlarmName" not in request else ()
    items = [
        {
            "AlarmName": name,
            "AlarmType": kind,
            "HistoryItemType": item,
            "Timestamp": at,
            "HistorySummary": summary,
            "HistoryData": data,
        }
        for name, kind, item, at, summary, data in (reversed(rows) if newest_first else rows)
        if request.get("AlarmName", name) == name
        and request.get("HistoryItemType", item) == item
        and (not kinds or kind in kinds)
    ]
    token = {"NextToken": page_token(begin + limit)} if len(items) > begin + limit else {}
    return {"AlarmHistoryItems": items[begin : begin + limit], **token}


def _begin(request: Json) -> int:
    try:
        [begin] = page_key(request["NextToken"], int) if "NextToken" in request else [0]
    except ValueError:
        raise AwsError("InvalidNextToken", "The next token specified is invalid.") from None
    return int(begin)


def note(ctx: Context, alarm: Alarm, item: str, summary: str, data: Json) -> None:
    """Remembers it for 30 days."""
    text, now = orjson.dumps(data).decode(), ctx.clock.now()
    ctx.store.run(store.INSERT_HISTORY, alarm.scope, alarm.name, alarm.type, item, now, summary, text)
    ctx.store.run(store.FORGET_HISTORY, alarm.scope, now - _KEPT)
