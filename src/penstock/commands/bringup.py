"""Brings apps up: what was given is read, checked and deployed stack by stack; events say what is being done."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from penstock.base import folders
from penstock.base.errors import PenstockError
from penstock.call import Context
from penstock.commands import apps as known_apps
from penstock.compute.containers.model import ImageSource
from penstock.compute.containers.preview import Weight, preview
from penstock.services.cloudformation import lifecycle
from penstock.services.cloudformation.state import Step
from penstock.template.assembly import Stack
from penstock.template.check import check
from penstock.template.finding import INERT, INVALID, UNSUPPORTED, Finding
from penstock.template.provider import ResourceType
from penstock.template.source import load, parts
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

    loaded = await _load(apps, Environment(ctx.config.account, ctx.config.region), doing)
    stacks = [stack for of_app in loaded.values() for stack in of_app]
    for warning in _judge(findings(stacks, ctx.state("cloudformation").types)):
        events.put_nowait({"warning": warning})
    for app, of_app in loaded.items():
        for stack in of_app:
            await _deploy(ctx, stack, events)
            known_apps.remember(ctx.store, stack.name, app)


async def _load(apps: list[Path], environment: Environment, doing: Callable[[str], None]) -> dict[Path, list[Stack]]:
    """The stacks of each app. Where several are to be synthesized, as many at once as there are processors."""
    given = [(app, part) for app in apps for part in parts(app)]
    doing(f"Reading {', '.join(app.name for app in apps)}")
    free = asyncio.Semaphore(os.cpu_count() or 1)

    async def read(part: Path) -> tuple[Stack, ...]:
        async with free:
            return await asyncio.to_thread(load, part, cache_folder(), environment, doing)

    found = await asyncio.gather(*(read(part) for _, part in given))
    loaded: dict[Path, list[Stack]] = {app: [] for app in apps}
    for (app, _), stacks in zip(given, found, strict=True):
        loaded[app] += stacks
    return loaded


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

    await _make_networks(ctx, stack)
    outcome = await lifecycle.deploy(ctx, stack, report)
    if outcome.error is not None:
        raise outcome.error
    resources = "1 resource" if changed == 1 else f"{changed} resources"
    events.put_nowait({"done": f"{stack.name}: {outcome.status}, {resources} changed"})


async def _make_networks(ctx: Context, stack: Stack) -> None:
    """What the app was told of when it looked for its VPC has to be there."""
    for network in stack.networks:
        there = ctx.at(account=network.account, region=network.region)
        with there.store.savepoint():
            there.state("ec2").make(there, network)
    await ctx.store.committed()
