"""HTTP APIs from templates: what the CDK and SAM emit."""

import http.client
import json

import pytest
from botocore.exceptions import WaiterError

from penstock.services import SERVICES
from penstock.template.types import Types


@pytest.fixture
def stack(functions, unique):
    client = functions.client("cloudformation")

    def apply(resources, update=False):
        template = {"Resources": resources, "Outputs": {"Url": {"Value": {"Fn::GetAtt": ["Api", "ApiEndpoint"]}}}}
        send = client.update_stack if update else client.create_stack
        send(StackName=unique, TemplateBody=json.dumps(template))
        kind = "stack_update_complete" if update else "stack_create_complete"
        client.get_waiter(kind).wait(StackName=unique, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
        [output] = client.describe_stacks(StackName=unique)["Stacks"][0]["Outputs"]
        return output["OutputValue"]

    yield apply
    client.delete_stack(StackName=unique)


def get(functions, url):
    connection = http.client.HTTPConnection("127.0.0.1", functions.runtime.runtime.config.port, timeout=30)
    connection.request("GET", "/" + url.split("/", 3)[3])
    response = connection.getresponse()
    return response.status, response.read()


def api(arn, key="GET /hello/{name}"):
    own = {"ApiId": {"Ref": "Api"}}
    integration = {"IntegrationType": "AWS_PROXY", "IntegrationUri": arn, "PayloadFormatVersion": "2.0"}
    target = {"Fn::Join": ["", ["integrations/", {"Ref": "Integration"}]]}
    return {
        "Api": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {
                "Name": "hello",
                "ProtocolType": "HTTP",
                "CorsConfiguration": {"AllowOrigins": ["*"], "MaxAge": "60"},
            },
        },
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {**own, "StageName": "$default", "AutoDeploy": True, "StageVariables": {"a": "1"}},
        },
        "Integration": {"Type": "AWS::ApiGatewayV2::Integration", "Properties": {**own, **integration}},
        "Route": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {**own, "RouteKey": key, "Target": target}},
    }


def test_an_api_before_a_function(stack, functions):
    arn = functions.make(lambda event: event["pathParameters"]["name"])
    url = stack(api(arn))
    assert get(functions, f"{url}/hello/ann") == (200, b"ann")
    assert functions.events(arn)[0]["stageVariables"] == {"a": "1"}


def test_a_changed_route(stack, functions):
    arn = functions.make(lambda event: event["routeKey"])
    url = stack(api(arn))
    assert stack(api(arn, "GET /bye/{name}"), update=True) == url
    assert get(functions, f"{url}/hello/ann")[0] == 404
    assert get(functions, f"{url}/bye/ann") == (200, b"GET /bye/{name}")


def test_a_body_as_sam_writes_it(stack, functions):
    arn = functions.make(lambda event: event["routeKey"])
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": functions.uri(arn), "payloadFormatVersion": "2.0"}
    operation = {"x-amazon-apigateway-integration": integration, "responses": {}}
    body = {"openapi": "3.0.1", "info": {"title": "sam", "version": "1.0"}, "paths": {"/hello": {"get": operation}}}
    url = stack(
        {
            "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Body": body}},
            "Stage": {
                "Type": "AWS::ApiGatewayV2::Stage",
                "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": True},
            },
        }
    )
    assert get(functions, f"{url}/hello") == (200, b"GET /hello")


def test_a_body_whose_warnings_are_errors(stack, functions, unique):
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Nobody"}}}
    operation = {"responses": {"200": {"content": content}}}
    body = {"openapi": "3.0.1", "info": {"title": "w", "version": "1"}, "paths": {"/hello": {"get": operation}}}
    properties = {"Body": body, "FailOnWarnings": True}
    with pytest.raises(WaiterError):
        stack({"Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": properties}})
    events = functions.client("cloudformation").describe_stack_events(StackName=unique)["StackEvents"]
    assert any("Warnings found during import" in event.get("ResourceStatusReason", "") for event in events)


def test_mappings_follow_the_template(stack, functions, backend):
    resources = api("")
    integration = resources["Integration"]["Properties"]
    integration |= {"IntegrationType": "HTTP_PROXY", "IntegrationMethod": "ANY", "IntegrationUri": backend.url}
    integration |= {
        "PayloadFormatVersion": "1.0",
        "RequestParameters": {"append:header.x-a": "1", "append:header.x-b": "2", "remove:header.accept": ""},
        "ResponseParameters": {
            "200": {"ResponseParameters": [{"Destination": "overwrite:statuscode", "Source": "201"}]},
            "404": {"ResponseParameters": [{"Destination": "append:header.a", "Source": "1"}]},
        },
    }
    url = stack(resources)
    status, body = get(functions, f"{url}/hello/ann")
    headers = json.loads(body)["headers"]
    assert (status, headers["x-a"], headers["x-b"]) == (201, "1", "2")
    del integration["RequestParameters"]["append:header.x-a"]
    del integration["ResponseParameters"]["200"]
    stack(resources, update=True)
    status, body = get(functions, f"{url}/hello/ann")
    headers = json.loads(body)["headers"]
    assert (status, "x-a" in headers, headers["x-b"]) == (200, False, "2")
    [made] = functions.client("apigatewayv2").get_integrations(ApiId=url.rpartition("/")[2])["Items"]
    assert set(made["RequestParameters"]) == {"append:header.x-b", "remove:header.accept"}


def test_a_private_integration(stack, functions, backend, unique):
    host, port = backend.server_address
    own = {"ApiId": {"Ref": "Api"}}
    resources = api("")
    resources |= {
        "Namespace": {"Type": "AWS::ServiceDiscovery::HttpNamespace", "Properties": {"Name": unique}},
        "Service": {
            "Type": "AWS::ServiceDiscovery::Service",
            "Properties": {"Name": "orders", "NamespaceId": {"Fn::GetAtt": ["Namespace", "Id"]}},
        },
        "Instance": {
            "Type": "AWS::ServiceDiscovery::Instance",
            "Properties": {
                "ServiceId": {"Fn::GetAtt": ["Service", "Id"]},
                "InstanceAttributes": {"AWS_INSTANCE_IPV4": host, "AWS_INSTANCE_PORT": str(port)},
            },
        },
        "Link": {
            "Type": "AWS::ApiGatewayV2::VpcLink",
            "Properties": {"Name": unique, "SubnetIds": ["subnet-1"], "Tags": {"a": "1"}},
        },
        "Integration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                **own,
                "IntegrationType": "HTTP_PROXY",
                "IntegrationMethod": "ANY",
                "PayloadFormatVersion": "1.0",
                "ConnectionType": "VPC_LINK",
                "ConnectionId": {"Ref": "Link"},
                "IntegrationUri": {"Fn::GetAtt": ["Service", "Arn"]},
            },
        },
    }
    status, body = get(functions, f"{stack(resources)}/hello/ann")
    assert (status, json.loads(body)["path"]) == (200, "/hello/ann")


@pytest.mark.parametrize("issuer", ["https://cognito-idp.eu-west-1.amazonaws.com/pool", "http://localhost:9000/x"])
def test_an_issuer_elsewhere_is_reported(issuer):
    types = Types.of(SERVICES)
    authorizer = types["AWS::ApiGatewayV2::Authorizer"].problems({"JwtConfiguration": {"Issuer": issuer}})
    extension = {"type": "jwt", "jwtConfiguration": {"issuer": issuer}}
    body = {"components": {"securitySchemes": {"a": {"x-amazon-apigateway-authorizer": extension}}}}
    whole = types["AWS::ApiGatewayV2::Api"].problems({"Body": body})
    expected = ["JwtConfiguration.Issuer", "Body"] if issuer.startswith("https") else []
    assert [path for path, _ in (*authorizer, *whole)] == expected
