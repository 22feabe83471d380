"""Fixtures of the contract tests: one runtime for the session, reached by boto3 over its socket."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from penstock.testing import TestRuntime


@pytest.fixture(scope="session")
def client(penstock: TestRuntime) -> Callable[..., Any]:
    """`client("sqs")`: a boto3 client without client-side validation or retries."""
    return penstock.client


@pytest.fixture
def unique() -> str:
    """A name nobody else in the session has."""
    return f"t-{uuid.uuid4().hex[:12]}"
