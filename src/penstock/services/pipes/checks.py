"""What a pipe has to be like, beyond what the model says. Sources:

https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_CreatePipe.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.delivery.patterns import PatternError
from penstock.services.pipes.enrichments import ENRICHMENTS
from penstock.services.pipes.execution import Execution, kind_of
from penstock.services.pipes.logs import LEVELS
from penstock.services.pipes.names import invalid
from penstock.services.pipes.sources import SOURCES, patterns_of, service_of, source_parameters
from penstock.services.pipes.targets import TARGETS
from penstock.wire.model import Json

_OTHER_LOGS = ("S3LogDestination", "FirehoseLogDestination")


def check(ctx: Context, pipe: Json) -> None:
    """Raises ValidationException."""
    service = service_of(pipe["Source"])
    if service not in SOURCES:
        raise invalid(f"Penstock does not read from {service} event sources ({pipe['Source']}).")
    if pipe.get("Enrichment") and kind_of(pipe["Enrichment"]) not in ENRICHMENTS:
        raise invalid(f"Penstock does not enrich events by {service_of(pipe['Enrichment'])} ({pipe['Enrichment']}).")
    if kind_of(pipe["Target"]) not in TARGETS:
        raise invalid(f"Penstock does not deliver to targets of {service_of(pipe['Target'])} ({pipe['Target']}).")
    _check_source(pipe)
    _check_logs(pipe.get("LogConfiguration") or {})
    Execution(ctx, pipe, SOURCES[service].open(ctx, pipe))


def source_problem(ctx: Context, pipe: Json) -> str:
    """Why the source cannot be read by `ctx`, the pipe's role; nothing where it can."""
    try:
        SOURCES[service_of(pipe["Source"])].look(ctx, pipe)
    except AwsError as error:
        return f"Cannot access the source {pipe['Source']}: {error.message}"
    return ""


def _check_source(pipe: Json) -> None:
    kind = SOURCES[service_of(pipe["Source"])]
    given = pipe.get("SourceParameters") or {}
    if others := [name for name in given if name not in ("FilterCriteria", kind.parameters)]:
        raise invalid(f"{others[0]} is not valid for {kind.name} event sources.")
    own = source_parameters(pipe)
    size, largest = own.get("BatchSize", 1), largest_batch(pipe)
    if size > largest:
        raise invalid(f"BatchSize {size} is greater than {largest}, the most that the enrichment and target support.")
    kind.check(pipe, own)
    try:
        patterns_of(pipe)
    except PatternError as error:
        raise invalid(f"Invalid filter pattern: {error}") from None


def largest_batch(pipe: Json) -> int:
    """Events that both enrichment and target take at a time."""
    largest = TARGETS[kind_of(pipe["Target"])].largest
    enrichment = ENRICHMENTS[kind_of(pipe["Enrichment"])] if pipe.get("Enrichment") else None
    return 1 if enrichment is not None and not enrichment.batches else largest


def _check_logs(logs: Json) -> None:
    for name in _OTHER_LOGS:
        if name in logs:
            raise invalid(f"Penstock does not write the logs of pipes to {name}; use CloudwatchLogsLogDestination.")
    if LEVELS[logs.get("Level", "OFF")] and "CloudwatchLogsLogDestination" not in logs:
        raise invalid("At least one log destination is required unless the log level is OFF.")
