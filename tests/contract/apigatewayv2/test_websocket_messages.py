"""WebSocket APIs, from the client's side: which route a message takes, what its function gets, and what comes back."""

import asyncio
import json

import pytest
from websockets.exceptions import ConnectionClosed

OK = {"statusCode": 200}


def answer(event):
    return {"statusCode": 200, "body": json.dumps({"route": event["requestContext"]["routeKey"], "got": event["body"]})}


def test_a_backend_talks_back(socket_api):
    def handler(event):
        socket_api.functions.later = event["requestContext"]["connectionId"]
        return OK

    arn = socket_api.function("$default", handler)
    with socket_api.connect() as client:
        client.send("hello")
        socket_api.functions.runtime.settle()
        [event] = socket_api.functions.events(arn)
        connection = event["requestContext"]["connectionId"]
        socket_api.management.post_to_connection(ConnectionId=connection, Data=b'{"to": "you"}')
        assert client.recv(timeout=10) == '{"to": "you"}'


@pytest.mark.parametrize(
    ("message", "route"),
    [
        ('{"action": "join", "room": 1}', "join"),
        ('{"action": "leave"}', "$default"),
        ('{"action": 7}', "7"),
        ('{"other": "join"}', "$default"),
        ("no JSON", "$default"),
        ('{"action": "$connect"}', "$default"),
    ],
)
def test_the_message_selects_its_route(socket_api, message, route):
    for key in ("join", "7", "$default", "$connect"):
        socket_api.function(key, answer if key != "$connect" else lambda event: OK, two_way=key != "$connect")
    with socket_api.connect() as client:
        client.send(message)
        assert json.loads(client.recv(timeout=10)) == {"route": route, "got": message}


def test_a_message_that_no_route_takes(socket_api):
    with socket_api.connect() as client:
        client.send("x")
        said = json.loads(client.recv(timeout=10))
    assert (said["message"], set(said)) == ("Forbidden", {"message", "connectionId", "requestId"})


def test_only_a_route_with_a_response_is_two_way(socket_api):
    socket_api.function("$default", answer)
    socket_api.function("ask", answer, two_way=True)
    with socket_api.connect() as client:
        client.send("x")
        client.send('{"action": "ask"}')
        assert json.loads(client.recv(timeout=10))["route"] == "ask"


@pytest.mark.parametrize("result", [None, "text", {"body": "x"}])
def test_a_function_that_does_not_answer_properly(socket_api, result):
    socket_api.function("$default", lambda event: result)
    with socket_api.connect() as client:
        client.send("x")
        assert json.loads(client.recv(timeout=10))["message"] == "Internal server error"


def test_a_function_that_fails(socket_api):
    socket_api.function("$default", lambda event: 1 / 0, two_way=True)
    with socket_api.connect() as client:
        client.send("x")
        assert json.loads(client.recv(timeout=10))["message"] == "Internal server error"


def test_the_events(socket_api):
    arn = socket_api.functions.make(lambda event: OK)
    for key in ("$connect", "$default", "$disconnect"):
        socket_api.function(key, arn)
    with socket_api.connect("?a=1&a=2&b=3", additional_headers={"X-Mine": "me"}, user_agent_header="tests") as client:
        client.send("hello")
    socket_api.functions.runtime.settle()
    connected, message, disconnected = socket_api.functions.events(arn)
    contexts = [event.pop("requestContext") for event in (connected, message, disconnected)]
    assert [context["eventType"] for context in contexts] == ["CONNECT", "MESSAGE", "DISCONNECT"]
    assert [context["routeKey"] for context in contexts] == ["$connect", "$default", "$disconnect"]
    assert len({context["connectionId"] for context in contexts}) == 1
    assert len({context["requestId"] for context in contexts}) == 3
    for context in contexts:
        assert context["apiId"] == socket_api.id
        assert (context["stage"], context["messageDirection"]) == ("dev", "IN")
        assert context["domainName"] == f"{socket_api.id}.execute-api.us-east-1.amazonaws.com"
        assert context["identity"] == {"userAgent": "tests", "sourceIp": "127.0.0.1"}
        assert context["extendedRequestId"] == context["requestId"]
        assert context["connectedAt"] <= context["requestTimeEpoch"]
    assert ["messageId" in context for context in contexts] == [False, True, False]
    assert (contexts[2]["disconnectStatusCode"], contexts[2]["disconnectReason"]) == (1000, "")
    assert connected["queryStringParameters"] == {"a": "2", "b": "3"}
    assert connected["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": ["3"]}
    assert connected["headers"]["X-Mine"] == "me"
    assert connected["multiValueHeaders"]["Upgrade"] == ["websocket"]
    assert message == {"body": "hello", "isBase64Encoded": False}
    assert connected["isBase64Encoded"] is False


@pytest.mark.parametrize(("size", "code"), [(32 * 1024, 0), (32 * 1024 + 1, 1009)])
def test_a_frame_has_32_kilobytes(socket_api, size, code):
    socket_api.function("$default", lambda event: {"statusCode": 200, "body": str(len(event["body"]))}, two_way=True)
    with socket_api.connect() as client:
        client.send("x" * size)
        if code:
            with pytest.raises(ConnectionClosed) as closed:
                client.recv(timeout=10)
            assert closed.value.rcvd.code == code
        else:
            assert client.recv(timeout=10) == str(size)


@pytest.mark.parametrize(("parts", "code"), [(4, 0), (5, 1009)])
def test_a_message_has_128(socket_api, parts, code):
    socket_api.function("$default", lambda event: {"statusCode": 200, "body": str(len(event["body"]))}, two_way=True)
    with socket_api.connect() as client:
        client.send(["x" * 32 * 1024] * parts)
        if code:
            with pytest.raises(ConnectionClosed) as closed:
                client.recv(timeout=10)
            assert closed.value.rcvd.code == code
        else:
            assert client.recv(timeout=10) == str(128 * 1024)


def test_a_binary_frame_ends_the_connection(socket_api):
    socket_api.function("$default", lambda event: OK)
    with socket_api.connect() as client:
        client.send(b"\x00")
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=10)
    assert closed.value.rcvd.code == 1003


def test_a_function_that_is_late(socket_api):
    async def never(event):
        await asyncio.get_running_loop().create_future()

    uri = socket_api.functions.uri(socket_api.functions.make(never))
    socket_api.route("$default", IntegrationType="AWS_PROXY", IntegrationUri=uri, TimeoutInMillis=50)
    with socket_api.connect() as client:
        client.send("x")
        assert json.loads(client.recv(timeout=10))["message"] == "Endpoint request timed out"


def test_a_change_reaches_those_who_are_connected(socket_api):
    with socket_api.connect() as client:
        socket_api.function("$default", answer, two_way=True)
        client.send("x")
        assert json.loads(client.recv(timeout=10))["route"] == "$default"


def test_a_throttled_route(socket_api):
    socket_api.function("$default", answer, two_way=True)
    limits = {"ThrottlingRateLimit": 0.001, "ThrottlingBurstLimit": 1}
    socket_api.client.update_stage(ApiId=socket_api.id, StageName="dev", RouteSettings={"$default": limits})
    with socket_api.connect() as client:
        client.send("x")
        assert json.loads(client.recv(timeout=10))["route"] == "$default"
        client.send("x")
        assert json.loads(client.recv(timeout=10))["message"] == "Too Many Requests"
