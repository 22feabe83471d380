"""Transforms and regular expressions of rules."""

import pytest


def url(regex, replace):
    return {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": regex, "Replace": replace}]}}


def host(regex, replace):
    config = {"Rewrites": [{"Regex": regex, "Replace": replace}]}
    return {"Type": "host-header-rewrite", "HostHeaderRewriteConfig": config}


def path(*regexes):
    return {"Field": "path-pattern", "PathPatternConfig": {"RegexValues": list(regexes)}}


@pytest.fixture
def listener(elb):
    """A listener with a server behind its rules; `listener.rule(...)` makes one of those."""

    class Served:
        server = elb.server(lambda handler: handler.say(f"{handler.path} {handler.headers['Host']}".encode()))
        balancer, group, made = elb.balancer(), elb.group(), 0

        def rule(self, condition, *transforms):
            self.made += 1
            found = elb.client.create_rule(
                ListenerArn=self.arn,
                Priority=self.made,
                Conditions=[condition],
                Actions=[elb.forward(self.group)],
                Transforms=list(transforms),
            )
            return found["Rules"][0]

        def get(self, path, **headers):
            return elb.call(self.address, path, headers={"Host": "shop.test", **headers})

    served = Served()
    served.arn = elb.listener(served.balancer, elb.fixed(404))
    served.rule(path("^/nobody$"))
    elb.register(served.group, served.server)
    served.address = elb.address(served.balancer)
    return served


def test_a_target_gets_what_a_transform_makes_of_a_request(listener):
    listener.rule(path("^/dp/"), url("^/dp/([A-Z]+)/?$", "/product?id=$1"), host("^(.+).test$", "$1.internal"))
    assert listener.get("/dp/ABC").body == b"/product?id=ABC shop.internal"
    assert listener.get("/dp/abc").body == b"/dp/abc shop.internal"
    assert listener.get("/other").status == 404


def test_a_transform_that_fails_is_500(listener):
    listener.rule(path("^/gone"), url("^/gone.*", ""))
    assert listener.get("/gone").status == 500


def test_transforms_are_described_changed_and_reset(listener, elb, error):
    rule = listener.rule(path("^/v1/"), url("^/v1", ""))
    arn = rule["RuleArn"]
    assert rule["Transforms"] == [url("^/v1", "")]
    assert listener.get("/v1/x").body == b"/x shop.test"
    elb.client.modify_rule(RuleArn=arn, Transforms=[url("^/v1", "/v2")])
    elb.until(lambda: listener.get("/v1/x").body == b"/v2/x shop.test")
    code, _ = error(elb.client.modify_rule, RuleArn=arn, Transforms=[url("a", "b")], ResetTransforms=True)
    assert code == "ValidationError"
    elb.client.modify_rule(RuleArn=arn, ResetTransforms=True)
    assert "Transforms" not in elb.client.describe_rules(RuleArns=[arn])["Rules"][0]
    elb.until(lambda: listener.get("/v1/x").body == b"/v1/x shop.test")


@pytest.mark.parametrize(
    "transforms",
    [
        [url("a", "b"), url("c", "d")],
        [url("(?=a)", "b")],
        [url("a" * 1025, "b")],
        [{"Type": "url-rewrite"}],
        [{**url("a", "b"), **host("a", "b"), "Type": "url-rewrite"}],
    ],
)
def test_transforms_that_are_refused(listener, error, transforms):
    assert error(lambda: listener.rule(path("^/"), *transforms))[0] == "ValidationError"


def test_regular_expressions_in_conditions(listener):
    listener.rule(path("^/api/v[0-9]+/", "[.]json$"))
    listener.rule({"Field": "host-header", "HostHeaderConfig": {"RegexValues": ["^a+[.]test$"]}})
    config = {"HttpHeaderName": "User-Agent", "RegexValues": ["bot/[0-9]"]}
    listener.rule({"Field": "http-header", "HttpHeaderConfig": config})
    for found in ("/api/v12/x", "/x.json"):
        assert listener.get(found).status == 200
    for lost in ("/API/v12/x", "/api/v/x", "/x.jsons"):
        assert listener.get(lost).status == 404
    assert listener.get("/", Host="AAA.test").status == 200
    assert listener.get("/", Host="aab.test").status == 404
    assert listener.get("/", **{"User-Agent": "a Bot/7"}).status == 200
    assert listener.get("/", **{"User-Agent": "a Bot/x"}).status == 404


@pytest.mark.parametrize(
    "condition",
    [
        path("(?!a)"),
        path("a" * 129),
        path("("),
        {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a"], "RegexValues": ["a"]}},
        {"Field": "source-ip", "RegexValues": ["a"], "SourceIpConfig": {"Values": ["10.0.0.0/8"]}},
    ],
)
def test_regular_expressions_that_are_refused(listener, error, condition):
    assert error(lambda: listener.rule(condition))[0] == "ValidationError"
