"""`penstock demo`."""

import os
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import click

from penstock.base.errors import PenstockError
from penstock.cli import options, printing, stories
from penstock.cli.client import Client
from penstock.cli.stories import Ended, Story

Json = dict[str, Any]

# What the kinds of hops that are no call to a service are called.
_KINDS = {
    "http": "{what}",
    "vpc-link": "VPC link: {what}",
    "function": "invoke",
    "cold": "start and invoke",
    "task": "start of a container",
}
_SAME = itemgetter("by", "kind", "what", "on", "error")


@click.command()
@click.argument("apps", nargs=-1, metavar="[APP]...")
@options.data
@options.as_json
def demo(apps: tuple[str, ...], data: Path, json_: bool) -> None:
    """Play the stories of the apps that are up, and show what each set off.

    A story is an executable script examples/*.sh in the app's directory. It finds the stacks' outputs in its
    environment (ProductApiUrl is PRODUCT_API_URL), and what points the AWS CLI at the runtime. What it says is printed
    as it comes; then what followed: requests, functions, containers, deliveries, calls to services, with their times.

    Exits with 1 where a story fails. What a story makes stays; it waits in real time, the clock is not moved.

    \b
    penstock demo                 # of every app that is up
    penstock demo shop tasks      # of these
    """
    client = Client(data)
    played = [_play(client, app, story, quiet=json_) for app, story in _chosen(client, apps)]
    if json_:
        printing.as_json(played)
    failed = [f"{each['app']} ({each['script']}: {each['last']})" for each in played if each["status"]]
    if failed:
        raise PenstockError(f"Not every story went well: {'; '.join(failed)}. `penstock logs` says more.")


def _chosen(client: Client, names: tuple[str, ...]) -> list[tuple[Json, Story]]:
    """The stories of the apps that are named, or of all. Raises PenstockError where there are none."""
    apps: dict[str, Json] = {app["name"]: app for app in client.get("apps")["apps"]}
    wanted = [Path(name).name for name in names]  # `systems/shop` is as good as `shop`
    unknown = [name for name in wanted if name not in apps]
    if unknown:
        raise PenstockError(f"{', '.join(unknown)} is not up. What is: {', '.join(apps) or 'nothing'}.")
    chosen = [(app, story) for name, app in apps.items() if name in wanted or not wanted for story in _of(app)]
    if not chosen:
        up = ", ".join(wanted or apps) or "nothing is up"
        raise PenstockError(f"There is no story to play ({up}): an app's stories are executable scripts examples/*.sh.")
    return chosen


def _of(app: Json) -> list[Story]:
    return stories.of(Path(app["path"]))


def _play(client: Client, app: Json, story: Story, quiet: bool) -> Json:
    """Plays it; `{app, title, script, status, seconds, said, last, hops}`."""
    if not quiet:
        printing.story(app["name"], story.title, min(os.path.relpath(story.script), str(story.script), key=len))
    outputs = client.get("outputs")
    env = stories.environment(
        {name: value for stack in app["stacks"] for name, value in outputs[stack].items()}, client.variables
    )
    start = client.post("recording/start")["now"]
    try:
        said, ended = _listen(stories.play(story, env), quiet)
    finally:
        hops = client.post("recording/stop", {"stacks": app["stacks"]})["hops"]
    seconds = max((hop["at"] + hop["seconds"] - start for hop in hops), default=0.0)
    if not quiet:
        printing.hops(_rows(hops, start))
        printing.ended(app["name"], ended.status, seconds)
    return {
        "app": app["name"],
        "title": story.title,
        "script": story.script.name,
        "status": ended.status,
        "seconds": seconds,
        "said": said,
        "last": ended.last,
        "hops": [{**hop, "at": hop["at"] - start} for hop in hops],
    }


def _listen(lines: Iterator[str | Ended], quiet: bool) -> tuple[list[str], Ended]:
    said: list[str] = []
    for line in lines:
        if isinstance(line, Ended):
            return said, line
        said.append(line)
        if not quiet:
            printing.said(line)
    raise AssertionError("a story always ends")


def _rows(hops: list[Json], start: float) -> Iterator[printing.Hop]:
    """A row for each hop, one for those that follow each other and are the same."""
    for (by, kind, what, on, error), group in groupby(hops, key=_SAME):
        same = list(group)
        text = _KINDS.get(kind, "{kind}.{what}").format(kind=kind, what=what)
        yield printing.Hop(
            at=same[0]["at"] - start,
            seconds=max(hop["seconds"] for hop in same),
            by="" if kind == "http" else by,
            what=f"{text} ×{len(same)}" if len(same) > 1 else text,
            on=on,
            error=error or "",
        )
