"""Whole apps from templates: SAM, custom resources with real functions, a CDK app with what CDK adds by itself."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.testing import TestRuntime, running

SAM = """
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: python3.12, CodeUri: src, Handler: index.handler}}
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Http: {Type: HttpApi, Properties: {Path: /hello, Method: get}}
        Rest: {Type: Api, Properties: {Path: /hello, Method: get}}
Outputs:
  Http: {Value: !Sub "https://${ServerlessHttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/"}
  Rest: {Value: !Sub "https://${ServerlessRestApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/Prod/"}
"""
HELLO = """
def handler(event, context):
    return {"statusCode": 200, "body": "hello from " + event["requestContext"]["stage"]}
"""

CUSTOM = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}
  Maker:
    Type: AWS::Lambda::Function
    Properties: {Code: src, Handler: maker.handler, Runtime: python3.12, Role: !GetAtt Role.Arn}
  Made:
    Type: Custom::Made
    Properties: {ServiceToken: !GetAtt Maker.Arn, Size: 3}
Outputs:
  Made: {Value: !Sub "${Made} ${Made.Twice}"}
"""
MAKER = """
import json, urllib.request

def handler(event, context):
    body = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    body |= {"Status": "SUCCESS", "PhysicalResourceId": "made-1"}
    body["Data"] = {"Twice": 2 * int(event["ResourceProperties"]["Size"])}
    request = urllib.request.Request(event["ResponseURL"], json.dumps(body).encode(), method="PUT")
    urllib.request.urlopen(request)
"""

CDK = """
import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_, aws_logs as logs, aws_sqs as sqs, custom_resources as cr

class Inner(cdk.NestedStack):
    def __init__(self, scope, id, dead):
        super().__init__(scope, id)
        self.queue = sqs.Queue(self, "Queue", dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=2, queue=dead))

app = cdk.App()
main = cdk.Stack(app, "Main")
inner = Inner(main, "Inner", sqs.Queue(main, "Dead"))
code = lambda_.Code.from_asset("src")
on_event = lambda_.Function(
    main, "OnEvent", runtime=lambda_.Runtime.PYTHON_3_12, code=code, handler="provider.handler",
    log_retention=logs.RetentionDays.ONE_DAY)
provider = cr.Provider(main, "Provider", on_event_handler=on_event)
made = cdk.CustomResource(main, "Made", service_token=provider.service_token, properties={"Size": 3})
cdk.CfnOutput(main, "Twice", value=made.get_att_string("Twice"))
cdk.CfnOutput(main, "QueueUrl", value=inner.queue.queue_url)
cdk.CfnOutput(cdk.Stack(app, "Other"), "FunctionArn", value=on_event.function_arn)
app.synth()
"""
PROVIDER = """
def handler(event, context):
    return {"PhysicalResourceId": "made-1", "Data": {"Twice": 2 * int(event["ResourceProperties"]["Size"])}}
"""


@pytest.fixture(scope="module")
def runtime() -> Iterator[TestRuntime]:
    with running() as started:
        yield started


def app(folder: Path, **files: str) -> Path:
    """A directory with these files; `__` in a name stands for `/`, and the last `_` for the dot."""
    for name, text in files.items():
        stem, _, suffix = name.replace("__", "/").rpartition("_")
        file = folder / f"{stem}.{suffix}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def get(url: str) -> Any:
    with urllib.request.urlopen(url) as response:
        return response.read().decode()


def test_a_sam_app(runtime: TestRuntime, tmp_path: Path) -> None:
    runtime.up(app(tmp_path / "hello", template_yaml=SAM, src__index_py=HELLO))
    outputs = runtime.outputs["hello"]
    assert get(f"{outputs['Http']}hello") == "hello from $default"
    assert get(f"{outputs['Rest']}hello") == "hello from Prod"


def test_code_is_read_anew(runtime: TestRuntime, tmp_path: Path) -> None:
    folder = app(tmp_path / "anew", template_yaml=SAM, src__index_py=HELLO)
    runtime.up(folder)
    url = runtime.outputs["anew"]["Http"]
    assert get(f"{url}hello") == "hello from $default"
    app(folder, src__index_py=HELLO.replace("hello from", "now from the"))
    assert get(f"{url}hello") == "now from the $default"


def test_a_custom_resource(runtime: TestRuntime, tmp_path: Path) -> None:
    runtime.up(app(tmp_path / "custom", template_yaml=CUSTOM, src__maker_py=MAKER))
    assert runtime.outputs["custom"] == {"Made": "made-1 6"}


def test_a_cdk_app(runtime: TestRuntime, tmp_path: Path) -> None:
    settings = json.dumps({"app": "python app.py"})
    folder = app(tmp_path / "cdk", app_py=CDK, cdk_json=settings, src__provider_py=PROVIDER)
    runtime.up(folder)
    outputs = runtime.outputs
    assert outputs["Main"]["Twice"] == "6"
    attributes = runtime.client("sqs").get_queue_attributes(
        QueueUrl=outputs["Main"]["QueueUrl"], AttributeNames=["RedrivePolicy"]
    )["Attributes"]
    assert "Main-Dead" in attributes["RedrivePolicy"]
    function = outputs["Other"]["FunctionArn"].rpartition(":")[2]
    group = runtime.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{function}")["logGroups"][0]
    assert group["retentionInDays"] == 1
