"""Which resource IAM is asked about.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
"""

import orjson

from penstock.call import Context
from penstock.services.logs import groups, store
from penstock.wire.model import Json

# A group's ARN has no `:*` at its end for these: policies for all others have to be about what is in it.
_OF_GROUPS = frozenset({"ListTagsForResource", "TagResource", "UntagResource"})


def resource(ctx: Context, operation: str, request: Json) -> str:
    name = request.get("logGroupName") or request.get("logGroupIdentifier") or request.get("resourceArn")
    if not isinstance(name, str):
        return "*"
    group_arn = name.removesuffix(":*") if name.startswith("arn:") else groups.arn_of(ctx, name)
    if operation in _OF_GROUPS:
        return group_arn
    return f"{group_arn}:log-stream:{request.get('logStreamName', '')}"


def policy(ctx: Context, arn: str) -> str | None:
    """The account's policies and the group's own, as one."""
    parts = arn.split(":")
    scopes = (":".join([*parts[:5], ""]), ":".join(parts[:7]))
    documents = [orjson.loads(row[1]) for scope in scopes for row in ctx.store.all(store.POLICIES, scope, "\0", -1)]
    statements = [each for document in documents for each in _statements(document)]
    return orjson.dumps({"Version": "2012-10-17", "Statement": statements}).decode() if statements else None


def _statements(document: Json) -> list[Json]:
    found = document.get("Statement", [])
    return found if isinstance(found, list) else [found]
