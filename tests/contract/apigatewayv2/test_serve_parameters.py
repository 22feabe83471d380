"""Parameter mapping: what integrations get, and what clients get of their answers."""

import json

import pytest

RESTRICTED = "Operations on header {} are restricted"


@pytest.fixture
def proxy(api, backend):
    def build(key="ANY /pets/{id}", path="/pets", requests=None, responses=None, **settings):
        made = api.client.create_integration(
            ApiId=api.id,
            IntegrationType="HTTP_PROXY",
            IntegrationMethod="ANY",
            IntegrationUri=backend.url + path,
            RequestParameters=requests or {},
            ResponseParameters=responses or {},
        )
        target = f"integrations/{made['IntegrationId']}"
        api.client.create_route(ApiId=api.id, RouteKey=key, Target=target, **settings)
        return api

    return build


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("$request.header.X-One", "1"),
        ("${request.header.x-one}", "1"),
        ("$request.querystring.q", "a,b"),
        ("$request.path", "/pets/7"),
        ("$request.path.id", "7"),
        ("$request.body.pet.names[1]", "rex"),
        ("$request.body.pet.age", "3"),
        ("$request.body.pet.names", '["tom","rex"]'),
        ("$context.routeKey", "ANY /pets/{id}"),
        ("$context.identity.sourceIp", "127.0.0.1"),
        ("$context.http.method", "POST"),
        ("$stageVariables.colour", "red"),
        ("static", "static"),
        ("pet-${request.path.id} is ${stageVariables.colour}!", "pet-7 is red!"),
    ],
)
def test_where_values_come_from(proxy, value, expected):
    api = proxy(requests={"append:header.x-new": value})
    api.client.update_stage(ApiId=api.id, StageName="$default", StageVariables={"colour": "red"})
    body = json.dumps({"pet": {"names": ["tom", "rex"], "age": 3}})
    seen = api.call("/pets/7?q=a&q=b", "POST", body, {"X-One": "1", "Content-Type": "application/json"}).json
    assert seen["headers"]["x-new"] == expected


def test_headers_are_appended_overwritten_and_removed(proxy):
    requests = {
        "append:header.x-one": "2",
        "overwrite:header.x-two": "new",
        "remove:header.x-three": "''",
        "append:header.x-absent": "$request.header.nobody",
    }
    headers = {"X-One": "1", "X-Two": "old", "X-Three": "3"}
    seen = proxy(requests=requests).call("/pets/7", headers=headers).json["headers"]
    assert (seen["x-one"], seen["x-two"]) == ("1,2", "new")
    assert "x-three" not in seen
    assert "x-absent" not in seen


def test_the_query_is_appended_overwritten_and_removed(proxy):
    requests = {
        "append:querystring.a": "2",
        "overwrite:querystring.b": "new",
        "remove:querystring.c": "''",
        "append:querystring.d": "$request.path.id",
    }
    seen = proxy(requests=requests).call("/pets/7?a=1&b=old&b=older&c=3&A=x").json
    assert seen["path"] == "/pets?a=1&A=x&a=2&b=new&d=7"


@pytest.mark.parametrize(("value", "path"), [("/v2/${request.path.id}", "/v2/7"), ("$request.path", "/pets/7")])
def test_the_path_is_overwritten(proxy, value, path):
    assert proxy(requests={"overwrite:path": value}).call("/pets/7?q=1").json["path"] == f"{path}?q=1"


def test_values_are_those_of_the_request_as_it_came(proxy):
    requests = {"overwrite:header.a": "$request.header.b", "overwrite:header.b": "$request.header.a"}
    seen = proxy(requests=requests).call("/pets/7", headers={"a": "1", "b": "2"}).json["headers"]
    assert (seen["a"], seen["b"]) == ("2", "1")


def test_responses_are_mapped_by_their_status(proxy):
    responses = {
        "500": {"overwrite:statuscode": "403", "append:header.error": "$response.body.error.code"},
        "404": {"append:header.id": "$context.requestId", "remove:header.x-backend": "''"},
    }
    api = proxy("GET /status/{n}", "/status/{n}", responses=responses)
    refused = api.call("/status/500")
    assert (refused.status, refused.headers["error"], refused.headers["x-backend"]) == (403, "7", "yes")
    missing = api.call("/status/404")
    assert (missing.status, missing.headers["id"]) == (404, missing.headers["apigw-requestid"])
    assert "x-backend" not in missing.headers
    plain = api.call("/status/200")
    assert (plain.status, plain.headers["x-backend"], plain.headers["error"]) == (200, "yes", None)


def test_functions_get_what_was_mapped_too(api, functions):
    arn = functions.make(lambda event: {"statusCode": 202, "body": ""})
    made = api.client.create_integration(
        ApiId=api.id,
        IntegrationType="AWS_PROXY",
        IntegrationUri=arn,
        PayloadFormatVersion="2.0",
        RequestParameters={
            "overwrite:path": "/else",
            "append:header.x-id": "$request.path.id",
            "overwrite:querystring.q": "new",
        },
        ResponseParameters={"202": {"overwrite:statuscode": "200"}},
    )
    api.client.create_route(ApiId=api.id, RouteKey="GET /a/{id}", Target=f"integrations/{made['IntegrationId']}")
    assert api.call("/a/7?q=old").status == 200
    [event] = functions.events(arn)
    assert (event["rawPath"], event["headers"]["x-id"], event["queryStringParameters"]) == ("/else", "7", {"q": "new"})


def settings(**given):
    return {"IntegrationType": "HTTP_PROXY", "IntegrationMethod": "GET", "IntegrationUri": "http://a", **given}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"overwrite:path": "$request.foo"}, "Invalid mapping expression specified: $request.foo"),
        ({"append:header.a": "$nothing.x"}, "Invalid mapping expression specified: $nothing.x"),
        ({"append:header.a": "$response.header.x"}, "Invalid mapping expression specified: $response.header.x"),
        ({"append:header.a": "a ${request.header.}"}, "Invalid mapping expression specified: a ${request.header.}"),
        ({"append:path": "/a"}, "Invalid Request Actioned Parameter destination specified: append:path"),
        ({"put:header.a": "1"}, "Invalid Request Actioned Parameter destination specified: put:header.a"),
        (
            {"overwrite:statuscode": "1"},
            "Invalid Request Actioned Parameter destination specified: overwrite:statuscode",
        ),
        ({"overwrite:header.Authorization": "1"}, RESTRICTED.format("Authorization")),
        ({"append:header.x-amz-date": "1"}, RESTRICTED.format("x-amz-date")),
        ({"remove:header.Access-Control-Max-Age": "''"}, RESTRICTED.format("Access-Control-Max-Age")),
    ],
)
def test_request_mappings_that_are_refused(api, error, given, why):
    found = error(api.client.create_integration, ApiId=api.id, **settings(RequestParameters=given))
    expected = f"Invalid mapping expression specified: Validation Result: warnings : [], errors : [{why}]"
    assert found == ("BadRequestException", expected)


@pytest.mark.parametrize(
    ("status", "given", "why"),
    [
        ("200", {"overwrite:path": "/"}, "Invalid Response Actioned Parameter destination specified: overwrite:path"),
        ("200", {"append:header.a": "$request.header.x"}, "Invalid mapping expression specified: $request.header.x"),
        ("200", {"overwrite:statuscode": "700"}, "Invalid mapping expression specified: 700"),
        ("200", {"append:header.via": "x"}, RESTRICTED.format("via")),
    ],
)
def test_response_mappings_that_are_refused(api, error, status, given, why):
    found = error(api.client.create_integration, ApiId=api.id, **settings(ResponseParameters={status: given}))
    expected = f"Invalid mapping expression specified: Validation Result: warnings : [], errors : [{why}]"
    assert found == ("BadRequestException", expected)


@pytest.mark.parametrize("status", ["199", "600", "x"])
def test_only_statuses_of_answers_are_mapped(api, error, status):
    given = settings(ResponseParameters={status: {"append:header.a": "1"}})
    found = error(api.client.create_integration, ApiId=api.id, **given)
    assert found == ("BadRequestException", f"Status Code {status} is not valid")


def test_mappings_are_taken_away_by_giving_nothing(api):
    client = api.client
    made = client.create_integration(
        ApiId=api.id,
        **settings(
            RequestParameters={"append:header.a": "1", "append:header.b": "2"},
            ResponseParameters={"200": {"append:header.a": "1"}, "404": {"append:header.a": "1"}},
        ),
    )
    where = {"ApiId": api.id, "IntegrationId": made["IntegrationId"]}
    changed = client.update_integration(
        **where, RequestParameters={"append:header.a": "", "append:header.c": "3"}, ResponseParameters={"200": {}}
    )
    assert changed["RequestParameters"] == {"append:header.b": "2", "append:header.c": "3"}
    assert changed["ResponseParameters"] == {"404": {"append:header.a": "1"}}
