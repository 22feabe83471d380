"""Stack policies: what an update may do to which resource.

Rule: a statement that denies wins; with a policy, what none allows is denied; without one all is allowed.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
"""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from penstock.base.errors import AwsError, PenstockError
from penstock.call import Context
from penstock.services.cloudformation import describe, requests, store
from penstock.wire.model import Json

_EFFECTS = frozenset({"Allow", "Deny"})
_ACTIONS = frozenset({"Update:Modify", "Update:Replace", "Update:Delete", "Update:*"})
_CONDITIONS = frozenset({"StringEquals", "StringLike"})


def get_stack_policy(ctx: Context, request: Json) -> Json:
    row = describe.known(ctx, request["StackName"], "Stack: {} does not exist")
    return {"StackPolicyBody": row.body["StackPolicy"]} if "StackPolicy" in row.body else {}


async def set_stack_policy(ctx: Context, request: Json) -> Json:
    row = describe.known(ctx, request["StackName"], "Stack: {} does not exist")
    row.body["StackPolicy"] = await given(ctx, request, "StackPolicy") or "{}"
    store.put_stack(ctx.store, row)
    return {}


async def given(ctx: Context, request: Json, name: str) -> str | None:
    """The policy in the request, checked: `name` is StackPolicy or StackPolicyDuringUpdate."""
    body, url = request.get(f"{name}Body"), request.get(f"{name}URL")
    if body is not None and url is not None:
        raise AwsError("ValidationError", f"You cannot specify both {name}URL and {name}Body")
    text = body if url is None else await requests.from_s3(ctx, url, "StackPolicyURL")
    if text is not None and not _is_policy(text):
        raise AwsError("ValidationError", "Error validating stack policy: Invalid stack policy")
    return text


def _is_policy(text: str) -> bool:
    try:
        policy = json.loads(text)
    except ValueError:
        return False
    return policy == {} or (isinstance(policy, dict) and all(map(_is_statement, _listed(policy.get("Statement")))))


def _is_statement(statement: Any) -> bool:
    return (
        isinstance(statement, dict)
        and statement.get("Effect") in _EFFECTS
        and statement.get("Principal") in ("*", {"AWS": "*"})
        and all(action in _ACTIONS for action in _listed(statement.get("Action", statement.get("NotAction"))))
        and (("Resource" in statement) != ("NotResource" in statement))
        and statement.get("Condition", {}).keys() <= _CONDITIONS
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def check(policy: str, action: str, logical_id: str, kind: str) -> None:
    """PenstockError where the policy does not let the update do that: Modify, Replace or Delete."""
    statements = _listed(json.loads(policy).get("Statement", [])) if policy else []
    matching = [found for found in enumerate(statements, 1) if _matches(found[1], f"Update:{action}", logical_id, kind)]
    for number, statement in matching:
        if statement["Effect"] == "Deny":
            what = f"[Update:{action}] for resource [LogicalResourceId/{logical_id}]"
            raise PenstockError(f"Action denied by stack policy: Statement [#{number}] does not allow {what}")
    if statements and not matching:
        raise PenstockError("Action not allowed by stack policy")


def _matches(statement: Json, action: str, logical_id: str, kind: str) -> bool:
    resource = f"LogicalResourceId/{logical_id}"
    return (
        _names(statement, "Action", action)
        and _names(statement, "Resource", resource)
        and all(_names({"is": wanted}, "is", kind) for wanted in _types(statement))
    )


def _names(statement: Json, member: str, value: str) -> bool:
    """Whether Action or Resource has the value, or NotAction or NotResource has it not."""
    negated = member not in statement
    patterns = _listed(statement.get(f"Not{member}" if negated else member))
    return any(fnmatchcase(value, pattern) for pattern in patterns) != negated


def _types(statement: Json) -> Iterator[Any]:
    for test in statement.get("Condition", {}).values():
        if "ResourceType" in test:
            yield test["ResourceType"]
