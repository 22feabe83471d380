"""The policy evaluator: examples from AWS's documentation, and properties that hold for any policies."""

import fnmatch
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.iam.context import simulated
from penstock.iam.evaluate import Effect, Policies, Request, decide
from penstock.iam.patterns import ArnPattern, Pattern
from penstock.iam.policy import PolicyError, parse
from penstock.iam.principal import Principal

ACCOUNT = "111122223333"
USER = Principal.user(f"arn:aws:iam::{ACCOUNT}:user/dev/ann", ACCOUNT, "AIDA1")
SESSION = Principal.role_session(ACCOUNT, "worker", "s1", "AROA1")
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"


def policy(effect="Allow", action="*", resource="*", **more):
    return parse(
        {"Version": "2012-10-17", "Statement": {"Effect": effect, "Action": action, "Resource": resource} | more}
    )


def effect(*identity, principal=SESSION, action="sqs:SendMessage", on=QUEUE, given=None, **kinds):
    request = Request(principal, action, on, simulated(principal, 1.7e9, given or {}))
    return decide(request, Policies(identity=identity, **kinds)).effect


# -- actions and resources ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("element", "allowed"),
    [
        ({"Action": "sqs:SendMessage"}, True),
        ({"Action": "SQS:sendmessage"}, True),
        ({"Action": ["s3:*", "sqs:Send*"]}, True),
        ({"Action": "sqs:?endMessage"}, True),
        ({"Action": "sqs:Receive*"}, False),
        ({"NotAction": "sqs:Receive*"}, True),
        ({"NotAction": "sqs:*"}, False),
        ({"Resource": QUEUE}, True),
        ({"Resource": f"arn:aws:sqs:*:{ACCOUNT}:ord*"}, True),
        ({"Resource": "arn:aws:sqs"}, True),
        ({"Resource": "arn:aws:sqs:*:orders"}, False),  # a wildcard stays within its part of the ARN
        ({"Resource": f"arn:aws:sqs:us-east-1:{ACCOUNT}:other"}, False),
        ({"NotResource": f"arn:aws:sqs:us-east-1:{ACCOUNT}:other"}, True),
        ({"NotResource": "*"}, False),
    ],
)
def test_elements(element, allowed):
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"} | element
    for name in ("Action", "Resource"):
        if f"Not{name}" in element:
            del statement[name]
    found = effect(parse({"Version": "2012-10-17", "Statement": [statement]}))
    assert found is (Effect.ALLOWED if allowed else Effect.IMPLICIT_DENY)


def test_variables_stand_for_themselves():
    home = policy(resource="arn:aws:s3:::home/${aws:username}/*")
    assert effect(home, principal=USER, on="arn:aws:s3:::home/ann/a") is Effect.ALLOWED
    assert effect(home, principal=USER, on="arn:aws:s3:::home/bob/a") is Effect.IMPLICIT_DENY
    assert effect(home, principal=SESSION, on="arn:aws:s3:::home//a") is Effect.IMPLICIT_DENY
    star = Principal.user(f"arn:aws:iam::{ACCOUNT}:user/*", ACCOUNT, "AIDA2")
    assert effect(home, principal=star, on="arn:aws:s3:::home/ann/a") is Effect.IMPLICIT_DENY


def test_variables_have_defaults_and_need_the_newer_version():
    text = "arn:aws:s3:::b/${aws:PrincipalTag/team, 'company'}"
    assert effect(policy(resource=text), on="arn:aws:s3:::b/company") is Effect.ALLOWED
    given = {"aws:PrincipalTag/team": "red"}
    assert effect(policy(resource=text), on="arn:aws:s3:::b/red", given=given) is Effect.ALLOWED
    old = parse({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b/${aws:username}"}})
    assert effect(old, principal=USER, on="arn:aws:s3:::b/ann") is Effect.IMPLICIT_DENY
    assert effect(old, principal=USER, on="arn:aws:s3:::b/${aws:username}") is Effect.ALLOWED


# -- kinds of policies -------------------------------------------------------------------------------


def test_a_deny_anywhere_wins():
    deny, allow = policy("Deny"), policy()
    assert effect(allow, deny) is Effect.EXPLICIT_DENY
    for kind in ("resource", "boundary", "session"):
        assert effect(allow, **{kind: (deny,)}) is Effect.EXPLICIT_DENY


def test_boundaries_and_session_policies_only_limit():
    allow, other = policy(), policy(action="s3:*")
    assert effect(boundary=(allow,), session=(allow,)) is Effect.IMPLICIT_DENY
    assert effect(allow, boundary=(allow,), session=(allow,)) is Effect.ALLOWED
    assert effect(allow, boundary=(other,)) is Effect.IMPLICIT_DENY
    assert effect(allow, session=()) is Effect.IMPLICIT_DENY


@pytest.mark.parametrize(
    ("principal", "asking", "alone", "limited"),
    [
        ("*", SESSION, True, True),
        ({"AWS": "*"}, SESSION, True, True),
        ({"AWS": SESSION.arn}, SESSION, True, True),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/path/worker"}, SESSION, True, False),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"}, SESSION, False, False),
        ({"AWS": ACCOUNT}, SESSION, False, False),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, USER, False, False),
        ({"AWS": USER.arn}, USER, True, True),
        ({"Service": "events.amazonaws.com"}, Principal.service("events.amazonaws.com", ACCOUNT), True, True),
        ({"Service": "events.amazonaws.com"}, Principal.service("sns.amazonaws.com", ACCOUNT), False, False),
    ],
)
def test_what_a_resource_policy_grants_by_itself(principal, asking, alone, limited):
    resource = (policy(Principal=principal),)
    expected = {True: Effect.ALLOWED, False: Effect.IMPLICIT_DENY}
    assert effect(principal=asking, resource=resource) is expected[alone]
    assert effect(principal=asking, resource=resource, boundary=()) is expected[limited]


def test_an_account_in_a_resource_policy_delegates():
    resource = (policy(Principal={"AWS": ACCOUNT}),)
    assert effect(policy(), resource=resource) is Effect.ALLOWED


def test_not_principal_denies_everybody_else():
    deny = (policy("Deny", NotPrincipal={"AWS": USER.arn}),)
    assert effect(policy(), principal=USER, resource=deny) is Effect.ALLOWED
    assert effect(policy(), principal=SESSION, resource=deny) is Effect.EXPLICIT_DENY


def test_across_accounts_both_sides_must_allow():
    theirs = "arn:aws:sqs:us-east-1:999999999999:theirs"
    grant = (policy(Principal={"AWS": ACCOUNT}),)
    assert effect(policy(), resource=grant) is Effect.ALLOWED
    request = Request(USER, "sqs:SendMessage", theirs, simulated(USER, 0, {}))
    assert decide(request, Policies((policy(),), grant)).allowed
    assert not decide(request, Policies((policy(),))).allowed
    assert not decide(request, Policies((), grant)).allowed


def test_the_root_may_do_what_nothing_denies():
    root = Principal.root(ACCOUNT)
    assert effect(principal=root) is Effect.ALLOWED
    assert effect(principal=root, resource=(policy("Deny", Principal="*"),)) is Effect.EXPLICIT_DENY


# -- conditions --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "given", "holds"),
    [
        ({"StringEquals": {"k": ["a", "b"]}}, {"k": "b"}, True),
        ({"StringEquals": {"K": "a"}}, {"k": "A"}, False),
        ({"StringEqualsIgnoreCase": {"k": "a"}}, {"k": "A"}, True),
        ({"StringNotEquals": {"k": ["a", "b"]}}, {"k": "b"}, False),
        ({"StringNotEquals": {"k": "a"}}, {}, True),
        ({"StringEquals": {"k": "a"}}, {}, False),
        ({"StringEqualsIfExists": {"k": "a"}}, {}, True),
        ({"StringEqualsIfExists": {"k": "a"}}, {"k": "b"}, False),
        ({"StringLike": {"k": "a*c?"}}, {"k": "abbcd"}, True),
        ({"StringNotLike": {"k": "a*"}}, {"k": "abc"}, False),
        ({"StringEquals": {"k": "${aws:userid}"}}, {"k": SESSION.user_id}, True),
        ({"NumericLessThanEquals": {"k": 10}}, {"k": "10"}, True),
        ({"NumericGreaterThan": {"k": "10"}}, {"k": "9.5"}, False),
        ({"NumericNotEquals": {"k": 10}}, {"k": "11"}, True),
        ({"NumericEquals": {"k": 10}}, {"k": "ten"}, False),
        ({"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}, {}, True),
        ({"DateGreaterThan": {"aws:EpochTime": "1900000000"}}, {}, False),
        ({"DateEquals": {"k": "2020-01"}}, {"k": "2020-01-01T00:00:00Z"}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, {"aws:SecureTransport": "true"}, True),
        ({"Bool": {"aws:SecureTransport": True}}, {}, False),
        ({"BinaryEquals": {"k": "QmluYXJ5"}}, {"k": "QmluYXJ5"}, True),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, {"aws:SourceIp": "203.0.113.9"}, True),
        ({"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}, {"aws:SourceIp": "203.0.113.9"}, False),
        ({"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}, {"aws:SourceIp": "10.0.0.1"}, True),
        ({"ArnLike": {"k": "arn:aws:sns:*:*:topic*"}}, {"k": "arn:aws:sns:eu-west-1:1:topics"}, True),
        ({"ArnEquals": {"k": "arn:aws:sns:*:topic"}}, {"k": "arn:aws:sns:eu-west-1:1:topic"}, False),
        ({"ArnNotLike": {"k": "arn:aws:sns:*:*:a"}}, {"k": "arn:aws:sns:r:1:b"}, True),
        ({"Null": {"k": "true"}}, {}, True),
        ({"Null": {"k": "false"}}, {}, False),
        ({"Null": {"k": False}}, {"k": "x"}, True),
        ({"ForAllValues:StringEquals": {"k": ["a", "b"]}}, {"k": ["a", "b", "a"]}, True),
        ({"ForAllValues:StringEquals": {"k": ["a", "b"]}}, {"k": ["a", "c"]}, False),
        ({"ForAllValues:StringEquals": {"k": "a"}}, {}, True),
        ({"ForAnyValue:StringEquals": {"k": "a"}}, {"k": ["c", "a"]}, True),
        ({"ForAnyValue:StringEquals": {"k": "a"}}, {}, False),
        ({"ForAnyValue:StringNotEquals": {"k": "a"}}, {"k": ["a", "b"]}, True),
        ({"ForAllValues:StringNotEquals": {"k": "a"}}, {"k": ["a", "b"]}, False),
        ({"StringEquals": {"k": "a", "l": "b"}}, {"k": "a"}, False),
        ({"StringEquals": {"k": "a"}, "Bool": {"l": "true"}}, {"k": "a", "l": "true"}, True),
    ],
)
def test_conditions(condition, given, holds):
    assert effect(policy(Condition=condition), given=given) is (Effect.ALLOWED if holds else Effect.IMPLICIT_DENY)


@pytest.mark.parametrize(
    "document",
    [
        "{",
        "[]",
        {},
        {"Statement": "x"},
        {"Statement": {"Effect": "Maybe"}},
        {"Statement": {"Effect": "Allow", "Action": 5}},
        {"Statement": {"Effect": "Allow", "Resource": [None]}},
        {"Statement": {"Effect": "Allow", "Condition": {"Telepathy": {"k": "v"}}}},
        {"Statement": {"Effect": "Allow", "Condition": {"StringEquals": "k"}}},
        {"Statement": {"Effect": "Allow", "Condition": {"ForNoValue:StringEquals": {"k": "v"}}}},
        {"Statement": {"Effect": "Allow", "Condition": {"NumericEquals": {"k": "ten"}}}},
        {"Statement": {"Effect": "Allow", "Condition": {"IpAddress": {"k": "everywhere"}}}},
    ],
)
def test_refuses_what_is_no_policy(document):
    with pytest.raises(PolicyError):
        parse(document)


# -- properties --------------------------------------------------------------------------------------

pieces = st.text("ab*?", max_size=6)


@given(pattern=pieces, value=st.text("ab*?", max_size=8))
def test_wildcards_match_as_in_a_shell(pattern, value):
    assert Pattern(pattern).matches(value, {}) is fnmatch.fnmatchcase(value, pattern)


@given(
    pattern=st.lists(pieces, min_size=6, max_size=6), value=st.lists(st.text("ab", max_size=4), min_size=6, max_size=6)
)
def test_arns_match_part_by_part(pattern, value):
    expected = all(fnmatch.fnmatchcase(v, p) for v, p in zip(value, pattern, strict=False))
    assert ArnPattern(":".join(pattern)).matches(":".join(value), {}) is expected


@given(value=st.text("a*?$:{}", max_size=6))
def test_a_substituted_value_matches_only_itself(value):
    pattern = Pattern("x${k}y")
    context = {"k": (value,)}
    assert pattern.matches(f"x{value}y", context)
    assert pattern.matches("xby", context) is (value == "b")


statements = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Action": st.sampled_from(["*", "sqs:*", "s3:*", "sqs:SendMessage"]),
        "Resource": st.sampled_from(["*", QUEUE, f"{QUEUE}2"]),
        "Condition": st.sampled_from([{}, {"StringEquals": {"k": "v"}}, {"StringNotEquals": {"k": "v"}}]),
    }
)
policies = st.lists(statements, max_size=3).map(lambda found: parse({"Version": "2012-10-17", "Statement": found}))
contexts = st.sampled_from([{}, {"k": "v"}, {"k": "w"}])


@given(found=st.lists(policies, min_size=1, max_size=3), given_=contexts)
def test_the_order_of_policies_does_not_matter(found, given_):
    results = {effect(*order, given=given_) for order in itertools.permutations(found)}
    assert len(results) == 1


@given(found=st.lists(policies, max_size=3), limit=policies, given_=contexts)
def test_a_limit_never_widens(found, limit, given_):
    limited = effect(*found, boundary=(limit,), given=given_)
    assert limited is not Effect.ALLOWED or effect(*found, given=given_) is Effect.ALLOWED


@given(found=st.lists(policies, max_size=3), given_=contexts)
def test_deny_over_allow_over_nothing(found, given_):
    applying = [
        s.allows
        for p in found
        for s in p.statements
        if s.applies("sqs:SendMessage", QUEUE, simulated(SESSION, 0, given_))
    ]
    expected = Effect.EXPLICIT_DENY if False in applying else Effect.ALLOWED if applying else Effect.IMPLICIT_DENY
    assert effect(*found, given=given_) is expected


names = st.sampled_from(["String", "StringLike", "Numeric", "Arn", "IpAddress"])
PAIRS = {
    "String": ("StringEquals", "StringNotEquals"),
    "StringLike": ("StringLike", "StringNotLike"),
    "Numeric": ("NumericEquals", "NumericNotEquals"),
    "Arn": ("ArnLike", "ArnNotLike"),
    "IpAddress": ("IpAddress", "NotIpAddress"),
}
VALUES = {
    "String": ["a", "b", "*"],
    "StringLike": ["a*", "b", "ab"],
    "Numeric": ["1", "2", "1.0"],
    "Arn": ["arn:aws:s3:::a", "arn:aws:s3:::*", "arn:aws:s3:::b"],
    "IpAddress": ["10.0.0.0/8", "10.1.0.0/16", "192.168.0.1"],
}


@given(data=st.data(), name=names)
def test_an_operator_and_its_negation_are_opposites(data, name):
    wanted = data.draw(st.lists(st.sampled_from(VALUES[name]), min_size=1, max_size=3))
    asked = data.draw(st.none() | st.sampled_from(VALUES[name]))
    given_ = {} if asked is None else {"k": asked}
    positive, negative = PAIRS[name]
    results = [effect(policy(Condition={op: {"k": wanted}}), given=given_) for op in (positive, negative)]
    assert sorted(results) == sorted([Effect.ALLOWED, Effect.IMPLICIT_DENY])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["Allow", "Deny", "*", "${", "${a", "StringEquals"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Statement", "Effect", "Action", "Resource", "Principal", "Condition", "StringEquals", "Null"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_any_json_parses_or_is_refused(document):
    try:
        found = parse({"Statement": document} if not isinstance(document, dict) else document)
    except PolicyError:
        return
    assert effect(found) in Effect
