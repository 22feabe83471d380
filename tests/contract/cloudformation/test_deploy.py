"""What `penstock up` does with a stack: goes on where it stopped, nested stacks, files that change."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.call import Config, Context
from penstock.services import SERVICES
from penstock.services.cloudformation import lifecycle, store
from penstock.services.cloudformation.lifecycle import Outcome
from penstock.services.cloudformation.state import Step
from penstock.template.assembly import Stack
from penstock.template.document import Document
from penstock.template.provider import Assets
from penstock.testing import TestRuntime, running


def stack(name: str, template: dict[str, Any], **more: Any) -> Stack:
    text = json.dumps(template, indent=1)
    return Stack(name, Document(template, text, Path("app.json")), "000000000000", "us-east-1", **more)


def deploy(runtime: TestRuntime, wanted: Stack) -> tuple[Outcome, list[Step]]:
    steps: list[Step] = []
    ctx = runtime.runtime.kernel.context()
    outcome: Outcome = runtime.run(lifecycle.deploy(ctx, wanted, steps.append))
    return outcome, steps


def test_twice_the_same_changes_nothing(runtime: TestRuntime, stacks: Any, unique: str, group: Any) -> None:
    wanted = stack(unique, {"Resources": {"G": group()}, "Outputs": {"O": {"Value": {"Ref": "G"}}}})
    outcome, steps = deploy(runtime, wanted)
    assert outcome.status == "CREATE_COMPLETE"
    assert [(step.logical_id, step.status) for step in steps] == [
        (unique, "CREATE_IN_PROGRESS"),
        ("G", "CREATE_IN_PROGRESS"),
        ("G", "CREATE_COMPLETE"),
        (unique, "CREATE_COMPLETE"),
    ]
    before = stacks.resources(unique)
    outcome, steps = deploy(runtime, wanted)
    assert outcome.status == "UPDATE_COMPLETE"
    assert {step.logical_id for step in steps} == {unique}
    assert stacks.resources(unique) == before


def test_it_goes_on_after_a_failure(runtime: TestRuntime, stacks: Any, unique: str, group: Any) -> None:
    def template(name: Any) -> dict[str, Any]:
        resources = {"A": group(LogGroupName=unique), "B": group(LogGroupName=name), "C": group()}
        resources["C"]["DependsOn"] = "B"
        return {"Resources": resources}

    outcome, _ = deploy(runtime, stack(unique, template({"Ref": "A"})))
    assert outcome.status == "CREATE_FAILED"
    assert str(outcome.error).startswith("app.json:")
    assert "(Resources/B): AWS::Logs::LogGroup B: The specified log group already exists" in str(outcome.error)
    assert stacks.log_groups(unique) == [unique]
    outcome, steps = deploy(runtime, stack(unique, template(f"{unique}-b")))
    assert (outcome.status, outcome.error) == ("CREATE_COMPLETE", None)
    assert [step.logical_id for step in steps if step.status == "CREATE_COMPLETE"] == ["B", "C", unique]


def test_a_template_that_is_wrong_names_file_and_line(runtime: TestRuntime, unique: str, group: Any) -> None:
    wanted = stack(unique, {"Resources": {"G": group(LogGroupName={"Fn::Select": [5, ["a"]]})}})
    outcome, _ = deploy(runtime, wanted)
    text = "Fn::Select cannot select nonexistent value at index 5"
    assert str(outcome.error).startswith("app.json:7 (Resources/G/Properties/LogGroupName/Fn::Select)")
    assert text in str(outcome.error)


def test_a_stack_without_resources(runtime: TestRuntime, stacks: Any, unique: str) -> None:
    outcome, _ = deploy(runtime, stack(unique, {"Outputs": {"O": {"Value": "x"}}}))
    assert outcome.status == "CREATE_COMPLETE"
    assert stacks.outputs(unique) == {"O": "x"}


@pytest.fixture
def nested(tmp_path: Path, group: Any) -> Callable[..., dict[str, Any]]:
    """`nested(days)`: a parent's template; the nested one, in nested.json, makes a log group."""

    def write(days: int) -> dict[str, Any]:
        inner = {
            "Parameters": {"Name": {"Type": "String"}, "Tags": {"Type": "CommaDelimitedList"}},
            "Resources": {"G": group(LogGroupName={"Ref": "Name"}, RetentionInDays=days)},
            "Outputs": {
                "Arn": {"Value": {"Fn::GetAtt": "G.Arn"}},
                "Tags": {"Value": {"Fn::Join": ["+", {"Ref": "Tags"}]}},
            },
        }
        (tmp_path / "nested.json").write_text(json.dumps(inner))
        url = {"Fn::Sub": "https://s3.${AWS::Region}.${AWS::URLSuffix}/assets/nested.json"}
        parameters = {"Name": {"Fn::Sub": "${AWS::StackName}-inner"}, "Tags": ["a", "b"]}
        return {
            "Resources": {
                "Inner": {
                    "Type": "AWS::CloudFormation::Stack",
                    "Properties": {"TemplateURL": url, "Parameters": parameters},
                }
            },
            "Outputs": {
                "Arn": {"Value": {"Fn::GetAtt": ["Inner", "Outputs.Arn"]}},
                "Tags": {"Value": {"Fn::GetAtt": "Inner.Outputs.Tags"}},
            },
        }

    return write


def test_nested_stacks(
    runtime: TestRuntime, stacks: Any, unique: str, nested: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    assets = Assets({("assets", "nested.json"): tmp_path / "nested.json"})
    outcome, _ = deploy(runtime, stack(unique, nested(3), assets=assets))
    assert outcome.error is None
    assert stacks.log_groups(unique) == [f"{unique}-inner"]
    assert stacks.outputs(unique)["Arn"].endswith(f":log-group:{unique}-inner:*")
    assert stacks.outputs(unique)["Tags"] == "a+b"
    inner = stacks.client.describe_stacks(StackName=stacks.resources(unique)["Inner"])["Stacks"][0]
    assert inner["ParentId"] == inner["RootId"] == outcome.stack_id
    assert inner["StackName"].startswith(f"{unique}-Inner-")

    deploy(runtime, stack(unique, nested(7), assets=assets))  # only the file's content has changed
    found = stacks.logs.describe_log_groups(logGroupNamePrefix=unique)["logGroups"]
    assert [group["retentionInDays"] for group in found] == [7]
    assert stacks.resources(unique)["Inner"] == inner["StackId"]

    stacks.delete(unique)
    assert stacks.log_groups(unique) == []
    assert stacks.client.describe_stacks(StackName=inner["StackId"])["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"


def test_a_nested_stack_that_fails(
    runtime: TestRuntime, stacks: Any, unique: str, nested: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    assets = Assets({("assets", "nested.json"): tmp_path / "nested.json"})
    stacks.logs.create_log_group(logGroupName=f"{unique}-inner")
    outcome, _ = deploy(runtime, stack(unique, nested(3), assets=assets))
    assert "nested.json:1 (Resources/G)" in str(outcome.error)
    stacks.logs.delete_log_group(logGroupName=f"{unique}-inner")
    outcome, _ = deploy(runtime, stack(unique, nested(3), assets=assets))
    assert outcome.error is None


def test_a_nested_stack_that_fails_goes_with_its_parent(
    runtime: TestRuntime, stacks: Any, unique: str, nested: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    assets = Assets({("assets", "nested.json"): tmp_path / "nested.json"})
    stacks.logs.create_log_group(logGroupName=f"{unique}-inner")
    deploy(runtime, stack(unique, nested(3), assets=assets))
    inner = stacks.resources(unique)["Inner"]
    assert stacks.settled(inner)["StackStatus"] == "CREATE_FAILED"
    events = stacks.client.describe_stack_events(StackName=unique)["StackEvents"]
    [failed] = [event for event in events if event["ResourceStatus"] == "CREATE_FAILED"][1:]
    assert failed["ResourceStatusReason"].startswith(f"Embedded stack {inner} was not successfully created: ")
    stacks.delete(unique)
    assert stacks.settled(inner)["StackStatus"] == "DELETE_COMPLETE"


async def interrupted(ctx: Context, wanted: Stack, begun: asyncio.Event) -> None:
    """A deployment whose caller goes away."""

    def report(step: Step) -> None:
        if step.logical_id == "Slow":
            begun.set()

    task = asyncio.ensure_future(lifecycle.deploy(ctx, wanted, report))
    await begun.wait()
    task.cancel()
    await asyncio.wait([task])


def test_a_deployment_that_is_interrupted_has_failed(
    runtime: TestRuntime, stacks: Any, unique: str, group: Any, function: Any
) -> None:
    slow = {"Type": "Custom::Slow", "Properties": {"ServiceToken": function(lambda event: None)}}
    wanted = stack(unique, {"Resources": {"A": group(LogGroupName=unique), "Slow": {**slow, "DependsOn": "A"}}})
    runtime.run(interrupted(runtime.runtime.kernel.context(), wanted, asyncio.Event()))
    found = stacks.settled(unique)
    assert (found["StackStatus"], found["StackStatusReason"]) == ("CREATE_FAILED", "The deployment was interrupted")
    outcome, steps = deploy(runtime, stack(unique, {"Resources": {"A": group(LogGroupName=unique)}}))
    assert outcome.error is None
    assert "A" not in {step.logical_id for step in steps}
    assert list(stacks.resources(unique)) == ["A"]


@pytest.fixture
def restarted(tmp_path: Path) -> Iterator[Callable[[], Any]]:
    """`with restarted() as runtime:` runs on the same data each time."""

    def run() -> Any:
        return running(Config(port=0, data=tmp_path / "data"), services=SERVICES)

    yield run


async def leave_in_progress(ctx: Context, name: str) -> None:
    """What a process leaves that ends in the middle of a deployment."""
    row = store.stack_by_name(ctx.store, ctx.account, ctx.region, name)
    assert row is not None
    lifecycle.set_status(ctx, row, "CREATE_IN_PROGRESS")


def test_what_was_cut_short_is_finished(restarted: Callable[[], Any], unique: str, group: Any) -> None:
    def template(name: Any) -> dict[str, Any]:
        return {"Resources": {"A": group(LogGroupName=unique), "B": group(LogGroupName=name)}}

    with restarted() as runtime:
        deploy(runtime, stack(unique, template({"Ref": "A"})))
        runtime.run(leave_in_progress(runtime.runtime.kernel.context(), unique))
    with restarted() as runtime:
        found = runtime.client("cloudformation").describe_stacks(StackName=unique)["Stacks"][0]
        assert found["StackStatus"] == "CREATE_FAILED"
        assert found["StackStatusReason"] == "Penstock was stopped during the deployment"
        outcome, steps = deploy(runtime, stack(unique, template(f"{unique}-b")))
        assert outcome.error is None
        assert "A" not in {step.logical_id for step in steps}
        groups = runtime.client("logs").describe_log_groups(logGroupNamePrefix=unique)["logGroups"]
        assert [each["logGroupName"] for each in groups] == [unique, f"{unique}-b"]
