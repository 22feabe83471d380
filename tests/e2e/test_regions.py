"""Stacks in other regions than the runtime's own: whatever shows what is there shows them, too."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from penstock.testing import TestRuntime, running

REGIONS = ("us-east-1", "eu-west-1")
TEMPLATE = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}
  HelloREGION:
    Type: AWS::Lambda::Function
    Properties:
      Code: {ZipFile: "def handler(event, context): print('hello from REGION'); return 'REGION'"}
      Handler: index.handler
      Runtime: python3.12
      Role: !GetAtt Role.Arn
Outputs:
  Region: {Value: !Ref AWS::Region}
"""


def plain(region: str) -> str:
    return region.replace("-", "")


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestRuntime]:
    """An assembly with one stack, `Same`, for each region."""
    folder = tmp_path_factory.mktemp("regions")
    artifacts = {}
    for region in REGIONS:
        (folder / f"{region}.yaml").write_text(TEMPLATE.replace("REGION", plain(region)))
        artifacts[region] = {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://000000000000/{region}",
            "properties": {"templateFile": f"{region}.yaml", "stackName": f"Stack-{region}"},
        }
    (folder / "manifest.json").write_text(json.dumps({"version": "1", "artifacts": artifacts}))
    with running() as started:
        yield started.up(folder)


def test_outputs_and_status(runtime: TestRuntime) -> None:
    assert runtime.outputs == {f"Stack-{region}": {"Region": region} for region in REGIONS}
    stacks = runtime.run(runtime.runtime.commands.status())["stacks"]
    assert [(stack["name"], stack["resources"]) for stack in stacks] == [(f"Stack-{region}", 2) for region in REGIONS]


def test_two_stacks_of_one_name(runtime: TestRuntime) -> None:
    template = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}, "Outputs": {"A": {"Value": "a"}}})
    for region in REGIONS:
        runtime.client("cloudformation", region).create_stack(StackName="Twin", TemplateBody=template)
        runtime.settle()
    assert {name for name in runtime.outputs if "Twin" in name} == {"Twin", "eu-west-1/Twin"}


@pytest.mark.parametrize("region", REGIONS)
def test_invocations_and_logs(runtime: TestRuntime, region: str) -> None:
    name = f"Hello{plain(region)}"
    answer = runtime.run(runtime.runtime.commands.invoke(name, {}, event=False))
    assert answer["payload"] == plain(region)
    lines = runtime.run(printed(runtime, name))
    assert f"hello from {plain(region)}" in [line["message"].strip() for line in lines]


async def printed(runtime: TestRuntime, name: str) -> list[dict[str, Any]]:
    return [line async for line in runtime.runtime.commands.logs(name, follow=False, since=None)]
