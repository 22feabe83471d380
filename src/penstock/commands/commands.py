"""What a runtime can be told to do: the commands behind the CLI, the pytest plugin and the control API."""

import asyncio
import functools
import os
import re
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from penstock import __version__
from penstock.base.errors import PenstockError
from penstock.base.telemetry import Span
from penstock.call import Context, Kernel
from penstock.commands import apps, containers
from penstock.commands.bringup import bring_up
from penstock.commands.places import places
from penstock.commands.tail import Group, Groups, Tail
from penstock.commands.traces import Names, Recording, hops
from penstock.commands.watch import watch
from penstock.web.control import Control

Json = dict[str, Any]
_OWN_URL = re.compile(r"http://127\.0\.0\.1:\d+(?=/(?:_aws/|\d{12}/))")
_FUNCTION_ARN = re.compile(r"^arn:[\w-]+:lambda:[\w-]+:\d{12}:function:")
_LONGEST = 100 * 365 * 86400.0
_SETTLING = 10.0  # real seconds
# What a request for the next page carries, and where the last page said it.
_PAGING = {
    "cloudformation": ("NextToken", "NextToken"),
    "lambda": ("Marker", "NextMarker"),
    "logs": ("nextToken", "nextToken"),
}


class Commands:
    """Each is a method; `register` puts them on the control API."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._shutdown: list[Callable[[], object]] = []
        self._bringing_up = asyncio.Lock()
        self._recording: Recording | None = None
        self.ready = False

    def register(self, control: Control) -> None:
        nothing = type(None)
        control.add("GET", "status", self.status)
        control.add("GET", "outputs", self.outputs)
        control.add("GET", "apps", self.apps)
        control.add("POST", "up", self.up, apps=list)
        control.add("POST", "logs", self.logs, name=(str, nothing), follow=bool, since=(int, float, nothing))
        control.add("POST", "invoke", self.invoke, name=str, payload=object, event=bool)
        control.add("POST", "clock/advance", self.advance, seconds=(int, float))
        control.add("POST", "settle", self.settle)
        control.add("POST", "recording/start", self.start_recording)
        control.add("POST", "recording/stop", self.stop_recording, stacks=list)
        control.add("POST", "shutdown", self.shutdown)

    async def status(self) -> Json:
        """What `penstock status --json` prints."""
        config = self._kernel.config
        resources = Counter(resource["StackId"] for resource in await self._resources())
        stacks = [
            {"name": name, "status": stack["StackStatus"], "resources": resources[stack["StackId"]]}
            for name, stack in (await self._stacks()).items()
        ]
        return {
            "version": __version__,
            "pid": os.getpid(),
            "host": config.host,
            "port": config.port,
            "ready": self.ready,
            "enforce_iam": config.enforce_iam,
            "stacks": stacks,
            "tasks": await containers.running(places(self._kernel)),
        }

    async def outputs(self) -> Json:
        """`{stack: {output: value}}`; a URL that was made when the runtime had another port names this one."""
        here = functools.partial(_OWN_URL.sub, self._kernel.config.endpoint)
        return {
            name: {each["OutputKey"]: here(each["OutputValue"]) for each in stack.get("Outputs", [])}
            for name, stack in (await self._stacks()).items()
        }

    async def apps(self) -> Json:
        """What was brought up: `{apps: [{name, path, stacks}]}`."""
        return {"apps": apps.of(self._kernel.store, list(await self._stacks()))}

    async def up(self, apps: list[str]) -> AsyncIterator[Json]:
        """Brings apps up, saying on the way what is being done."""
        async with self._bringing_up:
            async for event in bring_up(self._kernel.context(), map(Path, apps)):
                yield event
            if await containers.starting(places(self._kernel)):
                yield {"doing": "Starting containers"}
                for late in await containers.late(places(self._kernel)):
                    yield {"warning": late}

    def watch(self, apps: list[str]) -> AsyncGenerator[str, None]:
        """Brings apps up again whenever their files change; a line for each time."""
        return watch(self.up, apps, self._kernel.config)

    async def logs(self, name: str | None, follow: bool, since: float | None) -> AsyncIterator[Json]:
        """Log lines in their order: `{timestamp (ms), source, message}`; with `follow` it goes on."""
        start = int((self._kernel.clock.now() - since) * 1000) if since is not None else 0
        tail = Tail(self._kernel.context(), await self._log_groups(name), start, denials=name is None)
        if not follow:
            for line in await tail.lines():
                yield line
            return
        async for line in tail.follow():
            yield line

    async def _log_groups(self, name: str | None) -> Groups:
        """What lists the groups that `name` means: one function's, or those whose name begins so."""
        if name is not None and (function := await self._function(name)) is not None:
            ctx = (await self._functions())[function]
            configuration = await ctx.call("lambda", "GetFunctionConfiguration", {"FunctionName": function})
            return _always([(ctx, configuration["LoggingConfig"]["LogGroup"])])
        groups = functools.partial(self._groups, name)
        if name is not None and not await groups():
            known = ", ".join(group for _, group in await self._groups(None)) or "none"
            raise PenstockError(f"There is no function or log group {name!r}. Log groups: {known}.")
        return groups

    async def _groups(self, prefix: str | None) -> list[Group]:
        request = {"logGroupNamePrefix": prefix} if prefix else {}
        found = await self._everywhere("logs", "DescribeLogGroups", "logGroups", request)
        return [(ctx, group["logGroupName"]) for ctx, group in found]

    async def invoke(self, name: str, payload: Any, event: bool) -> Json:
        """Invokes a function by its name, ARN or logical id, which a version or an alias may follow."""
        plain, _, qualifier = _FUNCTION_ARN.sub("", name).partition(":")
        functions, function = await self._functions(), await self._function(plain)
        if function is None:
            known = ", ".join(await self._callable(functions)) or "none"
            raise PenstockError(f"There is no function {plain!r}. There are: {known}.")
        kind = "Event" if event else "RequestResponse"
        request = {"FunctionName": function, "InvocationType": kind, "Payload": orjson.dumps(payload)}
        if qualifier:
            request["Qualifier"] = qualifier
        answer = await functions[function].call("lambda", "Invoke", request)
        text = answer.get("Payload") or b""
        return {
            "function": function,
            "payload": orjson.loads(text) if text else None,
            "function_error": answer.get("FunctionError"),
        }

    async def _functions(self) -> dict[str, Context]:
        """Name -> where it is; of two that are called the same, the one in the runtime's own region."""
        found = await self._everywhere("lambda", "ListFunctions", "Functions")
        return {function["FunctionName"]: ctx for ctx, function in reversed(found)}

    async def _callable(self, functions: Iterable[str]) -> list[str]:
        """What functions may be called: their logical ids in the app's code; their names where that would mean two."""
        names = Names(each for each in await self._resources() if each["ResourceType"] == "AWS::Lambda::Function")
        ids = {function: found.name if (found := names.find(function)) else function for function in functions}
        often = Counter(ids.values())
        return sorted(short if often[short] == 1 else function for function, short in ids.items())

    async def _stacks(self) -> dict[str, Json]:
        """By name, the oldest first; of two that are called the same the second says its region, too."""
        found = await self._everywhere("cloudformation", "DescribeStacks", "Stacks")
        stacks: dict[str, Json] = {}
        for ctx, stack in sorted(found[::-1], key=lambda each: float(each[1]["CreationTime"])):
            name = stack["StackName"]
            stacks[f"{ctx.region}/{name}" if name in stacks else name] = stack
        return stacks

    async def _everywhere(
        self, service: str, operation: str, member: str, request: Json | None = None
    ) -> list[tuple[Context, Json]]:
        """All that a listing has, page by page and place by place."""
        given, returned = _PAGING[service]
        found: list[tuple[Context, Json]] = []
        for ctx in places(self._kernel):
            asked: Json | None = dict(request or {})
            while asked is not None:
                page = await ctx.call(service, operation, asked)
                found += ((ctx, item) for item in page[member])
                asked = {**asked, given: page[returned]} if page.get(returned) else None
        return found

    async def _resources(self) -> list[Json]:
        resources: list[Json] = []
        for ctx, stack in await self._everywhere("cloudformation", "DescribeStacks", "Stacks"):
            found = await ctx.call("cloudformation", "DescribeStackResources", {"StackName": stack["StackId"]})
            resources += found["StackResources"]
        return resources

    async def _function(self, name: str) -> str | None:
        """A function by its name, or by the logical id of the only resource that has it."""
        functions = await self._functions()
        if name in functions:
            return name
        means = {r.get("PhysicalResourceId", "") for r in await self._resources() if _means(name, r)}
        found = sorted(means & set(functions))
        if len(found) > 1:
            raise PenstockError(f"{name!r} means several functions: {', '.join(found)}.")
        return found[0] if found else None

    async def advance(self, seconds: float) -> Json:
        """Moves the virtual clock."""
        if not 0 <= seconds <= _LONGEST:
            raise PenstockError("The clock moves forward, by a hundred years at most.")
        await self._kernel.advance(seconds)
        return {"now": datetime.fromtimestamp(self._kernel.clock.now(), UTC).isoformat(timespec="seconds")}

    async def settle(self) -> Json:
        """Waits until nothing is in flight."""
        return {"settled": await self._kernel.clock.settle()}

    async def start_recording(self) -> Json:
        """Records what happens from now on; there is one recording, and a new one takes its place."""
        self._end_recording()
        self._recording = Recording(self._kernel.telemetry)
        return {"now": self._kernel.clock.now()}

    async def stop_recording(self, stacks: list[str]) -> Json:
        """What was done for these stacks and by them, when all that is in flight has ended."""
        await self._kernel.clock.settle(_SETTLING)
        spans = self._end_recording()
        return {"hops": hops(spans, Names(await self._resources()), stacks)}

    def _end_recording(self) -> list[Span]:
        recording, self._recording = self._recording, None
        return recording.stop() if recording is not None else []

    def on_shutdown(self, callback: Callable[[], object]) -> None:
        self._shutdown.append(callback)

    async def shutdown(self) -> Json:
        loop = asyncio.get_running_loop()
        for callback in self._shutdown:
            loop.call_later(0.01, callback)  # after the answer
        return {"pid": os.getpid()}


def _always(groups: list[Group]) -> Groups:
    async def same() -> list[Group]:
        return groups

    return same


def _means(name: str, resource: Json) -> bool:
    """A logical id, or its beginning: CDK appends eight hexadecimal digits to the id in the code."""
    logical_id: str = resource["LogicalResourceId"]
    return logical_id == name or re.fullmatch(re.escape(name) + "[0-9A-F]{8}", logical_id) is not None
