import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Match, Template

from infra.app import build

ROOT = Path(__file__).parent.parent


def template(stack: str = "links-dev", **chosen: str) -> Template:
    context: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    found = build({**context, **chosen}).node.find_child(stack)
    assert isinstance(found, cdk.Stack)
    return Template.from_stack(found)


@pytest.fixture(scope="module")
def dev() -> Template:
    return template()


def test_output(dev: Template) -> None:
    assert set(dev.find_outputs("*")) == {"ApiUrl"}


def test_everything_goes_through_the_vpc_link(dev: Template) -> None:
    dev.has_resource_properties("AWS::ApiGateway::Resource", {"PathPart": "{proxy+}"})
    dev.has_resource_properties(
        "AWS::ApiGateway::Method",
        {
            "HttpMethod": "ANY",
            "Integration": Match.object_like(
                {
                    "Type": "HTTP_PROXY",
                    "ConnectionType": "VPC_LINK",
                    "RequestParameters": {"integration.request.path.proxy": "method.request.path.proxy"},
                }
            ),
        },
    )
    dev.has_resource_properties(
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        {"Type": "network", "Scheme": "internal", "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic": "off"},
    )
    dev.has_resource_properties("AWS::ApiGateway::Stage", {"StageName": "dev"})


def test_nothing_else_is_public(dev: Template) -> None:
    for kind in ("InternetGateway", "NatGateway", "EIP"):
        dev.resource_count_is(f"AWS::EC2::{kind}", 0)
    open_to_all = [
        rule
        for group in dev.find_resources("AWS::EC2::SecurityGroup").values()
        for rule in group["Properties"].get("SecurityGroupIngress", [])
        if rule.get("CidrIp") == "0.0.0.0/0"
    ]
    assert open_to_all == []


def test_what_the_tasks_need_has_an_endpoint(dev: Template) -> None:
    names = [
        json.dumps(each["Properties"]["ServiceName"]) for each in dev.find_resources("AWS::EC2::VPCEndpoint").values()
    ]
    for service in ("ecr.api", "ecr.dkr", "s3", "logs", "dynamodb", "ssm"):
        assert any(f"{service}" in name for name in names), service
    assert len(names) == 6


def test_the_environments_file_is_what_is_deployed() -> None:
    prod = template("links-prod", environment="prod")
    prod.has_resource_properties("AWS::EC2::VPC", {"CidrBlock": "10.2.0.0/16"})
    prod.has_resource_properties("AWS::ECS::Service", {"DesiredCount": 3})
    prod.has_resource_properties("AWS::ECS::TaskDefinition", {"Cpu": "512", "Memory": "1024"})
    prod.has_resource_properties("AWS::EC2::Subnet", {"AvailabilityZone": "eu-west-1c"})
    prod.has_resource_properties("AWS::SSM::Parameter", {"Name": "/links/prod/port", "Value": "8080"})


def test_with_an_application_load_balancer() -> None:
    alternative = template(load_balancer="alb")
    alternative.has_resource_properties("AWS::ApiGatewayV2::Route", {"RouteKey": "ANY /{proxy+}"})
    alternative.has_resource_properties(
        "AWS::ApiGatewayV2::Integration", {"ConnectionType": "VPC_LINK", "IntegrationType": "HTTP_PROXY"}
    )
    alternative.has_resource_properties(
        "AWS::ElasticLoadBalancingV2::LoadBalancer", {"Type": "application", "Scheme": "internal"}
    )


def test_with_a_nat_gateway() -> None:
    alternative = template(egress="nat")
    alternative.resource_count_is("AWS::EC2::NatGateway", 1)
    kinds = {
        each["Properties"]["VpcEndpointType"] for each in alternative.find_resources("AWS::EC2::VPCEndpoint").values()
    }
    assert kinds == {"Gateway"}


@pytest.mark.parametrize(("load_balancer", "kind"), [("nlb", "network"), ("alb", "application")])
def test_without_api_gateway(load_balancer: str, kind: str) -> None:
    alternative = template(public="true", load_balancer=load_balancer)
    alternative.has_resource_properties(
        "AWS::ElasticLoadBalancingV2::LoadBalancer", {"Type": kind, "Scheme": "internet-facing"}
    )
    alternative.resource_count_is("AWS::ApiGateway::RestApi", 0)
    alternative.resource_count_is("AWS::EC2::NatGateway", 0)
    service = next(iter(alternative.find_resources("AWS::ECS::Service").values()))
    assert service["Properties"]["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "ENABLED"


@pytest.mark.parametrize(
    "chosen",
    [{}, {"load_balancer": "alb"}, {"egress": "nat"}, {"public": "true"}, {"public": "true", "load_balancer": "alb"}],
    ids=str,
)
def test_cdk_nag_passes(chosen: dict[str, str]) -> None:
    context: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    assert build({**context, **chosen, "nag": "true"}).synth().stacks
