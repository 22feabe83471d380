"""Log lines of several groups in their order, each once, going on as they come; and what IAM denied, beside them."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from penstock.base.errors import AwsError
from penstock.base.telemetry import IAM
from penstock.call import Context

Json = dict[str, Any]
PREFIX = "/aws/lambda/"
Group = tuple[Context, str]  # where it is, and its name
Groups = Callable[[], Awaitable[list[Group]]]
_Key = tuple[str, str, str]


class Tail:
    """Reads through the front door like anybody else; `groups` lists what there is by now, `start` is in ms."""

    def __init__(self, ctx: Context, groups: Groups, start: int, denials: bool = False) -> None:
        self._ctx = ctx
        self._groups = groups
        self._from = start
        self._denied: set[str] | None = set() if denials else None
        self._start = defaultdict[_Key, int](lambda: start)
        self._seen = defaultdict[_Key, set[str]](set)  # event ids at the last millisecond

    async def lines(self) -> list[Json]:
        """What has come since the last call, `{timestamp, source, message}`."""
        found = [line for ctx, group in await self._groups() for line in await self._group(ctx, group)]
        return sorted(found + self._denials(), key=lambda line: line["timestamp"])

    def _denials(self) -> list[Json]:
        """Those that were not told yet, by their text: IAM says each once."""
        if self._denied is None:
            return []
        lines = [line for line in self._ctx.telemetry.lines if line.source == IAM and line.message not in self._denied]
        self._denied.update(line.message for line in lines)
        recent = [line for line in lines if line.at * 1000 >= self._from]
        return [{"timestamp": int(line.at * 1000), "source": IAM, "message": line.message} for line in recent]

    async def _group(self, ctx: Context, group: str) -> list[Json]:
        key = ctx.account, ctx.region, group
        request: Json = {"logGroupName": group, "startTime": self._start[key]}
        lines: list[Json] = []
        while True:
            try:
                page = await ctx.call("logs", "FilterLogEvents", request)
            except AwsError as error:
                if error.code == "ResourceNotFoundException":
                    return lines
                raise
            lines += [self._line(group, event) for event in page["events"] if self._is_new(key, event)]
            if "nextToken" not in page:
                return lines
            request = {**request, "nextToken": page["nextToken"]}

    def _is_new(self, key: _Key, event: Json) -> bool:
        if event["eventId"] in self._seen[key]:
            return False
        if event["timestamp"] > self._start[key]:
            self._start[key] = event["timestamp"]
            self._seen[key].clear()
        self._seen[key].add(event["eventId"])
        return True

    @staticmethod
    def _line(group: str, event: Json) -> Json:
        source = group.removeprefix(PREFIX)
        return {"timestamp": event["timestamp"], "source": source, "message": event["message"]}

    async def follow(self) -> AsyncIterator[Json]:
        """What is there, and then what comes."""
        while True:
            # Listening begins before reading: a line that comes meanwhile is not missed.
            written = asyncio.ensure_future(self._ctx.signals.wait(("logs",)))
            try:
                for line in await self.lines():
                    yield line
                await written
            finally:
                written.cancel()
