"""What happened in a runtime while somebody looked on: spans, told by the names that templates give to things.

Rule: whoever asks is shown what was done for one app and by it, not how the runtime keeps its books: polls that wait
for something, log lines, roles taken on. A span is an app's if it is about one of its resources, if who called has a
role of it, or if it is a part of the network that the same trace went through.
"""

import re
from collections import deque
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from penstock.base.telemetry import CAPACITY, Span, Telemetry

Json = dict[str, Any]

_CDK_SUFFIX = re.compile(r"[0-9A-F]{8}$")
_OF_TASKS = re.compile(r"(?<=.)(Tasks?Def(inition)?)?(TaskRole|ExecutionRole|Tasks?Def(inition)?)$")
_SEPARATORS = re.compile("[:/]")
_BOOKKEEPING = frozenset({"cloudformation", "cloudwatch", "ec2", "elbv2", "iam", "logs", "servicediscovery", "sts"})
# Polls, what ends them, and the call around each `function` span.
_POLLS = frozenset(
    {"ReceiveMessage", "DeleteMessage", "DeleteMessageBatch", "GetRecords", "GetShardIterator", "Invoke"}
)
_LOOKS = ("Describe", "List")
_NAMELESS = ("::Stage", "Policy")  # they are called `prod`, or as what they belong to


class Recording:
    """The last spans since it began; it ends with `stop`."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._spans: deque[Span] = deque(maxlen=CAPACITY)
        telemetry.watchers.append(self._spans.append)

    def stop(self) -> list[Span]:
        if self._spans.append in self._telemetry.watchers:
            self._telemetry.watchers.remove(self._spans.append)
        return sorted(self._spans, key=lambda span: span.start)


class Named(NamedTuple):
    stack: str
    name: str  # the logical id without the CDK's suffix


class Names:
    """Finds what an ARN, or the session of a role, is called in the templates."""

    def __init__(self, resources: Iterable[Json]) -> None:
        self._known = {
            token: Named(resource["StackName"], _CDK_SUFFIX.sub("", resource["LogicalResourceId"]))
            for resource in resources
            if not resource["ResourceType"].endswith(_NAMELESS)
            for token in _tokens(resource.get("PhysicalResourceId") or "")[-1:]
        }

    def find(self, arn: str) -> Named | None:
        """The resource that an ARN means, or is below: an object's bucket, an index's table."""
        return next((self._known[token] for token in reversed(_tokens(arn)) if token in self._known), None)


def _tokens(identifier: str) -> list[str]:
    """An ARN, a URL or a name in its parts, without the numbers of versions and revisions."""
    return [token for token in _SEPARATORS.split(identifier) if token.strip("*") and not token.isdigit()]


def hops(spans: Collection[Span], names: Names, stacks: Collection[str]) -> list[Json]:
    """`{at (epoch seconds), seconds, trace, by, kind, what, on, error}` for each span of the stacks' app.

    kind: `http` (a request and its status), `vpc-link`, `function` or `cold` (a new environment's start included),
    `task` (until it runs), else the service that was called.
    """
    shown = [span for span in spans if _is_shown(span)]
    own = {span.caller.trace.root for span in shown if _is_of(span, names, stacks)}
    return [
        _hop(span, names)
        for span in shown
        if _is_of(span, names, stacks) or (not span.resource and span.caller.trace.root in own)
    ]


def _is_shown(span: Span) -> bool:
    service, _, operation = span.operation.partition(".")
    return service not in _BOOKKEEPING and operation not in _POLLS and not operation.startswith(_LOOKS)


def _is_of(span: Span, names: Names, stacks: Collection[str]) -> bool:
    return any(found.stack in stacks for found in (names.find(span.resource), _caller(span, names)) if found)


def _caller(span: Span, names: Names) -> Named | None:
    """The function, pipe or workflow that the session of its role is named after; of a task, its role."""
    return names.find(span.caller.principal.arn) if span.caller.principal.kind == "role" else None


def _hop(span: Span, names: Names) -> Json:
    kind, _, what = span.operation.partition(".")
    found = names.find(span.resource)
    return {
        "at": span.start,
        "seconds": span.end - span.start,
        "trace": span.caller.trace.root,
        "by": _by(span, names),
        "kind": kind,
        "what": what,
        "on": _OF_TASKS.sub("", found.name) if found else "",
        "error": span.error,
    }


def _by(span: Span, names: Names) -> str:
    principal = span.caller.principal
    if principal.kind == "account":
        return "you"
    caller = _caller(span, names)
    return _OF_TASKS.sub("", caller.name) if caller else principal.arn.removesuffix(".amazonaws.com")
