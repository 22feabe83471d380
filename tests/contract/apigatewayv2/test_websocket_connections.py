"""WebSocket APIs: who is let in, how connections end, and the API that manages them."""

import http.client
import json
import socket

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

OK = {"statusCode": 200}


@pytest.fixture
def connected(socket_api):
    """`connected()`: a client, and the id of its connection."""
    arn = socket_api.function("$connect", lambda event: OK)

    def connect(**settings):
        client = socket_api.connect(**settings)
        return client, socket_api.functions.events(arn)[-1]["requestContext"]["connectionId"]

    return connect


def refused(socket_api, **settings):
    with pytest.raises(InvalidStatus) as caught:
        socket_api.connect(**settings)
    return caught.value.response


def ended(client):
    with pytest.raises(ConnectionClosed) as closed:
        client.recv(timeout=10)
    return closed.value.rcvd.code, closed.value.rcvd.reason


def error(call, **request):
    with pytest.raises(ClientError) as caught:
        call(**request)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


# -- $connect ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "status"), [({"statusCode": 401}, 401), ({"statusCode": 500}, 500), (None, 502), ("text", 502)]
)
def test_connect_may_refuse(socket_api, result, status):
    socket_api.function("$connect", lambda event: result)
    assert refused(socket_api).status_code == status


def test_a_connect_function_that_fails(socket_api):
    socket_api.function("$connect", lambda event: 1 / 0)
    response = refused(socket_api)
    assert (response.status_code, json.loads(response.body)["message"]) == (502, "Internal server error")


def test_the_function_chooses_the_subprotocol(socket_api):
    chosen = {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "b"}}
    arn = socket_api.function("$connect", lambda event: chosen)
    with socket_api.connect(subprotocols=["a", "b"]) as client:
        assert client.subprotocol == "b"
    [event] = socket_api.functions.events(arn)
    assert event["headers"]["Sec-WebSocket-Protocol"] == "a, b"


def test_the_host_names_the_api(socket_api):
    socket_api.function("$default", lambda event: {"statusCode": 200, "body": "here"}, two_way=True)
    port = socket_api.functions.runtime.runtime.config.port
    with (
        socket.create_connection(("127.0.0.1", port)) as there,
        connect(f"ws://{socket_api.id}.execute-api.localhost:{port}/dev", sock=there) as client,
    ):
        client.send("x")
        assert client.recv(timeout=10) == "here"


def test_a_stage_that_is_not_there(socket_api):
    socket_api.url = socket_api.url.replace("/dev", "/other")
    assert refused(socket_api).status_code == 403


def test_a_path_below_the_stage(socket_api):
    assert refused(socket_api, query="/below").status_code == 403


def test_a_request_that_is_no_handshake(socket_api):
    connection = http.client.HTTPConnection("127.0.0.1", socket_api.functions.runtime.runtime.config.port, timeout=30)
    connection.request("GET", "/" + socket_api.url.split("/", 3)[3])
    response = connection.getresponse()
    assert (response.status, json.loads(response.read())["message"]) == (403, "Forbidden")


def test_a_disabled_endpoint(make_socket_api):
    assert refused(make_socket_api(DisableExecuteApiEndpoint=True)).status_code == 403


# -- authorizers -------------------------------------------------------------------------------------


@pytest.fixture
def guarded(socket_api):
    """`guarded(answer)`: `$connect` behind an authorizer; the ARNs of both functions."""

    def guard(answer):
        authorizer = socket_api.functions.make(answer)
        made = socket_api.client.create_authorizer(
            ApiId=socket_api.id,
            Name="guard",
            AuthorizerType="REQUEST",
            AuthorizerUri=socket_api.functions.uri(authorizer),
            IdentitySource=["route.request.header.Authorization", "route.request.querystring.room"],
        )
        settings = {"AuthorizationType": "CUSTOM", "AuthorizerId": made["AuthorizerId"]}
        return authorizer, socket_api.function("$connect", lambda event: OK, **settings)

    return guard


def policy(effect):
    def answer(event):
        statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
        return {"principalId": "ann", "policyDocument": {"Statement": [statement]}, "context": {"role": "owner"}}

    return answer


KNOWN = {"query": "?room=1", "additional_headers": {"Authorization": "me"}}


def test_an_authorizer_lets_in(socket_api, guarded):
    asked, function = guarded(policy("Allow"))
    socket_api.function("$default", lambda event: OK)
    with socket_api.connect(**KNOWN):
        pass
    [event] = socket_api.functions.events(asked)
    arn = f"arn:aws:execute-api:us-east-1:000000000000:{socket_api.id}/dev/$connect"
    assert (event["type"], event["methodArn"], event["stageVariables"]) == ("REQUEST", arn, {})
    assert (event["headers"]["Authorization"], event["queryStringParameters"]) == ("me", {"room": "1"})
    assert event["requestContext"]["eventType"] == "CONNECT"
    said = socket_api.functions.events(function)[0]["requestContext"]["authorizer"]
    assert (said["principalId"], said["role"]) == ("ann", "owner")


def test_an_authorizer_denies(socket_api, guarded):
    guarded(policy("Deny"))
    assert refused(socket_api, **KNOWN).status_code == 403


def test_an_identity_that_is_missing_is_not_asked_about(socket_api, guarded):
    asked, _ = guarded(policy("Allow"))
    assert refused(socket_api, query="?room=1").status_code == 401
    assert socket_api.functions.events(asked) == []


def test_an_authorizer_that_raises_unauthorized(socket_api, guarded):
    def unauthorized(event):
        raise Exception("Unauthorized")

    guarded(unauthorized)
    assert refused(socket_api, **KNOWN).status_code == 401


def test_an_authorizer_that_fails(socket_api, guarded):
    guarded(lambda event: 1 / 0)
    assert refused(socket_api, **KNOWN).status_code == 500


def test_a_signature_is_wanted(socket_api):
    socket_api.function("$connect", lambda event: OK, AuthorizationType="AWS_IAM")
    assert refused(socket_api).status_code == 403
    signature = "AWS4-HMAC-SHA256 Credential=AKIA/20240101/us-east-1/execute-api/aws4_request, Signature=x"
    with socket_api.connect(additional_headers={"Authorization": signature}):
        pass
    with socket_api.connect("?X-Amz-Credential=AKIA%2F20240101&X-Amz-Signature=x"):
        pass


# -- ends --------------------------------------------------------------------------------------------


@pytest.fixture
def farewells(socket_api):
    """The codes and reasons that `$disconnect` has got."""
    arn = socket_api.function("$disconnect", lambda event: OK)

    def said():
        socket_api.functions.runtime.settle()
        contexts = [event["requestContext"] for event in socket_api.functions.events(arn)]
        return [(context["disconnectStatusCode"], context["disconnectReason"]) for context in contexts]

    return said


def test_who_leaves_is_told_of(socket_api, farewells):
    with socket_api.connect() as client:
        client.close(4001, "enough")
    assert farewells() == [(4001, "enough")]


def test_ten_idle_minutes_end_a_connection(socket_api, farewells):
    with socket_api.connect() as client:
        socket_api.functions.runtime.advance(601)
        assert ended(client) == (1001, "Going away")
    assert farewells() == [(1001, "Going away")]


def test_what_is_sent_keeps_a_connection(socket_api, connected):
    client, id = connected()
    with client:
        for _ in range(3):
            socket_api.functions.runtime.advance(400)
            socket_api.management.post_to_connection(ConnectionId=id, Data=b"still there?")
            assert client.recv(timeout=10) == "still there?"


def test_two_hours_end_any_connection(socket_api, connected):
    client, id = connected()
    with client:
        for _ in range(17):
            socket_api.functions.runtime.advance(420)
            socket_api.management.post_to_connection(ConnectionId=id, Data=b"x")
            client.recv(timeout=10)
        socket_api.functions.runtime.advance(120)
        assert ended(client)[0] == 1001


def test_a_deleted_api_has_no_connections(socket_api):
    with socket_api.connect() as client:
        socket_api.client.delete_api(ApiId=socket_api.id)
        assert ended(client)[0] == 1001


# -- @connections ------------------------------------------------------------------------------------


def test_a_connection_is_shown(socket_api, connected):
    client, id = connected(user_agent_header="tests")
    with client:
        found = socket_api.management.get_connection(ConnectionId=id)
    assert found["Identity"] == {"SourceIp": "127.0.0.1", "UserAgent": "tests"}
    assert found["ConnectedAt"] <= found["LastActiveAt"]


def test_a_connection_is_deleted(socket_api, connected, farewells):
    client, id = connected()
    with client:
        socket_api.management.delete_connection(ConnectionId=id)
        assert ended(client)[0] == 1000
    assert farewells()[0][0] == 1000
    for call in ("get_connection", "delete_connection"):
        assert error(getattr(socket_api.management, call), ConnectionId=id) == ("GoneException", 410)
    assert error(socket_api.management.post_to_connection, ConnectionId=id, Data=b"x") == ("GoneException", 410)


def test_what_is_no_connection(socket_api):
    answer = error(socket_api.management.post_to_connection, ConnectionId="bad", Data=b"x")
    assert answer == ("BadRequestException", 400)


def test_128_kilobytes_may_be_sent(socket_api, connected):
    client, id = connected()
    with client:
        socket_api.management.post_to_connection(ConnectionId=id, Data=b"x" * 128 * 1024)
        assert client.recv(timeout=10) == "x" * 128 * 1024
        more = error(socket_api.management.post_to_connection, ConnectionId=id, Data=b"x" * (128 * 1024 + 1))
    assert more == ("PayloadTooLargeException", 413)


@pytest.mark.parametrize("host", [True, False])
def test_every_endpoint_leads_there(socket_api, connected, host):
    """The API's host, as well as the runtime's own endpoint, which is what `AWS_ENDPOINT_URL` names."""
    endpoint = socket_api.functions.runtime.endpoint
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
    settings = Config(proxies={"http": endpoint}) if host else None
    url = f"http://{socket_api.id}.execute-api.localhost/dev" if host else endpoint
    management = boto3.client("apigatewaymanagementapi", endpoint_url=url, config=settings, **keys)
    client, id = connected()
    with client:
        management.post_to_connection(ConnectionId=id, Data=b"x")
        assert client.recv(timeout=10) == "x"


def test_a_stage_that_does_not_exist_has_no_connections(socket_api, connected):
    client, id = connected()
    url = socket_api.management.meta.endpoint_url.replace("/dev", "/other")
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
    management = boto3.client("apigatewaymanagementapi", endpoint_url=url, **keys)
    with client:
        assert error(management.post_to_connection, ConnectionId=id, Data=b"x") == ("ForbiddenException", 403)
