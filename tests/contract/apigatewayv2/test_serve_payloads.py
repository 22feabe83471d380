"""Payload formats 2.0 and 1.0: the event a function gets, and what becomes of its result."""

import base64

import pytest


def test_the_event_of_format_2(api):
    arn = api.function("POST /orders/{id}", lambda event: {"statusCode": 200, "body": "fine"})
    answer = api.call(
        "/orders/a%20b?q=1&q=2&e=x%20y",
        "POST",
        b'{"a":1}',
        {"X-Custom": "Yes", "Content-Type": "application/json", "Cookie": "a=1; b=2", "User-Agent": "test/1"},
    )
    assert (answer.status, answer.body) == (200, b"fine")
    [event] = api.functions.events(arn)
    assert event["version"] == "2.0"
    assert event["routeKey"] == "POST /orders/{id}"
    assert event["rawPath"] == "/orders/a b"
    assert event["rawQueryString"] == "q=1&q=2&e=x%20y"
    assert event["queryStringParameters"] == {"q": "1,2", "e": "x y"}
    assert event["pathParameters"] == {"id": "a b"}
    assert event["cookies"] == ["a=1", "b=2"]
    assert (event["body"], event["isBase64Encoded"]) == ('{"a":1}', False)
    assert event["headers"]["x-custom"] == "Yes"
    assert "cookie" not in event["headers"]
    context = event["requestContext"]
    assert context["http"] == {
        "method": "POST",
        "path": "/orders/a b",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "test/1",
    }
    assert (context["apiId"], context["stage"], context["routeKey"]) == (api.id, "$default", "POST /orders/{id}")
    assert context["requestId"] == answer.headers["Apigw-Requestid"]
    assert not {"stageVariables", "authorizer"} & {*event, *context}


def test_what_is_not_there_is_left_out(api):
    arn = api.function("GET /a", lambda event: "ok")
    assert api.call("/a").status == 200
    [event] = api.functions.events(arn)
    assert not {"body", "cookies", "queryStringParameters", "pathParameters"} & set(event)
    assert event["rawQueryString"] == ""


@pytest.mark.parametrize(
    ("result", "body"),
    [("Hello", b"Hello"), ({"a": 1}, b'{"a": 1}'), ([1, 2], b"[1, 2]"), (None, b"null"), (7, b"7")],
)
def test_a_result_without_a_status_is_the_body(api, result, body):
    api.function("GET /a", lambda event: result)
    answer = api.call("/a")
    assert (answer.status, answer.body) == (200, body)
    assert answer.headers["Content-Type"] == "application/json"


def test_a_structured_result_of_format_2(api):
    result = {"statusCode": 201, "headers": {"X-A": 1}, "cookies": ["a=1; Path=/", "b=2"], "body": "made"}
    api.function("GET /a", lambda event: result)
    answer = api.call("/a")
    assert (answer.status, answer.body, answer.headers["X-A"]) == (201, b"made", "1")
    assert answer.headers.get_all("Set-Cookie") == ["a=1; Path=/", "b=2"]
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_binary_bodies(api):
    pixels = bytes(range(256))
    encoded = base64.b64encode(pixels).decode()
    arn = api.function("POST /a", lambda event: {"statusCode": 200, "body": encoded, "isBase64Encoded": True})
    answer = api.call("/a", "POST", pixels, {"Content-Type": "image/png"})
    [event] = api.functions.events(arn)
    assert (event["isBase64Encoded"], event["body"]) == (True, encoded)
    assert answer.body == pixels


def test_the_event_of_format_1(api):
    arn = api.function("ANY /a/{proxy+}", lambda event: {"statusCode": 200, "body": "ok"}, "1.0")
    answer = api.call("/a/b/c?q=1&q=2", "POST", b"x", {"X-Custom": "Yes", "Content-Type": "text/plain"})
    assert (answer.status, answer.body) == (200, b"ok")
    [event] = api.functions.events(arn)
    assert (event["version"], event["resource"], event["path"]) == ("1.0", "/a/{proxy+}", "/a/b/c")
    assert event["multiValueQueryStringParameters"] == {"q": ["1", "2"]}
    assert event["pathParameters"] == {"proxy": "b/c"}
    assert event["headers"]["X-Custom"] == "Yes"
    assert event["requestContext"]["resourceId"] == "ANY /a/{proxy+}"
    assert event["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"


def test_repeated_headers_of_format_1(api):
    api.function(
        "GET /a", lambda event: {"statusCode": 200, "multiValueHeaders": {"X-B": ["1", "2"]}, "body": ""}, "1.0"
    )
    assert api.call("/a").headers.get_all("X-B") == ["1", "2"]


def fail(event):
    raise RuntimeError("boom")


@pytest.mark.parametrize(
    ("version", "handler"),
    [
        ("2.0", fail),
        ("1.0", fail),
        ("1.0", lambda event: "text"),
        ("1.0", lambda event: {"body": "no status"}),
        ("2.0", lambda event: {"statusCode": "abc"}),
        ("2.0", lambda event: {"statusCode": 200, "body": {"a": 1}}),
        ("2.0", lambda event: b"<html>"),
    ],
)
def test_bad_results_are_500(api, version, handler):
    api.function("GET /a", handler, version)
    answer = api.call("/a")
    assert (answer.status, answer.json) == (500, {"message": "Internal Server Error"})


def test_a_function_that_takes_too_long_is_503(api, functions):
    clock = functions.runtime.runtime.clock
    arn = functions.make(lambda event: clock.sleep(3600))
    integration = api.client.create_integration(
        ApiId=api.id, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0", TimeoutInMillis=50
    )
    target = f"integrations/{integration['IntegrationId']}"
    api.client.create_route(ApiId=api.id, RouteKey="GET /slow", Target=target)
    answer = api.call("/slow")
    assert (answer.status, answer.json) == (503, {"message": "Service Unavailable"})


def test_a_named_stage_stands_in_the_path(api):
    arn = api.function("GET /a", lambda event: "ok")
    api.client.create_stage(ApiId=api.id, StageName="dev", AutoDeploy=True, StageVariables={"color": "green"})
    assert api.call("/dev/a").status == 200
    [event] = api.functions.events(arn)
    assert (event["rawPath"], event["requestContext"]["stage"]) == ("/dev/a", "dev")
    assert event["stageVariables"] == {"color": "green"}
