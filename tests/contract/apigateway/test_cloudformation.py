"""REST APIs from templates: what the CDK and SAM emit."""

import http.client
import json

import pytest
from botocore.exceptions import WaiterError


class Stack:
    def __init__(self, functions, name):
        self.functions, self.name = functions, name
        self.client = functions.client("cloudformation")

    def apply(self, resources, outputs=None, update=False):
        template = {"Resources": resources, "Outputs": {k: {"Value": v} for k, v in (outputs or {}).items()}}
        send = self.client.update_stack if update else self.client.create_stack
        send(StackName=self.name, TemplateBody=json.dumps(template))
        kind = "stack_update_complete" if update else "stack_create_complete"
        self.client.get_waiter(kind).wait(StackName=self.name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
        found = self.client.describe_stacks(StackName=self.name)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", ())}

    def call(self, path, method="GET", headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.functions.runtime.runtime.config.port, timeout=30)
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.read(), response.headers


@pytest.fixture
def stack(functions, unique):
    made = Stack(functions, unique)
    yield made
    made.client.delete_stack(StackName=unique)


def method(resource, integration, verb="GET", **more):
    properties = {"RestApiId": {"Ref": "Api"}, "ResourceId": resource, "HttpMethod": verb, "Integration": integration}
    return {"Type": "AWS::ApiGateway::Method", "Properties": {"AuthorizationType": "NONE", **properties, **more}}


def lambda_api(arn, **stage):
    uri = {"Fn::Join": ["", ["arn:aws:apigateway:", {"Ref": "AWS::Region"}, ":lambda:path/2015-03-31/functions/", arn,
                             "/invocations"]]}  # fmt: skip
    proxy = {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": uri}
    root = {"Fn::GetAtt": ["Api", "RootResourceId"]}
    stage = {"RestApiId": {"Ref": "Api"}, "DeploymentId": {"Ref": "Deployment"}, "StageName": "prod", **stage}
    return {
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "orders"}},
        "Item": {
            "Type": "AWS::ApiGateway::Resource",
            "Properties": {"RestApiId": {"Ref": "Api"}, "ParentId": root, "PathPart": "{id}"},
        },
        "Get": method({"Ref": "Item"}, proxy),
        "Deployment": {
            "Type": "AWS::ApiGateway::Deployment",
            "DependsOn": ["Get"],
            "Properties": {"RestApiId": {"Ref": "Api"}},
        },
        "Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": stage},
    }


def test_an_api_before_a_function(stack, functions):
    arn = functions.make(lambda event: {"statusCode": 200, "body": event["pathParameters"]["id"]})
    resources = lambda_api(arn, Variables={"a": "1"}, Tags=[{"Key": "team", "Value": "x"}])
    outputs = stack.apply(resources, {"Id": {"Ref": "Api"}, "Stage": {"Ref": "Stage"}})
    assert outputs["Stage"] == "prod"
    status, body, _ = stack.call(f"/_aws/execute-api/{outputs['Id']}/prod/7")
    assert (status, body) == (200, b"7")
    assert functions.events(arn)[0]["stageVariables"] == {"a": "1"}
    assert functions.client("apigateway").get_stage(restApiId=outputs["Id"], stageName="prod")["tags"]["team"] == "x"


def test_a_new_deployment_takes_the_place_of_the_old_one(stack, functions):
    first = functions.make(lambda event: {"statusCode": 200, "body": "first"})
    second = functions.make(lambda event: {"statusCode": 200, "body": "second"})
    api = stack.apply(lambda_api(first), {"Id": {"Ref": "Api"}})["Id"]
    resources = lambda_api(second)
    resources["Deployment2"] = resources.pop("Deployment")
    resources["Stage"]["Properties"]["DeploymentId"] = {"Ref": "Deployment2"}
    resources["Stage"]["Properties"]["Variables"] = {"b": "2"}
    assert stack.apply(resources, {"Id": {"Ref": "Api"}}, update=True)["Id"] == api
    assert stack.call(f"/_aws/execute-api/{api}/prod/7")[1] == b"second"
    assert len(functions.client("apigateway").get_deployments(restApiId=api)["items"]) == 1


def test_preflights_as_the_cdk_writes_them(stack, functions):
    resources = lambda_api(functions.make(lambda event: {"statusCode": 200}))
    headers = {
        "method.response.header.Access-Control-Allow-Headers": "'Content-Type,X-Amz-Date'",
        "method.response.header.Access-Control-Allow-Origin": "'http://a.localhost'",
        "method.response.header.Vary": "'Origin'",
        "method.response.header.Access-Control-Allow-Methods": "'OPTIONS,GET'",
    }
    template = (
        '#set($origin = $input.params().header.get("Origin"))\n'
        '#if($origin == "")\n  #set($origin = $input.params().header.get("origin"))\n#end\n'
        '#if($origin == "http://a.localhost" || $origin == "http://b.localhost")\n'
        "  #set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)\n#end"
    )
    integration = {
        "Type": "MOCK",
        "RequestTemplates": {"application/json": "{ statusCode: 200 }"},
        "IntegrationResponses": [
            {"StatusCode": "204", "ResponseParameters": headers, "ResponseTemplates": {"application/json": template}}
        ],
    }
    responses = [{"StatusCode": "204", "ResponseParameters": dict.fromkeys(headers, True)}]
    resources["Options"] = method({"Ref": "Item"}, integration, "OPTIONS", MethodResponses=responses)
    resources["Deployment"]["DependsOn"].append("Options")
    api = stack.apply(resources, {"Id": {"Ref": "Api"}})["Id"]
    path = f"/_aws/execute-api/{api}/prod/7"
    status, body, got = stack.call(path, "OPTIONS", {"Origin": "http://b.localhost"})
    assert (status, body) == (204, b"")
    assert got.get_all("Access-Control-Allow-Origin") == ["http://b.localhost"]
    assert got["Access-Control-Allow-Headers"] == "Content-Type,X-Amz-Date"
    assert stack.call(path, "OPTIONS")[2]["Access-Control-Allow-Origin"] == "http://a.localhost"


def test_keys_plans_validators_models_and_responses(stack, functions):
    arn = functions.make(lambda event: {"statusCode": 200, "body": "in"})
    resources = lambda_api(
        arn,
        MethodSettings=[{"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingRateLimit": 5, "ThrottlingBurstLimit": 9}],
    )
    resources["Get"]["Properties"]["ApiKeyRequired"] = True
    api = {"RestApiId": {"Ref": "Api"}}
    resources |= {
        "Model": {"Type": "AWS::ApiGateway::Model", "Properties": {**api, "Name": "M", "Schema": {"type": "object"}}},
        "Validator": {
            "Type": "AWS::ApiGateway::RequestValidator",
            "Properties": {**api, "Name": "V", "ValidateRequestBody": "true"},
        },
        "Denied": {
            "Type": "AWS::ApiGateway::GatewayResponse",
            "Properties": {**api, "ResponseType": "DEFAULT_4XX", "StatusCode": "418"},
        },
        "Key": {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Enabled": True, "Value": stack.name * 2}},
        "Plan": {
            "Type": "AWS::ApiGateway::UsagePlan",
            "DependsOn": "Stage",
            "Properties": {
                "ApiStages": [{"ApiId": {"Ref": "Api"}, "Stage": "prod"}],
                "Throttle": {"RateLimit": 100, "BurstLimit": 100},
                "Quota": {"Limit": 2, "Period": "DAY"},
            },
        },
        "PlanKey": {
            "Type": "AWS::ApiGateway::UsagePlanKey",
            "Properties": {"KeyId": {"Ref": "Key"}, "KeyType": "API_KEY", "UsagePlanId": {"Ref": "Plan"}},
        },
        "Account": {"Type": "AWS::ApiGateway::Account", "Properties": {"CloudWatchRoleArn": "arn:aws:iam::1:role/r"}},
    }
    resources["Deployment"]["DependsOn"] += ["Denied"]
    api_id = stack.apply(resources, {"Id": {"Ref": "Api"}})["Id"]
    path, key = f"/_aws/execute-api/{api_id}/prod/7", {"x-api-key": stack.name * 2}
    assert stack.call(path)[0] == 418
    assert [stack.call(path, headers=key)[0] for _ in range(3)] == [200, 200, 418]
    stage = functions.client("apigateway").get_stage(restApiId=api_id, stageName="prod")
    assert stage["methodSettings"]["*/*"]["throttlingRateLimit"] == 5.0


def test_a_body_as_sam_writes_it(stack, functions):
    arn = functions.make(lambda event: {"statusCode": 200, "body": event["resource"]})
    operation = {
        "x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST", "uri": functions.uri(arn)},
        "responses": {},
    }
    body = {
        "swagger": "2.0",
        "info": {"version": "1.0", "title": "sam"},
        "paths": {"/hello/{name}": {"get": operation}},
    }
    resources = {
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": body}},
        "Deployment": {
            "Type": "AWS::ApiGateway::Deployment",
            "Properties": {"RestApiId": {"Ref": "Api"}, "StageName": "Stage"},
        },
    }
    api = stack.apply(resources, {"Id": {"Ref": "Api"}})["Id"]
    assert stack.call(f"/_aws/execute-api/{api}/Stage/hello/ann")[1] == b"/hello/{name}"


def test_a_body_whose_warnings_are_errors(stack):
    body = {"openapi": "3.0.1", "info": {"version": "1.0", "title": "no paths"}}
    properties = {"Body": body, "FailOnWarnings": True}
    with pytest.raises(WaiterError):
        stack.apply({"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": properties}})
    events = stack.client.describe_stack_events(StackName=stack.name)["StackEvents"]
    assert any("'paths' is a required property" in event.get("ResourceStatusReason", "") for event in events)


def test_a_proxy_through_a_link(stack, balanced, backend):
    """What the CDK writes for a private integration with a network load balancer."""
    balancer = balanced("network", port=8080)
    balancer.register(backend)
    root = {"Fn::GetAtt": ["Api", "RootResourceId"]}
    integration = {
        "Type": "HTTP_PROXY",
        "IntegrationHttpMethod": "ANY",
        "ConnectionType": "VPC_LINK",
        "ConnectionId": {"Ref": "Link"},
        "RequestParameters": {"integration.request.path.proxy": "method.request.path.proxy"},
        "Uri": f"http://{balancer.name}:8080/{{proxy}}",
    }
    resources = {
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "links"}},
        "Link": {"Type": "AWS::ApiGateway::VpcLink", "Properties": {"Name": "links", "TargetArns": [balancer.arn]}},
        "Proxy": {
            "Type": "AWS::ApiGateway::Resource",
            "Properties": {"RestApiId": {"Ref": "Api"}, "ParentId": root, "PathPart": "{proxy+}"},
        },
        "Any": method({"Ref": "Proxy"}, integration, "ANY", RequestParameters={"method.request.path.proxy": True}),
        "Deployment": {
            "Type": "AWS::ApiGateway::Deployment",
            "DependsOn": ["Any"],
            "Properties": {"RestApiId": {"Ref": "Api"}, "StageName": "prod"},
        },
    }
    outputs = stack.apply(resources, {"Id": {"Ref": "Api"}, "Link": {"Ref": "Link"}})
    status, body, _ = stack.call(f"/_aws/execute-api/{outputs['Id']}/prod/links/7?q=1")
    assert (status, json.loads(body)["path"]) == (200, "/links/7?q=1")
    stack.client.delete_stack(StackName=stack.name)
    stack.functions.runtime.settle()
    assert outputs["Link"] not in [link["id"] for link in stack.functions.client("apigateway").get_vpc_links()["items"]]


def test_a_custom_domain_name(stack, functions, unique):
    arn = functions.make(lambda event: {"statusCode": 200, "body": event["path"]})
    name = f"{unique}.example.com"
    resources = lambda_api(arn) | {
        "Certificate": {"Type": "AWS::CertificateManager::Certificate", "Properties": {"DomainName": name}},
        "Domain": {
            "Type": "AWS::ApiGateway::DomainName",
            "Properties": {
                "DomainName": name,
                "RegionalCertificateArn": {"Ref": "Certificate"},
                "EndpointConfiguration": {"Types": ["REGIONAL"]},
            },
        },
        "Mapping": {
            "Type": "AWS::ApiGateway::BasePathMapping",
            "Properties": {
                "DomainName": {"Ref": "Domain"},
                "BasePath": "shop",
                "RestApiId": {"Ref": "Api"},
                "Stage": {"Ref": "Stage"},
            },
        },
        "Record": {
            "Type": "AWS::Route53::RecordSet",
            "Properties": {"Name": name, "Type": "CNAME", "HostedZoneId": "Z1", "ResourceRecords": ["x"], "TTL": "60"},
        },
    }
    outputs = {"Name": {"Ref": "Domain"}, "Target": {"Fn::GetAtt": ["Domain", "RegionalDomainName"]}}
    made = stack.apply(resources, outputs)
    assert (made["Name"], made["Target"][:2]) == (name, "d-")
    status, body, _ = stack.call("/shop/7", headers={"Host": name})
    assert (status, body) == (200, b"/shop/7")
    resources["Mapping"]["Properties"]["Stage"] = {"Ref": "AWS::NoValue"}
    stack.apply(resources, outputs, update=True)
    assert stack.call("/shop/prod/7", headers={"Host": name})[0] == 200


def test_a_canary(stack, functions):
    arn = functions.make(lambda event: {"statusCode": 200, "body": (event["stageVariables"] or {}).get("v", "none")})
    canary = {"PercentTraffic": 100, "StageVariableOverrides": {"v": "canary"}}
    resources = lambda_api(arn, CanarySetting={"DeploymentId": {"Ref": "Deployment"}, **canary})
    api = stack.apply(resources, {"Api": {"Ref": "Api"}})["Api"]
    path = f"/_aws/execute-api/{api}/prod/7"
    assert stack.call(path)[:2] == (200, b"canary")
    resources["Stage"]["Properties"]["CanarySetting"]["StageVariableOverrides"] = {"v": "changed"}
    stack.apply(resources, update=True)
    assert stack.call(path)[:2] == (200, b"changed")
    del resources["Stage"]["Properties"]["CanarySetting"]
    stack.apply(resources, update=True)
    assert stack.call(path)[:2] == (200, b"none")


def test_documentation_and_certificates(stack, functions):
    api = {"RestApiId": {"Ref": "Api"}}
    location = {"Type": "METHOD", "Path": "/", "Method": "GET"}
    resources = {
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "documented"}},
        "Part": {
            "Type": "AWS::ApiGateway::DocumentationPart",
            "Properties": {**api, "Location": location, "Properties": json.dumps({"description": "all"})},
        },
        "Version": {
            "Type": "AWS::ApiGateway::DocumentationVersion",
            "DependsOn": "Part",
            "Properties": {**api, "DocumentationVersion": "v1", "Description": "first"},
        },
        "Certificate": {"Type": "AWS::ApiGateway::ClientCertificate", "Properties": {"Description": "mine"}},
    }
    outputs = {name: {"Ref": name} for name in resources}
    made = stack.apply(resources, outputs)
    client = functions.client("apigateway")
    part = client.get_documentation_part(restApiId=made["Api"], documentationPartId=made["Part"])
    assert part["location"] == {"type": "METHOD", "path": "/", "method": "GET"}
    version = client.get_documentation_version(restApiId=made["Api"], documentationVersion="v1")
    assert version["description"] == "first"
    assert client.get_client_certificate(clientCertificateId=made["Certificate"])["description"] == "mine"
    del resources["Certificate"], outputs["Certificate"]
    stack.apply(resources, outputs, update=True)
    listed = client.get_client_certificates(limit=500)["items"]
    assert made["Certificate"] not in [item["clientCertificateId"] for item in listed]


def test_the_policy_of_an_api_comes_changes_and_goes(stack, functions):
    client = functions.client("apigateway")

    def policy(update, **properties):
        api = {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "guarded", **properties}}
        api_id = stack.apply({"Api": api}, {"Id": {"Ref": "Api"}}, update=update)["Id"]
        told = client.get_rest_api(restApiId=api_id).get("policy")
        return told and json.loads(json.loads(f'"{told}"'))

    first, second = ({"Version": "2012-10-17", "Id": name, "Statement": []} for name in "ab")
    assert policy(False, Policy=first) == first
    assert policy(True, Policy=second) == second
    assert policy(True) is None
