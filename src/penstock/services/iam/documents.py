"""Is this a policy document? In the words, and in the order, in which IAM refuses. Pure.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from penstock.base.errors import AwsError
from penstock.iam.policy import PolicyError, parse

_TOP = {"Version", "Id", "Statement"}
_STATEMENT = {
    "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition",
}  # fmt: skip
_LATEST = "2012-10-17"
_VERSIONS = (None, "2008-10-17", _LATEST)
_TRUST_ACTIONS = ("sts:", "*")


def check_identity_policy(document: str) -> None:
    """An inline or managed policy of IAM. Raises MalformedPolicyDocumentException."""
    statements = _statements(document, "Syntax errors in policy.")
    _check_each(statements, _IDENTITY_RULES)


def check_trust_policy(document: str) -> None:
    """The AssumeRolePolicyDocument of a role. Raises MalformedPolicyDocumentException."""
    statements = _statements(document, "This policy contains invalid Json")
    _check_each(statements, _TRUST_RULES)


Statement = Mapping[str, Any]
# (is the statement wrong?, what IAM says)
Rule = tuple[Callable[[Statement], bool], str]


def _statements(document: str, no_json: str) -> list[Statement]:
    try:
        policy = orjson.loads(document)
    except orjson.JSONDecodeError:
        raise _malformed(no_json) from None
    if not isinstance(policy, dict) or not policy.keys() <= _TOP or policy.get("Version") not in _VERSIONS:
        raise _malformed("Syntax errors in policy.")
    try:
        parse(policy)
    except PolicyError:
        raise _malformed("Syntax errors in policy.") from None
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    if not statements or any(not statement.keys() <= _STATEMENT for statement in statements):
        raise _malformed("Syntax errors in policy.")
    sids = [statement["Sid"] for statement in statements if statement.get("Sid")]
    if len(set(sids)) < len(sids):
        raise _malformed("Statement IDs (SID) in a single policy must be unique.")
    return statements


def _check_each(statements: Iterable[Statement], rules: Iterable[Rule]) -> None:
    for wrong, message in rules:
        if any(wrong(statement) for statement in statements):
            raise _malformed(message)


def _malformed(message: str) -> AwsError:
    return AwsError("MalformedPolicyDocumentException", message)


def _listed(statement: Statement, *elements: str) -> list[str]:
    """The values of the first of `elements` that the statement has."""
    value: list[str] | str = next((statement[element] for element in elements if element in statement), [])
    return value if isinstance(value, list) else [value]


def _both(one: str, other: str) -> Rule:
    return lambda statement: one in statement and other in statement, "Syntax errors in policy."


def _lacks_resource_form(statement: Statement) -> bool:
    return any(value != "*" and ":" not in value for value in _listed(statement, "Resource", "NotResource"))


def _vendor_missing(statement: Statement) -> bool:
    return any(value != "*" and ":" not in value for value in _listed(statement, "Action", "NotAction"))


def _too_many_colons(statement: Statement) -> bool:
    return any(value.count(":") > 1 for value in _listed(statement, "Action", "NotAction"))


_IDENTITY_RULES: tuple[Rule, ...] = (
    _both("Action", "NotAction"),
    _both("Resource", "NotResource"),
    (lambda s: "Principal" in s or "NotPrincipal" in s, "Policy document should not specify a principal."),
    (lambda s: not _listed(s, "Action", "NotAction"), "Policy statement must contain actions."),
    (lambda s: not _listed(s, "Resource", "NotResource"), "Policy statement must contain resources."),
    (_lacks_resource_form, 'Resource must be in ARN format or "*".'),
    (_vendor_missing, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
    (_too_many_colons, "Actions/Condition can contain only one colon."),
)

_TRUST_RULES: tuple[Rule, ...] = (
    _both("Action", "NotAction"),
    (lambda s: "Resource" in s or "NotResource" in s, "Has prohibited field Resource"),
    (lambda s: "Principal" not in s and "NotPrincipal" not in s, "Missing required field Principal"),
    (lambda s: not _listed(s, "Action", "NotAction"), "Policy statement must contain actions."),
    (
        lambda s: not all(action.lower().startswith(_TRUST_ACTIONS) for action in _listed(s, "Action", "NotAction")),
        "AssumeRole policy may only specify STS AssumeRole actions.",
    ),
)
