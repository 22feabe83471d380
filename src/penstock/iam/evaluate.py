"""May this principal do this? Principal + action + resource + context + policies -> decision. Pure.

An explicit deny anywhere wins; else an allow is needed; else the answer is an implicit deny.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import NamedTuple

from penstock.base.arn import account_of
from penstock.iam.patterns import Context
from penstock.iam.policy import Policy, Statement
from penstock.iam.principal import Principal


class Effect(StrEnum):
    """In the words of SimulatePrincipalPolicy."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"


class Matched(NamedTuple):
    policy: Policy
    statement: Statement


class Kind(StrEnum):
    """The kinds of policies, as AWS calls them in messages."""

    IDENTITY = "identity-based policy"
    RESOURCE = "resource-based policy"
    TRUST = "role trust policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"


class Decision(NamedTuple):
    """`matched` are the statements that decided. Of a denial, `kind` is the policy that denies, or does not allow."""

    effect: Effect
    matched: tuple[Matched, ...] = ()
    kind: Kind | None = None

    @property
    def allowed(self) -> bool:
        return self.effect is Effect.ALLOWED


class Request(NamedTuple):
    """`context` has lower-case keys, as `context.folded` gives them; `owner` is the resource's account, where its ARN
    does not say it (a bucket)."""

    principal: Principal
    action: str
    resource: str
    context: Context
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Policies:
    """What may speak on a request. `boundary` and `session` are None where there is none: they only limit.

    `trust`: the resource is a role to be assumed, whose own policy has to say yes whoever asks.
    """

    identity: tuple[Policy, ...] = ()
    resource: tuple[Policy, ...] = ()
    boundary: tuple[Policy, ...] | None = None
    session: tuple[Policy, ...] | None = None
    trust: bool = False

    def all(self) -> Iterator[Policy]:
        return chain(self.identity, self.resource, self.boundary or (), self.session or ())


def decide(request: Request, policies: Policies) -> Decision:
    """The decision over all kinds of policies, within an account and across accounts."""
    found = _found(request, policies)
    for kind, each in found.items():
        if each.denies:
            return Decision(Effect.EXPLICIT_DENY, each.denies, kind)
    lacking = _lacking(request, found)
    if lacking is not None:
        return Decision(Effect.IMPLICIT_DENY, (), lacking)
    return Decision(Effect.ALLOWED, found[Kind.IDENTITY].allows + _of_resource(found).allows)


@dataclass(frozen=True, slots=True)
class _Found:
    """The statements of one kind of policy that apply."""

    allows: tuple[Matched, ...]
    denies: tuple[Matched, ...]
    grades: frozenset[str]  # how the allows mean the principal: see Principals.grade


def _found(request: Request, policies: Policies) -> dict[Kind, _Found]:
    kinds = {
        Kind.IDENTITY: policies.identity,
        Kind.TRUST if policies.trust else Kind.RESOURCE: policies.resource,
        Kind.BOUNDARY: policies.boundary,
        Kind.SESSION: policies.session,
    }
    return {kind: _gather(request, spoken) for kind, spoken in kinds.items() if spoken is not None}


def _of_resource(found: Mapping[Kind, _Found]) -> _Found:
    return found[Kind.TRUST] if Kind.TRUST in found else found[Kind.RESOURCE]


def _gather(request: Request, policies: Iterable[Policy]) -> _Found:
    allows: list[Matched] = []
    denies: list[Matched] = []
    grades: set[str] = set()
    for policy in policies:
        for statement in policy.statements:
            grade = statement.grade(request.principal)
            if grade and statement.applies(request.action, request.resource, request.context):
                (allows if statement.allows else denies).append(Matched(policy, statement))
                grades |= {grade} if statement.allows else set()
    return _Found(tuple(allows), tuple(denies), frozenset(grades))


def _lacking(request: Request, found: Mapping[Kind, _Found]) -> Kind | None:
    """The kind of policy that had to allow and does not; None where enough of them do. Nothing denies explicitly."""
    identity, resource = found[Kind.IDENTITY], _of_resource(found)
    closed = next((kind for kind in (Kind.BOUNDARY, Kind.SESSION) if kind in found and not found[kind].allows), None)
    if Kind.TRUST in found and not resource.allows:
        return Kind.TRUST
    if request.principal.kind in _WITHOUT_POLICIES:
        return None if resource.allows else Kind.RESOURCE
    if not _same_account(request):
        own = closed if identity.allows else Kind.IDENTITY
        return own or (None if resource.allows else Kind.RESOURCE)
    # Within an account the resource's own word is enough; where it names a session's role, limits still hold.
    if "direct" in resource.grades:
        return None
    if request.principal.kind == "account":  # the root of an account may do all that nothing denies
        return None
    return closed if identity.allows or "role" in resource.grades else Kind.IDENTITY


# Services, and whoever does not sign: only a resource can let them in.
_WITHOUT_POLICIES = frozenset({"service", "anonymous"})


def _same_account(request: Request) -> bool:
    """A resource of which nobody says whose it is, is the caller's."""
    return (request.owner or account_of(request.resource)) in ("", "*", request.principal.account)
