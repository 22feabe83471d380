import json

import pytest
from botocore.exceptions import ClientError

EVENT = {
    "id": "1",
    "source": "shop",
    "detail-type": "t",
    "account": "123456789012",
    "region": "us-east-1",
    "time": "2026-07-13T13:48:01Z",
    "resources": [],
    "detail": {"state": "running", "count": 5},
}


@pytest.mark.parametrize(
    ("pattern", "result"),
    [
        ({"source": ["shop"]}, True),
        ({"source": ["other"]}, False),
        ({"detail": {"count": [{"numeric": [">", 4]}]}}, True),
        ({"detail": {"$or": [{"state": ["stopped"]}, {"count": [5]}]}}, True),
        ({"resources": [{"exists": True}]}, False),
    ],
)
def test_result(events, pattern, result):
    response = events.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(EVENT))
    assert response["Result"] is result


def test_a_pattern_that_is_not_valid(events):
    with pytest.raises(ClientError) as raised:
        events.test_event_pattern(EventPattern='{"source": "shop"}', Event=json.dumps(EVENT))
    assert raised.value.response["Error"] == {
        "Code": "InvalidEventPatternException",
        "Message": 'Event pattern is not valid. Reason: "source" must be an object or an array',
    }


@pytest.mark.parametrize("event", ["a string", "[]", json.dumps({"source": "shop"})])
def test_an_event_that_is_not_valid(events, event):
    with pytest.raises(ClientError) as raised:
        events.test_event_pattern(EventPattern='{"source": ["shop"]}', Event=event)
    assert raised.value.response["Error"] == {"Code": "ValidationException", "Message": "Parameter Event is not valid."}
