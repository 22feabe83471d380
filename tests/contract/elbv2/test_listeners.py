"""CreateListener, DescribeListeners, ModifyListener, DeleteListener, certificates."""

import pytest

CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/{}"


def test_create_describe_modify_delete(elb, error):
    group, balancer = elb.group(), elb.balancer()
    arn = elb.listener(balancer, elb.forward(group), port=7200)
    [found] = elb.client.describe_listeners(ListenerArns=[arn])["Listeners"]
    assert (found["Port"], found["Protocol"]) == (7200, "HTTP")
    assert found["DefaultActions"] == [
        {
            "Type": "forward",
            "TargetGroupArn": group,
            "ForwardConfig": {
                "TargetGroups": [{"TargetGroupArn": group, "Weight": 1}],
                "TargetGroupStickinessConfig": {"Enabled": False},
            },
        }
    ]
    elb.client.modify_listener(ListenerArn=arn, Port=7201, DefaultActions=[elb.fixed(200, "now")])
    [changed] = elb.client.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    assert (changed["Port"], changed["DefaultActions"][0]["Type"]) == (7201, "fixed-response")
    assert elb.call(elb.address(balancer, 7201)).body == b"now"
    [default] = elb.client.describe_rules(ListenerArn=arn)["Rules"]
    assert default["Actions"] == changed["DefaultActions"]
    elb.client.delete_listener(ListenerArn=arn)
    assert error(elb.client.describe_listeners, ListenerArns=[arn]) == (
        "ListenerNotFound",
        "One or more listeners not found",
    )
    with pytest.raises(ConnectionRefusedError):
        elb.call(elb.address(balancer, 7201))


def test_a_port_can_be_taken_again_at_once(elb):
    balancer = elb.balancer()
    for text in ("one", "two", "three"):
        arn = elb.listener(balancer, elb.fixed(200, text), port=7210)
        assert elb.call(elb.address(balancer, 7210)).body == text.encode()
        elb.client.delete_listener(ListenerArn=arn)


def test_two_listeners_change_places(elb):
    balancer = elb.balancer()
    first = elb.listener(balancer, elb.fixed(200, "first"), port=7211)
    second = elb.listener(balancer, elb.fixed(200, "second"), port=7212)
    elb.client.modify_listener(ListenerArn=first, Port=7213)
    elb.client.modify_listener(ListenerArn=second, Port=7211)
    elb.client.modify_listener(ListenerArn=first, Port=7212)
    assert elb.call(elb.address(balancer, 7211)).body == b"second"
    assert elb.call(elb.address(balancer, 7212)).body == b"first"


def test_what_is_needed_to_find_listeners(elb, error):
    assert error(elb.client.describe_listeners) == (
        "ValidationError",
        "You must specify either listener ARNs or a load balancer ARN",
    )


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"Port": 80}, ("ValidationError", "A listener protocol must be specified")),
        ({"Protocol": "HTTP"}, ("ValidationError", "A listener port must be specified")),
        (
            {"Port": 80, "Protocol": "TCP"},
            ("ValidationError", "Listener protocol 'TCP' must be one of 'HTTP, HTTPS'"),
        ),
        (
            {"Port": 443, "Protocol": "HTTPS"},
            ("ValidationError", "A certificate must be specified for HTTPS listeners"),
        ),
        (
            {"Port": 443, "Protocol": "HTTPS", "Certificates": [{"CertificateArn": CERTIFICATE}] * 2},
            ("ValidationError", "Up to '1' certificate ARNs can be specified, but '2' were specified"),
        ),
    ],
)
def test_refusals(elb, error, settings, expected):
    arn = elb.balancer()["LoadBalancerArn"]
    found = error(elb.client.create_listener, LoadBalancerArn=arn, DefaultActions=[elb.fixed(200)], **settings)
    assert found == expected


def test_a_port_has_one_listener(elb, error):
    balancer = elb.balancer()
    elb.listener(balancer, port=7202)
    assert error(lambda: elb.listener(balancer, port=7202)) == (
        "DuplicateListener",
        f"A listener already exists on this port for this load balancer '{balancer['LoadBalancerArn']}'",
    )


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (
            {"Type": "forward", "TargetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:0:targetgroup/a/1"},
            (
                "TargetGroupNotFound",
                "Target groups 'arn:aws:elasticloadbalancing:us-east-1:0:targetgroup/a/1' not found",
            ),
        ),
        (
            {"Type": "forward", "TargetGroupArn": "none"},
            ("ValidationError", "'none' is not a valid target group ARN"),
        ),
        (
            {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "ContentType": "image/png"}},
            (
                "InvalidLoadBalancerAction",
                "The ContentType must be one of:'text/html', 'application/json', 'application/javascript', 'text/css', "
                "'text/plain'",
            ),
        ),
        (
            {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301"}},
            (
                "InvalidLoadBalancerAction",
                "The redirect configuration is not valid because it creates a loop.",
            ),
        ),
    ],
)
def test_actions_that_are_refused(elb, error, action, expected):
    assert error(lambda: elb.listener(elb.balancer(), action, port=7203)) == expected


def test_a_status_that_is_none_is_refused_by_the_model(elb, error):
    code, message = error(lambda: elb.listener(elb.balancer(), elb.fixed(100), port=7203))
    assert code == "ValidationError"
    assert "failed to satisfy constraint: Member must satisfy regular expression pattern: ^(2|4|5)\\d\\d$" in message


def test_authentication_is_said_not_to_be_there(elb, error):
    action = {"Type": "authenticate-oidc", "Order": 1}
    code, message = error(lambda: elb.listener(elb.balancer(), action, elb.fixed(200), port=7204))
    assert (code, "authenticate-oidc" in message) == ("NotImplemented", True)


def test_groups_fit_their_load_balancers(elb, error):
    tcp, http = elb.group("TCP"), elb.group()
    network = elb.balancer("network")
    assert error(lambda: elb.listener(elb.balancer(), elb.forward(tcp), port=7205))[0] == "IncompatibleProtocols"
    assert (
        error(lambda: elb.listener(network, elb.forward(http), port=7205, protocol="TCP"))[0] == "IncompatibleProtocols"
    )
    assert (
        error(lambda: elb.listener(network, elb.fixed(200), port=7205, protocol="TCP"))[0]
        == "InvalidLoadBalancerAction"
    )


def test_a_group_belongs_to_one_load_balancer(elb, error):
    group = elb.group()
    elb.listener(elb.balancer(), elb.forward(group), port=7206)
    assert error(lambda: elb.listener(elb.balancer(), elb.forward(group), port=7206)) == (
        "TargetGroupAssociationLimit",
        f"The following target groups cannot be associated with more than one load balancer: {group}",
    )


def test_certificates_are_recorded_and_the_listener_answers_without_tls(elb, error):
    balancer = elb.balancer()
    first, second = CERTIFICATE.format("1"), CERTIFICATE.format("2")
    arn = elb.listener(
        balancer, elb.fixed(200, "plain"), port=7207, protocol="HTTPS", Certificates=[{"CertificateArn": first}]
    )
    [found] = elb.client.describe_listeners(ListenerArns=[arn])["Listeners"]
    assert (found["SslPolicy"], found["Certificates"]) == ("ELBSecurityPolicy-2016-08", [{"CertificateArn": first}])
    assert elb.call(elb.address(balancer, 7207)).body == b"plain"
    elb.client.add_listener_certificates(ListenerArn=arn, Certificates=[{"CertificateArn": second}])
    assert elb.client.describe_listener_certificates(ListenerArn=arn)["Certificates"] == [
        {"CertificateArn": first, "IsDefault": True},
        {"CertificateArn": second, "IsDefault": False},
    ]
    remove = elb.client.remove_listener_certificates
    assert error(remove, ListenerArn=arn, Certificates=[{"CertificateArn": first}])[0] == "OperationNotPermitted"
    remove(ListenerArn=arn, Certificates=[{"CertificateArn": second}])
    assert len(elb.client.describe_listener_certificates(ListenerArn=arn)["Certificates"]) == 1


def test_policies_are_those_that_there_are(elb, error):
    more = {"Certificates": [{"CertificateArn": CERTIFICATE.format("1")}], "SslPolicy": "none"}
    found = error(lambda: elb.listener(elb.balancer(), elb.fixed(200), port=7208, protocol="HTTPS", **more))
    assert found == ("SSLPolicyNotFound", "SSL policy 'none' not found")
    twice = ["ELBSecurityPolicy-TLS13-1-3-2021-06"] * 2
    [policy] = elb.client.describe_ssl_policies(Names=twice)["SslPolicies"]
    assert (policy["SslProtocols"], len(policy["Ciphers"])) == (["TLSv1.3"], 3)


def test_account_limits(elb):
    limits = {limit["Name"]: limit["Max"] for limit in elb.client.describe_account_limits()["Limits"]}
    assert limits["target-groups"] == "3000"
