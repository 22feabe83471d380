"""HTTP proxies of HTTP APIs: paths, streams, time limits, endpoints that are not there."""

import http.client

import pytest


@pytest.fixture
def proxy(api, backend):
    """`proxy(key, path, **settings)`: a route before the backend."""

    def build(key="ANY /{proxy+}", path="/{proxy}", **settings):
        common = {"IntegrationType": "HTTP_PROXY", "IntegrationMethod": "ANY", "IntegrationUri": backend.url + path}
        made = api.client.create_integration(ApiId=api.id, **{**common, **settings})
        api.client.create_route(ApiId=api.id, RouteKey=key, Target=f"integrations/{made['IntegrationId']}")
        return api

    return build


def connect(api, path):
    connection = http.client.HTTPConnection("127.0.0.1", api.functions.runtime.runtime.config.port, timeout=30)
    connection.request("GET", f"/_aws/execute-api/{api.id}{path}")
    return connection


def test_the_request_is_handed_through(proxy, backend):
    answer = proxy().call("/a%20b/c?q=1&q=2", "POST", b"hello", {"X-A": "1"})
    seen = answer.json
    assert (seen["method"], seen["path"], seen["body"]) == ("POST", "/a%20b/c?q=1&q=2", "hello")
    assert (seen["headers"]["x-a"], seen["headers"]["host"]) == ("1", backend.url.removeprefix("http://"))
    assert seen["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert answer.headers["X-Backend"] == "yes"


def test_the_integration_may_name_the_method(proxy):
    assert proxy(IntegrationMethod="PUT").call("/a").json["method"] == "PUT"


def test_an_answer_comes_as_it_is_sent(proxy, backend):
    response = connect(proxy(), "/stream").getresponse()
    assert response.readline() == b"data: one\n"
    assert response.headers["Content-Type"] == "text/event-stream"
    backend.go.set()
    assert response.read().endswith(b"data: two\n\n")


def test_a_client_that_leaves_ends_the_request(proxy, backend):
    connection = connect(proxy(), "/stream")
    assert connection.getresponse().readline() == b"data: one\n"
    connection.sock.close()
    connection.close()
    assert backend.left.wait(10)


@pytest.mark.parametrize(("size", "status"), [(10 * 1024 * 1024, 200), (10 * 1024 * 1024 + 1, 500)])
def test_ten_megabytes_get_through(proxy, size, status):
    answer = proxy().call(f"/bytes/{size}")
    assert answer.status == status
    assert len(answer.body) == size if status == 200 else answer.json == {"message": "Internal Server Error"}


def test_an_answer_that_is_late_is_503_and_its_request_ends(proxy, backend):
    answer = proxy(TimeoutInMillis=50).call("/silent")
    assert (answer.status, answer.json) == (503, {"message": "Service Unavailable"})
    assert backend.left.wait(10)


@pytest.mark.parametrize("uri", ["http://127.0.0.1:1/x", "https://localhost/x", "http://example.com/"])
def test_an_endpoint_that_cannot_be_reached_is_503(proxy, uri):
    answer = proxy(IntegrationUri=uri).call("/a")
    assert (answer.status, answer.json) == (503, {"message": "Service Unavailable"})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"TimeoutInMillis": 30001}, "Timeout should be between 50 ms and 30000 ms"),
        (
            {"PayloadFormatVersion": "2.0"},
            "PayloadFormatVersion 2.0 is not supported for integration of type HTTP_PROXY",
        ),
        ({"ConnectionType": "VPC_LINK"}, "ConnectionId must be set to vpcLinkId for ConnectionType VPC_LINK"),
    ],
)
def test_settings_that_are_refused(api, error, settings, message):
    common = {
        "ApiId": api.id,
        "IntegrationType": "HTTP_PROXY",
        "IntegrationMethod": "GET",
        "IntegrationUri": "http://a",
    }
    assert error(api.client.create_integration, **common, **settings) == ("BadRequestException", message)
