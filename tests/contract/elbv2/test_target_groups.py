"""CreateTargetGroup, DescribeTargetGroups, ModifyTargetGroup, DeleteTargetGroup."""

import pytest


def described(elb, arn):
    [found] = elb.client.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
    return found


@pytest.mark.parametrize(
    ("protocol", "kind", "expected"),
    [
        (
            "HTTP",
            "instance",
            {
                "HealthCheckProtocol": "HTTP",
                "HealthCheckPath": "/",
                "HealthCheckTimeoutSeconds": 5,
                "Matcher": {"HttpCode": "200"},
                "ProtocolVersion": "HTTP1",
            },
        ),
        ("TCP", "ip", {"HealthCheckProtocol": "TCP", "HealthCheckTimeoutSeconds": 10}),
        (
            "TCP",
            "alb",
            {"HealthCheckProtocol": "HTTP", "HealthCheckPath": "/", "HealthCheckTimeoutSeconds": 6},
        ),
        (
            "",
            "lambda",
            {"HealthCheckEnabled": False, "HealthCheckIntervalSeconds": 35, "HealthCheckTimeoutSeconds": 30},
        ),
    ],
)
def test_defaults_by_protocol_and_type(elb, protocol, kind, expected):
    found = described(elb, elb.group(protocol, kind))
    assert expected.items() <= found.items()
    assert (found["HealthyThresholdCount"], found["UnhealthyThresholdCount"]) == (5, 2)
    assert found["LoadBalancerArns"] == []
    if kind != "lambda":
        assert found["HealthCheckPort"] == "traffic-port"


def test_the_same_again_is_the_same_and_another_is_refused(elb, error):
    arn = elb.group(Name=elb.name)
    assert elb.group(Name=elb.name) == arn
    assert error(lambda: elb.group(Name=elb.name, Port=81)) == (
        "DuplicateTargetGroupName",
        f"A target group with the same name '{elb.name}' exists, but with different settings",
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"Name": "a_b"},
            "Target group name 'a_b' can only contain characters that are alphanumeric characters or hyphens(-)",
        ),
        ({"Name": "-ab"}, "Target group name '-ab' cannot begin or end with '-'"),
        ({"VpcId": "vpc-00000000000000000"}, "The VPC ID 'vpc-00000000000000000' is not found"),
        (
            {"HealthCheckTimeoutSeconds": 30},
            "Health check timeout '30' must be smaller than the interval '30'",
        ),
        ({"HealthCheckPath": "a"}, "Health check path 'a' must begin with a '/' character"),
        ({"HealthCheckPort": "0"}, "Health check port '0' must be '1'-'65535' or 'traffic-port'"),
        (
            {"Matcher": {"HttpCode": "abc"}},
            "Health check matcher HTTP code 'abc' must be like 200 | 200-399 | 200,201 ...",
        ),
        (
            {"Matcher": {"HttpCode": "200-500"}},
            "Health check matcher HTTP code '200-500' must be within '200-499' inclusive",
        ),
    ],
)
def test_refusals(elb, error, settings, message):
    assert error(lambda: elb.group(**settings)) == ("ValidationError", message)


@pytest.mark.parametrize(("member", "words"), [("Protocol", "protocol"), ("Port", "port"), ("VpcId", "VPC ID")])
def test_what_is_needed_and_what_functions_do_not_have(elb, error, member, words):
    settings = {"Protocol": "HTTP", "Port": 80, "VpcId": elb.vpc}
    alone = {member: settings.pop(member)}
    create = elb.client.create_target_group
    assert error(create, Name=elb.name, **settings) == ("ValidationError", f"A {words} must be specified")
    words = words if member == "VpcId" else member
    assert error(lambda: create(Name=elb.name, TargetType="lambda", **alone)) == (
        "ValidationError",
        f"{words} cannot be specified for target groups with target type 'lambda'",
    )


@pytest.mark.parametrize("settings", [{"Protocol": "UDP"}, {"ProtocolVersion": "GRPC"}, {"IpAddressType": "ipv6"}])
def test_what_is_not_served_is_said(elb, error, settings):
    assert error(lambda: elb.group(**settings))[0] == "NotImplemented"


def test_describe_by_name_by_load_balancer_and_all(elb, error):
    first, second = elb.group(), elb.group()
    balancer = elb.balancer()
    elb.listener(balancer, elb.forward(first), port=7100)
    [found] = elb.client.describe_target_groups(LoadBalancerArn=balancer["LoadBalancerArn"])["TargetGroups"]
    assert (found["TargetGroupArn"], found["LoadBalancerArns"]) == (first, [balancer["LoadBalancerArn"]])
    names = [described(elb, arn)["TargetGroupName"] for arn in (second, first)]
    by_name = elb.client.describe_target_groups(Names=names)["TargetGroups"]
    assert [group["TargetGroupName"] for group in by_name] == sorted(names)
    everything = elb.client.describe_target_groups()["TargetGroups"]
    assert {first, second} <= {group["TargetGroupArn"] for group in everything}
    missing = ("TargetGroupNotFound", "One or more target groups not found")
    assert error(elb.client.describe_target_groups, Names=["none"]) == missing
    assert error(elb.client.describe_target_groups, TargetGroupArns=[first + "0"]) == missing
    without = elb.balancer()["LoadBalancerArn"]
    assert error(elb.client.describe_target_groups, LoadBalancerArn=without) == missing
    elsewhere = first.replace("us-east-1", "eu-west-3")
    assert error(elb.client.describe_target_groups, TargetGroupArns=[elsewhere]) == (
        "ValidationError",
        f"'{elsewhere}' is not a valid target group ARN",
    )
    assert error(elb.client.describe_target_groups, Names=names, TargetGroupArns=[first]) == (
        "ValidationError",
        "Target group names, target group ARNs, and a load balancer ARN cannot be specified at the same time",
    )


def test_modify_changes_the_health_check(elb):
    arn = elb.group()
    [found] = elb.client.modify_target_group(
        TargetGroupArn=arn, HealthCheckPath="/ready", HealthCheckIntervalSeconds=7, Matcher={"HttpCode": "200,204"}
    )["TargetGroups"]
    assert found == described(elb, arn)
    assert (found["HealthCheckPath"], found["HealthCheckIntervalSeconds"]) == ("/ready", 7)
    assert found["Matcher"] == {"HttpCode": "200,204"}


def test_a_group_in_use_is_not_deleted(elb, error):
    arn = elb.group()
    listener = elb.listener(elb.balancer(), elb.forward(arn), port=7101)
    assert error(elb.client.delete_target_group, TargetGroupArn=arn) == (
        "ResourceInUse",
        f"Target group '{arn}' is currently in use by a listener or a rule",
    )
    elb.client.delete_listener(ListenerArn=listener)
    elb.client.delete_target_group(TargetGroupArn=arn)
    assert error(elb.client.describe_target_groups, TargetGroupArns=[arn])[0] == "TargetGroupNotFound"


def test_load_balancers_are_described_not_told_at_creation(elb):
    [made] = elb.client.create_target_group(Name=elb.name, TargetType="lambda")["TargetGroups"]
    assert "LoadBalancerArns" not in made
    assert described(elb, made["TargetGroupArn"]) == {**made, "LoadBalancerArns": []}
