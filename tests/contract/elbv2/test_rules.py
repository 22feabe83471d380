"""CreateRule, DescribeRules, ModifyRule, SetRulePriorities, DeleteRule."""

import pytest


@pytest.fixture
def listener(elb):
    return elb.listener(elb.balancer(), port=7300)


def path(*values):
    return {"Field": "path-pattern", "Values": list(values)}


def create(elb, listener, priority, *conditions, **more):
    settings = {"Conditions": list(conditions) or [path("/a")], "Actions": [elb.fixed(200)], **more}
    [made] = elb.client.create_rule(ListenerArn=listener, Priority=priority, **settings)["Rules"]
    return made


def test_create_describe_delete(elb, listener, error):
    second, first = create(elb, listener, 20), create(elb, listener, 3)
    assert (first["Priority"], first["IsDefault"]) == ("3", False)
    assert first["RuleArn"].startswith(listener.replace(":listener/", ":listener-rule/"))
    assert first["Conditions"] == [{"Field": "path-pattern", "Values": ["/a"], "PathPatternConfig": {"Values": ["/a"]}}]
    found = elb.client.describe_rules(ListenerArn=listener)["Rules"]
    assert [rule["Priority"] for rule in found] == ["3", "20", "default"]
    assert [rule["IsDefault"] for rule in found] == [False, False, True]
    [alone] = elb.client.describe_rules(RuleArns=[second["RuleArn"]])["Rules"]
    assert alone == second
    elb.client.delete_rule(RuleArn=first["RuleArn"])
    assert error(elb.client.describe_rules, RuleArns=[first["RuleArn"]]) == (
        "RuleNotFound",
        "One or more rules not found",
    )
    gone = listener[:-1] + ("0" if listener[-1] != "0" else "1")
    assert error(elb.client.describe_rules, ListenerArn=gone) == (
        "ListenerNotFound",
        "One or more listeners not found",
    )
    assert error(elb.client.delete_rule, RuleArn=listener) == (
        "ValidationError",
        f"'{listener}' is not a valid listener rule ARN",
    )


def test_a_priority_is_used_once(elb, listener, error):
    create(elb, listener, 1)
    assert error(lambda: create(elb, listener, 1)) == ("PriorityInUse", "Priority '1' is currently in use")


def test_the_default_rule_stays(elb, listener, error):
    [default] = elb.client.describe_rules(ListenerArn=listener)["Rules"]
    arn = default["RuleArn"]
    assert error(elb.client.delete_rule, RuleArn=arn) == (
        "OperationNotPermitted",
        f"Default rule '{arn}' cannot be deleted",
    )
    assert error(elb.client.modify_rule, RuleArn=arn, Actions=[elb.fixed(200)])[0] == "OperationNotPermitted"


def test_all_kinds_of_conditions_come_back_as_they_are(elb, listener):
    conditions = [
        {"Field": "host-header", "HostHeaderConfig": {"Values": ["*.example.com"]}},
        {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "User-Agent", "Values": ["*x*"]}},
        {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}},
        {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "a", "Value": "b"}]}},
        {"Field": "source-ip", "SourceIpConfig": {"Values": ["127.0.0.0/8"]}},
    ]
    found = create(elb, listener, 1, *conditions)["Conditions"]
    assert found == [{**conditions[0], "Values": ["*.example.com"]}, *conditions[1:]]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (
            {"Field": "wrong", "Values": ["a"]},
            "Condition field 'wrong' must be one of '[path-pattern,host-header,http-header,http-request-method,"
            "query-string,source-ip]'",
        ),
        (path("/a", "/b"), "The 'path-pattern' field contains too many values; the limit is '1'"),
        (path(), "A condition value must be specified"),
        (path("/" + "a" * 128), "The 'path-pattern' value is too long; the limit is '128'"),
        (
            {**path("/a"), "PathPatternConfig": {"Values": ["/b"]}},
            "You cannot provide both Values and 'PathPatternConfig' for a condition of type 'path-pattern'",
        ),
        ({"Field": "http-header", "Values": ["a"]}, "The 'Values' field is not compatible with 'http-header'"),
        ({"Field": "source-ip"}, "A 'SourceIpConfig' must be specified with 'source-ip'"),
        (
            {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["get"]}},
            "The 'http-request-method' value is invalid; the allowed characters are A-Z, hyphen and underscore",
        ),
        (
            {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "a"}]}},
            "A 'Value' must be specified in 'QueryStringKeyValuePair'",
        ),
        (
            {"Field": "source-ip", "SourceIpConfig": {"Values": ["nowhere"]}},
            "The 'source-ip' value 'nowhere' is not a valid CIDR block",
        ),
        (
            {"Field": "path-pattern", "PathPatternConfig": {"Values": [f"/{n}" for n in range(6)]}},
            "A rule can only have '5' condition values",
        ),
        (path("/*/*/*/*/*/*"), "A rule can only have '5' condition wildcards"),
    ],
)
def test_conditions_that_are_refused(elb, listener, error, condition, message):
    assert error(lambda: create(elb, listener, 1, condition)) == ("ValidationError", message)


def test_modify(elb, listener, error):
    arn = create(elb, listener, 1)["RuleArn"]
    [found] = elb.client.modify_rule(RuleArn=arn, Conditions=[path("/b")])["Rules"]
    assert found["Conditions"][0]["Values"] == ["/b"]
    [found] = elb.client.modify_rule(RuleArn=arn, Actions=[elb.fixed(404)])["Rules"]
    assert (found["Conditions"][0]["Values"], found["Actions"]) == (["/b"], [elb.fixed(404)])
    assert error(elb.client.modify_rule, RuleArn=arn) == (
        "ValidationError",
        "Either conditions or actions must be specified",
    )


def test_priorities_are_set_together(elb, listener, error):
    first, second = create(elb, listener, 1)["RuleArn"], create(elb, listener, 2)["RuleArn"]
    create(elb, listener, 3)
    swap = elb.client.set_rule_priorities
    swap(RulePriorities=[{"RuleArn": first, "Priority": 2}, {"RuleArn": second, "Priority": 1}])
    found = elb.client.describe_rules(ListenerArn=listener)["Rules"]
    assert [rule["RuleArn"] for rule in found[:2]] == [second, first]
    assert error(swap, RulePriorities=[{"RuleArn": first, "Priority": 3}]) == (
        "PriorityInUse",
        "Priority '3' is currently in use",
    )
    twice = [{"RuleArn": first, "Priority": 9}, {"RuleArn": second, "Priority": 9}]
    assert error(swap, RulePriorities=twice) == ("ValidationError", "Priority '9' was provided multiple times")


def test_a_listener_or_rules_are_asked_for(elb, listener, error):
    assert error(elb.client.describe_rules) == (
        "ValidationError",
        "You must specify either listener rule ARNs or a listener ARN",
    )
    assert error(elb.client.describe_rules, ListenerArn=listener, RuleArns=["arn"]) == (
        "ValidationError",
        "Listener rule ARNs and a listener ARN cannot be specified at the same time",
    )


def test_network_load_balancers_have_no_rules(elb, error):
    listener = elb.listener(elb.balancer("network"), elb.forward(elb.group("TCP")), port=7301, protocol="TCP")
    assert error(lambda: create(elb, listener, 1))[0] == "UnsupportedProtocol"
