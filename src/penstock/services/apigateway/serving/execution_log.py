"""Execution logs: what became of an exchange, step by step; bodies and headers only where data tracing is on.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html; lines as observed.
"""

import hashlib

from penstock.services.apigateway.serving.exchange import RestExchange, braced
from penstock.web.gateways.log_stream import LogStream
from penstock.wire.message import Response


class ExecutionLog:
    """The execution log of one stage."""

    def __init__(self, api_id: str, stage: str) -> None:
        name = hashlib.md5(stage.encode(), usedforsecurity=False).hexdigest()
        self._stream = LogStream(f"API-Gateway-Execution-Logs_{api_id}/{stage}", name, makes_group=True)

    def write(self, exchange: RestExchange, response: Response, level: str, data_trace: bool) -> None:
        """At level ERROR only what failed is written."""
        if level == "INFO" or (level == "ERROR" and exchange.failure):
            lines = execution_lines(exchange, response, data_trace)
            messages = [f"({exchange.request_id}) {line}" for line in lines]
            self._stream.write(exchange.ctx, exchange.now, messages)


def execution_lines(exchange: RestExchange, response: Response, data_trace: bool) -> list[str]:
    request = exchange.request
    lines = [
        f"Starting execution for request: {exchange.request_id}",
        f"HTTP Method: {request.method}, Resource Path: {exchange.path}",
    ]
    if data_trace:
        lines += [
            f"Method request path: {braced(exchange.params)}",
            f"Method request query string: {braced(exchange.query.single)}",
            f"Method request headers: {braced(dict(request.raw_headers))}",
            f"Method request body before transformations: {request.body.decode('utf-8', 'replace')}",
            *(exchange.steps or ()),
        ]
    if exchange.failure:
        lines.append(exchange.failure)
    else:
        lines += _success(response) if data_trace else []
        lines.append("Successfully completed execution")
    return [*lines, f"Method completed with status: {response.status}"]


def _success(response: Response) -> list[str]:
    body = response.body.decode("utf-8", "replace") if isinstance(response.body, bytes) else ""
    return [
        f"Method response body after transformations: {body}",
        f"Method response headers: {braced(dict(response.headers))}",
    ]
