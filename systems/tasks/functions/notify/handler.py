"""The side effect: an external HTTP API is told of every event of this region, once.

Filter criteria keep the other regions' events away, each of which has a listener of its own there. An event that comes
again is known by its id (Powertools' idempotency). If the function dies between the call and the note of it, it calls
again, under the same Idempotency-Key.
"""

import json
import os
from typing import Any, cast

import urllib3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.parameters import get_parameter
from aws_lambda_powertools.utilities.typing import LambdaContext

from domain.events import Recorded
from functions.common.aws import CONFIG
from functions.common.documents import Document, event_document
from functions.common.listener import listen

NOBODY = "none"  # the parameter's value where nobody is to be told
DAY = 24 * 3600  # seconds for which the stream keeps an event, and may bring it again

logger = Logger()
tracer = Tracer(patch_modules=["botocore"])
metrics = Metrics()
http = urllib3.PoolManager(timeout=urllib3.Timeout(connect=1, read=3), retries=False)
notes = DynamoDBPersistenceLayer(table_name=os.environ["NOTES_TABLE"], boto_config=CONFIG)
once = IdempotencyConfig(event_key_jmespath="id", expires_after_seconds=2 * DAY)


class Alone:
    """In the place of the invocation's context, from which Powertools would take how long a call may be under way.

    The batches of a shard are handled one after the other: a call that is noted as under way is that of somebody dead.
    """

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 0


class Refused(Exception):
    """The external API did not take the event."""


@idempotent_function(data_keyword_argument="document", config=once, persistence_store=notes)  # type: ignore[untyped-decorator]
def tell(document: Document, url: str) -> int:
    answer = http.request(
        "POST",
        url,
        body=json.dumps(document, default=str).encode(),
        headers={"Content-Type": "application/json", "Idempotency-Key": document["id"]},
    )
    if answer.status >= 300:
        raise Refused(f"{answer.status} {answer.data[:200]!r}")
    return answer.status


def take(recorded: Recorded) -> None:
    url = str(get_parameter(os.environ["EXTERNAL_API_PARAMETER"], max_age=5))
    if url == NOBODY:
        logger.info("nobody to tell")
    else:
        tell(document=event_document(recorded), url=url)


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    once.register_lambda_context(cast(LambdaContext, Alone))
    return listen(event, context, take)
