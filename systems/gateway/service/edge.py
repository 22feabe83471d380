"""What an HTTP edge has beside its routes: traces, logs, problems, health, and how it is run."""

import logging
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import boto3
import uvicorn
from botocore.config import Config
from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import logs, problems, trace

HEALTH = "/health"
# A call that hangs must not hold its request for long, and every call here may be repeated.
_PATIENCE = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 3})

logger = logging.getLogger(__name__)


def create(name: str, statuses: Mapping[type[Exception], HTTPStatus]) -> FastAPI:
    """An app without routes but `/health`. `statuses`: what the domain's errors become."""
    app = FastAPI(title=name, docs_url=None, redoc_url=None, openapi_url=None)
    problems.register(app, statuses)
    app.add_middleware(Traced)
    app.add_api_route(HEALTH, _healthy)
    return app


def client(service: str) -> Any:
    """A boto3 client whose calls say which trace they belong to, as they do by themselves on Lambda."""
    made = boto3.client(service, config=_PATIENCE)
    made.meta.events.register("before-sign", _say_trace)
    return made


def _say_trace(request: Any, **_: Any) -> None:
    if mine := trace.current.get():
        request.headers["X-Amzn-Trace-Id"] = mine.xray


async def _healthy() -> dict[str, str]:
    """On the loop, not in a thread: a service whose threads are all busy is not sick."""
    return {"status": "ok"}


def run(name: str, app: FastAPI, port: int) -> None:
    """Until SIGTERM; requests that are under way then are answered.

    Connections are kept longer than load balancers keep theirs (60 s), so that none is closed under a request.
    """
    logs.configure(name)
    uvicorn.run(
        app,
        host="0.0.0.0",
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=20,
    )


class Traced:
    """Gives every request a trace, `scope["state"]["trace"]`, and a line in the log."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == HEALTH:
            await self.app(scope, receive, send)
            return
        mine = trace.read(Headers(scope=scope))
        scope.setdefault("state", {})["trace"] = mine
        trace.current.set(mine)
        logs.begin(correlation_id=mine.correlation_id, trace_id=mine.trace_id)
        await self._answer(scope, receive, send, mine.correlation_id)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, correlation_id: str) -> None:
        started, status = time.perf_counter(), 0

        async def say(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-correlation-id", correlation_id.encode())]
            await send(message)

        try:
            await self.app(scope, receive, say)
        finally:
            took = round((time.perf_counter() - started) * 1000, 1)
            route = f"{scope['method']} {scope['path']}"
            logger.info("request", extra={"route": route, "status": status, "milliseconds": took})
