"""Requests that the runtime sends to its own doors are signed for whom they are made."""

from penstock.base.clock import Clock
from penstock.base.store import Store
from penstock.call import Config, Kernel
from penstock.iam.principal import Principal
from penstock.web.signer import Signer
from penstock.wire.message import Request
from penstock.wire.route import Scope, scope_of


def test_a_service_that_acts_for_two_resources_signs_for_each() -> None:
    kernel = Kernel(Config(), Store(), Clock(), [])
    one, other = (Principal.service("events.amazonaws.com", "111111111111", f"arn:rule/{n}") for n in "ab")

    def signed(principal: Principal) -> Scope:
        header = kernel.shared(Signer).authorization(kernel, principal, "eu-west-1", "execute-api")
        scope = scope_of(Request("GET", "/", headers={"authorization": header}))
        assert scope is not None
        return scope

    assert signed(one)[1:] == ("eu-west-1", "execute-api")
    assert [kernel.principals[signed(who).access_key] for who in (one, other, one)] == [one, other, one]
    assert signed(one) == signed(one)
