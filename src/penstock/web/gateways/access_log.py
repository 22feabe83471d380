"""Access logs: a line for each exchange, in the stage's own format, in its log group.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
"""

import hashlib
import re
from typing import Any

from penstock.base.arn import Arn
from penstock.call import Context
from penstock.web.gateways.log_stream import LogStream
from penstock.wire.model import Json

_VARIABLE = re.compile(r"\$context\.([\w.\-]+)")
_GROUP = "log-group:"


class AccessLog:
    """`settings`: destinationArn and format; `stage`: what tells its stream from others of the group."""

    def __init__(self, settings: Json, stage: str) -> None:
        self._format = settings.get("format", "")
        name = hashlib.md5(stage.encode(), usedforsecurity=False).hexdigest()
        self._stream = LogStream(_group_of(settings.get("destinationArn", "")), name)

    def write(self, ctx: Context, at: float, context: Json) -> None:
        self._stream.write(ctx, at, [_VARIABLE.sub(lambda match: _value(context, match[1]), self._format)])


def _group_of(arn: str) -> str:
    try:
        resource = Arn.parse(arn).resource
    except ValueError:
        return ""
    return resource.removeprefix(_GROUP).removesuffix(":*") if resource.startswith(_GROUP) else ""


def _value(context: Json, path: str) -> str:
    """`-` stands for what is not there."""
    found: Any = context
    for name in path.rstrip(".").split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return "-" if found is None or found == "" else str(found)
