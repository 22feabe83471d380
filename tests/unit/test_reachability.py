"""Reachability, rule by rule: one small network, and what is changed in it. (CDK's patterns: tests/e2e.)"""

import json
from typing import Any

import pytest

from penstock.template import reachability
from penstock.template.assembly import Stack
from penstock.template.document import Document, parse

Json = dict[str, Any]


def ref(name: str) -> Json:
    return {"Ref": name}


def att(name: str, attribute: str) -> Json:
    return {"Fn::GetAtt": [name, attribute]}


def resource(kind: str, **properties: Any) -> Json:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def group(**properties: Any) -> Json:
    return resource("EC2::SecurityGroup", GroupDescription="x", VpcId=ref("Vpc"), **properties)


def tcp(port: int, **source: Any) -> Json:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **source}


def statement(*actions: str) -> Json:
    return {"Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "arn:aws:sqs:us-east-1:1:q"}]}


def function(variables: Json | None = None, **config: Any) -> Json:
    given = {"SubnetIds": [ref("SubnetA")], "SecurityGroupIds": [ref("CallerGroup")], **config}
    environment = {"Variables": {"URL": "http://web.dev.local:8080/"} if variables is None else variables}
    return resource("Lambda::Function", Role=att("Role", "Arn"), VpcConfig=given, Environment=environment)


NETWORK = {
    "Vpc": resource("EC2::VPC", CidrBlock="10.0.0.0/16"),
    "SubnetA": resource("EC2::Subnet", VpcId=ref("Vpc"), CidrBlock="10.0.1.0/24"),
    "SubnetB": resource("EC2::Subnet", VpcId=ref("Vpc"), CidrBlock="10.0.2.0/24"),
    "Role": resource("IAM::Role"),
}
NAMED = {
    **NETWORK,
    "CallerGroup": group(),
    "ServiceGroup": group(),
    "Caller": function(),
    "Names": resource("ServiceDiscovery::PrivateDnsNamespace", Name="dev.local", Vpc=ref("Vpc")),
    "Name": resource("ServiceDiscovery::Service", Name="web", NamespaceId=ref("Names")),
    "Task": resource("ECS::TaskDefinition", ContainerDefinitions=[{"PortMappings": [{"ContainerPort": 8080}]}]),
    "Service": resource(
        "ECS::Service",
        TaskDefinition=ref("Task"),
        ServiceRegistries=[{"RegistryArn": att("Name", "Arn")}],
        NetworkConfiguration={
            "AwsvpcConfiguration": {"Subnets": [ref("SubnetB")], "SecurityGroups": [ref("ServiceGroup")]}
        },
    ),
}


def findings(resources: Json) -> list[str]:
    text = json.dumps({"Resources": resources})
    found = reachability.findings([Stack("S", Document(parse(text), text), "000000000000", "us-east-1")])
    assert all(each.severity == "unreachable" for each in found)
    return [f"{each.logical_id}: {each.reason}" for each in found]


def service(**config: Any) -> Json:
    base = NAMED["Service"]["Properties"]
    return {
        "Type": "AWS::ECS::Service",
        "Properties": {
            **base,
            "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": [ref("SubnetB")], **config}},
        },
    }


def opened(**source: Any) -> Json:
    return {"ServiceGroup": group(SecurityGroupIngress=[tcp(8080, **source)])}


def loose(kind: str, name: Any, rule: Json) -> Json:
    return resource(f"EC2::SecurityGroup{kind}", GroupId=name, **rule)


LIST = {"Entries": [{"Cidr": "10.0.1.0/28"}]}
SHARED = {"Caller": function(SecurityGroupIds=[ref("ServiceGroup")])}
EVERYWHERE = opened(CidrIp="0.0.0.0/0")
OPEN = {
    "to the caller's group": opened(SourceSecurityGroupId=ref("CallerGroup")),
    "to the group's id": opened(SourceSecurityGroupId=att("CallerGroup", "GroupId")),
    "to everybody": EVERYWHERE,
    "to the VPC": opened(CidrIp=att("Vpc", "CidrBlock")),
    "to the caller's subnet": opened(CidrIp="10.0.1.0/24"),
    "to a prefix list with it": {
        "List": resource("EC2::PrefixList", **LIST),
        **opened(SourcePrefixListId=att("List", "PrefixListId")),
    },
    "to a prefix list that is not shown": opened(SourcePrefixListId="pl-123"),
    "to a group of another template": opened(SourceSecurityGroupId={"Fn::ImportValue": "x"}),
    "to all protocols": {"ServiceGroup": group(SecurityGroupIngress=[{"IpProtocol": -1, "CidrIp": "0.0.0.0/0"}])},
    "in a range": {
        "ServiceGroup": group(
            SecurityGroupIngress=[{"IpProtocol": "6", "FromPort": "8000", "ToPort": "9000", "CidrIp": "10.0.0.0/8"}]
        )
    },
    "by a rule of its own": {"Rule": loose("Ingress", ref("ServiceGroup"), tcp(8080, CidrIp="10.0.0.0/16"))},
    "to itself": {
        **SHARED,
        "Rule": loose("Ingress", ref("ServiceGroup"), tcp(8080, SourceSecurityGroupId=ref("ServiceGroup"))),
    },
    "to who is in the default group, too": {
        "Service": service(),
        "Caller": function(SecurityGroupIds=[att("Vpc", "DefaultSecurityGroup")]),
    },
    "by a rule of the default group": {
        "Service": service(),
        "Rule": loose("Ingress", att("Vpc", "DefaultSecurityGroup"), tcp(8080, CidrIp="10.0.0.0/16")),
    },
    "and out, where no egress is listed": {**EVERYWHERE, "CallerGroup": group(SecurityGroupEgress=[])},
    "and out, to its group": {
        **EVERYWHERE,
        "CallerGroup": group(SecurityGroupEgress=[tcp(8080, DestinationSecurityGroupId=ref("ServiceGroup"))]),
    },
}
CLOSED = {
    "no rule": {},
    "the shared group does not name itself": SHARED,
    "another subnet only": opened(CidrIp="10.0.3.0/24"),
    "another network only": opened(CidrIp="192.168.0.0/16"),
    "IPv6 only": opened(CidrIpv6="::/0"),
    "another port": {"ServiceGroup": group(SecurityGroupIngress=[tcp(80, CidrIp="0.0.0.0/0")])},
    "another protocol": {
        "ServiceGroup": group(
            SecurityGroupIngress=[{"IpProtocol": "udp", "FromPort": 8080, "ToPort": 8080, "CidrIp": "0.0.0.0/0"}]
        )
    },
    "another group": {"Other": group(), **opened(SourceSecurityGroupId=ref("Other"))},
    "a prefix list without it": {
        "List": resource("EC2::PrefixList", Entries=[{"Cidr": "10.0.9.0/24"}]),
        **opened(SourcePrefixListId=att("List", "PrefixListId")),
    },
    "a rule of another group": {"Rule": loose("Ingress", ref("CallerGroup"), tcp(8080, CidrIp="0.0.0.0/0"))},
    "a rule of the default group, in which it is not": {
        "Rule": loose("Ingress", att("Vpc", "DefaultSecurityGroup"), tcp(8080, CidrIp="10.0.0.0/16"))
    },
}


@pytest.mark.parametrize("change", OPEN.values(), ids=OPEN.keys())
def test_groups_that_open_the_port(change: Json) -> None:
    assert findings({**NAMED, **change}) == []


@pytest.mark.parametrize("change", CLOSED.values(), ids=CLOSED.keys())
def test_groups_that_do_not(change: Json) -> None:
    [found] = findings({**NAMED, **change})
    assert found.startswith("ServiceGroup: it does not open port 8080 of service Service to function Caller, whose ")


def test_the_default_group_admits_nobody_else() -> None:
    [found] = findings({**NAMED, "Service": service()})
    assert found.startswith("Vpc: its default security group does not open port 8080 of service Service to function")


def test_a_caller_that_is_not_let_out() -> None:
    egress = [tcp(443, CidrIp="0.0.0.0/0"), tcp(8080, CidrIp="10.0.9.0/24")]
    changed = {**NAMED, **EVERYWHERE, "CallerGroup": group(SecurityGroupEgress=egress)}
    assert findings(changed) == [
        "CallerGroup: it does not let function Caller out to port 8080 of service Service: allow egress to it"
    ]


# -- ways out ------------------------------------------------------------------------------------------


def endpoint(service: str, **properties: Any) -> Json:
    name = f"com.amazonaws.us-east-1.{service}"
    return resource("EC2::VPCEndpoint", VpcId=ref("Vpc"), ServiceName=name, **properties)


def interface(service: str, **properties: Any) -> Json:
    given = {"VpcEndpointType": "Interface", "PrivateDnsEnabled": True, "SecurityGroupIds": [ref("CallerGroup")]}
    return endpoint(service, **{**given, **properties})


def table(*subnets: str, **route: Any) -> Json:
    """`Table` with one route, associated with the subnets."""
    found = {"Table": resource("EC2::RouteTable", VpcId=ref("Vpc"))}
    if route:
        found["Route"] = resource("EC2::Route", RouteTableId=ref("Table"), DestinationCidrBlock="0.0.0.0/0", **route)
    for name in subnets:
        link = resource("EC2::SubnetRouteTableAssociation", SubnetId=ref(name), RouteTableId=ref("Table"))
        found[f"{name}Link"] = link
    return found


CALLS = {
    **NETWORK,
    "Internet": resource("EC2::InternetGateway"),
    "CallerGroup": group(SecurityGroupIngress=[tcp(443, CidrIp="10.0.0.0/16")]),
    "Caller": function({}),
    "Policy": resource(
        "IAM::Policy", Roles=[ref("Role")], PolicyDocument=statement("sqs:SendMessage", "dynamodb:GetItem")
    ),
}
BOTH = {"Sqs": interface("sqs"), "Dynamo": endpoint("dynamodb", RouteTableIds=[ref("Table")])}
PUBLIC_NAT = {
    **table("SubnetA", NatGatewayId=ref("Nat")),
    "Nat": resource("EC2::NatGateway", SubnetId=ref("SubnetB")),
    "PublicTable": resource("EC2::RouteTable", VpcId=ref("Vpc")),
    "PublicRoute": resource(
        "EC2::Route",
        RouteTableId=ref("PublicTable"),
        DestinationCidrBlock="0.0.0.0/0",
        GatewayId=ref("Internet"),
    ),
    "PublicLink": resource(
        "EC2::SubnetRouteTableAssociation", SubnetId=ref("SubnetB"), RouteTableId=ref("PublicTable")
    ),
}
WAYS = {
    "a NAT gateway": PUBLIC_NAT,
    "a transit gateway": table("SubnetA", TransitGatewayId="tgw-1"),
    "a NAT instance": table("SubnetA", InstanceId="i-1"),
    "endpoints": {**table("SubnetA"), **BOTH},
    "an endpoint that it was told of": {
        **table("SubnetA"),
        **BOTH,
        "Sqs": interface("sqs", PrivateDnsEnabled=False),
        "Caller": function({"SQS": {"Fn::Select": [0, att("Sqs", "DnsEntries")]}}),
    },
    "somebody else's endpoint": {
        **table("SubnetA"),
        "Sqs": {**endpoint("x"), "Properties": {"ServiceName": ref("Vpc")}},
    },
    "egress to an endpoint's group alone": {
        **table("SubnetA"),
        **BOTH,
        "CallerGroup": group(
            SecurityGroupIngress=[tcp(443, CidrIp="10.0.0.0/16")],
            SecurityGroupEgress=[tcp(443, DestinationSecurityGroupId=ref("ServiceGroup"))],
        ),
        "ServiceGroup": group(),
    },
}
NOWHERE = {
    "a table without a route": (table("SubnetA"), "cannot reach SQS and DynamoDB from subnet SubnetA"),
    "no table at all": ({}, "which has no route out: add VPC endpoints for sqs and dynamodb, or use private subnets"),
    "an internet gateway": (table("SubnetA", GatewayId=ref("Internet")), "SubnetA, where it has no public address"),
    "a gateway endpoint at another table": (
        {
            **table("SubnetA"),
            **BOTH,
            "Other": resource("EC2::RouteTable"),
            "Dynamo": endpoint("dynamodb", RouteTableIds=[ref("Other")]),
        },
        "cannot reach DynamoDB from subnet SubnetA",
    ),
    "an endpoint without the service's name": (
        {**table("SubnetA"), **BOTH, "Sqs": interface("sqs", PrivateDnsEnabled=False)},
        "cannot reach SQS from subnet SubnetA",
    ),
    "an endpoint that is shut": (
        {**table("SubnetA"), **BOTH, "Shut": group(), "Sqs": interface("sqs", SecurityGroupIds=[ref("Shut")])},
        "Shut: it does not open port 443 of VPC endpoint Sqs to function Caller, which calls SQS through it",
    ),
    "an endpoint in the default group": (
        {**table("SubnetA"), **BOTH, "Sqs": interface("sqs", SecurityGroupIds=[])},
        "Vpc: its default security group does not open port 443 of VPC endpoint Sqs to function Caller",
    ),
    "no egress to HTTPS": (
        {**PUBLIC_NAT, "CallerGroup": group(SecurityGroupEgress=[tcp(80, CidrIp="0.0.0.0/0")])},
        "CallerGroup: it does not let function Caller out to port 443 of anything, and it calls SQS and DynamoDB",
    ),
    "a NAT gateway that leads nowhere": (
        {**PUBLIC_NAT, "PublicRoute": resource("EC2::InternetGateway")},
        "Nat: it stands in subnet SubnetB, which has no route to an internet gateway",
    ),
}


@pytest.mark.parametrize("change", WAYS.values(), ids=WAYS.keys())
def test_ways_out(change: Json) -> None:
    assert findings({**CALLS, **change}) == []


@pytest.mark.parametrize(("change", "reason"), NOWHERE.values(), ids=NOWHERE.keys())
def test_no_way_out(change: Json, reason: str) -> None:
    [found] = findings({**CALLS, **change})
    assert reason in found


# -- API Gateway ---------------------------------------------------------------------------------------


BALANCER = {
    **NETWORK,
    "Balancer": resource(
        "ElasticLoadBalancingV2::LoadBalancer", Type="network", Scheme="internal", Subnets=[ref("SubnetA")]
    ),
}
URI = {"Fn::Sub": "http://${Balancer.DNSName}/{proxy}"}


def test_an_integration_without_a_vpc_link() -> None:
    integration = {"Type": "HTTP_PROXY", "Uri": URI}
    rest = {**BALANCER, "Method": resource("ApiGateway::Method", Integration=integration)}
    http = {**BALANCER, "Integration": resource("ApiGatewayV2::Integration", IntegrationUri=URI)}
    sentence = (
        "the internal load balancer Balancer is a private name, and integration {} is in no VPC: let it go "
        "through a VPC link into VPC Vpc"
    )
    assert findings(rest) == [f"Method: {sentence.format('Method')}"]
    assert findings(http) == [f"Integration: {sentence.format('Integration')}"]
    linked = {**integration, "ConnectionType": "VPC_LINK", "ConnectionId": "link"}
    assert findings({**BALANCER, "Method": resource("ApiGateway::Method", Integration=linked)}) == []
