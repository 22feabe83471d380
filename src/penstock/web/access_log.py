"""Access logs: a line for each exchange, in the stage's own format, in its log group.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
"""

import hashlib
import re
from typing import Any

from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.base.telemetry import LogLine
from penstock.call import Context
from penstock.wire.model import Json

_VARIABLE = re.compile(r"\$context\.([\w.\-]+)")
_GROUP = "log-group:"


class AccessLog:
    """Writes beside the exchange, after its answer; a log that cannot be written is reported once."""

    def __init__(self, settings: Json, stream: str) -> None:
        self._format = settings.get("format", "")
        self._group = _group_of(settings.get("destinationArn", ""))
        self._stream = hashlib.md5(stream.encode(), usedforsecurity=False).hexdigest()
        self._ready = False
        self._reported = False

    def line(self, context: Json) -> str:
        return _VARIABLE.sub(lambda match: _value(context, match[1]), self._format)

    def write(self, ctx: Context, at: float, context: Json) -> None:
        event = {"timestamp": int(at * 1000), "message": self.line(context)}
        ctx.spawn(self._put(ctx, event), "access log")

    async def _put(self, ctx: Context, event: Json) -> None:
        where = {"logGroupName": self._group, "logStreamName": self._stream}
        try:
            if not self._ready:
                await self._make_stream(ctx, where)
            await ctx.call("logs", "PutLogEvents", {**where, "logEvents": [event]})
        except AwsError as error:
            self._report(ctx, event["timestamp"] / 1000, str(error))

    async def _make_stream(self, ctx: Context, where: Json) -> None:
        self._ready = True
        try:
            await ctx.call("logs", "CreateLogStream", where)
        except AwsError as error:
            if error.code != "ResourceAlreadyExistsException":
                raise

    def _report(self, ctx: Context, at: float, why: str) -> None:
        if not self._reported:
            self._reported = True
            text = f"access logs of {self._group or 'a stage'} cannot be written: {why}"
            ctx.telemetry.log(LogLine(at, "WARNING", "apigateway", text, ctx.request_id))


def _group_of(arn: str) -> str:
    try:
        resource = Arn.parse(arn).resource
    except ValueError:
        return ""
    return resource.removeprefix(_GROUP).removesuffix(":*") if resource.startswith(_GROUP) else ""


def _value(context: Json, path: str) -> str:
    """`-` stands for what is not there."""
    found: Any = context
    for name in path.rstrip(".").split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return "-" if found is None or found == "" else str(found)
