"""A client, and a secret of the test's own."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="session")
def sm(client: Callable[..., Any]) -> Any:
    return client("secretsmanager")


@pytest.fixture
def secret(sm: Any, unique: str) -> dict[str, Any]:
    """A secret with the value `one`."""
    made: dict[str, Any] = sm.create_secret(Name=unique, SecretString="one")
    return made
