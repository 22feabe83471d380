"""AWS's own managed policies: those that event-driven applications attach, as AWS words them.

`aws_managed_policies.jsonl` holds one policy a line. AWS has some twelve hundred more: they can be attached, but what
they allow is not known here.
Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
"""

import base64
import functools
import hashlib
from pathlib import Path

import orjson

from penstock.wire.model import Json

_FILE = Path(__file__).with_name("aws_managed_policies.jsonl")
_PREFIX = "arn:aws:iam::aws:policy/"


@functools.cache
def policies() -> dict[str, Json]:
    """By ARN."""
    return {policy["Arn"]: policy for policy in map(orjson.loads, _FILE.read_bytes().splitlines())}


def known(arn: str) -> bool:
    return is_aws(arn) and arn in policies()


def is_aws(arn: str) -> bool:
    return arn.startswith(_PREFIX)


def document(arn: str) -> str:
    return orjson.dumps(policies()[arn]["Document"]).decode()


def policy_id(arn: str) -> str:
    """The same for the same policy, in the form of AWS's ids."""
    return "ANPA" + base64.b32encode(hashlib.sha256(arn.encode()).digest()).decode()[:17]
