"""Commands that act on a running runtime: invoke, clock."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from penstock.base.errors import PenstockError
from penstock.cli import options, printing
from penstock.cli.client import Client

_EXAMPLE = '{"name": "value"}'


@click.command()
@click.argument("name")
@click.option("--payload", "-p", default="{}", help="JSON; @FILE reads a file, - reads stdin.")
@click.option("--event", is_flag=True, help="Asynchronously: return when the event is accepted.")
@options.data
@options.as_json
def invoke(name: str, payload: str, event: bool, data: Path, json_: bool) -> None:
    """Invoke a function and print what it returns.

    NAME is its name, ARN or logical id (without what the CDK appends), and may end with `:` and a version or an alias.
    Exits with 1 where the function fails.

    \b
    penstock invoke CheckoutFunction --payload '{"userName": "swn"}'
    penstock invoke CheckoutFunction:live --payload @checkout.json
    """
    value = _json(payload)
    answer = Client(data).post("invoke", {"name": name, "payload": value, "event": event})
    if json_:
        printing.as_json(answer)
    elif answer.get("payload") is not None:
        printing.as_json(answer["payload"])
    if answer.get("function_error"):
        printing.err.print(f"{name} failed ({answer['function_error']}).", style="red")
        raise SystemExit(1)


def _json(payload: str) -> Any:
    """`@FILE` and `-` say where it is; anything else is it."""
    try:
        text = sys.stdin.read() if payload == "-" else Path(payload[1:]).read_text() if payload[:1] == "@" else payload
        return json.loads(text)
    except OSError as error:
        raise PenstockError(f"The payload {payload} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise PenstockError(f"The payload {payload} cannot be read: it is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise PenstockError(f"The payload is not JSON ({error}). Write it as --payload '{_EXAMPLE}'.") from None


@click.group()
def clock() -> None:
    """The virtual clock that delays, retries, schedules and retention wait on.

    \b
    penstock clock advance 15m
    """


@clock.command(context_settings={"ignore_unknown_options": True})  # `-5m` is a wrong duration
@click.argument("duration", type=options.Duration())
@options.data
@options.as_json
def advance(duration: float, data: Path, json_: bool) -> None:
    """Move time on by DURATION; everything that falls due on the way happens, in order.

    It moves forward only. What functions and containers read from this machine's clock stays as it is.

    \b
    penstock clock advance 90s      # also: 15m, 2h, 1d, 1h30m
    """
    answer = Client(data).post("clock/advance", {"seconds": duration})
    if json_:
        printing.as_json(answer)
    else:
        printing.out.print(f"It is now {answer['now']}.")
