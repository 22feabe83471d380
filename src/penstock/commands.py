"""What a runtime can be told to do: the commands behind the CLI, the pytest plugin and the control API."""

import asyncio
import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from penstock import __version__
from penstock.base.errors import PenstockError
from penstock.bringup import bring_up
from penstock.call import Kernel
from penstock.tail import Tail
from penstock.web.control import Control

Json = dict[str, Any]


class Commands:
    """Each is a method; `register` puts them on the control API."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._shutdown: list[Callable[[], object]] = []
        self._bringing_up = asyncio.Lock()
        self.ready = False

    def register(self, control: Control) -> None:
        control.add("GET", "status", lambda _: self.status())
        control.add("GET", "outputs", lambda _: self.outputs())
        control.add("POST", "up", lambda params: self.up(params["apps"]))
        control.add("POST", "logs", lambda params: self.logs(**params))
        control.add("POST", "invoke", lambda params: self.invoke(**params))
        control.add("POST", "clock/advance", lambda params: self.advance(params["seconds"]))
        control.add("POST", "settle", lambda _: self.settle())
        control.add("POST", "shutdown", lambda _: self.shutdown())

    async def status(self) -> Json:
        """What `penstock status --json` prints."""
        config = self._kernel.config
        resources = Counter(resource["StackName"] for resource in await self._resources())
        stacks = [
            {"name": name, "status": stack["StackStatus"], "resources": resources[name]}
            for stack in await self._stacks()
            for name in [stack["StackName"]]
        ]
        return {
            "version": __version__,
            "pid": os.getpid(),
            "host": config.host,
            "port": config.port,
            "ready": self.ready,
            "stacks": stacks,
        }

    async def outputs(self) -> Json:
        """`{stack: {output: value}}`."""
        return {
            stack["StackName"]: {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
            for stack in await self._stacks()
        }

    async def up(self, apps: list[str]) -> AsyncIterator[Json]:
        """Brings apps up, saying on the way what is being done."""
        async with self._bringing_up:
            async for event in bring_up(self._kernel.context(), map(Path, apps)):
                yield event

    async def logs(self, name: str | None, follow: bool, since: float | None) -> AsyncIterator[Json]:
        """Log lines in their order: `{timestamp (ms), source, message}`; with `follow` it goes on."""
        start = int((self._kernel.clock.now() - since) * 1000) if since is not None else 0
        tail = Tail(self._kernel.context(), await self._log_groups(name), start)
        if not follow:
            for line in await tail.lines():
                yield line
            return
        async for line in tail.follow():
            yield line

    async def _log_groups(self, name: str | None) -> list[str]:
        ctx = self._kernel.context()
        if name is not None and (function := await self._function(name)) is not None:
            name = f"/aws/lambda/{function}"
        request = {"logGroupNamePrefix": name} if name else {}
        found = await ctx.call("logs", "DescribeLogGroups", request)
        groups = [group["logGroupName"] for group in found["logGroups"]]
        if name and not groups:
            raise PenstockError(f"There is no function or log group {name!r} with log lines.")
        return groups

    async def invoke(self, name: str, payload: Any, event: bool) -> Json:
        """Invokes a function by its name, ARN or logical id."""
        function = await self._function(name)
        if function is None:
            known = ", ".join(sorted(await self._functions())) or "none"
            raise PenstockError(f"There is no function {name!r}. There are: {known}.")
        kind = "Event" if event else "RequestResponse"
        request = {"FunctionName": function, "InvocationType": kind, "Payload": orjson.dumps(payload)}
        answer = await self._kernel.context().call("lambda", "Invoke", request)
        text = answer.get("Payload") or b""
        return {
            "function": function,
            "payload": orjson.loads(text) if text else None,
            "function_error": answer.get("FunctionError"),
        }

    async def _functions(self) -> list[str]:
        found = await self._kernel.context().call("lambda", "ListFunctions", {})
        return [function["FunctionName"] for function in found["Functions"]]

    async def _stacks(self) -> list[Json]:
        found = await self._kernel.context().call("cloudformation", "DescribeStacks", {})
        return list(reversed(found["Stacks"]))  # the oldest first

    async def _resources(self) -> list[Json]:
        ctx = self._kernel.context()
        resources: list[Json] = []
        for stack in await self._stacks():
            found = await ctx.call("cloudformation", "DescribeStackResources", {"StackName": stack["StackId"]})
            resources += found["StackResources"]
        return resources

    async def _function(self, name: str) -> str | None:
        """A function by its name, or by the logical id of the only resource that has it."""
        functions = await self._functions()
        if name in functions:
            return name
        found = sorted({r["PhysicalResourceId"] for r in await self._resources() if _means(name, r)} & set(functions))
        if len(found) > 1:
            raise PenstockError(f"{name!r} means several functions: {', '.join(found)}.")
        return found[0] if found else None

    async def advance(self, seconds: float) -> Json:
        """Moves the virtual clock."""
        await self._kernel.advance(seconds)
        return {"now": datetime.fromtimestamp(self._kernel.clock.now(), UTC).isoformat(timespec="seconds")}

    async def settle(self) -> Json:
        """Waits until nothing is in flight."""
        return {"settled": await self._kernel.clock.settle()}

    def on_shutdown(self, callback: Callable[[], object]) -> None:
        self._shutdown.append(callback)

    async def shutdown(self) -> Json:
        loop = asyncio.get_running_loop()
        for callback in self._shutdown:
            loop.call_later(0.01, callback)  # after the answer
        return {"pid": os.getpid()}


def _means(name: str, resource: Json) -> bool:
    """A logical id, or its beginning: CDK appends eight hexadecimal digits to the id in the code."""
    logical_id: str = resource["LogicalResourceId"]
    return logical_id == name or re.fullmatch(re.escape(name) + "[0-9A-F]{8}", logical_id) is not None
