"""IAM's memory: what speaks for a role's session or a user, compiled at its first request and kept until IAM changes.

A role that is not here speaks for nobody: its sessions may do nothing. Neither does a managed policy of AWS whose
document is not known here: what it would allow, nothing allows.
"""

from penstock.call import Context, Function, Kernel
from penstock.iam.identity import Identity
from penstock.iam.policy import parse
from penstock.iam.principal import Principal
from penstock.services.iam import simulate, store
from penstock.services.iam.entities import ROLE, USER, Entity
from penstock.wire.model import Json

_MOST = 4096
_READS = ("get_", "list_", "simulate_")


class Identities:
    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self.known: dict[Principal, Identity] = {}

    def identity(self, principal: Principal) -> Identity:
        found = self.known.get(principal)
        if found is None:
            if len(self.known) >= _MOST:
                self.forget()
            found = self.known[principal] = self._made(principal)
        return found

    def forget(self) -> None:
        self.known.clear()

    def _made(self, principal: Principal) -> Identity:
        ctx = self._kernel.context(account=principal.account)
        session = None if principal.policies is None else tuple(map(parse, principal.policies))
        if principal.kind == "federated":  # its own policies are all that it has
            return Identity.of(principal, session or ())
        made = Identity.of(principal)
        made.session = session
        entity = _entity(ctx, principal)
        if entity is None:
            return made
        made.policies = simulate.policies_of(ctx, entity)
        made.boundary = simulate.boundary_of(ctx, entity)
        made.unknown = simulate.unknown_to(ctx, entity)
        tags = {f"aws:principaltag/{name.lower()}": (value,) for name, value in entity.tags.items()}
        made.keys = {**tags, **made.keys, "aws:principalarn": (entity.arn,)}
        return made


def _entity(ctx: Context, principal: Principal) -> Entity | None:
    """The role or user behind an ARN."""
    _, *names = principal.arn.split("/")
    kind, name = (ROLE, names[0]) if principal.kind == "role" else (USER, names[-1])
    row = ctx.store.one(store.ENTITY, principal.account, kind.name, name)
    return Entity.of(row) if row else None


def forgetting(function: Function) -> Function:
    """Around every operation of IAM: what changes something makes all identities be read again."""
    if function.__name__.startswith(_READS):
        return function

    def operation(ctx: Context, request: Json) -> Json:
        result: Json = function(ctx, request)  # type: ignore[assignment]  # nothing of IAM waits
        identities: Identities = ctx.state("iam")
        identities.forget()
        ctx.store.after_rollback(identities.forget)
        return result

    return operation
