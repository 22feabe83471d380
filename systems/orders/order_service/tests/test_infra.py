import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Match, Template

from order_service.infra import app as order_app
from shipping_service.infra import app as shipping_app

ROOT = Path(__file__).parent.parent


def context() -> dict[str, Any]:
    """What `cdk` and `penstock` pass on from cdk.json."""
    flags: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return flags


def template_of(app: cdk.App, stack: str) -> Template:
    found = app.node.find_child(stack)
    assert isinstance(found, cdk.Stack)
    return Template.from_stack(found)


@pytest.fixture(scope="module")
def template() -> Template:
    return template_of(order_app.build(context()), "OrderService-dev")


def test_either_app_can_be_deployed_first() -> None:
    """What they share is the same in both, and knows neither."""
    mine, other = (template_of(each.build(context()), "OrdersEventBus-dev") for each in (order_app, shipping_app))
    assert mine.to_json() == other.to_json()
    assert {each["Type"] for each in mine.to_json()["Resources"].values()} == {
        "AWS::Events::EventBus",
        "AWS::SSM::Parameter",
    }


def test_output(template: Template) -> None:
    assert set(template.find_outputs("*")) == {"OrderServiceUrl"}


def test_settings_come_from_ssm_parameters(template: Template) -> None:
    template.has_resource_properties(
        "AWS::ECS::TaskDefinition",
        {
            "ContainerDefinitions": [
                Match.object_like(
                    {
                        "Environment": Match.absent(),
                        "Secrets": [
                            Match.object_like({"Name": "TABLE_NAME"}),
                            Match.object_like({"Name": "EVENT_BUS_NAME"}),
                        ],
                        "ReadonlyRootFilesystem": True,
                    }
                )
            ]
        },
    )


def test_the_task_may_only_do_what_it_does(template: Template) -> None:
    policies = template.find_resources("AWS::IAM::Policy")
    [task] = [each for name, each in policies.items() if "TaskRole" in name]
    statements = task["Properties"]["PolicyDocument"]["Statement"]
    assert [each["Action"] for each in statements] == [
        ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
        "events:PutEvents",
    ]
    assert all(each["Resource"] != "*" for each in statements)


def test_only_the_load_balancer_reaches_the_tasks(template: Template) -> None:
    template.has_resource_properties("AWS::ElasticLoadBalancingV2::LoadBalancer", {"Scheme": "internet-facing"})
    [rule] = template.find_resources("AWS::EC2::SecurityGroupIngress").values()
    assert "LoadBalancerGroup" in json.dumps(rule["Properties"]["SourceSecurityGroupId"])


def test_environments_stand_beside_each_other() -> None:
    app = order_app.build({**context(), "environment": "prod"})
    assert {stack.stack_name for stack in app.synth().stacks} == {"OrdersEventBus-prod", "OrderService-prod"}


def test_cdk_nag_passes() -> None:
    assert order_app.build({**context(), "nag": "true"}).synth().stacks
