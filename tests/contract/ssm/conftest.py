"""A client, a hierarchy of the test's own, and how an operation fails."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture(scope="session")
def ssm(client: Callable[..., Any]) -> Any:
    return client("ssm")


@pytest.fixture
def put(ssm: Any) -> Callable[..., Any]:
    """`put("/a/b", "value")`: a String, unless said otherwise."""

    def parameter(name: str, value: str = "v", **more: Any) -> Any:
        return ssm.put_parameter(**{"Name": name, "Value": value, "Type": "String", **more})

    return parameter


@pytest.fixture(scope="session")
def error() -> Callable[..., tuple[str, str]]:
    """`error(ssm.get_parameter, Name="x")` -> (code, message)."""

    def of(operation: Callable[..., Any], **request: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as caught:
            operation(**request)
        found = caught.value.response["Error"]
        return found["Code"], found["Message"]

    return of
