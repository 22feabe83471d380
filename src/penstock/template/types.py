"""The resource types of all services, by name.

Rule: the services' own tables first, then what is only recorded; any `Custom::` name is a custom resource.
"""

import re
from collections.abc import Iterable, Mapping

from penstock.template import inert
from penstock.template.provider import ResourceType

CUSTOM = "AWS::CloudFormation::CustomResource"

# CDK's own whose functions cannot work here: better unsupported than failing in the middle of a deployment.
_NOT_CUSTOM = frozenset({"Custom::CDKBucketDeployment", "Custom::AWSCDKOpenIdConnectProvider"})

_S3_URL = re.compile(r"https?://(?:s3[.-][a-z0-9-]*\.?amazonaws\.com(?:\.cn)?|s3)/([^/]+)/(.+)|s3://([^/]+)/(.+)")
_S3_HOST_URL = re.compile(r"https?://([^/]+?)\.s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?/(.+)")


def collect(tables: Iterable[Iterable[ResourceType]]) -> dict[str, ResourceType]:
    """One table of the services' tables."""
    types = {kind.name: kind for kind in inert.TABLE}
    return types | {kind.name: kind for table in tables for kind in table}


def type_of(types: Mapping[str, ResourceType], name: str) -> ResourceType | None:
    """The type, or None where it is not supported."""
    custom = name.startswith("Custom::") and name not in _NOT_CUSTOM
    return types.get(name) or (types.get(CUSTOM) if custom else None)


def location(url: str) -> tuple[str, str] | None:
    """(bucket, key) of an S3 URL in any of its forms."""
    match = _S3_URL.fullmatch(url)
    if match:
        return (match[1], match[2]) if match[1] else (match[3], match[4])
    match = _S3_HOST_URL.fullmatch(url)
    return (match[1], match[2]) if match else None
