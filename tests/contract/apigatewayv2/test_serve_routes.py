"""Which route a request takes, and when a change is served."""

import http.client

import pytest

ROUTES = (
    "GET /pets",
    "ANY /pets",
    "GET /pets/{id}",
    "GET /pets/dogs",
    "ANY /{proxy+}",
    "POST /pets/{proxy+}",
    "$default",
)


@pytest.fixture
def routed(api):
    for key in ROUTES:
        api.function(key, lambda event: event["routeKey"])
    return api


@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("GET", "/pets", "GET /pets"),
        ("DELETE", "/pets", "ANY /pets"),
        ("GET", "/pets/1", "GET /pets/{id}"),
        ("GET", "/pets/dogs", "GET /pets/dogs"),
        ("POST", "/pets/dogs", "POST /pets/{proxy+}"),
        ("GET", "/pets/1/2", "ANY /{proxy+}"),
        ("GET", "/other", "ANY /{proxy+}"),
        ("GET", "/", "ANY /{proxy+}"),
    ],
)
def test_the_most_specific_route_wins(routed, method, path, key):
    assert routed.call(path, method).body.decode() == key


def test_what_no_route_takes_goes_to_the_default(api):
    api.function("GET /a", lambda event: "a")
    assert (api.call("/b").status, api.call("/b").json) == (404, {"message": "Not Found"})
    api.function("$default", lambda event: "default")
    assert api.call("/b").body == b"default"
    assert api.call("/a", "POST").body == b"default"


def test_slashes_at_the_beginning_count_as_one(api):
    api.function("GET /a", lambda event: event["rawPath"])
    assert api.call("//a").body == b"//a"


def test_the_host_names_the_api(api, functions):
    api.function("GET /a", lambda event: event["requestContext"]["domainPrefix"])
    port = functions.runtime.runtime.config.port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/a", headers={"Host": f"{api.id}.execute-api.localhost:{port}"})
    assert connection.getresponse().read().decode() == api.id


def test_a_stage_without_auto_deploy_serves_its_deployment(make_api):
    api = make_api(stage=False)
    api.client.create_stage(ApiId=api.id, StageName="dev")
    api.function("GET /a", lambda event: "a")
    assert api.call("/dev/a").status == 404
    deployment = api.client.create_deployment(ApiId=api.id, StageName="dev")
    assert api.call("/dev/a").status == 200
    api.function("GET /b", lambda event: "b")
    assert api.call("/dev/b").status == 404
    assert api.client.get_stage(ApiId=api.id, StageName="dev")["DeploymentId"] == deployment["DeploymentId"]


def test_an_unknown_api_is_forbidden(api):
    api.id = "nosuchapi0"
    assert (api.call("/a").status, api.call("/a").json) == (403, {"message": "Forbidden"})


def test_a_deleted_api_is_not_served(api):
    api.function("GET /a", lambda event: "a")
    assert api.call("/a").status == 200
    api.client.delete_api(ApiId=api.id)
    assert api.call("/a").status == 403


def test_a_body_over_10_mb_is_413(api):
    api.function("POST /a", lambda event: "a")
    answer = api.call("/a", "POST", b"x" * (10 * 1024 * 1024 + 1))
    assert (answer.status, answer.json) == (413, {"message": "Request Entity Too Large"})


def test_a_throttled_stage_answers_429(api, functions):
    api.function("GET /a", lambda event: "a")
    api.client.update_stage(
        ApiId=api.id,
        StageName="$default",
        DefaultRouteSettings={"ThrottlingRateLimit": 0.001, "ThrottlingBurstLimit": 2},
    )
    assert [api.call("/a").status for _ in range(3)] == [200, 200, 429]
    assert api.call("/a").json == {"message": "Too Many Requests"}
    functions.runtime.advance(1000)
    assert api.call("/a").status == 200


def test_a_route_without_integration_is_500(api):
    api.client.create_route(ApiId=api.id, RouteKey="GET /a")
    assert (api.call("/a").status, api.call("/a").json) == (500, {"message": "Internal Server Error"})


def test_quick_create_serves_at_once(functions, unique):
    arn = functions.make(lambda event: event["routeKey"])
    made = functions.client("apigatewayv2").create_api(Name=unique, ProtocolType="HTTP", Target=arn)
    connection = http.client.HTTPConnection("127.0.0.1", functions.runtime.runtime.config.port, timeout=30)
    connection.request("GET", made["ApiEndpoint"].partition("/_aws")[1] + f"/execute-api/{made['ApiId']}/any/path")
    assert connection.getresponse().read() == b"$default"


def test_what_quick_create_made_follows_the_api(functions, unique, error):
    client = functions.client("apigatewayv2")
    first, second = (functions.make(lambda event: "x") for _ in range(2))
    api = client.create_api(Name=unique, ProtocolType="HTTP", Target=first)["ApiId"]
    client.update_api(ApiId=api, Target=second, RouteKey="GET /a")
    [integration], [route] = client.get_integrations(ApiId=api)["Items"], client.get_routes(ApiId=api)["Items"]
    assert (integration["IntegrationUri"], route["RouteKey"]) == (second, "GET /a")
    assert {part["ApiGatewayManaged"] for part in (integration, route)} == {True}
    other = client.create_api(Name=unique, ProtocolType="HTTP")["ApiId"]
    assert error(client.update_api, ApiId=other, Target=first)[0] == "BadRequestException"
