"""Whole apps from templates: SAM, custom resources with real functions, a CDK app with what CDK adds by itself."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.runtime import check_apps
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

FOREIGN = """
import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2, aws_lambda as lambda_, aws_s3 as s3, aws_s3_deployment as deployment, triggers

app = cdk.App()
stack = cdk.Stack(app, "Foreign", env=cdk.Environment(account="000000000000", region="us-east-1"))
vpc = ec2.Vpc.from_lookup(stack, "Vpc", tags={"team": "web"})
code = lambda_.Code.from_inline("def handler(event, context): return 1")
function = lambda_.Function(
    stack, "Function", runtime=lambda_.Runtime.PYTHON_3_12, code=code, handler="index.handler", vpc=vpc)
bucket = s3.Bucket(stack, "Bucket", website_index_document="index.html")
settings = deployment.Source.json_data("settings.json", {"function": function.function_name})
site = deployment.BucketDeployment(
    stack, "Site", sources=[deployment.Source.asset("site"), settings], destination_bucket=bucket,
    destination_key_prefix="web", exclude=["*.map"], cache_control=[deployment.CacheControl.no_cache()])
handler = lambda_.Function(
    stack, "First", runtime=lambda_.Runtime.PYTHON_3_12, handler="index.handler",
    code=lambda_.Code.from_inline("def handler(event, context): print('triggered')"))
triggers.Trigger(stack, "Trigger", handler=handler, execute_after=[site])
cdk.CfnOutput(stack, "BucketName", value=bucket.bucket_name)
cdk.CfnOutput(stack, "FunctionName", value=function.function_name)
cdk.CfnOutput(stack, "FirstName", value=handler.function_name)
app.synth()
"""

INSTANCES = """
Parameters:
  Image:
    Type: AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>
    Default: /aws/service/ecs/optimized-ami/amazon-linux-2/recommended/image_id
Resources:
  Template: {Type: AWS::EC2::LaunchTemplate, Properties: {LaunchTemplateData: {ImageId: !Ref Image}}}
  Group:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties:
      LaunchTemplate: {LaunchTemplateId: !Ref Template, Version: !GetAtt Template.LatestVersionNumber}
      MinSize: "0"
      MaxSize: "2"
  Provider:
    Type: AWS::ECS::CapacityProvider
    Properties: {AutoScalingGroupProvider: {AutoScalingGroupArn: !Ref Group}}
Outputs:
  Image: {Value: !Ref Image}
"""

DOCUMENTS = """
Resources:
  Rest: {Type: AWS::ApiGateway::RestApi, Properties: {BodyS3Location: rest.json}}
  Http: {Type: AWS::ApiGatewayV2::Api, Properties: {BodyS3Location: http.json}}
Outputs:
  Rest: {Value: !Ref Rest}
  Http: {Value: !Ref Http}
"""
OPENAPI = """{"openapi": "3.0.1", "info": {"title": "from a file", "version": "1"}, "paths": {"/hello": {"get": {
    "x-amazon-apigateway-integration":
        {"type": "http_proxy", "httpMethod": "GET", "uri": "http://localhost/", "payloadFormatVersion": "1.0"}}}}}"""


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


def test_apis_whose_documents_are_files(runtime: TestRuntime, tmp_path: Path) -> None:
    files = app(tmp_path, documents_yaml=DOCUMENTS, rest_json=OPENAPI, http_json=OPENAPI)
    outputs = runtime.up(files / "documents.yaml").outputs["documents"]
    resources = runtime.client("apigateway").get_resources(restApiId=outputs["Rest"])["items"]
    assert sorted(resource["path"] for resource in resources) == ["/", "/hello"]
    [route] = runtime.client("apigatewayv2").get_routes(ApiId=outputs["Http"])["Items"]
    assert route["RouteKey"] == "GET /hello"


def test_a_custom_resource(runtime: TestRuntime, tmp_path: Path) -> None:
    runtime.up(app(tmp_path / "custom", template_yaml=CUSTOM, src__maker_py=MAKER))
    assert runtime.outputs["custom"] == {"Made": "made-1 6"}


def test_instances_of_a_cluster_are_recorded(runtime: TestRuntime, tmp_path: Path) -> None:
    folder = app(tmp_path / "instances", template_yaml=INSTANCES)
    recorded = {found["logical_id"] for found in check_apps([folder]) if "no instances are started" in found["reason"]}
    assert recorded == {"Template", "Group"}
    runtime.up(folder)
    assert runtime.outputs["instances"]["Image"].startswith("ami-")


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


def contents(runtime: TestRuntime, bucket: str) -> dict[str, str]:
    s3 = runtime.client("s3")
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys}


def test_a_cdk_app_that_looks_up_its_vpc_fills_a_bucket_and_has_a_trigger(runtime: TestRuntime, tmp_path: Path) -> None:
    settings = json.dumps({"app": "python app.py"})
    files = {"site__index_html": "<h1>one</h1>", "site__old_txt": "old", "site__index_map": "map"}
    folder = app(tmp_path / "foreign", app_py=FOREIGN, cdk_json=settings, **files)
    runtime.up(folder)
    outputs = runtime.outputs["Foreign"]
    told = json.dumps({"function": outputs["FunctionName"]}, separators=(",", ":"))
    found = contents(runtime, outputs["BucketName"])
    assert found == {"web/index.html": "<h1>one</h1>", "web/old.txt": "old", "web/settings.json": told}
    page = runtime.client("s3").head_object(Bucket=outputs["BucketName"], Key="web/index.html")
    assert (page["ContentType"], page["CacheControl"]) == ("text/html", "no-cache")

    configuration = runtime.client("lambda").get_function_configuration(FunctionName=outputs["FunctionName"])
    [subnet, *_] = configuration["VpcConfig"]["SubnetIds"]
    [there] = runtime.client("ec2").describe_subnets(SubnetIds=[subnet])["Subnets"]
    assert there["VpcId"] == configuration["VpcConfig"]["VpcId"]
    events = runtime.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{outputs['FirstName']}")["events"]
    assert "triggered" in {event["message"].strip() for event in events}

    app(folder, site__index_html="<h1>two</h1>")
    (folder / "site" / "old.txt").unlink()
    runtime.up(folder)
    assert contents(runtime, outputs["BucketName"]) == {"web/index.html": "<h1>two</h1>", "web/settings.json": told}
