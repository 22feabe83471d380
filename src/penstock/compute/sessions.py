"""Credentials of roles for what the runtime runs: functions and containers.

The principal behind such an access key is a session of the role, as it is for a caller from outside; keys live as long
as the runtime.
"""

import re
from typing import NamedTuple

from penstock.base.errors import AwsError
from penstock.call import Kernel
from penstock.iam import keys
from penstock.iam.principal import Principal

_ROLE = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):role/(?:.*/)?([^/]+)")


class Credentials(NamedTuple):
    access_key_id: str
    secret_access_key: str
    session_token: str


class RoleSessions:
    """Sessions of roles, each made once: by the role's ARN and the session's name."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._principals: dict[tuple[str, str], Principal] = {}
        self._credentials: dict[tuple[str, str], Credentials] = {}

    def principal(self, role: str, session: str) -> Principal:
        """Who acts with the role."""
        found = self._principals.get((role, session))
        if found is None:
            found = self._principals[role, session] = self._assume(role, session)
        return found

    def _assume(self, role: str, session: str) -> Principal:
        match = _ROLE.fullmatch(role)
        account, name = (match[1], match[2]) if match else (self._kernel.config.account, role)
        try:
            ctx = self._kernel.context(account=account)
            role_id = ctx.call_now("iam", "GetRole", {"RoleName": name})["Role"]["RoleId"]
        except AwsError:  # a role need not exist while IAM is not enforced
            role_id = keys.unique_id("AROA")
        return Principal.role_session(account, name, session, role_id)

    def credentials(self, role: str, session: str) -> Credentials:
        """An access key of the session, known to the front door."""
        found = self._credentials.get((role, session))
        if found is None:
            principal = self.principal(role, session)
            access_key = keys.access_key_id("ASIA", principal.account)
            found = Credentials(access_key, keys.secret_access_key(), keys.session_token())
            self._credentials[role, session] = found
            self._kernel.principals[access_key] = principal
        return found

    def forget(self, role: str, session: str) -> None:
        """Ends a session that nobody uses any more."""
        self._principals.pop((role, session), None)
        found = self._credentials.pop((role, session), None)
        if found is not None:
            self._kernel.principals.pop(found.access_key_id, None)
