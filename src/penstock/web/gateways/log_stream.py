"""A stream in CloudWatch Logs that a gateway writes beside its exchanges; what cannot be written is reported once."""

from collections.abc import Sequence

from penstock.base.errors import AwsError
from penstock.base.telemetry import LogLine
from penstock.call import Context
from penstock.wire.model import Json

_EXISTS = "ResourceAlreadyExistsException"


class LogStream:
    """`makes_group`: the group is the gateway's own, and made with the stream."""

    def __init__(self, group: str, stream: str, makes_group: bool = False) -> None:
        self._where = {"logGroupName": group, "logStreamName": stream}
        self._makes_group = makes_group
        self._ready = False
        self._reported = False

    def write(self, ctx: Context, at: float, messages: Sequence[str]) -> None:
        """Writes later, in a task of its own; nobody waits for it."""
        events = [{"timestamp": int(at * 1000), "message": message} for message in messages]
        ctx.spawn(self._put(ctx, at, events), "gateway log")

    async def _put(self, ctx: Context, at: float, events: list[Json]) -> None:
        with ctx.clock.work():
            try:
                if not self._ready:
                    await self._make(ctx)
                await ctx.call("logs", "PutLogEvents", {**self._where, "logEvents": events})
            except AwsError as error:
                self._report(ctx, at, str(error))

    async def _make(self, ctx: Context) -> None:
        self._ready = True
        group = {"logGroupName": self._where["logGroupName"]}
        steps = [("CreateLogGroup", group)] if self._makes_group else []
        for operation, request in (*steps, ("CreateLogStream", self._where)):
            try:
                await ctx.call("logs", operation, dict(request))
            except AwsError as error:
                if error.code != _EXISTS:
                    raise

    def _report(self, ctx: Context, at: float, why: str) -> None:
        if not self._reported:
            self._reported = True
            text = f"the log group {self._where['logGroupName'] or '(none)'} cannot be written: {why}"
            ctx.telemetry.log(LogLine(at, "WARNING", "apigateway", text, ctx.request_id))
