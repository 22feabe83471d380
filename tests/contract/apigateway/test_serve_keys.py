"""API keys and usage plans at work."""

import pytest


@pytest.fixture
def plan(api, unique):
    """`plan(**limits)`: a usage plan for the API's stage, with one key."""
    api.function(
        "/a",
        lambda event: {"statusCode": 200, "body": event["requestContext"]["identity"]["apiKey"]},
        apiKeyRequired=True,
    )
    api.deploy()
    value = (unique * 2)[:30]

    def build(**limits):
        client = api.client
        key = client.create_api_key(name=unique, enabled=True, value=value)
        stage = {"apiId": api.id, "stage": "dev"}
        made = client.create_usage_plan(name=unique, apiStages=[stage], **limits)["id"]
        client.create_usage_plan_key(usagePlanId=made, keyId=key["id"], keyType="API_KEY")
        return made, key["id"], value

    return build


def call(api, value):
    return api.call("/a", headers={"x-api-key": value} if value else {})


def test_a_key_opens_the_stages_of_its_plans(api, plan):
    _, key, value = plan()
    assert call(api, value).body.decode() == value
    for wrong in ("", "wrong"):
        answer = call(api, wrong)
        assert (answer.status, answer.json) == (403, {"message": "Forbidden"})
        assert answer.headers["x-amzn-ErrorType"] == "ForbiddenException"
    api.deploy("other")
    assert api.call("/a", headers={"x-api-key": value}, stage="other").status == 403
    change = [{"op": "replace", "path": "/enabled", "value": "false"}]
    api.client.update_api_key(apiKey=key, patchOperations=change)
    assert call(api, value).status == 403


def test_a_throttled_plan(api, plan, functions):
    *_, value = plan(throttle={"rateLimit": 0.001, "burstLimit": 2})
    assert [call(api, value).status for _ in range(3)] == [200, 200, 429]
    answer = call(api, value)
    assert answer.json == {"message": "Too Many Requests"}
    assert answer.headers["x-amzn-ErrorType"] == "TooManyRequestsException"
    functions.runtime.advance(1000)
    assert call(api, value).status == 200


def test_a_quota_lasts_for_its_period(api, plan, functions):
    plan_id, key, value = plan(quota={"limit": 2, "period": "DAY"})
    assert [call(api, value).status for _ in range(3)] == [200, 200, 429]
    assert call(api, value).json == {"message": "Limit Exceeded"}
    request = {"usagePlanId": plan_id, "keyId": key, "startDate": "2020-01-01", "endDate": "2020-01-02"}
    assert api.client.get_usage(**request)["items"] == {key: [[0, 2], [0, 2]]}
    more = [{"op": "replace", "path": "/remaining", "value": "1"}]
    used = api.client.update_usage(usagePlanId=plan_id, keyId=key, patchOperations=more)
    assert used["items"][key] == [[1, 1]]
    assert [call(api, value).status for _ in range(2)] == [200, 429]
    functions.runtime.advance(86_400)
    assert call(api, value).status == 200


def test_throttles_of_a_method(api, plan):
    plan_id, _, value = plan()
    path = f"/apiStages/{api.id}:dev/throttle/~1a/GET"
    operations = [
        {"op": "replace", "path": f"{path}/rateLimit", "value": "0.001"},
        {"op": "replace", "path": f"{path}/burstLimit", "value": "1"},
    ]
    api.client.update_usage_plan(usagePlanId=plan_id, patchOperations=operations)
    assert [call(api, value).status for _ in range(2)] == [200, 429]
