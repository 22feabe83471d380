"""WebSocket APIs from templates, before real functions, which call back by AWS's own names."""

import json

import pytest
from websockets.sync.client import connect

PYTHON = """
import boto3, json

def handler(event, context):
    context = event["requestContext"]
    if context["eventType"] == "MESSAGE":
        url = f"https://{context['domainName']}/{context['stage']}"
        answer = json.dumps({"you said": event["body"]}).encode()
        backend = boto3.client("apigatewaymanagementapi", endpoint_url=url)
        backend.post_to_connection(ConnectionId=context["connectionId"], Data=answer)
    return {"statusCode": 200, "body": "done"}
"""
NODE = """
const https = require("https");
exports.handler = async (event) => {
  const { domainName, stage, connectionId, eventType } = event.requestContext;
  if (eventType === "MESSAGE") {
    const path = `/${stage}/@connections/${encodeURIComponent(connectionId)}`;
    const headers = { authorization: "AWS4-HMAC-SHA256 Credential=a/20240101/us-east-1/execute-api/aws4_request" };
    await new Promise((resolve, reject) => {
      const request = https.request({ host: domainName, path, method: "POST", headers }, resolve);
      request.on("error", reject);
      request.end(JSON.stringify({ "you said": event.body }));
    });
  }
  return { statusCode: 200, body: "done" };
};
"""


def template(code, runtime):
    own = {"ApiId": {"Ref": "Api"}}
    uri = "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function.Arn}/invocations"
    target = {"Fn::Join": ["/", ["integrations", {"Ref": "Integration"}]]}
    assumed = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    settings = {"ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action"}
    routes = {
        name: {"Type": "AWS::ApiGatewayV2::Route", "Properties": {**own, "RouteKey": key, "Target": target, **more}}
        for name, key, more in (
            ("Connect", "$connect", {}),
            ("Disconnect", "$disconnect", {}),
            ("Default", "$default", {}),
            ("Ask", "ask", {"RouteResponseSelectionExpression": "$default"}),
        )
    }
    return {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [assumed]}},
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {"ZipFile": code},
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Runtime": runtime,
                "Timeout": 30,
            },
        },
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "chat", **settings}},
        "Integration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {**own, "IntegrationType": "AWS_PROXY", "IntegrationUri": {"Fn::Sub": uri}},
        },
        **routes,
        "Answer": {
            "Type": "AWS::ApiGatewayV2::RouteResponse",
            "Properties": {**own, "RouteId": {"Ref": "Ask"}, "RouteResponseKey": "$default"},
        },
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {**own, "StageName": "prod", "AutoDeploy": True},
        },
    }


@pytest.mark.parametrize(("code", "runtime"), [(PYTHON, "python3.11"), (NODE, "nodejs22.x")])
def test_a_function_calls_back_by_the_name_that_aws_gives(deploy, code, runtime):
    url = "wss://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/prod"
    outputs = deploy(template(code, runtime), Url={"Fn::Sub": url})
    assert outputs["Url"].startswith("ws://127.0.0.1:")
    with connect(outputs["Url"]) as client:
        client.send("hello")
        assert json.loads(client.recv(timeout=30)) == {"you said": "hello"}
        client.send('{"action": "ask"}')
        called_back, answered = sorted((client.recv(timeout=30), client.recv(timeout=30)), reverse=True)
        assert (json.loads(called_back)["you said"], answered) == ('{"action": "ask"}', "done")


def test_a_route_becomes_one_way(deploy):
    resources = template(PYTHON, "python3.11")
    outputs = deploy(resources, Url={"Fn::GetAtt": ["Api", "ApiEndpoint"]})
    del resources["Answer"]
    deploy(resources, Url={"Fn::GetAtt": ["Api", "ApiEndpoint"]})
    with connect(outputs["Url"] + "/prod") as client:
        client.send('{"action": "ask"}')
        assert "you said" in client.recv(timeout=30)
        client.send("next")
        assert json.loads(client.recv(timeout=30)) == {"you said": "next"}
