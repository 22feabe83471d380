"""What the commands print: tables, progress, errors. Colours and live lines only on a terminal."""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any, NamedTuple

import click
from rich.console import Console, JustifyMethod
from rich.markup import escape
from rich.table import Table
from rich.text import Text

Json = dict[str, Any]

# Lines for other programs are not folded to a width that nobody sees.
_PLAIN_WIDTH = 10_000
_CDK_EXPORT = re.compile(r"Output(Ref|FnGetAtt)\w+[0-9A-F]{8}$")

out = Console(highlight=False, width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
err = Console(stderr=True, highlight=False)

STATUS_STYLES = {
    "COMPLETE": "green",
    "FAILED": "red",
    "IN_PROGRESS": "yellow",
    "ready": "green",
    "RUNNING": "green",
    "PENDING": "yellow",
    "UNHEALTHY": "red",
    "HEALTHY": "green",
}


def as_json(value: Any) -> None:
    """One JSON document on stdout, for scripts."""
    click.echo(json.dumps(value, indent=2, default=str))


def styled(status: str) -> str:
    style = next((style for end, style in STATUS_STYLES.items() if status.endswith(end)), "")
    return f"[{style}]{status}[/]" if style else status


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    grid = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        grid.add_column(column, overflow="fold", no_wrap=True)
    for row in rows:
        grid.add_row(*row)
    out.print(grid)


def lines(columns: Sequence[str], rows: Iterable[Sequence[str]], numbers: int = 0) -> None:
    """Where the terminal is too narrow, the last column is cut and no other; the first `numbers` stand to the right."""
    cells = list(rows)
    grid = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for index, column in enumerate(columns[:-1]):
        widest = max((Text.from_markup(row[index]).cell_len for row in cells), default=0)
        justify: JustifyMethod = "right" if index < numbers else "left"
        grid.add_column(column, no_wrap=True, min_width=max(widest, len(column)), justify=justify)
    grid.add_column(columns[-1], no_wrap=True, overflow="ellipsis")
    for row in cells:
        grid.add_row(*row)
    out.print(grid)


def announce(status: Json, stacks: dict[str, dict[str, str]], apps: list[Json], hints: dict[str, str]) -> None:
    """What `up` ends with: where everything is, and what to try."""
    enforced = " What IAM does not allow is denied." if status["enforce_iam"] else ""
    out.print(f"Penstock is ready on http://{status['host']}:{status['port']} (pid {status['pid']}).{enforced}")
    rows = [row for app in apps for row in _output_rows(app, stacks)]
    if rows:
        out.print()
        lines(("APP", "OUTPUT", "VALUE"), rows)
    if hints:
        out.print()
        width = max(map(len, hints))
        for command, what in hints.items():
            out.print(f"  {command:<{width}}  [dim]{what}[/]", soft_wrap=True)


def _is_for_people(output: str, value: str) -> bool:
    """URLs and names; neither ARNs nor what the CDK passes on from stack to stack."""
    return not value.startswith("arn:") and not _CDK_EXPORT.search(output)


def _output_rows(app: Json, stacks: dict[str, dict[str, str]]) -> Iterator[tuple[str, str, str]]:
    """A line for each URL and name of an app, the first with the app's name."""
    values = [pair for stack in app["stacks"] for pair in stacks[stack].items() if _is_for_people(*pair)]
    for index, (output, value) in enumerate(values):
        yield f"[bold]{app['name']}[/]" if index == 0 else "", output, escape(value)


def reloaded(line: str) -> None:
    """What `up --watch` has done, or could not do."""
    out.print(line, style="red" if line.startswith("Not ") else "", soft_wrap=True, markup=False)


def outputs(stacks: dict[str, dict[str, str]]) -> None:
    """Outputs by stack, a URL a line."""
    for stack, values in stacks.items():
        if values:
            out.print(f"\n[bold]{stack}[/]")
            width = max(map(len, values))
            for name, value in values.items():
                out.print(f"  {name:<{width}}  {value}", soft_wrap=True, markup=False)


def findings(found: list[Json]) -> None:
    """What `penstock check` found, by template: a line for the resource and what it is about."""
    for file, group in groupby(found, key=lambda finding: str(finding["file"])):
        out.print(f"[bold]{file}[/]", soft_wrap=True)
        for finding in group:
            subject = " ".join(filter(None, (finding["logical_id"], finding["type"], finding["path"])))
            line = f":{finding['line']}" if finding["line"] else ""
            style = "yellow" if finding["severity"] == "inert" else "red"
            out.print(
                f"  [{style}]{finding['severity']:<12}[/]{subject}{line}: {escape(finding['reason'])}", soft_wrap=True
            )


class Hop(NamedTuple):
    """A line of what a story set off; `at` and `seconds` in seconds."""

    at: float
    seconds: float
    by: str
    what: str
    on: str
    error: str


def story(app: str, title: str, script: str) -> None:
    out.print(f"\n[bold cyan]{app}[/]  {escape(title)}", soft_wrap=not out.is_terminal)
    out.print(f"  {script}", style="dim", markup=False, soft_wrap=True)


def said(line: str) -> None:
    """A line of a story: a step stands out, an answer is cut to the terminal's width."""
    step = line.startswith("> ")
    out.print(Text(f"  {line}" if step else f"    {line}", "bold" if step else ""), no_wrap=True, overflow="ellipsis")


def hops(rows: Iterable[Hop]) -> None:
    out.print("  What it set off:", style="dim")
    lines(("  AT", "TOOK", "BY", "WHAT", "ON"), map(_cells, rows), numbers=2)


def _cells(hop: Hop) -> tuple[str, ...]:
    what = escape(hop.what) if hop.by else f"[bold]{escape(hop.what)}[/]"
    failed = f"[red]{escape(hop.error)}[/]" if hop.error else ""
    return f"  {hop.at:.3f} s", _duration(hop.seconds), hop.by, what, " ".join(filter(None, (hop.on, failed)))


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def ended(app: str, status: int, seconds: float) -> None:
    text = f"[green]✓[/] {app}: {seconds:.1f} s" if status == 0 else f"[red]✗ {app} failed (status {status})[/]"
    out.print(f"  {text}")


class Progress:
    """One line for what is being done now, replaced on a terminal, and a line for each thing that is finished."""

    def __init__(self) -> None:
        self._status = err.status("starting") if err.is_terminal else None
        if self._status is not None:
            self._status.start()

    def show(self, event: Json) -> None:
        """`doing`: what has begun; `done`: what has ended; `warning`: what the user should know."""
        if "doing" in event and self._status is not None:
            self._status.update(escape(event["doing"]))
        if "done" in event:
            err.print(
                f"[green]✓[/] {escape(event['done'])}" if err.is_terminal else escape(event["done"]), soft_wrap=True
            )
        if "warning" in event:
            err.print(f"[yellow]! {escape(event['warning'])}[/]", soft_wrap=True)

    def close(self) -> None:
        if self._status is not None:
            self._status.stop()


@contextmanager
def progress() -> Iterator[Progress]:
    shown = Progress()
    try:
        yield shown
    finally:
        shown.close()
