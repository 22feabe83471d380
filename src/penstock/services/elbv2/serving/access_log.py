"""Access logs of application load balancers: a line for each request, an object in S3 for each five minutes.

Lines are gathered in memory, and what a killed runtime has gathered is lost: AWS makes a best effort as well. Source:
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
"""

import gzip
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Kernel
from penstock.iam.principal import Principal
from penstock.services.elbv2 import log_delivery, names
from penstock.services.elbv2.serving.headers import trace
from penstock.web.http import Reply
from penstock.wire.message import Pairs, Request, Response
from penstock.wire.model import Json

_INTERVAL = 300  # seconds
_STATUS_LINE = len("HTTP/1.1 200 OK\r\n\r\n")
log = logging.getLogger("penstock")


class Line:
    """One request's line. Whoever handles the request says of it what only they know."""

    __slots__ = ("_log", "_request", "actions", "answered", "group", "priority", "redirect_url", "sent", "started",
                 "status", "target", "trace", "transformed", "type")  # fmt: skip

    def __init__(self, log: "AccessLog", request: Request, priority: str, actions: str) -> None:
        self._log = log
        self._request = request
        self.started = log.kernel.clock.now()
        self.priority = priority
        self.actions = actions
        self.type = log.protocol
        self.redirect_url = self.target = self.status = self.group = "-"
        self.sent = self.answered = 0.0  # when the target got the request, and when it began to answer
        self.trace = trace(request.headers.get("x-amzn-trace-id"), self.started)
        self.transformed = ("-", "-", "-")  # host, URL, outcome

    def goes(self, group: str, target: str, headers: Pairs) -> None:
        """To a target, `-` for a function."""
        self.group, self.target = group, target
        self.trace = next((value for name, value in headers if name == "X-Amzn-Trace-Id"), self.trace)
        self.sent = self._log.kernel.clock.now()

    def came(self, status: int) -> None:
        """From the target."""
        self.status = str(status)
        self.answered = self._log.kernel.clock.now()

    def switched(self) -> None:
        """To a WebSocket, which is one line when it is over."""
        self.type = "ws"
        self.came(101)

    def over(self, status: int) -> None:
        """Without a reply."""
        self._log.add(self._text(status, 0, self._log.kernel.clock.now()))

    def rewritten(self, before: Request, after: Request) -> None:
        host = after.headers.get("host", "") if after.headers.get("host") != before.headers.get("host") else "-"
        target = after.target if after.target != before.target else "-"
        self.transformed = (host, target, "TransformSuccess" if (host, target) != ("-", "-") else "-")

    def wrap(self, reply: Reply) -> Reply:
        """A reply that writes the line when the body is sent."""

        def logged(response: Response) -> None:
            replied = self._log.kernel.clock.now()
            head = sum(len(name) + len(value) + 4 for name, value in response.headers) + _STATUS_LINE
            if isinstance(response.body, bytes):
                self._log.add(self._text(response.status, head + len(response.body), replied))
            else:
                response.body = self._measured(response.status, head, replied, response.body)
            reply(response)

        return logged

    async def _measured(
        self, status: int, size: int, replied: float, chunks: AsyncIterator[bytes]
    ) -> AsyncIterator[bytes]:
        try:
            async for chunk in chunks:
                size += len(chunk)
                yield chunk
        finally:
            self._log.add(self._text(status, size, replied))

    def _text(self, status: int, size: int, replied: float) -> str:
        request, port = self._request, self._log.port
        peer = request.connection.peer[1] if request.connection is not None else 0
        received = sum(len(name) + len(value) + 4 for name, value in request.raw_headers) + len(request.target)
        host = request.headers.get("host", "").partition(":")[0]
        url = f"{self._log.protocol}://{host}:{port}{request.target}"
        return " ".join((
            self.type, _time(self._log.kernel.clock.now()), self._log.id, f"{request.client}:{peer}",
            self.target, *self._times(replied), str(status), self.status,
            str(received + len(request.body)), str(size),
            _quoted(f"{request.method} {url} HTTP/1.1"), _quoted(request.headers.get("user-agent", "-")), "-", "-",
            self.group, _quoted(self.trace), '"-" "-"', self.priority, _time(self.started, "milliseconds"),
            _quoted(self.actions), _quoted(self.redirect_url), '"-"', _quoted(self.target), _quoted(self.status),
            '"-" "-"', f"TID_{ids.hex_id(32)}", *map(_quoted, self.transformed),
        ))  # fmt: skip

    def _times(self, replied: float) -> tuple[str, str, str]:
        """Seconds until the target got the request, until it answered, and until that was sent on; -1: it was not."""
        if not self.sent:
            return "-1", "-1", "-1"
        begun = f"{self.sent - self.started:.3f}"
        if not self.answered:
            return begun, "-1", "-1"
        return begun, f"{self.answered - self.sent:.3f}", f"{replied - self.answered:.3f}"


class AccessLog:
    """The log of one listener's requests, in the bucket of its load balancer."""

    def __init__(self, kernel: Kernel, arn: str, address: str, attributes: Json, listener: Json) -> None:
        """`attributes` are the load balancer's, `listener` is the listener's description."""
        self.kernel = kernel
        _, _, _, self._region, self._account, _ = arn.split(":", 5)
        self.id = names.full_name(arn)
        self._address = address
        self._bucket, self._prefix = attributes["access_logs.s3.bucket"], attributes["access_logs.s3.prefix"]
        self.protocol, self.port = listener["Protocol"].lower(), listener["Port"]
        self._lines: list[str] = []

    def add(self, line: str) -> None:
        if not self._lines:
            end = (int(self.kernel.clock.now()) // _INTERVAL + 1) * _INTERVAL
            self.kernel.clock.call_at(end, lambda: self._deliver(end))
        self._lines.append(line)

    def _deliver(self, end: int) -> None:
        lines, self._lines = self._lines, []
        self.kernel.spawn(self._put(lines, end), "access log of a load balancer")

    async def _put(self, lines: list[str], end: int) -> None:
        at = datetime.fromtimestamp(end, UTC)
        head = f"{self._account}_elasticloadbalancing_{self._region}_{self.id.replace('/', '.')}"
        name = f"{head}_{at:%Y%m%dT%H%MZ}_{self._address}_{ids.lower_id(8)}.log.gz"
        body = gzip.compress("".join(f"{line}\n" for line in lines).encode())
        folder = log_delivery.folder(self._prefix, self._account)
        key = f"{folder}elasticloadbalancing/{self._region}/{at:%Y/%m/%d}/{name}"
        ctx = self.kernel.context(Principal.service(names.PRINCIPAL, self._account), self._account, self._region)
        with self.kernel.clock.work():
            try:
                await log_delivery.put(ctx, self._bucket, key, body)
            except AwsError as error:
                log.warning("The access log of %s cannot be written: %s", self.id, error)


def _time(epoch: float, precision: str = "microseconds") -> str:
    text = datetime.fromtimestamp(epoch, UTC).isoformat(timespec=precision).removesuffix("+00:00")
    return f"{text}000Z" if precision == "milliseconds" else f"{text}Z"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\x5C").replace('"', "\\x22") + '"'
