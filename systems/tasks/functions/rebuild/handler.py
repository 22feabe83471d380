"""Makes a projection anew from the log: `{"projection": "view" | "search" | "audit"}`.

Readers may go on reading meanwhile, and writers writing: what is newer than the log was when it was read stays. A long
log takes several calls: each answers `{"rebuilt": tasks, "next": token}`, and while `next` is not null the next call is
to be given it.
"""

import base64
import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext

from domain.task import Aggregate, replay
from functions.api import settings
from functions.audit.archive import Archive, Unacceptable
from functions.common.aws import client
from functions.common.log import DynamoEventLog
from functions.common.views import Views
from functions.search.index import SearchIndex

ENOUGH = 15_000  # milliseconds that have to be left for another page

logger = Logger()
tracer = Tracer(patch_modules=["botocore"])
metrics = Metrics()
dynamodb = client("dynamodb")
log = DynamoEventLog(dynamodb, settings.tables())
views = Views(dynamodb, os.environ["VIEW_TABLE"])
index = SearchIndex(dynamodb, os.environ["SEARCH_TABLE"])
archive = Archive(client("s3"), os.environ["AUDIT_BUCKET"])


def _view(task_id: str) -> None:
    views.put(replay(Aggregate(task_id), log.history(task_id)))


def _search(task_id: str) -> None:
    index.replace(replay(Aggregate(task_id), log.history(task_id)))


def _audit(task_id: str) -> None:
    for recorded in log.history(task_id):
        try:
            archive.take(recorded)
        except Unacceptable as error:
            logger.warning("event left out", extra={"task_id": task_id, "reason": str(error)})


PROJECTIONS: Mapping[str, Callable[[str], None]] = {"view": _view, "search": _search, "audit": _audit}


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    rebuild = PROJECTIONS.get(event.get("projection", ""))
    if rebuild is None:
        raise ValueError(f"projection must be one of {', '.join(PROJECTIONS)}")
    start = json.loads(base64.b64decode(event["next"])) if event.get("next") else None
    rebuilt = 0
    while True:
        task_ids, start = log.task_ids(start)
        for task_id in task_ids:
            rebuild(task_id)
        rebuilt += len(task_ids)
        if start is None or context.get_remaining_time_in_millis() < ENOUGH:
            break
    logger.info("rebuilt", extra={"projection": event["projection"], "tasks": rebuilt})
    return {"rebuilt": rebuilt, "next": start and base64.b64encode(json.dumps(start).encode()).decode()}
