"""A client."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="session")
def cw(client: Callable[..., Any]) -> Any:
    return client("cloudwatch")
