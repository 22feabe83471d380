"""Brings apps up: what was given is read, checked and deployed stack by stack; events say what is being done."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from penstock.base import folders
from penstock.base.errors import PenstockError
from penstock.call import Context
from penstock.compute.containers.model import ImageSource
from penstock.compute.containers.preview import Weight, preview
from penstock.services.cloudformation import lifecycle
from penstock.services.cloudformation.state import Step
from penstock.template.assembly import Stack
from penstock.template.check import check
from penstock.template.finding import INERT, INVALID, UNSUPPORTED, Finding
from penstock.template.provider import ResourceType
from penstock.template.source import load
from penstock.template.synth import Environment

Json = dict[str, Any]


def cache_folder() -> Path:
    """Where synthesized apps are kept for every runtime of this user."""
    return folders.cache("synth")


async def bring_up(ctx: Context, apps: Iterable[Path]) -> AsyncIterator[Json]:
    """Events `{"doing" | "done" | "warning": text}`. Raises PenstockError for what cannot be read, or fails."""
    events: asyncio.Queue[Json | None] = asyncio.Queue()
    work = asyncio.ensure_future(_work(ctx, list(apps), events))
    work.add_done_callback(lambda _: events.put_nowait(None))
    try:
        while (event := await events.get()) is not None:
            yield event
        await work
    finally:
        work.cancel()


async def _work(ctx: Context, apps: list[Path], events: "asyncio.Queue[Json | None]") -> None:
    loop = asyncio.get_running_loop()

    def doing(text: str) -> None:
        loop.call_soon_threadsafe(events.put_nowait, {"doing": text})

    environment = Environment(ctx.config.account, ctx.config.region)
    stacks: list[Stack] = []
    for app in apps:
        doing(f"Reading {app.name}")
        stacks += await loop.run_in_executor(None, load, app, cache_folder(), environment, doing)
    for warning in _judge(findings(stacks, ctx.state("cloudformation").types)):
        events.put_nowait({"warning": warning})
    for stack in stacks:
        await _deploy(ctx, stack, events)


def findings(stacks: Sequence[Stack], types: Mapping[str, ResourceType]) -> list[Finding]:
    """What of templates, and of the Dockerfiles they come with, will not be as on AWS."""
    return [*check(stacks, types), *(finding for stack in stacks for finding in _images(stack))]


def _images(stack: Stack) -> Iterator[Finding]:
    for name, asset in stack.assets.images.items():
        source = ImageSource(
            name=name,
            directory=asset.directory,
            dockerfile=asset.dockerfile,
            build_args=asset.build_args,
            target=asset.target,
        )
        for remark in preview(source):
            severity = _SEVERITIES[remark.weight]
            file = str(asset.directory / asset.dockerfile)
            yield Finding(severity, stack.name, "", "", remark.subject, remark.reason, file, remark.line)


_SEVERITIES = {Weight.INVALID: INVALID, Weight.UNSUPPORTED: UNSUPPORTED, Weight.INERT: INERT}


def _judge(found: list[Finding]) -> list[str]:
    """What to warn of. A template that cannot become what it says is refused, naming everything that is in the way."""
    hindrances = [finding for finding in found if finding.severity in (INVALID, UNSUPPORTED) and not finding.path]
    if hindrances:
        raise PenstockError("\n  ".join(["This cannot be brought up:", *map(str, hindrances)]))
    warnings = [str(finding) for finding in found if finding.severity != INERT]
    inert = Counter(finding.stack for finding in found if finding.severity == INERT)
    return warnings + [
        f"{stack}: {count} parts are recorded without an effect here; `penstock check` lists them."
        for stack, count in inert.items()
    ]


async def _deploy(ctx: Context, stack: Stack, events: "asyncio.Queue[Json | None]") -> None:
    changed = 0

    def report(step: Step) -> None:
        nonlocal changed
        if step.logical_id != step.stack:
            changed += step.status.endswith("_COMPLETE")
            events.put_nowait({"doing": f"{step.stack}: {step.logical_id} ({step.type}) {step.status}"})

    outcome = await lifecycle.deploy(ctx, stack, report)
    if outcome.error is not None:
        raise outcome.error
    resources = "1 resource" if changed == 1 else f"{changed} resources"
    events.put_nowait({"done": f"{stack.name}: {outcome.status}, {resources} changed"})
