"""Every caller is somebody.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from typing import NamedTuple


class Principal(NamedTuple):
    """`kind` is `account` (its root), `role` (an assumed role's session), `user`, `federated`, or `service`.

    `source` is the ARN of what a service acts for: the rule, topic or bucket that it delivers from. `policies` are the
    session's own policies, as text, which only limit it (None: it has none), and `tags` are its tags.
    """

    kind: str
    arn: str
    account: str
    user_id: str
    source: str = ""
    policies: tuple[str, ...] | None = None
    tags: tuple[tuple[str, str], ...] = ()

    @classmethod
    def root(cls, account: str) -> "Principal":
        return cls("account", f"arn:aws:iam::{account}:root", account, account)

    @classmethod
    def unsigned(cls, account: str) -> "Principal":
        """Whoever sends a request without a signature; it counts as the account's own where IAM is not enforced."""
        return cls("account", "anonymous", account, account)

    @property
    def signs(self) -> bool:
        return self.arn != "anonymous"

    @classmethod
    def service(cls, name: str, account: str, source: str = "") -> "Principal":
        """A service principal such as `events.amazonaws.com`, acting in `account`, for `source`."""
        return cls("service", name, account, name, source)

    @classmethod
    def role_session(cls, account: str, role_name: str, session: str, role_id: str) -> "Principal":
        arn = f"arn:aws:sts::{account}:assumed-role/{role_name}/{session}"
        return cls("role", arn, account, f"{role_id}:{session}")

    @classmethod
    def user(cls, arn: str, account: str, user_id: str) -> "Principal":
        """A user of IAM, who calls with an access key."""
        return cls("user", arn, account, user_id)

    @classmethod
    def federated_user(cls, account: str, name: str) -> "Principal":
        return cls("federated", f"arn:aws:sts::{account}:federated-user/{name}", account, f"{account}:{name}")
