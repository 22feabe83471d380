"""Describe- and Modify*Attributes."""

import pytest


def shown(attributes):
    return {pair["Key"]: pair["Value"] for pair in attributes["Attributes"]}


def pairs(**attributes):
    return [{"Key": key, "Value": value} for key, value in attributes.items()]


def test_a_load_balancers_attributes_have_defaults_and_keep_what_is_set(elb):
    arn = elb.balancer()["LoadBalancerArn"]
    before = shown(elb.client.describe_load_balancer_attributes(LoadBalancerArn=arn))
    assert before["idle_timeout.timeout_seconds"] == "60"
    assert before["load_balancing.cross_zone.enabled"] == "true"
    assert "dns_record.client_routing_policy" not in before
    changed = pairs(**{"idle_timeout.timeout_seconds": "61"})
    after = shown(elb.client.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=changed))
    assert after == {**before, "idle_timeout.timeout_seconds": "61"}


@pytest.mark.parametrize(
    ("key", "value", "code", "message"),
    [
        ("nonsense", "1", "ValidationError", "Load balancer attribute key 'nonsense' is not recognized"),
        (
            "idle_timeout.timeout_seconds",
            "0",
            "ValidationError",
            "'idle_timeout.timeout_seconds' value '0' must be between '1-4000' inclusive",
        ),
        (
            "deletion_protection.enabled",
            "maybe",
            "ValidationError",
            "'deletion_protection.enabled' value 'maybe' must be one of [true, false]",
        ),
        (
            "dns_record.client_routing_policy",
            "any_availability_zone",
            "InvalidConfigurationRequest",
            "Load balancer attribute key 'dns_record.client_routing_policy' is not supported on load balancers with "
            "type 'application'",
        ),
        (
            "access_logs.s3.enabled",
            "true",
            "InvalidConfigurationRequest",
            "'access_logs.s3.bucket' must be specified if 'access_logs.s3.enabled' is 'true'",
        ),
    ],
)
def test_load_balancer_attributes_that_are_refused(elb, error, key, value, code, message):
    arn = elb.balancer()["LoadBalancerArn"]
    found = error(elb.client.modify_load_balancer_attributes, LoadBalancerArn=arn, Attributes=pairs(**{key: value}))
    assert found == (code, message)


def test_listener_attributes(elb, error):
    balancer = elb.balancer("network")
    arn = elb.listener(balancer, elb.forward(elb.group("TCP")), port=7001, protocol="TCP")
    assert shown(elb.client.describe_listener_attributes(ListenerArn=arn)) == {"tcp.idle_timeout.seconds": "350"}
    changed = pairs(**{"tcp.idle_timeout.seconds": "60"})
    assert shown(elb.client.modify_listener_attributes(ListenerArn=arn, Attributes=changed)) == {
        "tcp.idle_timeout.seconds": "60"
    }
    wrong = pairs(**{"routing.http.response.server.enabled": "false"})
    code, _ = error(elb.client.modify_listener_attributes, ListenerArn=arn, Attributes=wrong)
    assert code == "InvalidConfigurationRequest"


def test_target_group_attributes_by_what_the_group_is_for(elb):
    http = shown(elb.client.describe_target_group_attributes(TargetGroupArn=elb.group()))
    assert http["deregistration_delay.timeout_seconds"] == "300"
    assert http["stickiness.type"] == "lb_cookie"
    assert http["load_balancing.algorithm.type"] == "round_robin"
    tcp = shown(elb.client.describe_target_group_attributes(TargetGroupArn=elb.group("TCP")))
    assert tcp["stickiness.type"] == "source_ip"
    assert tcp["preserve_client_ip.enabled"] == "false"
    function = shown(elb.client.describe_target_group_attributes(TargetGroupArn=elb.group(kind="lambda")))
    assert function["lambda.multi_value_headers.enabled"] == "false"
    assert "deregistration_delay.timeout_seconds" not in function


@pytest.mark.parametrize(
    ("protocol", "kind", "attributes", "expected"),
    [
        (
            "HTTP",
            "ip",
            {"stickiness.type": "source_ip"},
            (
                "InvalidConfigurationRequest",
                "Stickiness type 'source_ip' is not supported for target groups with the HTTP protocol",
            ),
        ),
        (
            "TCP",
            "ip",
            {"stickiness.type": "lb_cookie"},
            (
                "InvalidConfigurationRequest",
                "Stickiness type 'lb_cookie' is not supported for target groups with the TCP protocol",
            ),
        ),
        (
            "TLS",
            "ip",
            {"stickiness.enabled": "true", "stickiness.type": "source_ip"},
            (
                "InvalidConfigurationRequest",
                "You cannot enable stickiness on target groups with the TLS protocol",
            ),
        ),
        (
            "TLS",
            "ip",
            {"stickiness.type": "app_cookie", "stickiness.app_cookie.cookie_name": "session"},
            (
                "InvalidConfigurationRequest",
                "Stickiness type 'app_cookie' is not supported for target groups with the TLS protocol",
            ),
        ),
        (
            "HTTP",
            "ip",
            {"stickiness.type": "app_cookie"},
            (
                "InvalidConfigurationRequest",
                "You must set an application cookie name to enable stickiness of type 'app_cookie'",
            ),
        ),
        (
            "HTTP",
            "ip",
            {"stickiness.type": "source_ip_dest_ip"},
            ("ValidationError", "'Stickiness type' must be one of [app_cookie, lb_cookie, source_ip]"),
        ),
        (
            "HTTP",
            "ip",
            {"deregistration_delay.timeout_seconds": "3601"},
            (
                "ValidationError",
                "'deregistration_delay.timeout_seconds' value '3601' must be between '0-3600' inclusive",
            ),
        ),
        (
            "HTTP",
            "lambda",
            {"deregistration_delay.timeout_seconds": "1"},
            (
                "InvalidConfigurationRequest",
                "A target group with target type 'lambda' does not support the attribute "
                "deregistration_delay.timeout_seconds",
            ),
        ),
    ],
)
def test_target_group_attributes_that_are_refused(elb, error, protocol, kind, attributes, expected):
    arn = elb.group(protocol, kind)
    found = error(elb.client.modify_target_group_attributes, TargetGroupArn=arn, Attributes=pairs(**attributes))
    assert found == expected
