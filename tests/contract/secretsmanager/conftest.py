"""A client, a secret of the test's own, and how an operation fails."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture(scope="session")
def sm(client: Callable[..., Any]) -> Any:
    return client("secretsmanager")


@pytest.fixture
def secret(sm: Any, unique: str) -> dict[str, Any]:
    """A secret with the value `one`."""
    made: dict[str, Any] = sm.create_secret(Name=unique, SecretString="one")
    return made


@pytest.fixture(scope="session")
def error() -> Callable[..., tuple[str, str]]:
    """`error(sm.get_secret_value, SecretId="x")` -> (code, message)."""

    def of(operation: Callable[..., Any], **request: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as caught:
            operation(**request)
        found = caught.value.response["Error"]
        return found["Code"], found["Message"]

    return of
