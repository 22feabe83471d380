"""May this principal do this? Principal + action + resource + context + policies -> decision. Pure.

An explicit deny anywhere wins; else an allow is needed; else the answer is an implicit deny.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from penstock.base.arn import Arn
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


class Decision(NamedTuple):
    """`matched` are the statements that decided."""

    effect: Effect
    matched: tuple[Matched, ...] = ()

    @property
    def allowed(self) -> bool:
        return self.effect is Effect.ALLOWED


class Request(NamedTuple):
    """`context` has lower-case keys, as `context_of` gives them."""

    principal: Principal
    action: str
    resource: str
    context: Context


@dataclass(frozen=True, slots=True)
class Policies:
    """What may speak on a request. `boundary` and `session` are None where there is none: they only limit."""

    identity: tuple[Policy, ...] = ()
    resource: tuple[Policy, ...] = ()
    boundary: tuple[Policy, ...] | None = None
    session: tuple[Policy, ...] | None = None


def decide(request: Request, policies: Policies) -> Decision:
    """The decision over all kinds of policies, within an account and across accounts."""
    identity = _gather(request, policies.identity)
    resource = _gather(request, policies.resource)
    limits = [_gather(request, limit) for limit in (policies.boundary, policies.session) if limit is not None]
    for found in (identity, resource, *limits):
        if found.denies:
            return Decision(Effect.EXPLICIT_DENY, found.denies)
    granted = _granted(request, identity, resource, limits)
    return Decision(Effect.ALLOWED, granted) if granted is not None else Decision(Effect.IMPLICIT_DENY)


@dataclass(frozen=True, slots=True)
class _Found:
    """The statements of one kind of policy that apply."""

    allows: tuple[Matched, ...]
    denies: tuple[Matched, ...]
    grades: frozenset[str]  # how the allows mean the principal: see Principals.grade


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


def _granted(request: Request, identity: _Found, resource: _Found, limits: list[_Found]) -> tuple[Matched, ...] | None:
    """The statements that allow, or None. Nothing denies explicitly."""
    limited = all(limit.allows for limit in limits)
    if not _same_account(request):
        return identity.allows + resource.allows if identity.allows and resource.allows and limited else None
    # Within an account the resource's own word is enough; where it names a session's role, limits still hold.
    if "direct" in resource.grades or ("role" in resource.grades and limited):
        return resource.allows
    if request.principal.kind == "account":
        return identity.allows + resource.allows  # the root of an account may do all that nothing denies
    return identity.allows if identity.allows and limited else None


def _same_account(request: Request) -> bool:
    """Services belong to no account; a resource that is no ARN, or names no account (a bucket), is the caller's."""
    if request.principal.kind == "service":
        return True
    try:
        account = Arn.parse(request.resource).account
    except ValueError:
        return True
    return account in ("", "*", request.principal.account)


def context_of(principal: Principal, now: float, given: Mapping[str, str | Iterable[str]] | None = None) -> Context:
    """The global context keys that follow from who asks and when, and those given beside."""
    moment = datetime.fromtimestamp(now, UTC)
    context: dict[str, tuple[str, ...]] = {
        "aws:currenttime": (moment.strftime("%Y-%m-%dT%H:%M:%SZ"),),
        "aws:epochtime": (str(int(now)),),
        "aws:principalisawsservice": (str(principal.kind == "service").lower(),),
        "aws:securetransport": ("false",),
        "aws:userid": (principal.user_id,),
        **_principal_keys(principal),
    }
    for key, value in (given or {}).items():
        context[key.lower()] = (value,) if isinstance(value, str) else tuple(value)
    return context


_TYPES = {"account": "Account", "role": "AssumedRole", "user": "User", "federated": "FederatedUser"}


def _principal_keys(principal: Principal) -> dict[str, tuple[str, ...]]:
    if principal.kind == "service":
        return {"aws:principalservicename": (principal.arn,)}
    keys: dict[str, tuple[str, ...]] = {
        "aws:principalarn": (principal.arn,),
        "aws:principalaccount": (principal.account,),
        "aws:principaltype": (_TYPES[principal.kind],),
    }
    if principal.kind == "role":
        keys["aws:principalarn"] = (f"arn:aws:iam::{principal.account}:role/{principal.arn.split('/')[1]}",)
    if principal.kind == "user":
        keys["aws:username"] = (principal.arn.rpartition("/")[2],)
    return keys
