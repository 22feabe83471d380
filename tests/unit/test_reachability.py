"""`penstock check` and AWS's network: what is known of small templates, and what is left alone as unknown."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from penstock.template import reachability
from penstock.template.assembly import Stack
from penstock.template.document import Document, parse
from penstock.template.reachability.network import Network, Peer, listed
from penstock.template.reachability.world import world_of

NETWORK = """
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Table: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24}}
  Link: {Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {SubnetId: !Ref Subnet, RouteTableId: !Ref Table}}
  Group: {Type: AWS::EC2::SecurityGroup, Properties: {VpcId: !Ref Vpc, GroupDescription: g}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {}
      Policies:
      - PolicyName: p
        PolicyDocument:
          Statement: {Effect: Allow, Action: "sqs:Send*", Resource: "*"}
"""
FUNCTION = """
  Sender:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Role.Arn
      VpcConfig: {SubnetIds: [!Ref Subnet], SecurityGroupIds: [!Ref Group]}
"""
ISOLATED = NETWORK + FUNCTION


def stack(resources: str, name: str = "app", head: str = "", outputs: str = "") -> Stack:
    text = f"{head}\nResources:{resources}\n{outputs}"
    return Stack(name, Document(parse(text), text, Path(f"{name}.yaml")), "000000000000", "us-east-1")


def reasons(*stacks: Stack) -> list[str]:
    return [found.reason for found in reachability.findings(stacks)]


def test_a_finding_has_its_place() -> None:
    [found] = reachability.findings([stack(ISOLATED)])
    assert found.reason == (
        "function Sender cannot reach SQS from subnet Subnet, which has no route out: add VPC endpoints for sqs, "
        "or use private subnets with NAT"
    )
    assert (found.severity, found.logical_id, found.path, found.file) == (
        "unreachable",
        "Sender",
        "VpcConfig",
        "app.yaml",
    )
    assert (
        found.line
        == str(stack(ISOLATED).document.text)
        .split("\n")
        .index("      VpcConfig: {SubnetIds: [!Ref Subnet], SecurityGroupIds: [!Ref Group]}")
        + 1
    )


@pytest.mark.parametrize(
    "more",
    [
        "Way: {Type: AWS::EC2::Route, Properties: {RouteTableId: !Ref Table, NatGatewayId: nat-1}}",
        "Way: {Type: AWS::EC2::Route, Properties: {RouteTableId: !Ref Table, TransitGatewayId: tgw-1}}",
        "Way: {Type: AWS::EC2::Route, Properties: {RouteTableId: !ImportValue table, NatGatewayId: nat-1}}",
        "Way: {Type: AWS::EC2::Route, Properties: {RouteTableId: !Ref Table, GatewayId: vgw-1}}",
        "End: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref Vpc, VpcEndpointType: Interface,"
        ' ServiceName: !Sub "com.amazonaws.${AWS::Region}.sqs"}}',
        "End: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref Vpc, VpcEndpointType: Interface,"
        " ServiceName: !ImportValue name}}",
        "End: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !ImportValue vpc, VpcEndpointType: Interface,"
        " ServiceName: com.amazonaws.us-east-1.sqs}}",
    ],
)
def test_a_way_out_or_one_that_may_be(more: str) -> None:
    assert reasons(stack(f"{ISOLATED}\n  {more}")) == []


@pytest.mark.parametrize(
    "more",
    [
        "Other: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref Vpc, VpcEndpointType: Interface,"
        " ServiceName: com.amazonaws.us-east-1.sns}}",
        "Elsewhere: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: vpc-1, VpcEndpointType: Interface,"
        " ServiceName: com.amazonaws.us-east-1.sqs}}",
        "Way: {Type: AWS::EC2::Route, Properties: {RouteTableId: rtb-1, NatGatewayId: nat-1}}",
    ],
)
def test_what_leads_elsewhere_is_no_way_out(more: str) -> None:
    assert len(reasons(stack(f"{ISOLATED}\n  {more}"))) == 1


def test_nothing_is_said_where_a_condition_is_open() -> None:
    head = "Parameters: {Stage: {Type: String}}\nConditions: {IsProd: !Equals [!Ref Stage, prod]}"
    assert reasons(stack(ISOLATED, head=head)) == []
    known = head.replace("Type: String", "Type: String, Default: dev")
    assert len(reasons(stack(ISOLATED, head=known))) == 1


def test_what_lambda_does_itself_is_not_the_code_s() -> None:
    queue = "\n  Queue: {Type: AWS::SQS::Queue}"
    granted = ISOLATED.replace('Action: "sqs:Send*", Resource: "*"', 'Action: "sqs:*", Resource: !GetAtt Queue.Arn')
    polled = """
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {FunctionName: !Ref Sender, EventSourceArn: !GetAtt Queue.Arn}"""
    consumes = granted.replace("sqs:*", "sqs:ReceiveMessage")
    assert len(reasons(stack(consumes + queue))) == 1
    assert reasons(stack(consumes + queue + polled)) == []
    assert len(reasons(stack(granted + queue + polled))) == 1
    dead = "\n      DeadLetterConfig: {TargetArn: !GetAtt Queue.Arn}"
    assert reasons(stack(granted + dead + queue)) == []


@pytest.mark.parametrize(
    "action", ["*", "kms:Decrypt", "xray:PutTraceSegments", "logs:PutLogEvents", "sqs:GetQueueUrl"]
)
def test_grants_that_say_nothing_of_calls(action: str) -> None:
    assert reasons(stack(ISOLATED.replace("sqs:Send*", action))) == []


def test_references_go_through_exports_outputs_and_parameters() -> None:
    exported = "Outputs: {Subnet: {Value: !Ref Subnet, Export: {Name: subnet}}, Role: {Value: !GetAtt Role.Arn}}"
    stored = "\n  Stored: {Type: AWS::SSM::Parameter, Properties: {Name: /group, Type: String, Value: !Ref Group}}"
    net = stack(NETWORK + stored, "net", outputs=exported)
    function = (
        FUNCTION.replace("!GetAtt Role.Arn", "{Fn::GetStackOutput: {StackName: net, OutputName: Role}}")
        .replace("!Ref Subnet", "!ImportValue subnet")
        .replace("!Ref Group", '"{{resolve:ssm:/group}}"')
    )
    assert len(reasons(net, stack(function))) == 1
    assert len(reasons(stack(function), net)) == 1  # in whatever order
    assert reasons(stack(function)) == []


def test_a_template_that_cannot_be_read_silences_the_rest() -> None:
    assert reasons(stack(ISOLATED), stack("\n  X: {Type: AWS::EC2::VPC, Nonsense: 1}", "broken")) == []


# -- security groups -----------------------------------------------------------------------------------

RULES = {
    "IpProtocol: tcp, FromPort: 80, ToPort: 90, CidrIp: 0.0.0.0/0": True,
    "IpProtocol: tcp, FromPort: 80, ToPort: 90, CidrIp: 10.0.0.0/8": True,
    "IpProtocol: tcp, FromPort: 80, ToPort: 90, CidrIp: 192.168.0.0/16": False,
    "IpProtocol: tcp, FromPort: 81, ToPort: 90, CidrIp: 0.0.0.0/0": False,
    "IpProtocol: udp, FromPort: 80, ToPort: 90, CidrIp: 0.0.0.0/0": False,
    'IpProtocol: "-1", CidrIp: 0.0.0.0/0': True,
    "IpProtocol: tcp, FromPort: 80, ToPort: 80, SourceSecurityGroupId: !GetAtt Caller.GroupId": True,
    "IpProtocol: tcp, FromPort: 80, ToPort: 80, SourceSecurityGroupId: !Ref Other": False,
    "IpProtocol: tcp, FromPort: 80, ToPort: 80, SourceSecurityGroupId: sg-1": False,
    "IpProtocol: tcp, FromPort: 80, ToPort: 80, SourceSecurityGroupId: !ImportValue group": True,
    "IpProtocol: tcp, FromPort: 80, ToPort: 80, SourcePrefixListId: pl-1": True,
    "IpProtocol: tcp, FromPort: !ImportValue port, ToPort: !ImportValue port, CidrIp: 0.0.0.0/0": True,
    "IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIpv6: '::/0'": False,
}


@pytest.mark.parametrize("standing", ["alone", "within"])
@pytest.mark.parametrize(("rule", "admits"), RULES.items())
def test_rules_of_a_security_group(rule: str, admits: bool, standing: str) -> None:
    within = f", SecurityGroupIngress: [{{{rule}}}]" if standing == "within" else ""
    alone = f"\n  Rule: {{Type: AWS::EC2::SecurityGroupIngress, Properties: {{GroupId: !Ref Target, {rule}}}}}"
    world = world_of(
        [
            stack(
                "\n  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}"
                "\n  Caller: {Type: AWS::EC2::SecurityGroup, Properties: {VpcId: !Ref Vpc}}"
                "\n  Other: {Type: AWS::EC2::SecurityGroup, Properties: {VpcId: !Ref Vpc}}"
                f"\n  Target: {{Type: AWS::EC2::SecurityGroup, Properties: {{VpcId: !Ref Vpc{within}}}}}"
                + (alone if standing == "alone" else "")
            )
        ]
    )
    assert world is not None
    vpc, caller, target = (world.things["app", name] for name in ("Vpc", "Caller", "Target"))
    network = Network(world)
    assert network.admits(Peer("t", vpc, (target,)), Peer("c", vpc, (caller,)), 80) == admits
    assert network.admits(Peer("t", vpc, None), Peer("c", vpc, (caller,)), 80)
    assert network.releases(Peer("c", vpc, (caller,)), Peer("t", vpc, (target,)), 80)


@given(st.recursive(st.text(max_size=5) | st.integers() | st.booleans(), lambda inner: st.lists(inner, max_size=3)))
def test_strange_properties_are_no_alarm_and_no_error(value: object) -> None:
    """Whatever stands where a list, an id or a number belongs."""
    for place in ("VpcConfig", "Role", "Environment"):
        resources = yaml.safe_load("Sender: {Type: AWS::Lambda::Function, Properties: {}}\nVpc: {Type: AWS::EC2::VPC}")
        resources["Sender"]["Properties"][place] = value
        document = Document({"Resources": resources}, "", Path("t.yaml"))
        assert reachability.findings([Stack("app", document, "000000000000", "us-east-1")]) == []


def test_lists_read_as_english() -> None:
    assert [listed("a"), listed("ab"), listed("abc")] == ["a", "a and b", "a, b and c"]
