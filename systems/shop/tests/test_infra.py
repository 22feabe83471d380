import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cdk_nag
import pytest
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Match, Template

from infra.app import build
from infra.stack import ShopStack
from penstock_constructs.python_function import PythonFunction

ROOT = Path(__file__).parent.parent


def context() -> dict[str, Any]:
    """What `cdk` and `penstock` pass on from cdk.json."""
    flags: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return flags


@pytest.fixture(scope="module")
def template() -> Template:
    stack = build(context()).node.find_child("ShopStack")
    assert isinstance(stack, ShopStack)
    return Template.from_stack(stack)


def policies(template: Template, function: str) -> dict[str, set[str]]:
    """Resource (as JSON) -> actions that this function's role may do there."""
    found: dict[str, set[str]] = {}
    for name, resource in template.find_resources("AWS::IAM::Policy").items():
        if name.startswith(function):
            for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
                actions = statement["Action"]
                found.setdefault(json.dumps(statement["Resource"]), set()).update(
                    [actions] if isinstance(actions, str) else actions
                )
    return found


def test_outputs(template: Template) -> None:
    assert set(template.find_outputs("*")) == {"ProductApiUrl", "BasketApiUrl", "OrderApiUrl"}


def test_a_checkout_is_routed_to_the_queue_and_what_fails_to_its_dead_letters(template: Template) -> None:
    template.has_resource_properties("AWS::Events::EventBus", {"Name": "ShopEventBus"})
    template.has_resource_properties(
        "AWS::Events::Rule",
        {
            "EventPattern": {"source": ["com.swn.basket.checkoutbasket"], "detail-type": ["CheckoutBasket"]},
            "Targets": [Match.object_like({"DeadLetterConfig": Match.any_value()})],
        },
    )
    template.has_resource_properties(
        "AWS::SQS::Queue",
        {
            "QueueName": "OrderQueue",
            "SqsManagedSseEnabled": True,
            "RedrivePolicy": Match.object_like({"maxReceiveCount": 3}),
        },
    )
    template.has_resource_properties(
        "AWS::Lambda::EventSourceMapping", {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
    )


def test_the_public_ordering_function_only_reads_and_the_consumer_only_writes(template: Template) -> None:
    reader, writer = policies(template, "OrderingFunction"), policies(template, "OrderingConsumer")
    table = next(resource for resource in writer if "OrderingTable" in resource)
    assert reader[table] == {"dynamodb:Query", "dynamodb:Scan"}
    assert writer[table] == {"dynamodb:PutItem"}


def test_no_policy_names_every_resource(template: Template) -> None:
    for function in ("Product", "Basket", "Ordering"):
        assert '"*"' not in policies(template, function)


def test_everything_that_keeps_data_is_encrypted_and_ends(template: Template) -> None:
    template.all_resources_properties("AWS::DynamoDB::Table", {"SSESpecification": {"SSEEnabled": True}})
    template.all_resources_properties("AWS::SQS::Queue", {"SqsManagedSseEnabled": True})
    template.all_resources_properties("AWS::SQS::Queue", {"MessageRetentionPeriod": Match.any_value()})
    template.all_resources_properties("AWS::Logs::LogGroup", {"RetentionInDays": 30})


def test_data_of_record_outlives_the_stack(template: Template) -> None:
    tables = template.find_resources("AWS::DynamoDB::Table")
    kept = {name for name, table in tables.items() if table["DeletionPolicy"] == "Retain"}
    assert {name.rstrip("0123456789ABCDEF") for name in kept} == {"ProductTable", "OrderingTable"}


def test_alarms_for_dead_letters_queue_age_and_each_api(template: Template) -> None:
    alarms = template.find_resources("AWS::CloudWatch::Alarm").values()
    metrics = sorted(alarm["Properties"]["MetricName"] for alarm in alarms)
    assert metrics == ["5XXError"] * 3 + ["ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"]
    template.resource_count_is("AWS::CloudWatch::Dashboard", 1)


def test_for_aws_the_code_is_the_packages_with_their_requirements(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PENSTOCK")
    for name in ("domain/rules.py", "functions/requirements.txt", "functions/__pycache__/old.pyc", "infra/stack.py"):
        (tmp_path / "app" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "app" / name).write_text("")
    app = cdk.App(outdir=str(tmp_path / "out"))
    stack = cdk.Stack(app, "Stack")
    PythonFunction(stack, "Function", root=tmp_path / "app", handler="functions.api.handler")
    function = next(iter(Template.from_stack(stack).find_resources("AWS::Lambda::Function").values()))
    asset = tmp_path / "out" / f"asset.{function['Properties']['Code']['S3Key'].removesuffix('.zip')}"
    files = {str(path.relative_to(asset)) for path in asset.rglob("*") if path.is_file() and path.name[0] != "."}
    assert files == {"domain/rules.py", "functions/requirements.txt"}


def test_cdk_nag_passes() -> None:
    assert build({**context(), "nag": "true"}).synth().stacks


def test_cdk_nag_would_not_pass_everything() -> None:
    app = cdk.App(context=context())
    sqs.Queue(ShopStack(app, "ShopStack"), "PlainQueue")
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match="AwsSolutions-SQS"):
        app.synth()
