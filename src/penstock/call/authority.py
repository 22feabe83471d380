"""May the caller? Asked of each operation that is valid, before it is executed, where a runtime enforces IAM.

Who calls decides what is asked:
- The root of an account may do anything with what is the account's own: so does whoever calls from a shell.
- A role, a user, another account: their policies, the resource's own policy, and what limits them.
- A service in its own name (`events.amazonaws.com`) is asked about where it delivers to a resource, whose policy
  then has to allow it (`_DELIVERIES`). Whatever else a service does here in its own name is the inside of AWS, which
  IAM never sees.
- Nobody (a request without a signature): only a resource's policy can let it in.
So an operation that calls another service says by its principal whether AWS would ask: it calls as its caller where AWS
passes the caller on, else as its service.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any

from penstock.base.arn import account_of
from penstock.base.errors import AwsError
from penstock.base.telemetry import IAM, LogLine
from penstock.call import request_keys
from penstock.call.kernel import Context, Kernel
from penstock.call.service import Operation, Question
from penstock.iam import denial
from penstock.iam.evaluate import Policies, Request, decide
from penstock.iam.identity import Identity
from penstock.iam.patterns import Context as ContextKeys
from penstock.iam.policy import Policy, PolicyError, parse
from penstock.iam.principal import Principal
from penstock.wire.model import Json

log = logging.getLogger("penstock")

_FUNCTION_CALLERS = (
    "apigateway", "elasticloadbalancing", "events", "lambda.alarms.cloudwatch", "logs", "s3", "secretsmanager", "sns",
)  # fmt: skip
# What services do in their own name with the resources of others, and which of them AWS asks for the resource's word.
_DELIVERIES = {
    action: frozenset(f"{service}.amazonaws.com" for service in services)
    for action, services in {
        "ecs:RunTask": ("events",),
        "events:InvokeApiDestination": ("events",),
        "kinesis:PutRecord": ("events", "logs"),
        "lambda:InvokeFunction": _FUNCTION_CALLERS,
        "logs:CreateLogStream": ("events",),
        "logs:PutLogEvents": ("events",),
        "s3:PutObject": ("logdelivery.elasticloadbalancing",),
        "sns:Publish": ("cloudwatch", "events", "s3"),
        "sqs:SendMessage": ("events", "s3", "sns"),
        "states:StartExecution": ("events",),
    }.items()
}
# What AWS lets everybody do who has credentials, and some without.
# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
_OPEN = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken", "sns:ConfirmSubscription"})
_TRUSTED = frozenset({"sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"})
_KNOWN_TO_IAM = frozenset({"role", "user", "federated"})
_KEEPERS = {"iam": "sts", "states": "stepfunctions"}  # of a resource's policy: services by the names in ARNs
_ACTING = {"ecs": "ecs-tasks.amazonaws.com"}  # who acts as the roles that a service is passed
_MOST = 4096  # identities, and texts of denials, that are kept
_STATUS = {"json": 400}  # of a denial, by protocol; of all others 403
_CODES = {"ec2": "UnauthorizedOperation", "query": "AccessDenied", "rest-xml": "AccessDenied"}
_ROOT = parse({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}, "root")
# (context, question, the keys that policies look at) -> those that the request has
Keys = Callable[[Context, Question, Collection[str]], ContextKeys]
_ANONYMOUS = Principal("anonymous", "anonymous", "", "anonymous")


class Authority:
    """`Kernel.authorise` of a runtime that enforces IAM."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._known: Mapping[Principal, Identity] = {}  # of those whom IAM knows
        self._identities: dict[Principal, Identity] = {}  # of all others: services, roots, nobody
        self._told: set[str] = set()  # denials

    def __call__(self, ctx: Context, operation: Operation, request: Json) -> None:
        """Raises AwsError where the answer is no."""
        known = self._known.get(ctx.principal) or self._identities.get(ctx.principal)
        if known is None or operation.asks_more or not self._settled(ctx, operation, request, known):
            self._answer(ctx, operation, request)

    def _settled(self, ctx: Context, operation: Operation, request: Json, identity: Identity) -> bool:
        """Whether this was allowed before, and nothing else could be decided now: in as few steps as can be."""
        service, action = operation.service.service, operation.action
        resource = service.resource(ctx, operation.name, request)
        policy = (service.policy(ctx, resource) if service.policy is not None else None) or ""
        owner = service.owner(ctx, action, resource) if service.owner is not None else ""
        return (action, resource, policy, owner, ctx.region) in identity.settled

    def _answer(self, ctx: Context, operation: Operation, request: Json) -> None:
        if operation.passes:
            self._pass_roles(ctx, operation, request)
        principal = _asking(ctx.principal, operation.action)
        if principal is None:
            return
        if operation.questions is not None:
            questions = operation.questions(ctx, request)
        else:
            resource = operation.service.service.resource(ctx, operation.name, request)
            questions = (Question(operation.action, resource),)
        for question in questions:
            self._ask(ctx, principal, operation, request, question)

    def ask(self, ctx: Context, action: str, resource: str, policy: str, keys: Mapping[str, str]) -> None:
        """What is no operation of a model. Raises AccessDeniedException."""
        principal = _asking(ctx.principal, action)
        if principal is not None and not _owns(principal, account_of(resource)):
            service = action.partition(":")[0]
            asked = Question(action, resource, {f"{service}:{name}": value for name, value in keys.items()})
            denied = self._denied(ctx, principal, asked, policy or self._policy(ctx, resource), "", request_keys.always)
            if denied is not None:
                raise AwsError("AccessDeniedException", denied, status=403)

    def _ask(self, ctx: Context, principal: Principal, operation: Operation, request: Json, question: Question) -> None:
        service, resource = operation.service.service, question.resource
        owner = service.owner(ctx, question.action, resource) if service.owner is not None else ""
        if _owns(principal, owner or account_of(resource)):
            return
        policy = ""
        if service.policy is not None and question.action.startswith(service.acts_as):
            policy = service.policy(ctx, resource) or ""
        keys = partial(request_keys.of, operation, request)
        denied = self._denied(ctx, principal, question, policy, owner, keys)
        if denied is not None:
            raise _error(operation, denied)

    # -- roles that a service is to act as -------------------------------------------------------------

    def _pass_roles(self, ctx: Context, operation: Operation, request: Json) -> None:
        """The caller may pass them, and they trust the service, which finds that out when it is given them."""
        service = operation.service.service
        to = _ACTING.get(service.name, f"{service.signs_as}.amazonaws.com")
        passing = _asking(ctx.principal, "iam:PassRole")
        for role in (role for path in operation.passes for role in _named(request, path.split("."))):
            if passing is not None:
                question = Question("iam:PassRole", role, {"iam:PassedToService": to})
                self._ask(ctx, passing, operation, request, question)
            if service.untrusted is not None:
                acting = Principal.service(to, ctx.account, service.resource(ctx, operation.name, request))
                self._trust(ctx, acting, role, service.untrusted)

    def _trust(self, ctx: Context, service: Principal, role: str, refusal: tuple[str, str]) -> None:
        asked = Question("sts:AssumeRole", role)
        if self._denied(ctx, service, asked, self._policy(ctx, role), "", request_keys.always) is not None:
            raise AwsError(refusal[0], refusal[1].format(role), status=400)

    # -- deciding --------------------------------------------------------------------------------------

    def _denied(
        self, ctx: Context, principal: Principal, question: Question, policy: str, owner: str, keys: Keys
    ) -> str | None:
        """AWS's text where the answer is no; `policy` is the resource's own."""
        identity = self._identity(principal)
        action, resource, _ = question
        settled = (action, resource, policy, owner, ctx.region)
        if settled in identity.settled:
            return None
        spoken = Policies(
            identity.policies, _parsed(policy), identity.boundary, identity.session, trust=action in _TRUSTED
        )
        reads = identity.varying(spoken, action)
        varying = keys(ctx, question, reads) if reads else {}
        context = {**identity.keys, "aws:requestedregion": (ctx.region,), **varying}
        asked = Request(principal, action, resource, context, owner)
        decision = decide(asked, spoken)
        if not decision.allowed:
            return self._tell(ctx, denial.text(asked, decision), identity)
        if not reads:
            identity.settle(settled)
        return None

    def _identity(self, principal: Principal) -> Identity:
        if principal.kind in _KNOWN_TO_IAM:
            identities = self._kernel.states["iam"]
            self._known = identities.known
            found: Identity = identities.identity(principal)
            return found
        known = self._identities.get(principal)
        if known is None:
            if len(self._identities) >= _MOST:
                self._identities.clear()
            policies = (_ROOT,) if principal.kind == "account" else ()
            known = self._identities[principal] = Identity.of(principal, policies)
        return known

    def _policy(self, ctx: Context, resource: str) -> str:
        """The resource's own, from the service that keeps it."""
        name = resource.split(":", 3)[2]
        service = self._kernel.services.get(_KEEPERS.get(name, name))
        if service is None or (policy := self._kernel.service(service.name).policy) is None:
            return ""
        return policy(ctx, resource) or ""

    def _tell(self, ctx: Context, text: str, identity: Identity) -> str:
        """Once: a delivery that is denied has nobody else to tell."""
        if text not in self._told:
            if len(self._told) >= _MOST:
                self._told.clear()
            self._told.add(text)
            more = f" (what {', '.join(identity.unknown)} allows is not known here)" if identity.unknown else ""
            log.warning("%s%s", text, more)
            self._kernel.telemetry.log(LogLine(ctx.clock.now(), "WARN", IAM, text + more, ctx.request_id))
            self._kernel.signals.notify(("logs",))
        return text


def _asking(principal: Principal, action: str) -> Principal | None:
    """Whom IAM is asked about; None where it is not asked."""
    if principal.kind == "service":
        return principal if principal.arn in _DELIVERIES.get(action, ()) else None
    if action in _OPEN:
        return None
    return principal if principal.signs else _ANONYMOUS


def _owns(principal: Principal, owner: str) -> bool:
    """Whether the root of an account asks about what is the account's, or nobody's."""
    return principal.kind == "account" and owner in ("", "*", principal.account)


def _named(value: Any, path: list[str]) -> Iterator[str]:
    """The texts at a path of members; lists are gone through."""
    if isinstance(value, list):
        for item in value:
            yield from _named(item, path)
    elif path and isinstance(value, Mapping):
        yield from _named(value.get(path[0]), path[1:])
    elif isinstance(value, str):
        yield value


def _error(operation: Operation, text: str) -> AwsError:
    protocol = operation.service.model.protocol
    code = operation.service.service.denied or _CODES.get(protocol, "AccessDeniedException")
    if protocol == "ec2":
        text = f"You are not authorized to perform this operation. {text}"
    return AwsError(code, text, status=_STATUS.get(protocol, 403))


@lru_cache(maxsize=1024)
def _parsed(policy: str) -> tuple[Policy, ...]:
    """A resource's policy; one that cannot be read allows nothing."""
    try:
        return (parse(policy),) if policy else ()
    except PolicyError:
        return ()
