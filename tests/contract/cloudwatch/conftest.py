"""A client, and how an operation fails."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture(scope="session")
def cw(client: Callable[..., Any]) -> Any:
    return client("cloudwatch")


@pytest.fixture(scope="session")
def error() -> Callable[..., tuple[str, str]]:
    """`error(cw.get_dashboard, DashboardName="x")` -> (code, message)."""

    def of(operation: Callable[..., Any], **request: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as caught:
            operation(**request)
        found = caught.value.response["Error"]
        return found["Code"], found["Message"]

    return of
