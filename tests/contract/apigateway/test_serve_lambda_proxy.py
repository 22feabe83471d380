"""Lambda proxy integrations: the event a function gets, and what becomes of its result."""

import base64


def ok(body="fine", **members):
    return lambda event: {"statusCode": 200, "body": body, **members}


def test_the_event_describes_the_request(api):
    arn = api.function("/orders/{id}", ok(), "POST")
    deployment = api.deploy(variables={"color": "green"})
    answer = api.call(
        "/orders/7%2F8?q=1&q=2&empty=&e=a%20b",
        "POST",
        b'{"a":1}',
        {"X-Custom": "Yes", "content-type": "application/json", "User-Agent": "test/1"},
    )
    assert (answer.status, answer.body) == (200, b"fine")
    [event] = api.functions.events(arn)
    assert event["resource"] == "/orders/{id}"
    assert event["path"] == "/orders/7%2F8"
    assert event["httpMethod"] == "POST"
    assert event["pathParameters"] == {"id": "7%2F8"}
    assert event["queryStringParameters"] == {"q": "2", "empty": "", "e": "a b"}
    assert event["multiValueQueryStringParameters"] == {"q": ["1", "2"], "empty": [""], "e": ["a b"]}
    assert event["stageVariables"] == {"color": "green"}
    assert (event["body"], event["isBase64Encoded"]) == ('{"a":1}', False)
    assert event["headers"]["X-Custom"] == "Yes"
    assert event["multiValueHeaders"]["X-Custom"] == ["Yes"]
    assert event["headers"]["X-Amzn-Trace-Id"].startswith("Root=1-")
    assert event["headers"]["X-Forwarded-For"] == "127.0.0.1"
    assert not {"Content-Length", "Connection"} & set(event["headers"])
    context = event["requestContext"]
    assert context["path"] == "/dev/orders/7%2F8"
    assert (context["stage"], context["apiId"], context["deploymentId"]) == ("dev", api.id, deployment)
    assert (context["resourcePath"], context["resourceId"]) == ("/orders/{id}", api.resource("/orders/{id}"))
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert context["identity"]["userAgent"] == "test/1"
    assert context["identity"]["accountId"] is None
    assert context["accountId"] == "000000000000"
    assert context["protocol"] == "HTTP/1.1"
    assert context["requestId"] == answer.headers["x-amzn-RequestId"]
    assert context["extendedRequestId"] == answer.headers["x-amz-apigw-id"]


def test_what_is_not_there_is_null(api):
    arn = api.function("/", ok())
    api.deploy()
    assert api.call("").status == 200
    [event] = api.functions.events(arn)
    absent = ("body", "pathParameters", "queryStringParameters", "multiValueQueryStringParameters", "stageVariables")
    assert [event[name] for name in absent] == [None] * 5
    assert event["path"] == "/"


def test_status_headers_and_repeated_headers_of_the_result(api):
    result = {"statusCode": "201", "headers": {"X-A": "1", "X-Flag": True}, "multiValueHeaders": {"X-B": ["1", "2"]}}
    api.function("/a", lambda event: {**result, "body": "{}"})
    api.deploy()
    answer = api.call("/a")
    assert answer.status == 201
    assert answer.headers["X-A"] == "1"
    assert answer.headers["X-Flag"] == "true"
    assert answer.headers.get_all("X-B") == ["1", "2"]
    assert answer.headers["Content-Type"] == "application/json"


def test_no_status_means_200(api):
    api.function("/a", lambda event: {"body": "x"})
    api.deploy()
    assert api.call("/a").status == 200


def test_malformed_results_are_502(api):
    bad = {
        "text": "hello",
        "list": [1],
        "extra": {"statusCode": 200, "body": "", "cookies": []},
        "status": {"statusCode": "abc"},
        "body": {"statusCode": 200, "body": {"a": 1}},
        "headers": {"statusCode": 200, "headers": {"a": {"b": 1}}},
        "notjson": b"<html>",
    }
    for name, result in bad.items():
        api.function(f"/{name}", lambda event, result=result: result)
    api.deploy()
    for name in bad:
        answer = api.call(f"/{name}")
        assert (name, answer.status, answer.json) == (name, 502, {"message": "Internal server error"})
        assert answer.headers["x-amzn-ErrorType"] == "InternalServerErrorException"


def test_a_function_that_fails_is_502(api):
    def fail(event):
        raise RuntimeError("boom")

    api.function("/a", fail)
    api.deploy()
    answer = api.call("/a")
    assert (answer.status, answer.json) == (502, {"message": "Internal server error"})


def test_a_function_that_is_not_there_is_500(api):
    api.function("/a", "arn:aws:lambda:us-east-1:000000000000:function:nobody")
    api.deploy()
    assert (api.call("/a").status, api.call("/a").json) == (500, {"message": "Internal server error"})


def test_a_function_that_takes_too_long_is_504(api, functions):
    clock = functions.runtime.runtime.clock
    api.function("/slow", lambda event: clock.sleep(3600))
    api.client.update_integration(
        **api.where("/slow", "GET"),
        patchOperations=[{"op": "replace", "path": "/timeoutInMillis", "value": "50"}],
    )
    api.deploy()
    answer = api.call("/slow")
    assert (answer.status, answer.json) == (504, {"message": "Endpoint request timed out"})


def test_binary_bodies_go_as_base64_both_ways(make_api):
    api = make_api(binaryMediaTypes=["image/png"])
    pixels = bytes(range(256))
    arn = api.function("/pic", ok(base64.b64encode(pixels).decode(), isBase64Encoded=True), "POST")
    api.deploy()
    answer = api.call("/pic", "POST", pixels, {"Content-Type": "image/png", "Accept": "image/png"})
    [event] = api.functions.events(arn)
    assert (event["isBase64Encoded"], base64.b64decode(event["body"])) == (True, pixels)
    assert answer.body == pixels
    assert api.call("/pic", "POST", pixels, {"Content-Type": "image/png"}).body == base64.b64encode(pixels)


def test_a_trace_is_continued(api):
    arn = api.function("/a", ok())
    api.deploy()
    root = "1-5f84c7a5-0123456789abcdef01234567"
    answer = api.call("/a", headers={"X-Amzn-Trace-Id": f"Root={root};Parent=0123456789abcdef;Sampled=1"})
    assert api.functions.events(arn)[0]["headers"]["X-Amzn-Trace-Id"] == f"Root={root}"
    assert root in answer.headers["X-Amzn-Trace-Id"]


def test_a_proxy_calls_its_function_with_post_only(api):
    uri = api.functions.uri(api.functions.make(ok()))
    api.method("/a", "GET", {"type": "AWS_PROXY", "integrationHttpMethod": "GET", "uri": uri})
    api.deploy()
    assert (api.call("/a").status, api.call("/a").json) == (500, {"message": "Internal server error"})


def test_stage_variables_choose_the_function(api):
    name = api.functions.make(ok("chosen")).rpartition(":")[2]
    uri = api.functions.uri("arn:aws:lambda:us-east-1:000000000000:function:${stageVariables.fn}")
    api.method("/a", "GET", {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": uri})
    api.deploy(variables={"fn": name})
    assert api.call("/a").body == b"chosen"


def test_some_headers_are_remapped(api):
    api.function("/a", ok(headers={"Date": "yesterday", "Server": "mine"}))
    api.deploy()
    answer = api.call("/a")
    assert answer.headers["x-amzn-Remapped-Date"] == "yesterday"
    assert answer.headers["x-amzn-Remapped-Server"] == "mine"


def test_a_line_break_begins_no_header(api):
    api.function("/a", ok(headers={"X-A": "1\r\nX-Evil: 1"}, multiValueHeaders={"X-C": ["\nX-Evil: 3"]}))
    api.function("/b", ok(headers={"X-B\r\nX-Evil": "2"}))
    api.deploy()
    answer = api.call("/a")
    assert (answer.status, answer.headers["X-A"], "X-Evil" in answer.headers) == (200, "1  X-Evil: 1", False)
    assert api.call("/b").status == 502


def test_slashes_before_the_path_are_one(api):
    arn = api.function("/a", ok())
    api.deploy()
    assert api.call("//a").status == 200
    [event] = api.functions.events(arn)
    assert (event["path"], event["requestContext"]["path"]) == ("/a", "/dev//a")


def test_a_greedy_parameter_keeps_what_stands_between_two_slashes(api):
    arn = api.function("/{proxy+}", lambda event: {"statusCode": 200})
    api.deploy()
    assert api.call("/x//y/").status == 200
    [event] = api.functions.events(arn)
    assert (event["path"], event["pathParameters"]) == ("/x//y/", {"proxy": "x//y"})
