"""HTTP APIs from templates: what the CDK and SAM emit."""

import http.client
import json

import pytest


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
