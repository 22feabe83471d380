"""What the tests of enforcement share: a runtime that enforces IAM, and callers in it.

Rule: everything is made by the account's root, and tried by a role, a user or a service that has to be allowed.
"""

import json
import uuid
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config as BotoConfig
from botocore.exceptions import ClientError

from penstock.testing import TestRuntime

ACCOUNT = "000000000000"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
_ONCE = BotoConfig(retries={"total_max_attempts": 1}, parameter_validation=False)

Json = dict[str, Any]


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> Json:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str, resource: str = "*", **more: Any) -> Json:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def document(*statements: Json) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(**principal: str) -> str:
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


class Session:
    """Somebody with an access key of his own: `as_role("sqs")` is a boto3 client of his."""

    def __init__(self, runtime: TestRuntime, name: str, access_key: str) -> None:
        self._runtime = runtime
        self.name = name
        self.access_key = access_key

    def __call__(self, service: str, region: str = "us-east-1") -> Any:
        return boto3.client(
            service,
            endpoint_url=self._runtime.endpoint,
            region_name=region,
            aws_access_key_id=self.access_key,
            aws_secret_access_key="secret",
            config=_ONCE,
        )


class Enforced:
    """The runtime, and what a test makes in it as root."""

    def __init__(self, runtime: TestRuntime) -> None:
        self.runtime = runtime
        self.client = runtime.client

    def role(self, *statements: Json, service: str = "", **settings: Any) -> str:
        """The name of a new role with an inline policy, which the account, or a service, may assume."""
        iam, name = self.client("iam"), f"r-{uuid.uuid4().hex[:8]}"
        principal = {"Service": service} if service else {"AWS": ROOT}
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(**principal), **settings)
        if statements:
            self.grant(name, *statements)
        return name

    def grant(self, role: str, *statements: Json) -> None:
        self.client("iam").put_role_policy(RoleName=role, PolicyName="own", PolicyDocument=document(*statements))

    def session(self, role: str, **request: Any) -> Session:
        found = self.client("sts").assume_role(RoleArn=arn_of_role(role), RoleSessionName="test", **request)
        return Session(self.runtime, role, found["Credentials"]["AccessKeyId"])

    def acting(self, *statements: Json, **request: Any) -> Session:
        """A session of a new role with a policy of these statements."""
        return self.session(self.role(*statements), **request)

    def queue(self, **attributes: str) -> tuple[str, str]:
        """The URL and the ARN of a new queue."""
        name = f"q-{uuid.uuid4().hex[:8]}"
        url = self.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url, f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"

    def messages(self, url: str) -> list[str]:
        self.runtime.settle()
        found = self.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [message["Body"] for message in found.get("Messages", [])]


def arn_of_role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def user_of(session: Session) -> str:
    return f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{session.name}/test"


def refused(call: Callable[..., Any], **request: Any) -> tuple[str, str]:
    """(code, message) of the error that a call ends with."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]
