"""S3's memory: the buckets (a mirror of their rows), the numbers of versions to come, and where bodies are kept.

Rows are the truth: what changes here in an operation is undone with `after_rollback`.
"""

import itertools
from collections import Counter
from typing import Any

import orjson

from penstock.base.store import Row
from penstock.call import Context, Kernel
from penstock.delivery.outbox import Outbox
from penstock.services.s3 import store
from penstock.services.s3.errors import error, no_bucket
from penstock.wire.model import Json


class Bucket:
    """`settings`: what was put of each kind (`cors`, `policy`, ...), in the model's member names."""

    __slots__ = ("account", "created_at", "id", "name", "region", "settings", "versioning")

    def __init__(self, row: Row) -> None:
        """`row` as SELECT_BUCKETS has it."""
        self.id: int = row[0]
        self.name: str = row[1]
        self.account: str = row[2]
        self.region: str = row[3]
        self.created_at: float = row[4]
        self.apply(orjson.loads(row[5]))

    def apply(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.versioning: str = settings.get("versioning", {}).get("Status", "")


class State:
    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        last = kernel.store.one(store.LAST)
        # Numbers begin with the time, so that those of deleted versions do not come back after a restart.
        self.numbers = itertools.count(max(((last and last[0]) or 0) + 1, int(kernel.clock.now() * 1e6)))
        self.buckets = {bucket.name: bucket for bucket in map(Bucket, kernel.store.all(store.SELECT_BUCKETS))}
        self.folder = kernel.config.scratch / "s3"
        self.readers: Counter[int] = Counter()  # files of parts that somebody reads, by number
        self.doomed: set[int] = set()  # those of them that belong to no object any more
        self.outbox = Outbox(kernel, store.DELIVERIES, "s3.amazonaws.com")


def state(ctx: Context) -> State:
    found: State = ctx.state("s3")
    return found


def bucket_of(ctx: Context, request: Json) -> Bucket:
    """The bucket that a request is about. Raises NoSuchBucket; AccessDenied where another owner is expected."""
    found = state(ctx).buckets.get(request["Bucket"])
    if found is None:
        raise no_bucket(request["Bucket"])
    owner = request.get("ExpectedBucketOwner")
    if owner is not None and owner != found.account:
        raise error("AccessDenied")
    return found


def change(ctx: Context, bucket: Bucket, kind: str, value: Any) -> None:
    """Puts one of a bucket's settings, or takes it away with None."""
    before = bucket.settings
    after = {name: item for name, item in (before | {kind: value}).items() if item is not None}
    ctx.store.after_rollback(lambda: bucket.apply(before))
    bucket.apply(after)
    ctx.store.run(store.UPDATE_BUCKET, orjson.dumps(after).decode(), bucket.id)
