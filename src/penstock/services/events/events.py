"""Events: put, and test against a pattern.

Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
"""

import orjson

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.delivery.patterns import PatternError, compile
from penstock.services.events import names
from penstock.services.events.router import Way, envelope, publish, timestamp
from penstock.services.events.state import bus_of, state
from penstock.wire.model import Json

MAX_SIZE = 1_048_576  # bytes of all entries of one request together
_TIME_SIZE = 14
_MANDATORY = frozenset({"id", "account", "source", "time", "region", "detail-type"})


def put_events(ctx: Context, request: Json) -> Json:
    if "EndpointId" in request:
        raise AwsError("NotImplemented", "Penstock does not implement global endpoints.", status=501)
    entries = request["Entries"]
    if sum(map(_size, entries)) > MAX_SIZE:
        raise names.invalid("Total size of the entries in the request is over the limit.")
    results = [_put(ctx, entry) for entry in entries]
    return {"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results}


def _size(entry: Json) -> int:
    """As AWS reckons it: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html"""
    texts = (entry.get("Source", ""), entry.get("DetailType", ""), entry.get("Detail", ""), *entry.get("Resources", ()))
    return (_TIME_SIZE if "Time" in entry else 0) + sum(len(text.encode()) for text in texts)


def _put(ctx: Context, entry: Json) -> Json:
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            return _failed("InvalidArgument", f"Parameter {name} is not valid. Reason: {name} is a required argument.")
    if entry["Source"].startswith("aws.") and ctx.principal.kind != "service":
        return _failed("NotAuthorizedForSource", "Not authorized for the source.")
    now, event_id = ctx.clock.now(), ids.uuid()
    head = {
        "version": "0",
        "id": event_id,
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "account": ctx.account,
        "time": timestamp(entry.get("Time", now)),
        "region": ctx.region,
        "resources": entry.get("Resources", []),
    }
    try:
        event = envelope(head, entry["Detail"], now)
    except ValueError:
        return _failed("MalformedDetail", "Detail is malformed.")
    trace = entry.get("TraceHeader") or (ctx.trace.header if ctx.traced else "")
    try:
        bus = bus_of(ctx, entry.get("EventBusName"))
    except AwsError:
        return {"EventId": event_id}  # AWS accepts events for a bus that is not there, and drops them
    publish(state(ctx), bus, event, Way(now, trace))
    return {"EventId": event_id}


def _failed(code: str, message: str) -> Json:
    return {"ErrorCode": code, "ErrorMessage": message}


def test_event_pattern(ctx: Context, request: Json) -> Json:
    try:
        event = orjson.loads(request["Event"])
    except orjson.JSONDecodeError:
        event = None
    if not isinstance(event, dict) or not event.keys() >= _MANDATORY:
        raise names.invalid("Parameter Event is not valid.")
    try:
        return {"Result": compile(request["EventPattern"]).matches(event)}
    except PatternError as error:
        raise AwsError("InvalidEventPatternException", str(error)) from None
