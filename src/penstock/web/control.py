"""The control API under `/_penstock/`, which the CLI speaks.

A command takes keyword arguments and returns a dict, or an asynchronous iterator of dicts that is sent as lines of
JSON. Commands that change something are POST; a POST needs `Content-Type: application/json`, which no web page of
another origin can send without asking first.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import orjson

from penstock.base.errors import AwsError, PenstockError
from penstock.web.http import Reply
from penstock.wire.message import Request, Response

PREFIX = "/_penstock/"
Params = dict[str, Any]
Command = Callable[..., Awaitable[Params] | AsyncIterator[Params]]
Types = dict[str, type | tuple[type, ...]]
log = logging.getLogger("penstock")


class BadParameters(PenstockError):
    """What a command was sent is not what it takes."""


class Control:
    def __init__(self) -> None:
        self._commands: dict[tuple[str, str], tuple[Command, Types]] = {}

    def add(self, method: str, path: str, command: Command, /, **types: type | tuple[type, ...]) -> None:
        """`types`: the arguments that the command takes, all of them needed."""
        self._commands[method, path] = (command, types)

    def handle(self, request: Request, reply: Reply) -> None:
        found = self._commands.get((request.method, request.path.removeprefix(PREFIX)))
        if found is None:
            reply(_json(404, {"error": f"There is no {request.method} {request.path}"}))
        elif request.method == "POST" and not request.headers.get("content-type", "").startswith("application/json"):
            reply(_json(415, {"error": "POST needs Content-Type: application/json"}))
        else:
            asyncio.get_running_loop().create_task(_run(*found, request, reply))


def _params(request: Request, types: Types) -> Params:
    try:
        params = orjson.loads(request.body or b"{}")
    except orjson.JSONDecodeError as error:
        raise BadParameters(f"The body is not JSON: {error}") from None
    if not isinstance(params, dict) or params.keys() != types.keys():
        raise BadParameters(f"The body must be a JSON object with {', '.join(types) or 'nothing in it'}")
    wrong = [name for name, kind in types.items() if not isinstance(params[name], kind)]
    if wrong:
        raise BadParameters(f"These are of the wrong type: {', '.join(wrong)}")
    return params


async def _run(command: Command, types: Types, request: Request, reply: Reply) -> None:
    try:
        result = command(**_params(request, types))
        if isinstance(result, AsyncIterator):
            reply(Response(200, [("Content-Type", "application/x-ndjson")], _lines(result)))
        else:
            reply(_json(200, await result))
    except BadParameters as error:
        reply(_json(400, {"error": str(error)}))
    except (AwsError, PenstockError) as error:
        reply(_json(409, {"error": _text(error)}))
    except Exception as error:
        log.exception("a control command failed")
        reply(_json(500, {"error": f"{type(error).__name__}: {error} (the trace is in the runtime's log)"}))


async def _lines(results: AsyncIterator[Params]) -> AsyncIterator[bytes]:
    try:
        async for result in results:
            yield orjson.dumps(result, default=str) + b"\n"
    except (AwsError, PenstockError) as error:
        yield orjson.dumps({"error": _text(error)}) + b"\n"
    except Exception as error:
        log.exception("a control command failed")
        yield orjson.dumps({"error": f"{type(error).__name__}: {error} (the trace is in the runtime's log)"}) + b"\n"


def _text(error: AwsError | PenstockError) -> str:
    return f"{error.code}: {error.message}" if isinstance(error, AwsError) else str(error)


def _json(status: int, value: Params) -> Response:
    return Response(status, [("Content-Type", "application/json")], orjson.dumps(value, default=str))
