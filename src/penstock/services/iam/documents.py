"""Is this a policy document? In the words, and in the order, in which IAM refuses. Pure.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from penstock.base.errors import AwsError
from penstock.iam.conditions import UnreadableValue
from penstock.iam.policy import PolicyError, parse
from penstock.services.iam import document_arns
from penstock.wire.model import Json

_TOP = {"Version", "Id", "Statement"}
_STATEMENT = {
    "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition",
}  # fmt: skip
_LATEST = "2012-10-17"
_VERSIONS = (None, "2008-10-17", _LATEST)
_TRUST_ACTION = re.compile(r"(?i)\*|sts:(AssumeRole\w*|TagSession|SetSourceIdentity|SetContext|.*[*?].*)")
_VENDOR = re.compile(r"\*|[a-zA-Z0-9.-]+")
_SYNTAX = "Syntax errors in policy."
_LEGACY = "The policy failed legacy parsing"

Statement = Mapping[str, Any]
# (is the statement wrong?, what IAM says)
Rule = tuple[Callable[[Statement], bool], str]


def check_managed_policy(document: str) -> None:
    """A version of a managed policy, which must be in the latest language. Raises MalformedPolicyDocumentException."""
    policy = _read(document, _SYNTAX)
    if policy.get("Version") != _LATEST:
        raise _malformed(f"Policy document must be version {_LATEST} or greater.")
    _check_identity(policy)


def check_identity_policy(document: str) -> None:
    """An inline policy of IAM. Raises MalformedPolicyDocumentException."""
    _check_identity(_read(document, _SYNTAX))


def check_trust_policy(document: str) -> None:
    """The AssumeRolePolicyDocument of a role. Raises MalformedPolicyDocumentException."""
    policy = _read(document, "This policy contains invalid Json")
    _check_meaning(policy)
    _check_sids(policy)
    _check_each(_statements(policy), _TRUST_RULES)


def _check_identity(policy: Json) -> None:
    _check_meaning(policy)
    statements = _statements(policy)
    named = [name for statement in statements for name in _listed(statement, "Resource", "NotResource")]
    wrong = next(filter(None, map(document_arns.fault, named)), None)
    if wrong is None and not all(map(document_arns.complete, named)):
        raise _malformed(_LEGACY)
    _check_sids(policy)
    _check_each(statements, _IDENTITY_RULES)
    if wrong is not None:
        raise _malformed(wrong)
    _check_each(statements, _ACTION_RULES)
    for vendor in (vendor for statement in statements for vendor in _vendors(statement)):
        if not _VENDOR.fullmatch(vendor):
            raise _malformed(f"Vendor {vendor} is not valid")
    _check_each(statements, _RESOURCE_RULES)


def _read(document: str, no_json: str) -> Json:
    try:
        policy = orjson.loads(document)
    except orjson.JSONDecodeError:
        raise _malformed(no_json) from None
    if not _is_policy(policy) or not all(map(_is_statement, _statements(policy))):
        raise _malformed(_SYNTAX)
    found: Json = policy
    return found


def _is_policy(policy: Any) -> bool:
    return (
        isinstance(policy, dict)
        and policy.keys() <= _TOP
        and policy.get("Version") in _VERSIONS
        and isinstance(policy.get("Id", ""), str)
        and bool(policy.get("Statement"))
    )


def _is_statement(statement: Any) -> bool:
    return (
        isinstance(statement, dict)
        and statement.keys() <= _STATEMENT
        and isinstance(statement.get("Sid", ""), str)
        and str(statement.get("Effect")).lower() in ("allow", "deny")
        and not any({one, f"Not{one}"} <= statement.keys() for one in ("Action", "Resource"))
    )


def _statements(policy: Json) -> list[Statement]:
    found: list[Statement] | Statement = policy["Statement"]
    return found if isinstance(found, list) else [found]


def _check_meaning(policy: Json) -> None:
    try:
        parse(policy)
    except UnreadableValue:
        raise _malformed(_LEGACY) from None
    except PolicyError:
        spelt = all(statement["Effect"] in ("Allow", "Deny") for statement in _statements(policy))
        raise _malformed(_SYNTAX if spelt else _LEGACY) from None


def _check_sids(policy: Json) -> None:
    sids = [statement["Sid"] for statement in _statements(policy) if statement.get("Sid")]
    if len(set(sids)) < len(sids):
        raise _malformed("Statement IDs (SID) in a single policy must be unique.")


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


def _vendors(statement: Statement) -> list[str]:
    return [action.partition(":")[0] for action in _listed(statement, "Action", "NotAction")]


def _vendor_missing(statement: Statement) -> bool:
    return any(value != "*" and ":" not in value for value in _listed(statement, "Action", "NotAction"))


def _too_many_colons(statement: Statement) -> bool:
    return any(value.count(":") > 1 for value in _listed(statement, "Action", "NotAction"))


_IDENTITY_RULES: tuple[Rule, ...] = (
    (lambda s: "Principal" in s or "NotPrincipal" in s, "Policy document should not specify a principal."),
    (lambda s: not _listed(s, "Action", "NotAction"), "Policy statement must contain actions."),
)

_ACTION_RULES: tuple[Rule, ...] = (
    (_vendor_missing, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
    (_too_many_colons, "Actions/Condition can contain only one colon."),
)

_RESOURCE_RULES: tuple[Rule, ...] = (
    (lambda s: not _listed(s, "Resource", "NotResource"), "Policy statement must contain resources."),
)

_TRUST_RULES: tuple[Rule, ...] = (
    (lambda s: "Resource" in s or "NotResource" in s, "Has prohibited field Resource"),
    (lambda s: "Principal" not in s and "NotPrincipal" not in s, "Missing required field Principal"),
    (lambda s: not _listed(s, "Action", "NotAction"), "Policy statement must contain actions."),
    (
        lambda s: not all(map(_TRUST_ACTION.fullmatch, _listed(s, "Action", "NotAction"))),
        "AssumeRole policy may only specify STS AssumeRole actions.",
    ),
)
