"""A client, and a way to put parameters."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="session")
def ssm(client: Callable[..., Any]) -> Any:
    return client("ssm")


@pytest.fixture
def put(ssm: Any) -> Callable[..., Any]:
    """`put("/a/b", "value")`: a String, unless said otherwise."""

    def parameter(name: str, value: str = "v", **more: Any) -> Any:
        return ssm.put_parameter(**{"Name": name, "Value": value, "Type": "String", **more})

    return parameter
