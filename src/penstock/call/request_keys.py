"""The context keys of one request, as far as a policy looks at them.

A key that is not here, or that the request does not have, is absent: conditions then hold or not as on AWS.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from penstock.base.arn import Arn, account_of
from penstock.base.errors import AwsError
from penstock.call.kernel import Context
from penstock.call.service import Operation, Question
from penstock.iam.context import folded, moment_keys
from penstock.wire.model import Json

_TAGS = ("Tags", "tags", "Tagging")
_TAG_KEYS = ("TagKeys", "tagKeys", "TagKeyList")


def of(
    operation: Operation, request: Json, ctx: Context, question: Question, reads: Collection[str]
) -> Mapping[str, tuple[str, ...]]:
    """Those of `reads` (in lower case) that a request has."""
    keys = {**always(ctx, question, reads), **folded(_request_tags(request))}
    if any(key.startswith(("aws:resourcetag/", _own_tag(operation))) for key in reads):
        keys |= folded(_resource_tags(ctx, operation, question.resource))
    own = operation.service.service.keys
    return keys | folded(own(ctx, operation.name, request)) if own is not None else keys


def always(ctx: Context, question: Question, reads: Collection[str]) -> dict[str, tuple[str, ...]]:
    """What is known of every request."""
    return folded(
        {
            **moment_keys(ctx.clock.now()),
            "aws:ResourceAccount": account_of(question.resource) or ctx.account,
            "aws:SourceIp": "127.0.0.1",
            "aws:ViaAWSService": "false",
            **question.keys,
        }
    )


def _own_tag(operation: Operation) -> str:
    """Some services know the tags of a resource under a key of their own too: `ecs:ResourceTag/team`."""
    return f"{operation.service.service.acts_as}:resourcetag/"


# -- tags ----------------------------------------------------------------------------------------------


def _request_tags(request: Json) -> dict[str, str | Iterable[str]]:
    tags = _pairs(next((request[name] for name in _TAGS if request.get(name)), ()))
    names = [*tags, *next((request[name] for name in _TAG_KEYS if request.get(name)), ())]
    keys: dict[str, str | Iterable[str]] = {f"aws:RequestTag/{name}": value for name, value in tags.items()}
    return keys | ({"aws:TagKeys": names} if names else {})


def _pairs(tags: Any) -> dict[str, str]:
    """Tags in any of AWS's forms: a list of keys and values, of either case, or a mapping."""
    if isinstance(tags, Mapping):
        return _pairs(tags["TagSet"]) if "TagSet" in tags else {str(name): str(value) for name, value in tags.items()}
    if not isinstance(tags, list):
        return {}
    lower = [{name.lower(): value for name, value in tag.items()} for tag in tags if isinstance(tag, Mapping)]
    return {tag["key"]: tag.get("value", "") for tag in lower if "key" in tag}


def _resource_tags(ctx: Context, operation: Operation, resource: str) -> dict[str, str]:
    """`aws:ResourceTag/...`; none of a resource that is not there, or that has no tags."""
    service = operation.service.service
    listing = service.tags
    if listing is None or "*" in resource:
        return {}
    named = listing.named(Arn.parse(resource))
    try:
        found = ctx.as_service(f"{service.name}.amazonaws.com").call_now(
            service.name, listing.operation, {listing.member: named}
        )
    except AwsError:
        return {}
    tags = _pairs(found.get(listing.tags, ()))
    spelled = ("aws", service.acts_as)
    return {f"{prefix}:ResourceTag/{name}": value for name, value in tags.items() for prefix in spelled}
