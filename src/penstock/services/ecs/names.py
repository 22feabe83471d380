"""ARNs and names of ECS's resources, and the pages in which they are listed.

An ARN names its cluster: `task/<cluster>/<id>`, as it has since 2021. Most operations take a name or an ARN.
Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html#ecs-resource-ids
"""

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from penstock.base.arn import Arn, arn
from penstock.base.paging import page_key, page_token
from penstock.call import Context
from penstock.services.ecs.errors import invalid
from penstock.wire.model import Json

T = TypeVar("T")

DEFAULT_CLUSTER = "default"
NAME = re.compile(r"[a-zA-Z0-9_-]{1,255}")
MAX_RESULTS = 100


def scope(ctx: Context) -> str:
    """Whose clusters, definitions and settings are meant: the owner of their rows."""
    return f"{ctx.region}:{ctx.account}"


def arn_of(ctx: Context, resource: str) -> str:
    return arn("ecs", ctx.region, ctx.account, resource)


def cluster_arn(ctx: Context, name: str) -> str:
    return arn_of(ctx, f"cluster/{name}")


def last(text: str) -> str:
    """The name or id behind the last slash: `arn:...:service/cluster/name` -> `name`."""
    return text.rpartition("/")[2]


def cluster_of(text: str) -> str:
    """The cluster's name in the ARN of a service, a task or an instance; "" where there is none."""
    parts = Arn.parse(text).resource.split("/")
    return parts[1] if len(parts) > 2 else ""


def cluster_of_any(text: str) -> str:
    """The same where the text may be a plain name: `default` then."""
    return (cluster_of(text) if text.startswith("arn:") else "") or DEFAULT_CLUSTER


def below(cluster: str, kind: str, id: str) -> str:
    """The ARN of something in the cluster with the ARN `cluster`."""
    parsed = Arn.parse(cluster)
    return str(parsed._replace(resource=f"{kind}/{parsed.resource_id}/{id}"))


def ordinal(text: str) -> tuple[str, int]:
    """`family:revision` or its ARN, taken apart; 0 where there is no revision. Raises InvalidParameterException."""
    family, found, revision = last(text).partition(":")
    if found and not revision.isdigit():
        raise invalid(f"Invalid revision number. Number: {revision}")
    return family, int(revision or 0)


def page(request: Json, member: str, found: Iterable[T], key: Callable[[T], str]) -> Json:
    """The response of a list operation. The token holds the last item shown, and its place should it be gone then."""
    limit = request.get("maxResults") or MAX_RESULTS
    if not 1 <= limit <= MAX_RESULTS:
        raise invalid(f"maxResults must be between 1 and {MAX_RESULTS}.")
    items = list(found)
    start = _start(request.get("nextToken"), [key(item) for item in items])
    shown = items[start : start + limit]
    if start + limit >= len(items):
        return {member: shown}
    return {member: shown, "nextToken": page_token(key(shown[-1]), start + limit - 1)}


def _start(token: str | None, keys: list[str]) -> int:
    if not token:
        return 0
    try:
        last_key, place = page_key(token, str, int)
    except ValueError:
        raise invalid("Invalid token.") from None
    return keys.index(last_key) + 1 if last_key in keys else int(place)
