"""Lambda functions behind an application load balancer."""

import base64

import pytest

HELLO = {"statusCode": 200, "statusDescription": "200 OK", "headers": {"Content-Type": "text/plain"}, "body": "hi"}


@pytest.fixture
def lambda_elb(functions, unique, make_elb):
    return make_elb(functions.runtime, unique)


def behind(elb, functions, handler, attributes=None, **settings):
    arn = functions.make(handler)
    group, balancer = elb.group(kind="lambda", attributes=attributes, **settings), elb.balancer()
    elb.client.register_targets(TargetGroupArn=group, Targets=[{"Id": arn}])
    elb.listener(balancer, elb.forward(group))
    return arn, elb.address(balancer), group


def test_event_and_response(lambda_elb, functions):
    arn, address, group = behind(lambda_elb, functions, lambda event: HELLO)
    answer = lambda_elb.call(address, "/a?b=c%20d&b=2", "POST", {"Content-Type": "text/plain", "X-A": "1"}, b"text")
    assert (answer.status, answer.body, answer.headers["Content-Type"]) == (200, b"hi", "text/plain")
    [event] = functions.events(arn)
    headers = event.pop("headers")
    assert event == {
        "requestContext": {"elb": {"targetGroupArn": group}},
        "httpMethod": "POST",
        "path": "/a",
        "queryStringParameters": {"b": "2"},
        "body": "text",
        "isBase64Encoded": False,
    }
    assert (headers["x-a"], headers["x-forwarded-for"]) == ("1", "127.0.0.1")
    assert headers["x-amzn-trace-id"].startswith("Root=1-")


def test_lists_of_values_where_the_group_says_so(lambda_elb, functions):
    def handler(event):
        return {"statusCode": 201, "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]}, "body": ""}

    arn, address, _ = behind(lambda_elb, functions, handler, {"lambda.multi_value_headers.enabled": "true"})
    answer = lambda_elb.call(address, "/?b=1&b=2")
    assert (answer.status, answer.cookies()) == (201, {"a": "1", "b": "2"})
    [event] = functions.events(arn)
    assert event["multiValueQueryStringParameters"] == {"b": ["1", "2"]}
    assert event["multiValueHeaders"]["x-forwarded-port"] == ["80"]


def test_bodies_that_are_not_text_are_base64(lambda_elb, functions):
    def handler(event):
        return {"statusCode": 200, "isBase64Encoded": True, "body": event["body"]}

    arn, address, _ = behind(lambda_elb, functions, handler)
    answer = lambda_elb.call(address, "/", "POST", {"Content-Type": "image/png"}, b"\x00\xff")
    assert answer.body == b"\x00\xff"
    assert functions.events(arn)[0]["body"] == base64.b64encode(b"\x00\xff").decode()


def fails(event):
    raise ValueError("no")


@pytest.mark.parametrize("handler", [fails, lambda event: "text", lambda event: {"body": "no status"}])
def test_502_for_what_is_no_response(lambda_elb, functions, handler):
    _, address, _ = behind(lambda_elb, functions, handler)
    assert lambda_elb.call(address).status == 502


def test_health_is_not_checked_unless_asked_for(lambda_elb, functions):
    _, _, group = behind(lambda_elb, functions, lambda event: HELLO)
    [found] = lambda_elb.client.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert found["TargetHealth"] == {
        "State": "unavailable",
        "Reason": "Target.HealthCheckDisabled",
        "Description": "Health checks are not enabled for this target",
    }
    arn, _, checked = behind(lambda_elb, functions, lambda event: HELLO, HealthCheckEnabled=True)
    lambda_elb.wait(checked, {"healthy"})
    assert functions.events(arn)[0]["headers"] == {"user-agent": "ELB-HealthChecker/2.0"}
