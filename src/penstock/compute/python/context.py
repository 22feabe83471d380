"""The context object that a Python handler gets.

Source: https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
"""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class CognitoIdentity:
    cognito_identity_id: str | None = None
    cognito_identity_pool_id: str | None = None


@dataclass(slots=True)
class Client:
    installation_id: str | None = None
    app_title: str | None = None
    app_version_name: str | None = None
    app_version_code: str | None = None
    app_package_name: str | None = None


@dataclass(slots=True)
class ClientContext:
    custom: Any = None
    env: Any = None
    client: Client | None = None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "ClientContext":
        client = document.get("client")
        known = {name: client.get(name) for name in Client.__slots__} if client is not None else None
        return cls(document.get("custom"), document.get("env"), Client(**known) if known is not None else None)


@dataclass
class LambdaContext:
    aws_request_id: str
    invoked_function_arn: str
    function_name: str
    function_version: str
    memory_limit_in_mb: str
    log_group_name: str
    log_stream_name: str
    client_context: ClientContext | None
    deadline_ms: int
    identity: CognitoIdentity = field(default_factory=CognitoIdentity)
    tenant_id: str | None = None

    @classmethod
    def of(cls, request_id: str, headers: Mapping[str, str], client: Mapping[str, Any] | None) -> "LambdaContext":
        return cls(
            request_id,
            headers.get("lambda-runtime-invoked-function-arn", ""),
            os.environ["AWS_LAMBDA_FUNCTION_NAME"],
            os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
            os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
            os.environ["AWS_LAMBDA_LOG_GROUP_NAME"],
            os.environ["AWS_LAMBDA_LOG_STREAM_NAME"],
            ClientContext.of(client) if client is not None else None,
            int(headers["lambda-runtime-deadline-ms"]),
        )

    def get_remaining_time_in_millis(self) -> int:
        return max(0, self.deadline_ms - time.time_ns() // 1_000_000)

    def log(self, message: object) -> None:
        print(message, end="", flush=True)
