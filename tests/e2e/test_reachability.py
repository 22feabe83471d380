"""`penstock check` and AWS's network: real CDK patterns, without a fault and with one each (apps/reachability)."""

from collections import defaultdict
from pathlib import Path

import pytest

from penstock.runtime import check_apps
from penstock.template import reachability
from penstock.template.assembly import Stack
from penstock.template.source import load
from penstock.template.synth import Environment
from penstock.testing import TestRuntime, running

APP = Path(__file__).parent / "apps" / "reachability"

TEMPLATE = """
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Names: {Type: AWS::ServiceDiscovery::PrivateDnsNamespace, Properties: {Name: dev.local, Vpc: !Ref Vpc}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}
  Caller:
    Type: AWS::Lambda::Function
    Properties:
      Code: {ZipFile: "def handler(event, context): return 1"}
      Handler: index.handler
      Runtime: python3.12
      Role: !GetAtt Role.Arn
      Environment: {Variables: {URL: "http://web.dev.local/"}}
"""

# case -> (type of the resource, property, parts of the reason)
FAULTS = {
    "outside": ("AWS::Lambda::Function", "Environment.Variables.RECEIVER_URL", ["event-receiver.dev.", "in no VPC"]),
    "outside-by-parameter": ("AWS::Lambda::Function", "Environment.Variables.RECEIVER_URL", ["is in no VPC"]),
    "outside-of-balancer": ("AWS::Lambda::Function", "Environment.Variables.WEB", ["internal load balancer WebLB"]),
    "other-vpc": ("AWS::Lambda::Function", "Environment.Variables.RECEIVER_URL", ["of VPC Vpc", "in VPC Other"]),
    "closed-service": ("AWS::EC2::SecurityGroup", "", ["port 8080 of service Service", "allow ingress from its"]),
    "wrong-port": ("AWS::EC2::SecurityGroup", "", ["port 8080 of service Service", "variable RECEIVER_URL"]),
    "closed-caller": ("AWS::EC2::SecurityGroup", "", ["does not let function", "out to port 8080"]),
    "closed-target": ("AWS::EC2::SecurityGroup", "", ["port 8080 of service", "to load balancer WebLB"]),
    "closed-listener": ("AWS::EC2::SecurityGroup", "", ["port 80 of the internet-facing load balancer"]),
    "closed-link": ("AWS::EC2::SecurityGroup", "", ["port 80 of load balancer", "to VPC link"]),
    "closed-link-to-name": ("AWS::EC2::SecurityGroup", "", ["port 8080 of service", "to VPC link"]),
    "closed-endpoint": ("AWS::EC2::SecurityGroup", "", ["port 443 of VPC endpoint VpcSqs", "calls SQS"]),
    "isolated-function": ("AWS::Lambda::Function", "VpcConfig", ["cannot reach SQS from", "endpoints for sqs"]),
    "isolated-service": (
        "AWS::ECS::Service",
        "NetworkConfiguration.AwsvpcConfiguration",
        ["cannot reach ECR's registry and CloudWatch Logs from", "endpoints for ecr.dkr and logs"],
    ),
    "isolated-public-image": (
        "AWS::ECS::Service",
        "NetworkConfiguration.AwsvpcConfiguration",
        ["cannot reach a registry on the internet from", "no route out: use private subnets with NAT"],
    ),
    "isolated-from-nested": ("AWS::Lambda::Function", "VpcConfig", ["cannot reach DynamoDB"]),
    "public-without-address": (
        "AWS::ECS::Service",
        "NetworkConfiguration.AwsvpcConfiguration",
        ["from subnet VpcPublicSubnet1", "set AssignPublicIp to ENABLED"],
    ),
    "public-function": ("AWS::Lambda::Function", "VpcConfig", ["cannot reach DynamoDB", "endpoints for dynamodb"]),
}


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Stack]]:
    """Stage -> its stacks."""
    found = defaultdict(list)
    for stack in load(APP, tmp_path_factory.mktemp("cache"), Environment("000000000000", "us-east-1")):
        assert stack.document.file is not None
        found[stack.document.file.parent.name.removeprefix("assembly-")].append(stack)
    return found


def test_every_fault_is_found_and_nothing_else(cases: dict[str, list[Stack]]) -> None:
    assert {case for case in cases if not case.startswith("clean-")} == FAULTS.keys()
    for case, stacks in cases.items():
        findings = reachability.findings(stacks)
        if case.startswith("clean-"):
            assert findings == [], case
            continue
        [found] = findings
        type, path, parts = FAULTS[case]
        assert (case, found.type, found.path) == (case, type, path)
        assert all(part in found.reason for part in parts), found.reason
        assert found.severity == "unreachable"
        assert found.line is not None


def test_cases_side_by_side_are_judged_as_they_are_alone(cases: dict[str, list[Stack]]) -> None:
    """A name that several VPCs have is looked for in the caller's own. (A VPC that is not known may be any.)"""
    known = (stacks for case, stacks in cases.items() if case != "clean-imported")
    together = reachability.findings([stack for stacks in known for stack in stacks])
    assert {found.stack.rpartition("-")[0] for found in together} == FAULTS.keys()


def test_check_fails_and_up_warns(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(TEMPLATE)
    [found] = [found for found in check_apps([file]) if found["severity"] != "inert"]
    assert (found["severity"], found["logical_id"], found["line"]) == ("unreachable", "Caller", 18)
    with running() as runtime:
        warnings = [event["warning"] for event in runtime.run(events(runtime, file)) if "warning" in event]
        assert any("unreachable: Caller" in warning and "is in no VPC" in warning for warning in warnings)
        [stack] = runtime.client("cloudformation").describe_stacks()["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE"


async def events(runtime: TestRuntime, app: Path) -> list[dict[str, str]]:
    return [event async for event in runtime.runtime.commands.up([str(app)])]
