"""WebSocket APIs: integrations that are mapped with templates, and those with HTTP endpoints and AWS services."""

import json

import pytest

ROLE = "arn:aws:iam::000000000000:role/gateway"
MOCK = {
    "IntegrationType": "MOCK",
    "RequestTemplates": {"200": '{"statusCode": 200}'},
    "TemplateSelectionExpression": "200",
}


def ask(socket_api, message, **settings):
    with socket_api.connect(**settings) as client:
        client.send(message)
        return client.recv(timeout=10)


def answers(key="$default", **settings):
    return {"IntegrationResponseKey": key, **settings}


def test_a_mock_answers_with_a_template(socket_api):
    template = '{"id": "$context.connectionId", "route": "$context.routeKey", "who": "$input.params("user")"}'
    said = answers("/200/", TemplateSelectionExpression="200", ResponseTemplates={"200": template})
    socket_api.route("$default", two_way=True, responses=[said], **MOCK)
    answer = json.loads(ask(socket_api, "hello", query="?user=ann"))
    assert (answer["route"], answer["who"], len(answer["id"])) == ("$default", "ann", 16)


@pytest.mark.parametrize(("status", "accepted"), [(200, True), (403, False)])
def test_a_mock_decides_who_connects(socket_api, status, accepted):
    template = json.dumps({"statusCode": status})
    socket_api.route("$connect", IntegrationType="MOCK", RequestTemplates={"$default": template})
    if accepted:
        with socket_api.connect():
            pass
    else:
        with pytest.raises(Exception, match="403"):
            socket_api.connect()


def test_an_answer_is_chosen_by_status_and_its_template_by_expression(socket_api):
    responses = [
        answers("/4../", ResponseTemplates={"$default": "refused"}),
        answers(
            "$default",
            TemplateSelectionExpression="${integration.response.statuscode}",
            ResponseTemplates={"200": "fine", "$default": "other"},
        ),
    ]
    templates = {name: json.dumps({"statusCode": int(name)}) for name in ("200", "201", "404")}
    socket_api.route(
        "$default",
        two_way=True,
        responses=responses,
        IntegrationType="MOCK",
        RequestTemplates=templates,
        TemplateSelectionExpression="$request.body.status",
    )
    with socket_api.connect() as client:
        said = []
        for status in ("200", "201", "404"):
            client.send(json.dumps({"status": status}))
            said.append(client.recv(timeout=10))
    assert said == ["fine", "other", "refused"]


def test_a_message_that_may_not_pass(socket_api):
    template = {"a": '{"statusCode": 200}'}
    settings = {"RequestTemplates": template, "TemplateSelectionExpression": "b", "PassthroughBehavior": "NEVER"}
    socket_api.route("$default", IntegrationType="MOCK", **settings)
    assert json.loads(ask(socket_api, "x"))["message"] == "Internal server error"


def test_a_function_gets_what_the_template_makes(socket_api):
    arn = socket_api.functions.make(lambda event: {"got": event})
    settings = {
        "IntegrationUri": socket_api.functions.uri(arn),
        "RequestTemplates": {
            "$default": '{"route": "$context.routeKey", "body": "$util.escapeJavaScript($input.body)"}'
        },
    }
    socket_api.route("$default", two_way=True, IntegrationType="AWS", IntegrationMethod="POST", **settings)
    assert json.loads(ask(socket_api, '"x"')) == {"got": {"route": "$default", "body": '"x"'}}


def test_an_http_endpoint_gets_the_message(socket_api, backend):
    parameters = {
        "integration.request.header.connectionId": "context.connectionId",
        "integration.request.header.user": "route.request.querystring.user",
        "integration.request.querystring.stage": "context.stage",
        "integration.request.header.fixed": "'text'",
    }
    socket_api.route(
        "$default",
        two_way=True,
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="PUT",
        IntegrationUri=f"{backend.url}/messages",
        RequestParameters=parameters,
    )
    seen = json.loads(ask(socket_api, '{"foo": "bar"}', query="?user=ann"))
    assert (seen["method"], seen["path"], seen["body"]) == ("PUT", "/messages?stage=dev", '{"foo": "bar"}')
    headers = seen["headers"]
    assert (headers["user"], headers["fixed"], headers["content-type"]) == ("ann", "text", "application/json")
    assert headers["x-amzn-apigateway-api-id"] == socket_api.id
    assert len(headers["connectionid"]) == 16


def test_an_http_endpoint_sees_the_handshake(socket_api, backend):
    socket_api.route(
        "$connect", IntegrationType="HTTP_PROXY", IntegrationMethod="GET", IntegrationUri=f"{backend.url}/status/401"
    )
    with pytest.raises(Exception, match="401"):
        socket_api.connect(additional_headers={"X-Mine": "1"})


def test_an_endpoint_that_is_not_there(socket_api):
    uri = {"IntegrationUri": "http://127.0.0.1:1/", "IntegrationMethod": "POST"}
    socket_api.route("$default", IntegrationType="HTTP", **uri)
    assert json.loads(ask(socket_api, "x"))["message"] == "Internal server error"


def test_messages_go_into_a_queue(socket_api, unique):
    sqs = socket_api.functions.client("sqs")
    url = sqs.create_queue(QueueName=unique)["QueueUrl"]
    socket_api.route(
        "$default",
        two_way=True,
        responses=[answers(ResponseTemplates={"$default": "$input.body"})],
        IntegrationType="AWS",
        IntegrationMethod="POST",
        IntegrationUri=f"arn:aws:apigateway:us-east-1:sqs:path/000000000000/{unique}",
        CredentialsArn=ROLE,
        RequestParameters={"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
        RequestTemplates={"default": "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"},
        TemplateSelectionExpression="default",
    )
    answer = json.loads(ask(socket_api, "test@message"))
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == "test@message"
    assert answer["SendMessageResponse"]["SendMessageResult"]["MessageId"] == message["MessageId"]


def test_messages_go_into_a_stream(socket_api, unique):
    kinesis = socket_api.functions.client("kinesis")
    kinesis.create_stream(StreamName=unique, ShardCount=1)
    socket_api.functions.runtime.advance(60)
    data = json.dumps({"StreamName": unique, "Data": "$util.base64Encode($input.body)", "PartitionKey": "p"})
    socket_api.route(
        "$default",
        two_way=True,
        IntegrationType="AWS",
        IntegrationMethod="POST",
        IntegrationUri="arn:aws:apigateway:us-east-1:kinesis:action/PutRecord",
        CredentialsArn=ROLE,
        RequestTemplates={"$default": data},
    )
    assert json.loads(ask(socket_api, "x"))["ShardId"] == "shardId-000000000000"


def test_a_service_that_is_not_here(socket_api):
    socket_api.route(
        "$default",
        IntegrationType="AWS",
        IntegrationMethod="POST",
        IntegrationUri="arn:aws:apigateway:us-east-1:translate:action/TranslateText",
        CredentialsArn=ROLE,
    )
    assert json.loads(ask(socket_api, "x"))["message"] == "Internal server error"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"PayloadFormatVersion": "2.0"}, "Unsupported PayloadFormatVersion: 2.0"),
        ({"TimeoutInMillis": 29001}, "Timeout should be between 50 ms and 29000 ms"),
        ({"TemplateSelectionExpression": "$nowhere.x"}, "Invalid templateSelectionExpression specified: $nowhere.x"),
    ],
)
def test_integrations_that_are_refused(socket_api, error, settings, message):
    request = {"ApiId": socket_api.id, "IntegrationType": "MOCK", **settings}
    assert error(socket_api.client.create_integration, **request) == ("BadRequestException", message)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"AuthorizerType": "JWT"}, "Only REQUEST authorizer type is supported on WEBSOCKET protocol Apis."),
        (
            {"IdentitySource": ["$request.header.Authorization"]},
            "Invalid request identity source expression: $request.header.Authorization",
        ),
    ],
)
def test_authorizers_that_are_refused(socket_api, error, settings, message):
    request = {"AuthorizerType": "REQUEST", "Name": "a", "AuthorizerUri": "u", "IdentitySource": []}
    request["ApiId"] = socket_api.id
    assert error(socket_api.client.create_authorizer, **{**request, **settings}) == ("BadRequestException", message)


def test_only_connect_is_authorised(socket_api, error):
    request = {"ApiId": socket_api.id, "RouteKey": "$disconnect", "AuthorizationType": "AWS_IAM"}
    expected = ("BadRequestException", "Currently, authorization is restricted to the $connect route only")
    assert error(socket_api.client.create_route, **request) == expected


def test_responses_come_and_go(socket_api, error):
    client, api = socket_api.client, {"ApiId": socket_api.id}
    route = client.create_route(**api, RouteKey="a")["RouteId"]
    made = client.create_route_response(**api, RouteId=route, RouteResponseKey="$default")
    where = {**api, "RouteId": route, "RouteResponseId": made["RouteResponseId"]}
    assert client.update_route_response(**where, RouteResponseKey="b")["RouteResponseKey"] == "b"
    assert client.get_route_responses(**api, RouteId=route)["Items"][0]["RouteResponseKey"] == "b"
    client.delete_route_response(**where)
    assert error(client.get_route_response, **where)[1].startswith("Invalid RouteResponse identifier specified")
    integration = client.create_integration(**api, IntegrationType="MOCK")["IntegrationId"]
    of = {**api, "IntegrationId": integration}
    made = client.create_integration_response(**of, IntegrationResponseKey="/400/")
    where = {**of, "IntegrationResponseId": made["IntegrationResponseId"]}
    assert (
        client.update_integration_response(**where, IntegrationResponseKey="/5../")["IntegrationResponseKey"] == "/5../"
    )
    assert error(client.create_integration_response, **of, IntegrationResponseKey="/5../")[0] == "ConflictException"
    client.delete_integration(**of)
    assert error(client.get_integration_responses, **of)[0] == "NotFoundException"
