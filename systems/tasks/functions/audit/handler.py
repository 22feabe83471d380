"""The audit projector: every event of the stream becomes an object."""

import os
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.audit.archive import Archive
from functions.common.aws import client
from functions.common.listener import listen

logger = Logger()
tracer = Tracer(patch_modules=["botocore"])
metrics = Metrics()
archive = Archive(client("s3"), os.environ["AUDIT_BUCKET"])


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return listen(event, context, archive.take)
