"""The API as a Lambda function: Mangum turns each event into an ASGI request."""

from typing import Any, cast

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext
from mangum import Mangum

from functions.api import settings

logger = Logger()
tracer = Tracer(patch_modules=["botocore"])
metrics = Metrics()
adapter = Mangum(settings.create(), lifespan="off")


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    answer: dict[str, Any] = adapter(event, cast(Any, context))
    logger.info("request", extra={"route": event["routeKey"], "status": answer["statusCode"]})
    return answer
