"""What a pipe has to be like, beyond what the model says. Sources:

https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_CreatePipe.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html
"""

from collections.abc import Callable

from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.delivery.mappings import Settings, compiled
from penstock.delivery.patterns import PatternError
from penstock.delivery.sources.sqs import SqsSource
from penstock.services.pipes.enrichments import ENRICHMENTS
from penstock.services.pipes.execution import Execution, kind_of
from penstock.services.pipes.logs import LEVELS
from penstock.services.pipes.names import invalid
from penstock.services.pipes.targets import TARGETS
from penstock.wire.model import Json

_DEFAULT_BATCH = 10
_POLL = 10  # messages that a batch without a window holds at most
_OTHER_LOGS = ("S3LogDestination", "FirehoseLogDestination")


def check(ctx: Context, pipe: Json) -> None:
    """Raises ValidationException."""
    service = _service(pipe["Source"])
    if service not in SOURCES:
        raise invalid(f"Penstock does not read from {service} event sources ({pipe['Source']}).")
    if pipe.get("Enrichment") and kind_of(pipe["Enrichment"]) not in ENRICHMENTS:
        raise invalid(f"Penstock does not enrich events by {_service(pipe['Enrichment'])} ({pipe['Enrichment']}).")
    if kind_of(pipe["Target"]) not in TARGETS:
        raise invalid(f"Penstock does not deliver to targets of {_service(pipe['Target'])} ({pipe['Target']}).")
    SOURCES[service](pipe)
    _check_logs(pipe.get("LogConfiguration") or {})
    settings(pipe)
    Execution(ctx, pipe, SqsSource(ctx, pipe["Source"]))


def settings(pipe: Json) -> Settings:
    """How its mapping reads. Raises ValidationException."""
    parameters = pipe.get("SourceParameters") or {}
    own = parameters.get("SqsQueueParameters") or {}
    try:
        patterns = compiled(parameters.get("FilterCriteria"))
    except PatternError as error:
        raise invalid(f"Invalid filter pattern: {error}") from None
    size = own.get("BatchSize") or min(_DEFAULT_BATCH, largest_batch(pipe))
    return Settings(batch_size=size, window=float(own.get("MaximumBatchingWindowInSeconds", 0)), patterns=patterns)


def largest_batch(pipe: Json) -> int:
    """Events that both enrichment and target take at a time."""
    largest = TARGETS[kind_of(pipe["Target"])].largest
    enrichment = ENRICHMENTS[kind_of(pipe["Enrichment"])] if pipe.get("Enrichment") else None
    return 1 if enrichment is not None and not enrichment.batches else largest


def source_problem(ctx: Context, pipe: Json) -> str:
    """Why the source cannot be read by `ctx`, the pipe's role; nothing where it can."""
    queue = Arn.parse(pipe["Source"])
    url = f"{ctx.config.endpoint}/{queue.account}/{queue.resource}"
    try:
        there = ctx.at(account=queue.account, region=queue.region)
        there.call_now("sqs", "GetQueueAttributes", {"QueueUrl": url, "AttributeNames": ["QueueArn"]})
    except AwsError as error:
        return f"Cannot access the source {pipe['Source']}: {error.message}"
    return ""


def _check_queue(pipe: Json) -> None:
    parameters = pipe.get("SourceParameters") or {}
    if others := [name for name in parameters if name not in ("FilterCriteria", "SqsQueueParameters")]:
        raise invalid(f"{others[0]} is not valid for SQS event sources.")
    own = parameters.get("SqsQueueParameters") or {}
    size, window = own.get("BatchSize", 1), own.get("MaximumBatchingWindowInSeconds", 0)
    largest = largest_batch(pipe)
    if size > largest:
        raise invalid(f"BatchSize {size} is greater than {largest}, the most that the enrichment and target support.")
    if pipe["Source"].endswith(".fifo"):
        if size > _POLL:
            raise invalid("Maximum batch size for FIFO queues is 10.")
        if window:
            raise invalid("Batching window is not supported for FIFO queues.")
    elif size > _POLL and not window:
        raise invalid("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10")


def _check_logs(logs: Json) -> None:
    for name in _OTHER_LOGS:
        if name in logs:
            raise invalid(f"Penstock does not write the logs of pipes to {name}; use CloudwatchLogsLogDestination.")
    if LEVELS[logs.get("Level", "OFF")] and "CloudwatchLogsLogDestination" not in logs:
        raise invalid("At least one log destination is required unless the log level is OFF.")


def _service(arn: str) -> str:
    """Self-managed Kafka has no ARN."""
    return arn.split(":")[2] if arn.startswith("arn:") else arn.partition(":")[0]


SOURCES: dict[str, Callable[[Json], None]] = {"sqs": _check_queue}
