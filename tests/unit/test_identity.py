"""What is remembered of decisions, how they are worded, and the roles that have to be trusted."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.iam import denial
from penstock.iam.context import principal_keys
from penstock.iam.evaluate import Decision, Effect, Policies, Request, decide
from penstock.iam.identity import Identity
from penstock.iam.policy import Policy, parse
from penstock.iam.principal import Principal

ACCOUNT = "111122223333"
ROLE = Principal.role_session(ACCOUNT, "worker", "s1", "AROA1")
RULE = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/r"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"


def policy(effect: str = "Allow", **more: Any) -> Policy:
    return parse({"Version": "2012-10-17", "Statement": {"Effect": effect, "Action": "*", "Resource": "*", **more}})


# -- what is remembered ------------------------------------------------------------------------------

# Keys that follow from the principal, keys that a request has or has not, and values that decide either way.
KEYS = ("aws:PrincipalArn", "aws:SourceArn", "aws:SecureTransport", "aws:SourceIp", "s3:prefix", "aws:TagKeys")
VALUES = ("true", "false", "a", "b", RULE, f"arn:aws:iam::{ACCOUNT}:role/worker")
OPERATORS = ("StringEquals", "StringNotEquals", "StringLikeIfExists", "ForAllValues:StringEquals")
conditions = st.dictionaries(
    st.sampled_from(OPERATORS), st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=2), max_size=2
)
statements = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(("Allow", "Deny")),
        "Action": st.sampled_from(("sqs:*", "sqs:SendMessage", "s3:*")),
        "Resource": st.sampled_from(
            ("*", QUEUE, "arn:aws:sqs:*:*:${aws:PrincipalTag/team}", "arn:aws:sqs:*:*:${s3:x}")
        ),
        "Condition": conditions,
    }
)
documents = st.lists(statements, min_size=1, max_size=3).map(
    lambda found: parse({"Version": "2012-10-17", "Statement": found})
)
requests = st.dictionaries(
    st.sampled_from(("aws:sourceip", "s3:prefix", "s3:x", "aws:tagkeys")), st.sampled_from(VALUES)
)


@settings(deadline=None)
@given(st.lists(documents, max_size=2), documents, requests, requests)
def test_what_varies_with_no_key_of_a_request_may_be_remembered(
    own: list[Policy], boundary: Policy, one: dict[str, str], other: dict[str, str]
) -> None:
    identity = Identity.of(ROLE, tuple(own))
    spoken = Policies(identity=tuple(own), boundary=(boundary,))

    def decided(given_: dict[str, str]) -> Effect:
        context = {**identity.keys, **{key: (value,) for key, value in given_.items()}}
        return decide(Request(ROLE, "sqs:SendMessage", QUEUE, context), spoken).effect

    if not identity.varying(spoken, "sqs:SendMessage"):
        assert decided(one) is decided(other)


@pytest.mark.parametrize(
    ("principal", "key", "varies"),
    [
        (ROLE, "aws:PrincipalArn", False),
        (ROLE, "aws:PrincipalOrgID", False),  # of no organisation, at no request
        (ROLE, "aws:SecureTransport", False),
        (ROLE, "aws:RequestedRegion", False),  # it is part of what is remembered
        (ROLE, "aws:SourceIp", True),
        (ROLE, "aws:CurrentTime", True),
        (ROLE, "aws:ResourceTag/team", True),
        (Principal.service("events.amazonaws.com", ACCOUNT, RULE), "aws:SourceArn", False),
        (Principal.service("events.amazonaws.com", ACCOUNT, RULE), "aws:SourceAccount", False),
    ],
)
def test_keys_that_vary(principal: Principal, key: str, varies: bool) -> None:
    spoken = Policies(identity=(policy(Condition={"StringEquals": {key: "x"}}),))
    assert bool(Identity.of(principal).varying(spoken, "sqs:SendMessage")) is varies


def test_what_is_remembered_does_not_grow_for_ever() -> None:
    identity = Identity.of(ROLE)
    for number in range(10_000):
        identity.settle(("s3:GetObject", f"arn:aws:s3:::b/{number}", "", "", "us-east-1"))
    assert 0 < len(identity.settled) <= 4096


# -- trust -------------------------------------------------------------------------------------------


def trusting(principal: Any) -> Policy:
    return parse({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}})


@pytest.mark.parametrize(
    ("principal", "own", "expected"),
    [
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/worker"}, (), None),
        ({"AWS": ACCOUNT}, (), "identity-based policy"),
        ({"AWS": ACCOUNT}, (policy(),), None),
        ({"Service": "lambda.amazonaws.com"}, (policy(),), "role trust policy"),
    ],
)
def test_a_role_itself_has_to_agree(principal: Any, own: tuple[Policy, ...], expected: str | None) -> None:
    asked = Request(ROLE, "sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/other", principal_keys(ROLE))
    decision = decide(asked, Policies(identity=own, resource=(trusting(principal),), trust=True))
    assert decision.kind == expected
    assert decision.allowed is (expected is None)


# -- words -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spoken", "expected"),
    [
        ({}, "because no identity-based policy allows the sqs:sendmessage action"),
        ({"identity": (policy("Deny"),)}, "with an explicit deny in an identity-based policy"),
        (
            {"identity": (policy(),), "boundary": ()},
            "because no permissions boundary allows the sqs:sendmessage action",
        ),
        ({"boundary": (policy("Deny"),)}, "with an explicit deny in a permissions boundary"),
        ({"identity": (policy(),), "session": ()}, "because no session policy allows the sqs:sendmessage action"),
        ({"session": (policy("Deny"),)}, "with an explicit deny in a session policy"),
        ({"resource": (policy("Deny", Principal="*"),)}, "with an explicit deny in a resource-based policy"),
    ],
)
def test_the_words_of_a_denial(spoken: Any, expected: str) -> None:
    asked = Request(ROLE, "sqs:SendMessage", QUEUE, principal_keys(ROLE))
    who = f"User: {ROLE.arn} is not authorized to perform: sqs:sendmessage on resource: {QUEUE} "
    assert denial.text(asked, decide(asked, Policies(**spoken))) == who + expected


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("sns:Publish", "arn:aws:sns:us-east-1:1:t", "SNS:Publish on resource: arn:aws:sns:us-east-1:1:t"),
        ("s3:GetObject", "arn:aws:s3:::b/k", 's3:GetObject on resource: "arn:aws:s3:::b/k"'),
        ("dynamodb:GetItem", "*", "dynamodb:GetItem on resource: *"),
    ],
)
def test_services_have_their_own_spelling(action: str, resource: str, expected: str) -> None:
    text = denial.text(Request(ROLE, action, resource, {}), Decision(Effect.IMPLICIT_DENY))
    assert f"is not authorized to perform: {expected} because" in text
