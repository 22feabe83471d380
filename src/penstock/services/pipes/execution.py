"""One batch on its way: transformed and enriched, transformed again and delivered.

A failure that is not the customer's (a service that throttles or is down, an endpoint that nobody listens at) is no
reason to give records back: the machine behind mappings tries again. Source:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-error-troubleshooting.html
"""

from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime
from typing import Any

from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.base.telemetry import Trace
from penstock.call import Context
from penstock.delivery.mappings import BatchFailed, Source, Unavailable
from penstock.delivery.retry import failure
from penstock.delivery.sources.sqs import trace_of
from penstock.delivery.streams import StreamSource
from penstock.services.pipes.enrichments import ENRICHMENTS
from penstock.services.pipes.logs import Log
from penstock.services.pipes.stage import Stage
from penstock.services.pipes.targets import TARGETS
from penstock.services.pipes.templates import Event, Render, compile_template
from penstock.wire.model import Json

_INTERNAL = frozenset({"CONNECTION_FAILURE", "THROTTLING"})
_SERVICE_DOWN = frozenset({"ServiceUnavailable", "InternalFailure", "InternalException", "ServiceException"})


def kind_of(arn: str) -> str:
    """The row of a table of enrichments or targets."""
    parsed = Arn.parse(arn)
    return f"events:{parsed.resource.partition('/')[0]}" if parsed.service == "events" else parsed.service


class Execution:
    """What a pipe does with a batch. `ctx` carries its role."""

    def __init__(self, ctx: Context, pipe: Json, source: Source | StreamSource) -> None:
        self._ctx, self._pipe, self._source = ctx, pipe, source
        self._enrichment = ENRICHMENTS[kind_of(pipe["Enrichment"])] if pipe.get("Enrichment") else None
        self._target = TARGETS[kind_of(pipe["Target"])]
        self._render_enrichment = _renderer(pipe, "EnrichmentParameters")
        self._render_target = _renderer(pipe, "TargetParameters")

    async def __call__(self, records: list[Json]) -> Collection[str]:
        """Identifiers of the records that failed. Raises BatchFailed, or Unavailable."""
        header = trace_of(records)
        ctx = self._ctx.at(trace=Trace.parse(header) or Trace.start(self._ctx.clock.now()))
        log = Log(ctx, self._pipe["Arn"], self._pipe.get("LogConfiguration"))
        log.step("EXECUTION_STARTED", payload=records)
        try:
            failed = await self._run(ctx, records, log)
        except (AwsError, BatchFailed) as error:
            log.step("EXECUTION_FAILED", error)
            raise _judged(error) from error
        else:
            log.step("EXECUTION_PARTIALLY_FAILED" if failed else "EXECUTION_SUCCEEDED")
            return failed
        finally:
            log.write()

    async def _run(self, ctx: Context, records: list[Json], log: Log) -> Collection[str]:
        events = [Event.from_source(record, self._source.filtered(record)) for record in records]
        identifiers = {record.get("eventID", id): id for record in records if (id := self._source.identifier(record))}
        if self._enrichment is not None:
            stage = self._stage(ctx, "ENRICHMENT", events, identifiers, log)
            events = self._events(await _through(stage, self._render_enrichment, self._enrichment.call))
        if not events:
            log.step("TARGET_STAGE_SKIPPED")
            return ()
        stage = self._stage(ctx, "TARGET", events, identifiers, log)
        if len(events) > self._target.largest:
            raise stage.refuse(f"The target takes {self._target.largest} events at most, not {len(events)}.")
        failed: Collection[str] = await _through(stage, self._render_target, self._target.deliver)
        return failed

    def _stage(self, ctx: Context, kind: str, events: list[Event], records: dict[str, str], log: Log) -> Stage:
        member, pipe = kind.capitalize(), self._pipe
        parameters = pipe.get(f"{member}Parameters") or {}
        return Stage(ctx, kind, Arn.parse(pipe[member]), pipe, parameters, events, [], records, log)

    def _events(self, result: Any) -> list[Event]:
        """What an enrichment returned, as events for the target; an empty answer means none."""
        if result in (None, "", {}, []):
            return []
        if isinstance(result, list) and self._target.largest > 1:
            return [Event.of(item) for item in result]
        return [Event.of(result)]


async def _through(stage: Stage, render: Render, call: Callable[[Stage], Awaitable[Any]]) -> Any:
    """A stage from its beginning to its end. Raises AwsError or BatchFailed."""
    log, kind = stage.log, stage.kind
    log.step(f"{kind}_STAGE_ENTERED", payload=[event.given for event in stage.events])
    try:
        result = await call(stage._replace(texts=_texts(stage, render)))
    except (AwsError, BatchFailed) as error:
        log.step(f"{kind}_STAGE_FAILED", error)
        raise
    log.step(f"{kind}_STAGE_PARTIALLY_FAILED" if kind == "TARGET" and result else f"{kind}_STAGE_SUCCEEDED")
    return result


def _texts(stage: Stage, render: Render) -> list[str]:
    now = datetime.fromtimestamp(stage.ctx.clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    texts = [render(event, now) for event in stage.events]
    if stage.parameters.get("InputTemplate"):
        stage.log.step(f"{stage.kind}_TRANSFORMATION_STARTED")
        stage.log.step(f"{stage.kind}_TRANSFORMATION_SUCCEEDED", payload=texts)
    return texts


def _renderer(pipe: Json, member: str) -> Render:
    """Raises AwsError."""
    variables = {
        "pipe-arn": pipe["Arn"],
        "pipe-name": pipe["Name"],
        "source-arn": pipe["Source"],
        "enrichment-arn": pipe.get("Enrichment", ""),
        "target-arn": pipe["Target"],
    }
    return compile_template((pipe.get(member) or {}).get("InputTemplate"), variables)


def _judged(error: AwsError | BatchFailed) -> BatchFailed | Unavailable:
    """Whose fault it is."""
    if isinstance(error, BatchFailed):
        return error
    internal = failure(error).code in _INTERNAL or error.code in _SERVICE_DOWN
    return Unavailable(str(error)) if internal else BatchFailed(str(error))
