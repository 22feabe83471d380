"""A client, a role, and the documents that most tests need."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.contract.iam.enforced import Enforced

from penstock.call import Config
from penstock.testing import running

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}],
}


@pytest.fixture(scope="session")
def iam(client: Callable[..., Any]) -> Any:
    return client("iam")


@pytest.fixture(scope="module")
def enforced() -> Iterator[Enforced]:
    """A runtime of the module's own, which enforces IAM."""
    with running(Config(port=0, enforce_iam=True)) as runtime:
        yield Enforced(runtime)


@pytest.fixture(scope="session")
def trust() -> dict[str, Any]:
    return TRUST


@pytest.fixture
def role(iam: Any, unique: str) -> dict[str, Any]:
    found: dict[str, Any] = iam.create_role(RoleName=unique, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    return found


@pytest.fixture(scope="session")
def allow() -> Callable[..., str]:
    """`allow("s3:*", "*")`: the text of a policy."""

    def document(action: Any, resource: Any = "*", effect: str = "Allow", **more: Any) -> str:
        statement = {"Effect": effect, "Action": action, "Resource": resource, **more}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    return document
