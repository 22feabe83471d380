"""A bucket for the test, and raw HTTP where boto3 will not say it."""

import http.client
from collections.abc import Callable
from typing import Any

import pytest

from penstock.testing import TestRuntime

AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"


@pytest.fixture
def s3(client: Callable[..., Any]) -> Any:
    return client("s3")


@pytest.fixture
def bucket(s3: Any, unique: str) -> str:
    s3.create_bucket(Bucket=unique)
    return unique


@pytest.fixture
def versioned(s3: Any, bucket: str) -> str:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()


@pytest.fixture
def raw(penstock: TestRuntime) -> Callable[..., Answer]:
    """`raw("GET", "/bucket/key", body, **headers)`: a signed request, unless `Authorization=None`."""

    def send(method: str, path: str, body: Any = None, **headers: Any) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", penstock.runtime.config.port, timeout=30)
        given = {"Authorization": AUTHORIZATION, **{name.replace("_", "-"): value for name, value in headers.items()}}
        connection.request(method, path, body, {name: value for name, value in given.items() if value is not None})
        return Answer(connection.getresponse())

    return send
