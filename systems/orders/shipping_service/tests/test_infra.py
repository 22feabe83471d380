import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Match, Template

from order_service.domain import contract as announced
from shipping_service.domain import contract
from shipping_service.infra.app import build

ROOT = Path(__file__).parent.parent


def context() -> dict[str, Any]:
    """What `cdk` and `penstock` pass on from cdk.json."""
    flags: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return flags


@pytest.fixture(scope="module")
def template() -> Template:
    stack = build(context()).node.find_child("ShippingService-dev")
    assert isinstance(stack, cdk.Stack)
    return Template.from_stack(stack)


def test_shipping_listens_to_what_the_order_service_says() -> None:
    assert (contract.SOURCE, contract.DETAIL_TYPE) == (announced.SOURCE, announced.DETAIL_TYPE)


def test_the_receivers_name(template: Template) -> None:
    url = template.find_outputs("ReceiverUrl")["ReceiverUrl"]["Value"]
    assert url == "http://event-receiver.dev.shipping-service.local:8080/receiver"
    template.has_resource_properties(
        "AWS::ServiceDiscovery::PrivateDnsNamespace", {"Name": "dev.shipping-service.local"}
    )
    template.has_resource_properties("AWS::ServiceDiscovery::Service", {"Name": "event-receiver"})


def test_events_come_by_rule_queue_and_function(template: Template) -> None:
    template.has_resource_properties(
        "AWS::Events::Rule",
        {"EventPattern": {"source": ["order-service"], "detail-type": ["order-created"]}},
    )
    template.has_resource_properties(
        "AWS::SQS::Queue",
        {"VisibilityTimeout": 60, "RedrivePolicy": Match.object_like({"maxReceiveCount": 2})},
    )
    template.has_resource_properties(
        "AWS::Lambda::EventSourceMapping",
        {"FunctionResponseTypes": ["ReportBatchItemFailures"], "ScalingConfig": {"MaximumConcurrency": 5}},
    )


def test_nothing_of_it_is_public(template: Template) -> None:
    for kind in ("InternetGateway", "NatGateway"):
        template.resource_count_is(f"AWS::EC2::{kind}", 0)
    template.resource_count_is("AWS::ElasticLoadBalancingV2::LoadBalancer", 0)
    for subnet in template.find_resources("AWS::EC2::Subnet").values():
        assert not subnet["Properties"]["MapPublicIpOnLaunch"]


def test_two_functions_and_nobody_else_may_connect_to_the_tasks(template: Template) -> None:
    rules = template.find_resources("AWS::EC2::SecurityGroupIngress").values()
    sources = sorted(rule["Properties"]["SourceSecurityGroupId"]["Fn::GetAtt"][0] for rule in rules)
    assert [source[:14] for source in sources] == ["OrderCreatedSe", "ShipmentLookup"]
    assert {rule["Properties"]["FromPort"] for rule in rules} == {8080}


def test_cdk_nag_passes() -> None:
    assert build({**context(), "nag": "true"}).synth().stacks
