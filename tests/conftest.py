"""Fixtures of the contract tests: one runtime for the session, reached by boto3 over its socket."""

import functools
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config

from penstock.testing import TestRuntime


@pytest.fixture(scope="session")
def client(penstock: TestRuntime) -> Callable[..., Any]:
    """`client("sqs")`: a boto3 client that lets everything through and never retries."""
    raw = Config(retries={"total_max_attempts": 1}, parameter_validation=False, read_timeout=60)
    return functools.partial(penstock.client, config=raw)


@pytest.fixture
def unique() -> str:
    """A name nobody else in the session has."""
    return f"t-{uuid.uuid4().hex[:12]}"
