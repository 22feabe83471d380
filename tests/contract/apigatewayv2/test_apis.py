"""The control plane of HTTP APIs."""

import json

import pytest
from botocore.exceptions import ClientError

URI = "arn:aws:lambda:us-east-1:000000000000:function:f"


@pytest.fixture
def client(client):
    return client("apigatewayv2")


@pytest.fixture
def api(client, unique):
    return client.create_api(Name=unique, ProtocolType="HTTP")["ApiId"]


def refused(call, **request):
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_an_api_comes_and_goes(client, unique):
    made = client.create_api(Name=unique, ProtocolType="HTTP", Description="d", Tags={"a": "1"})
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (made["Name"], made["ProtocolType"], made["Tags"]) == (unique, "HTTP", {"a": "1"})
    assert made["RouteSelectionExpression"] == "$request.method $request.path"
    assert made["ApiKeySelectionExpression"] == "$request.header.x-api-key"
    assert made["ApiEndpoint"].endswith(f"/_aws/execute-api/{made['ApiId']}")
    found = client.get_api(ApiId=made["ApiId"])
    assert found["CreatedDate"] == made["CreatedDate"]
    cors = {"AllowOrigins": ["http://a"], "MaxAge": 60}
    changed = client.update_api(ApiId=made["ApiId"], Name="new", CorsConfiguration=cors)
    assert (changed["Name"], changed["CorsConfiguration"], changed["Description"]) == ("new", cors, "d")
    client.delete_cors_configuration(ApiId=made["ApiId"])
    assert "CorsConfiguration" not in client.get_api(ApiId=made["ApiId"])
    assert made["ApiId"] in [item["ApiId"] for item in client.get_apis()["Items"]]
    client.delete_api(ApiId=made["ApiId"])
    expected = ("NotFoundException", f"Invalid API identifier specified 000000000000:{made['ApiId']}")
    assert refused(client.get_api, ApiId=made["ApiId"]) == expected


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ProtocolType": "WEBSOCKET"}, "Invalid routeSelectionExpression"),
        (
            {
                "ProtocolType": "WEBSOCKET",
                "RouteSelectionExpression": "$request.body.a",
                "CorsConfiguration": {"MaxAge": 1},
            },
            "Cors is not supported for WEBSOCKET protocolType",
        ),
        (
            {"ProtocolType": "HTTP", "RouteSelectionExpression": "$request.path"},
            'Route selection expression is currently limited to "${request.method} ${request.path}"',
        ),
        (
            {"ProtocolType": "HTTP", "CorsConfiguration": {"AllowCredentials": True, "AllowOrigins": ["*"]}},
            "allow-credentials is not supported if 'allow-origin' is *",
        ),
        ({"ProtocolType": "HTTP", "Name": ""}, "Invalid API name specified"),
    ],
)
def test_apis_that_are_refused(client, unique, settings, message):
    assert refused(client.create_api, **{"Name": unique, **settings}) == ("BadRequestException", message)


def test_integrations(client, api):
    request = {"IntegrationType": "AWS_PROXY", "IntegrationUri": URI, "PayloadFormatVersion": "2.0"}
    made = client.create_integration(ApiId=api, **request)
    assert (made["ConnectionType"], made["IntegrationMethod"], made["TimeoutInMillis"]) == ("INTERNET", "POST", 30000)
    where = {"ApiId": api, "IntegrationId": made["IntegrationId"]}
    assert client.update_integration(**where, TimeoutInMillis=50)["TimeoutInMillis"] == 50
    assert client.get_integration(**where)["TimeoutInMillis"] == 50
    assert len(client.get_integrations(ApiId=api)["Items"]) == 1
    client.create_route(ApiId=api, RouteKey="GET /a", Target=f"integrations/{made['IntegrationId']}")
    assert refused(client.delete_integration, **where)[0] == "ConflictException"
    code, message = refused(client.get_integration, ApiId=api, IntegrationId="x")
    assert (code, message) == ("NotFoundException", "Invalid Integration identifier specified x")


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"IntegrationType": "MOCK"}, "BadRequestException"),
        ({"IntegrationType": "HTTP_PROXY", "IntegrationUri": "http://a"}, "BadRequestException"),
        ({"IntegrationType": "AWS_PROXY", "IntegrationUri": URI, "PayloadFormatVersion": "3.0"}, "BadRequestException"),
        ({"IntegrationType": "AWS_PROXY", "IntegrationSubtype": "SQS-SendMessage"}, "BadRequestException"),
        ({"IntegrationType": "HTTP_PROXY", "ConnectionType": "VPC_LINK", "IntegrationUri": "x"}, "BadRequestException"),
    ],
)
def test_integrations_that_are_refused(client, api, settings, code):
    assert refused(client.create_integration, ApiId=api, **settings)[0] == code


def test_routes(client, api):
    made = client.create_route(ApiId=api, RouteKey="GET /a/{id}", OperationName="op")
    assert (made["AuthorizationType"], made["ApiKeyRequired"], made["OperationName"]) == ("NONE", False, "op")
    where = {"ApiId": api, "RouteId": made["RouteId"]}
    assert client.update_route(**where, RouteKey="PUT /a")["RouteKey"] == "PUT /a"
    assert client.get_route(**where)["RouteKey"] == "PUT /a"
    assert refused(client.create_route, ApiId=api, RouteKey="PUT /a") == (
        "ConflictException",
        "Route with key PUT /a already exists for this API",
    )
    client.delete_route(**where)
    assert client.get_routes(ApiId=api)["Items"] == []


@pytest.mark.parametrize("key", ["GET", "get /a", "GET a", "GET /{", "/a", "ANY  /a"])
def test_route_keys_that_are_refused(client, api, key):
    code, message = refused(client.create_route, ApiId=api, RouteKey=key)
    assert code == "BadRequestException"
    assert message.startswith("The provided route key is not formatted properly for HTTP protocol. Format should be")


def test_stages_and_deployments(client, api):
    expected = ("BadRequestException", "At least one route is required before deploying the Api.")
    assert refused(client.create_deployment, ApiId=api) == expected
    failed = client.create_stage(ApiId=api, StageName="early", AutoDeploy=True)
    assert failed["LastDeploymentStatusMessage"] == f"Deployment attempt failed: {expected[1]}"
    client.delete_stage(ApiId=api, StageName="early")
    client.create_route(ApiId=api, RouteKey="$default")
    deployment = client.create_deployment(ApiId=api, Description="first")
    assert (deployment["DeploymentStatus"], deployment["AutoDeployed"]) == ("DEPLOYED", False)
    made = client.create_stage(ApiId=api, StageName="dev", DeploymentId=deployment["DeploymentId"])
    assert (made["AutoDeploy"], made["StageVariables"]) == (False, {})
    assert made["DefaultRouteSettings"] == {"DetailedMetricsEnabled": False}
    where = {"ApiId": api, "StageName": "dev"}
    assert refused(client.create_stage, **where) == ("ConflictException", "Stage already exists")
    assert (
        refused(client.delete_deployment, ApiId=api, DeploymentId=deployment["DeploymentId"])[0]
        == "BadRequestException"
    )
    changed = client.update_stage(**where, AutoDeploy=True, StageVariables={"a": "1"})
    assert changed["DeploymentId"] != deployment["DeploymentId"]
    assert "Successfully deployed stage" in changed["LastDeploymentStatusMessage"]
    assert refused(client.create_deployment, **where)[0] == "BadRequestException"
    client.delete_stage(**where)
    assert refused(client.get_stage, **where) == ("NotFoundException", "Invalid stage identifier specified")
    assert client.get_stages(ApiId=api)["Items"] == []


def test_authorizers(client, api):
    request = {"Name": "a", "AuthorizerType": "REQUEST", "IdentitySource": ["$request.header.A"], "AuthorizerUri": URI}
    _, message = refused(client.create_authorizer, ApiId=api, **request)
    assert message == "AuthorizerPayloadFormatVersion is a required parameter for REQUEST authorizer"
    made = client.create_authorizer(ApiId=api, **request, AuthorizerPayloadFormatVersion="2.0")["AuthorizerId"]
    where = {"ApiId": api, "AuthorizerId": made}
    assert client.update_authorizer(**where, Name="b")["Name"] == "b"
    route = {"RouteKey": "GET /a", "AuthorizationType": "CUSTOM"}
    assert refused(client.create_route, ApiId=api, **route)[0] == "BadRequestException"
    client.create_route(ApiId=api, **route, AuthorizerId=made)
    assert refused(client.delete_authorizer, **where)[0] == "ConflictException"
    assert [found["Name"] for found in client.get_authorizers(ApiId=api)["Items"]] == ["b"]


def test_tags(client, api):
    arn = f"arn:aws:apigateway:us-east-1::/apis/{api}"
    client.tag_resource(ResourceArn=arn, Tags={"a": "1", "b": "2"})
    client.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert client.get_tags(ResourceArn=arn)["Tags"] == client.get_api(ApiId=api)["Tags"] == {"b": "2"}
    assert refused(client.get_tags, ResourceArn=arn + "x")[0] == "NotFoundException"


def test_pages(client, api):
    for number in range(5):
        client.create_route(ApiId=api, RouteKey=f"GET /{number}")
    first = client.get_routes(ApiId=api, MaxResults="3")
    rest = client.get_routes(ApiId=api, MaxResults="3", NextToken=first["NextToken"])
    assert [len(first["Items"]), len(rest["Items"]), "NextToken" in rest] == [3, 2, False]


def test_import(client):
    integration = {"type": "AWS_PROXY", "httpMethod": "POST", "uri": URI, "payloadFormatVersion": 2.0}
    authorizer = {"type": "request", "authorizerUri": URI, "authorizerPayloadFormatVersion": "2.0"}
    spec = {
        "openapi": "3.0.1",
        "info": {"title": "pets", "version": "2"},
        "paths": {
            "/pets": {"get": {"x-amazon-apigateway-integration": integration, "security": [{"auth": []}]}},
            "/$default": {"x-amazon-apigateway-any-method": {"x-amazon-apigateway-integration": integration}},
        },
        "components": {"securitySchemes": {"auth": {"type": "apiKey", "x-amazon-apigateway-authorizer": authorizer}}},
        "x-amazon-apigateway-cors": {"allowOrigins": ["http://a"], "maxAge": 5},
    }
    made = client.import_api(Body=json.dumps(spec))
    assert (made["Name"], made["Version"]) == ("pets", "2")
    assert made["CorsConfiguration"] == {"AllowOrigins": ["http://a"], "MaxAge": 5}
    routes = {route["RouteKey"]: route for route in client.get_routes(ApiId=made["ApiId"])["Items"]}
    assert set(routes) == {"GET /pets", "$default"}
    assert (routes["GET /pets"]["AuthorizationType"], routes["$default"]["AuthorizationType"]) == ("CUSTOM", "NONE")
    del spec["paths"]["/$default"]
    client.reimport_api(ApiId=made["ApiId"], Body=json.dumps(spec))
    assert [route["RouteKey"] for route in client.get_routes(ApiId=made["ApiId"])["Items"]] == ["GET /pets"]


def test_what_is_exported_can_be_imported(client, api):
    made = client.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=URI, PayloadFormatVersion="2.0", TimeoutInMillis=1000
    )
    jwt = {"Issuer": "https://issuer.example", "Audience": ["a"]}
    source = ["$request.header.Authorization"]
    authorizer = client.create_authorizer(
        ApiId=api, AuthorizerType="JWT", Name="tokens", JwtConfiguration=jwt, IdentitySource=source
    )["AuthorizerId"]
    target = f"integrations/{made['IntegrationId']}"
    client.create_route(ApiId=api, RouteKey="$default", Target=target)
    guard = {"AuthorizationType": "JWT", "AuthorizerId": authorizer, "AuthorizationScopes": ["read"]}
    client.create_route(ApiId=api, RouteKey="ANY /pets/{id}", Target=target, **guard)
    client.update_api(ApiId=api, CorsConfiguration={"AllowOrigins": ["http://a"], "MaxAge": 5})
    for kind in ("YAML", "JSON"):
        body = client.export_api(ApiId=api, Specification="OAS30", OutputType=kind)["body"].read().decode()
        again = client.import_api(Body=body)
        assert again["CorsConfiguration"] == {"AllowOrigins": ["http://a"], "MaxAge": 5}
        routes = {route["RouteKey"]: route for route in client.get_routes(ApiId=again["ApiId"])["Items"]}
        assert set(routes) == {"$default", "ANY /pets/{id}"}
        assert routes["ANY /pets/{id}"]["AuthorizationScopes"] == ["read"]
        integrations = client.get_integrations(ApiId=again["ApiId"])["Items"]
        assert {found["TimeoutInMillis"] for found in integrations} == {1000}
        assert client.get_authorizers(ApiId=again["ApiId"])["Items"][0]["JwtConfiguration"] == jwt
    plain = client.export_api(ApiId=api, Specification="OAS30", OutputType="JSON", IncludeExtensions=False)
    text = plain["body"].read().decode()
    assert ("x-amazon" in text.replace("x-amazon-apigateway-any-method", ""), "/$default" in text) == (False, False)


def test_an_import_may_fail_on_warnings(client, api):
    schema = {"$ref": "#/components/schemas/Pet"}
    operation = {"responses": {"200": {"description": "d", "content": {"application/json": {"schema": schema}}}}}
    spec = {
        "openapi": "3.0.1",
        "info": {"title": "pets", "version": "1"},
        "servers": [{"url": "https://a.example/{base}", "variables": {"base": {"default": "v1"}}}],
        "paths": {"/pets": {"get": operation}},
    }
    body = json.dumps(spec)
    warning = (
        "Parse issue: attribute paths.'/pets'(get).responses.200.content.schema.#/components/schemas/Pet is missing"
    )
    expected = ("BadRequestException", f"Warnings found during import:\n\t{warning}")
    assert refused(client.reimport_api, ApiId=api, Body=body, FailOnWarnings=True) == expected
    assert client.reimport_api(ApiId=api, Body=body, Basepath="prepend")["Warnings"] == [warning]
    assert [route["RouteKey"] for route in client.get_routes(ApiId=api)["Items"]] == ["GET /v1/pets"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "AuthorizerUri is a required field in an Authorizer"),
        (
            {"AuthorizerUri": URI, "AuthorizerPayloadFormatVersion": "1.0", "EnableSimpleResponses": True},
            'EnableSimpleResponses can only be set for AuthorizerPayloadFormatVersion "2.0".',
        ),
        (
            {"AuthorizerUri": URI, "AuthorizerPayloadFormatVersion": "1.0", "AuthorizerResultTtlInSeconds": 3},
            "Identity source must be set if authorizer caching is enabled (TTL is greater than 0)",
        ),
        (
            {"AuthorizerUri": URI, "AuthorizerPayloadFormatVersion": "1.0", "AuthorizerResultTtlInSeconds": 3601},
            "Authorizer result TTL outside allowable range. TTL must be between 0 and 3600 seconds.",
        ),
    ],
)
def test_authorizers_that_are_refused(client, api, settings, message):
    request = {"ApiId": api, "AuthorizerType": "REQUEST", "Name": "a"}
    assert refused(client.create_authorizer, **request, **settings) == ("BadRequestException", message)


def test_stages_that_are_refused(client, api):
    request = {"ApiId": api, "StageName": "dev"}
    code, message = refused(client.create_stage, **request, RouteSettings={"GET /a": {"ThrottlingRateLimit": 1.0}})
    assert (code, message) == (
        "NotFoundException",
        "Unable to find Route by key GET /a within the provided RouteSettings",
    )
    logs = {"DestinationArn": "arn:aws:logs:us-east-1:000000000000:log-group:a", "Format": "$context.status"}
    _, message = refused(client.create_stage, **request, AccessLogSettings=logs)
    assert message == "Access Log format must include either $context.requestId or $context.extendedRequestId"


def test_responses_are_for_websockets(client, api):
    route = client.create_route(ApiId=api, RouteKey="GET /a")["RouteId"]
    _, message = refused(client.create_route_response, ApiId=api, RouteId=route, RouteResponseKey="$default")
    assert message == "RouteResponses are currently not supported for this API protocol type."


def test_models(client, api):
    made = client.create_model(ApiId=api, Name="Pet", ContentType="application/json", Schema="{}")
    where = {"ApiId": api, "ModelId": made["ModelId"]}
    assert client.update_model(**where, Schema='{"type": "object"}')["Name"] == "Pet"
    assert client.get_model(**where)["Schema"] == '{"type": "object"}'
    assert refused(client.create_model, ApiId=api, Name="Pet", Schema="{}")[0] == "ConflictException"
    client.delete_model(**where)
    assert client.get_models(ApiId=api)["Items"] == []
    assert refused(client.get_model, **where)[1] == f"Invalid Model identifier specified {made['ModelId']}"


def test_a_protocol_that_is_none(client):
    expected = ("BadRequestException", "Invalid protocol specified. Must be one of [HTTP, WEBSOCKET]")
    assert refused(client.create_api, Name="x", ProtocolType="FTP") == expected


def test_a_request_authorizer_tells_its_payload_first(client, api):
    request = {"ApiId": api, "AuthorizerType": "REQUEST", "AuthorizerUri": "u", "IdentitySource": [""], "Name": "a"}
    expected = "AuthorizerPayloadFormatVersion is a required parameter for REQUEST authorizer"
    assert refused(client.create_authorizer, **request) == ("BadRequestException", expected)
