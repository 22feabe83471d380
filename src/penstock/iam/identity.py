"""What speaks for a principal wherever it goes: its policies, compiled, and what is known of it. Pure."""

from dataclasses import dataclass, field

from penstock.iam.context import principal_keys
from penstock.iam.evaluate import Policies
from penstock.iam.patterns import Context
from penstock.iam.policy import Policy
from penstock.iam.principal import Principal

_MOST_SETTLED = 4096
# What depends on nobody's request: of which region is part of a decision's key; what came over loopback counts as
# encrypted, as the same client speaks HTTPS to AWS.
_REGION = "aws:requestedregion"
_SECURE = {"aws:securetransport": ("true",)}
# Keys that follow from who asks, though he may have none.
_OF_PRINCIPALS = ("aws:principal", "aws:source", "aws:user", "aws:federatedprovider")
_OF_REQUESTS = ("aws:sourceip", "aws:useragent")

Settled = tuple[str, str, str, str, str]  # action, resource, its policy and owner, region


@dataclass(slots=True)
class Identity:
    """`boundary` and `session` only limit: see `Policies`. `keys` say of the principal what no request changes.

    `settled` are decisions for yes that depend on nothing else than their key. They hold as long as nothing of IAM
    changes: then whoever gave out this identity makes another.
    """

    policies: tuple[Policy, ...]
    keys: Context
    boundary: tuple[Policy, ...] | None = None
    session: tuple[Policy, ...] | None = None
    unknown: tuple[str, ...] = ()  # managed policies that are attached, but whose documents are not known here
    settled: set[Settled] = field(default_factory=set)

    @classmethod
    def of(cls, principal: Principal, policies: tuple[Policy, ...] = ()) -> "Identity":
        """Of a principal of which no more is known."""
        return cls(policies, principal_keys(principal) | _SECURE)

    def varying(self, spoken: Policies, action: str) -> frozenset[str]:
        """The context keys that the word of `spoken` on an action depends on, and that another request may change."""
        statements = (statement for policy in spoken.all() for statement in policy.statements)
        heard = (statement for statement in statements if statement.reads and statement.about(action))
        reads = frozenset(key for statement in heard for key in statement.reads)
        return frozenset(key for key in reads if key not in self.keys and not _settled(key))

    def settle(self, key: Settled) -> None:
        if len(self.settled) >= _MOST_SETTLED:
            self.settled.clear()
        self.settled.add(key)


def _settled(key: str) -> bool:
    return key == _REGION or (key.startswith(_OF_PRINCIPALS) and key not in _OF_REQUESTS)
