"""InvokeWithResponseStream, and function URLs that stream."""

import http.client
import json
import urllib.parse
from typing import Any

import pytest

from .conftest import zipped

STREAM = """
exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {
    const wanted = event.rawPath || event;
    if (wanted === '/http') {
        const headers = { 'X-A': 'b', 'Content-Type': 'text/event-stream' };
        stream = awslambda.HttpResponseStream.from(stream, { statusCode: 202, headers, cookies: ['c=1'] });
    }
    if (wanted === '/early') throw new Error('at once');
    for (const word of ['one', 'two', 'three']) {
        stream.write(word);
        await new Promise((done) => setTimeout(done, 20));
    }
    if (wanted === '/late') throw new TypeError('in the middle');
    stream.end();
});
"""


@pytest.fixture
def streaming(functions: Any) -> str:
    code = {"ZipFile": zipped(STREAM, "index.js")}
    return str(functions.named(Runtime="nodejs20.x", Handler="index.handler", Code=code, Timeout=20))


@pytest.fixture
def events(lam: Any) -> Any:
    """`events(name, event)`: the chunks of a streamed invocation, and its last event."""

    def call(name: str, event: Any = "x", **settings: Any) -> tuple[list[bytes], Any]:
        answer = lam.invoke_with_response_stream(FunctionName=name, Payload=json.dumps(event), **settings)
        assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
        *chunks, last = answer["EventStream"]
        return [chunk["PayloadChunk"]["Payload"] for chunk in chunks], last["InvokeComplete"]

    return call


def test_chunks(streaming: str, events: Any) -> None:
    assert events(streaming) == ([b"one", b"two", b"three"], {})


def test_a_function_that_does_not_stream_answers_in_one_piece(functions: Any, events: Any) -> None:
    assert events(functions.named(), {"a": 1}) == ([b'{"a": 1}'], {})


def test_an_error_in_the_middle(streaming: str, events: Any) -> None:
    chunks, last = events(streaming, "/late")
    assert (chunks, last["ErrorCode"]) == ([b"one", b"two", b"three"], "Unhandled")
    assert json.loads(last["ErrorDetails"])["errorMessage"] == "in the middle"


def test_an_error_at_once_and_its_log(functions: Any, events: Any) -> None:
    name = functions.named("def handler(event, context): raise ValueError('no')")
    chunks, last = events(name, LogType="Tail")
    assert (chunks, last["ErrorCode"]) == ([], "Unhandled")
    assert json.loads(last["ErrorDetails"])["errorType"] == "ValueError"
    assert last["LogResult"]


def test_invoke_collects_the_stream(streaming: str, lam: Any) -> None:
    assert lam.invoke(FunctionName=streaming, Payload=b'"x"')["Payload"].read() == b"onetwothree"


def test_unknown_function(lam: Any, refused: Any, unique: str) -> None:
    code, message = refused(lam.invoke_with_response_stream, FunctionName=unique)
    assert (code, message.partition(":")[0]) == ("ResourceNotFoundException", "Function not found")


# -- function URLs -------------------------------------------------------------------------------------


@pytest.fixture
def get(lam: Any, streaming: str) -> Any:
    """`get(path)`: the response of the streaming function's URL, its body unread."""
    made = lam.create_function_url_config(FunctionName=streaming, AuthType="NONE", InvokeMode="RESPONSE_STREAM")
    parts = urllib.parse.urlsplit(made["FunctionUrl"])

    def call(path: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
        connection.request("GET", parts.path + path)
        return connection.getresponse()

    return call


def test_a_url_streams_as_it_comes(get: Any) -> None:
    response = get("plain")
    assert (response.status, response.headers["Content-Type"]) == (200, "application/octet-stream")
    assert response.headers["Transfer-Encoding"] == "chunked"
    assert response.read1() == b"one"
    assert response.read() == b"twothree"


def test_status_and_headers_stand_ahead(get: Any) -> None:
    response = get("http")
    assert (response.status, response.headers["X-A"], response.headers["Set-Cookie"]) == (202, "b", "c=1")
    assert response.headers["Content-Type"] == "text/event-stream"
    assert response.read() == b"onetwothree"


def test_a_failure_before_the_first_byte(get: Any) -> None:
    response = get("early")
    assert (response.status, response.read()) == (502, b"Internal Server Error")


def test_a_failure_in_the_middle_cuts_the_response(get: Any) -> None:
    response = get("late")
    assert response.status == 200
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        response.read()
