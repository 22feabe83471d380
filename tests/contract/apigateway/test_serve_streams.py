"""HTTP integrations over time: answers that stream, that are too long, too late, or for a client that has gone."""

import http.client

import pytest


@pytest.fixture
def proxy(api, backend):
    """A proxy before the backend; `path` below it is called."""

    def build(**settings):
        integration = {"type": "HTTP_PROXY", "integrationHttpMethod": "ANY", "uri": f"{backend.url}/{{proxy}}"}
        mapping = {"integration.request.path.proxy": "method.request.path.proxy"}
        path = {"method.request.path.proxy": True}
        whole = {**integration, "requestParameters": mapping, **settings}
        api.method("/{proxy+}", "ANY", whole, requestParameters=path)
        api.deploy()
        return api

    return build


def connect(api, path):
    connection = http.client.HTTPConnection("127.0.0.1", api.functions.runtime.runtime.config.port, timeout=30)
    connection.request("GET", f"/_aws/execute-api/{api.id}/dev{path}")
    return connection


def test_a_buffered_answer_comes_as_a_whole(proxy, backend):
    api = proxy()
    backend.go.set()
    answer = api.call("/stream")
    assert answer.body.startswith(b"data: one") and answer.body.endswith(b"data: two\n\n")
    assert answer.headers["Content-Length"] == str(len(answer.body))
    assert answer.headers["Content-Type"] == "text/event-stream"


def test_a_streamed_answer_comes_as_it_is_sent(proxy, backend):
    connection = connect(proxy(responseTransferMode="STREAM"), "/stream")
    response = connection.getresponse()
    assert response.readline() == b"data: one\n"
    backend.go.set()
    assert response.read().endswith(b"data: two\n\n")


def test_a_client_that_leaves_a_stream_ends_it(proxy, backend):
    connection = connect(proxy(responseTransferMode="STREAM"), "/stream")
    assert connection.getresponse().readline() == b"data: one\n"
    connection.sock.close()
    connection.close()
    assert backend.left.wait(10)


def test_a_client_that_leaves_before_the_answer_ends_the_request(proxy, backend):
    connection = connect(proxy(), "/silent")
    assert backend.asked.wait(10)
    connection.sock.close()
    assert backend.left.wait(10)


@pytest.mark.parametrize(("size", "status"), [(10 * 1024 * 1024, 200), (10 * 1024 * 1024 + 1, 500)])
def test_ten_megabytes_get_through(proxy, size, status):
    answer = proxy().call(f"/bytes/{size}")
    assert answer.status == status
    assert len(answer.body) == size if status == 200 else answer.json == {"message": "Internal server error"}


def test_an_answer_that_is_late_is_504_and_its_request_ends(proxy, backend):
    api = proxy(timeoutInMillis=50)
    answer = api.call("/silent")
    assert (answer.status, answer.json) == (504, {"message": "Endpoint request timed out"})
    assert backend.left.wait(10)


def test_a_connection_that_is_closed_is_504(proxy):
    answer = proxy().call("/gone")
    assert (answer.status, answer.json) == (504, {"message": "Network error communicating with endpoint"})


def test_only_proxies_stream(api, refused):
    api.method("/a")
    request = {"type": "HTTP", "integrationHttpMethod": "GET", "uri": "http://a", "responseTransferMode": "STREAM"}
    assert refused(api.client.put_integration, **api.where("/a", "GET"), **request)[0] == "BadRequestException"
