"""Log lines of several groups in their order, each once, going on as they come."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from penstock.base.errors import AwsError
from penstock.call import Context

Json = dict[str, Any]
PREFIX = "/aws/lambda/"
Groups = Callable[[], Awaitable[list[str]]]


class Tail:
    """Reads through the front door like anybody else; `groups` lists what there is by now, `start` is in ms."""

    def __init__(self, ctx: Context, groups: Groups, start: int) -> None:
        self._ctx = ctx
        self._groups = groups
        self._start = defaultdict[str, int](lambda: start)
        self._seen = defaultdict[str, set[str]](set)  # event ids at the last millisecond

    async def lines(self) -> list[Json]:
        """What has come since the last call, `{timestamp, source, message}`."""
        found = [line for group in await self._groups() for line in await self._group(group)]
        return sorted(found, key=lambda line: line["timestamp"])

    async def _group(self, group: str) -> list[Json]:
        request: Json = {"logGroupName": group, "startTime": self._start[group]}
        lines: list[Json] = []
        while True:
            try:
                page = await self._ctx.call("logs", "FilterLogEvents", request)
            except AwsError as error:
                if error.code == "ResourceNotFoundException":
                    return lines
                raise
            lines += [self._line(group, event) for event in page["events"] if self._is_new(group, event)]
            if "nextToken" not in page:
                return lines
            request = {**request, "nextToken": page["nextToken"]}

    def _is_new(self, group: str, event: Json) -> bool:
        if event["eventId"] in self._seen[group]:
            return False
        if event["timestamp"] > self._start[group]:
            self._start[group] = event["timestamp"]
            self._seen[group].clear()
        self._seen[group].add(event["eventId"])
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
