"""A stage of an execution, enrichment or target, at work: calls are made as the pipe's role, and each is logged."""

from typing import Any, NamedTuple

from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.delivery.endpoints import Endpoints
from penstock.delivery.mappings import BatchFailed
from penstock.delivery.targets import HttpCall
from penstock.services.pipes.logs import Log
from penstock.services.pipes.templates import Event, as_json
from penstock.wire.model import Json

LONGEST = 300.0  # seconds that an execution may take


class Stage(NamedTuple):
    """`kind` is ENRICHMENT or TARGET, `parameters` are the stage's, `events` and `texts` what it is about.

    `records` are the identifiers of the batch at the source, by what a target may call them (a stream's records by
    their eventID).
    """

    ctx: Context
    kind: str
    arn: Arn
    pipe: Json
    parameters: Json
    events: list[Event]
    texts: list[str]
    records: dict[str, str]
    log: Log

    async def call(self, service: str, operation: str, request: Json) -> Json:
        """Raises AwsError."""
        where = self.ctx.at(account=self.arn.account or None, region=self.arn.region or None)
        self.log.step(f"{self.kind}_INVOCATION_STARTED", awsRequest=request)
        try:
            answer = await where.call(service, operation, request)
        except AwsError as error:
            self.failed(error)
            raise
        self.log.step(f"{self.kind}_INVOCATION_SUCCEEDED", awsResponse=answer)
        return answer

    async def fetch(self, parameters: Json) -> bytes:
        """What an API destination or a stage of API Gateway answers to the only event. Raises AwsError."""
        call = HttpCall(self.arn, parameters, self.texts[0])
        self.log.step(f"{self.kind}_INVOCATION_STARTED", awsRequest=self.texts[0])
        try:
            endpoints = self.ctx.kernel.shared(Endpoints)
            answer = await endpoints.invoke(self.ctx, call, self.ctx.clock.now() + LONGEST)
        except AwsError as error:
            self.failed(error)
            raise
        self.log.step(f"{self.kind}_INVOCATION_SUCCEEDED", awsResponse=answer["Body"].decode(errors="replace"))
        body: bytes = answer["Body"]
        return body

    def failed(self, error: Exception, partially: bool = False) -> None:
        self.log.step(f"{self.kind}_INVOCATION_{'PARTIALLY_' if partially else ''}FAILED", error)

    def refuse(self, message: str) -> BatchFailed:
        """A failure of the customer's own that came as an answer."""
        error = BatchFailed(message)
        self.failed(error)
        return error

    def identifiers(self, indexes: set[int]) -> set[str]:
        """Which records the events at these places came from; all, where an enrichment has made others of them."""
        if not indexes:
            return set()
        self.failed(BatchFailed(f"{len(indexes)} of {len(self.events)} events failed"), partially=True)
        if len(self.events) == len(self.records):
            identifiers = list(self.records.values())
            return {identifiers[index] for index in indexes}
        return set(self.records.values())

    @property
    def array(self) -> str:
        """All texts as one JSON array."""
        return f"[{','.join(map(as_json, self.texts))}]"

    @property
    def only(self) -> Event:
        return self.events[0]


def settings(stage: Stage, member: str) -> Any:
    return stage.parameters.get(member) or {}
