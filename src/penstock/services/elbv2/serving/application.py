"""A listener of an application load balancer: its rules and what follows from them, compiled once per change."""

import logging
from collections.abc import Callable
from typing import NamedTuple

from penstock.services.elbv2.attribute_tables import RESPONSE_HEADERS
from penstock.services.elbv2.serving import answers
from penstock.services.elbv2.serving.access_log import AccessLog, Line
from penstock.services.elbv2.serving.forwarding import Forward, Passage, Way
from penstock.services.elbv2.serving.groups import Group
from penstock.services.elbv2.serving.matching import Rules
from penstock.services.elbv2.serving.rewriting import Unfit, compile_transforms
from penstock.services.elbv2.state import Entry
from penstock.web.http import Reply
from penstock.wire.message import Pairs, Request, Response
from penstock.wire.model import Json

log = logging.getLogger("penstock")
_SERVER_SWITCH = "routing.http.response.server.enabled"


Handler = Callable[[Request, Reply, Line | None], None]  # the line is that of the request in the access log


class Outcome(NamedTuple):
    """What a rule leads to."""

    handle: Handler
    priority: str
    type: str


class Application:
    """`admits` says whose requests are answered: an internal load balancer is not there for anybody else."""

    def __init__(
        self,
        way: Way,
        listener: Entry,
        attributes: Json,
        rules: list[Entry],
        groups: dict[str, Group],
        admits: Callable[[str], bool],
        log: AccessLog | None,
    ) -> None:
        self._way = way
        self._groups = groups
        self._admits = admits
        self._log = log
        self._protocol: str = listener.document["Protocol"]
        self._port: int = listener.document["Port"]
        compiled = [(rule.document["Conditions"], self._outcome(rule)) for rule in rules]
        self._rules: Rules[Outcome] = Rules(compiled[:-1], compiled[-1][1])
        self._added: Pairs = [
            (name.replace("_", "-").title(), value)
            for name in RESPONSE_HEADERS
            if (value := attributes[f"routing.http.response.{name}.header_value"])
        ]
        self._nameless = attributes[_SERVER_SWITCH] == "false"

    def handle(self, request: Request, reply: Reply) -> None:
        if not self._admits(request.client):
            reply(Response(403, [("Connection", "close")], b"This load balancer is internal\n"))
            return
        if self._added or self._nameless:
            reply = self._adjusted(reply)
        if request.method == "TRACE":
            reply(answers.page(405))
        else:
            outcome = self._rules.choose(request)
            if self._log is None:
                outcome.handle(request, reply, None)
            else:
                line = Line(self._log, request, outcome.priority, outcome.type)
                outcome.handle(request, line.wrap(reply), line)

    def _adjusted(self, reply: Reply) -> Reply:
        """A reply with the headers that the listener's attributes ask for."""
        replaced = {name.lower() for name, _ in self._added} | ({"server"} if self._nameless else set())

        def adjusted(response: Response) -> None:
            response.headers = [pair for pair in response.headers if pair[0].lower() not in replaced] + self._added
            reply(response)

        return adjusted

    def _outcome(self, rule: Entry) -> Outcome:
        [action] = rule.document["Actions"]
        priority = "0" if rule.document["IsDefault"] else rule.document["Priority"]
        return Outcome(_ACTIONS[action["Type"]](self, action, rule), priority, action["Type"])

    def _fixed(self, action: Json, rule: Entry) -> Handler:
        config = action["FixedResponseConfig"]
        return lambda request, reply, line: reply(answers.fixed(config))

    def _redirect(self, action: Json, rule: Entry) -> Handler:
        config, protocol, port = action["RedirectConfig"], self._protocol, self._port

        def handle(request: Request, reply: Reply, line: Line | None) -> None:
            response = answers.redirect(config, request, protocol, port)
            if line is not None:
                line.redirect_url = response.header("Location") or "-"
            reply(response)

        return handle

    def _forward(self, action: Json, rule: Entry) -> Handler:
        groups = [self._groups[group["TargetGroupArn"]] for group in action["ForwardConfig"]["TargetGroups"]]
        forward, way = Forward(action, groups, rule.arn), self._way

        def handle(request: Request, reply: Reply, line: Line | None) -> None:
            Passage(way, forward, request, reply, line)

        transform = compile_transforms(rule.document.get("Transforms", []))
        if transform is None:
            return handle

        def handle_transformed(request: Request, reply: Reply, line: Line | None) -> None:
            try:
                changed = transform(request)
            except Unfit as error:
                log.warning("A transform of %s failed: %s", rule.arn, error)
                reply(answers.page(500))
                return
            if line is not None:
                line.rewritten(request, changed)
            handle(changed, reply, line)

        return handle_transformed


_ACTIONS: dict[str, Callable[[Application, Json, Entry], Handler]] = {
    "fixed-response": Application._fixed,
    "redirect": Application._redirect,
    "forward": Application._forward,
}
