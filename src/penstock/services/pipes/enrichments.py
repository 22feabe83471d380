"""Enrichments: who answers with the events that the target gets.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/pipes-enrichment.html
"""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import orjson

from penstock.services.pipes.functions import call_function, call_state_machine
from penstock.services.pipes.stage import Stage, settings
from penstock.services.pipes.templates import compile_parameters


class Enrichment(NamedTuple):
    """`batches` says whether it takes more than one event at a time."""

    call: Callable[[Stage], Awaitable[Any]]
    batches: bool


async def _endpoint(stage: Stage) -> Any:
    """The answer's body, parsed where it is JSON."""
    body = await stage.fetch(compile_parameters(settings(stage, "HttpParameters"))(stage.only))
    try:
        return orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        return body.decode(errors="replace")


# Service in the ARN (with the resource's type where one service has several) -> its enrichment.
ENRICHMENTS: dict[str, Enrichment] = {
    "lambda": Enrichment(call_function, True),
    "states": Enrichment(call_state_machine, True),
    "events:api-destination": Enrichment(_endpoint, False),
    "execute-api": Enrichment(_endpoint, False),
}
