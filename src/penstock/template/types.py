"""The resource types of all services, by name.

Rule: the services' own tables first, then what is only recorded; any `Custom::` name is a custom resource.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from penstock.call import Room, Service
from penstock.template import inert
from penstock.template.provider import ResourceType

CUSTOM = "AWS::CloudFormation::CustomResource"

# CDK's own whose functions cannot work here: better unsupported than failing in the middle of a deployment.
_NOT_CUSTOM = frozenset({"Custom::CDKBucketDeployment", "Custom::AWSCDKOpenIdConnectProvider"})

_S3_URL = re.compile(r"https?://(?:s3[.-][a-z0-9-]*\.?amazonaws\.com(?:\.cn)?|s3)/([^/]+)/(.+)|s3://([^/]+)/(.+)")
_LOCAL_URL = re.compile(r"https?://(?:localhost|127\.0\.0\.1)(?::\d+)?/([^/]+)/(.+)")
_S3_HOST_URL = re.compile(r"https?://([^/]+?)\.s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?/(.+)")


Table = Callable[[], Iterable[ResourceType]]


class Types(Mapping[str, ResourceType]):
    """One table of the services' tables; each is asked for when a template names a type of it.

    `tables` are by the names of their types, or by how these begin, up to `::`.
    """

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._tables = dict(tables)
        self._types = {kind.name: kind for kind in inert.TABLE}

    @classmethod
    def of(cls, services: Iterable[Room | Service]) -> "Types":
        def table(service: Room | Service) -> Table:
            return lambda: service.load().resources

        return cls({name: table(service) for service in services for name in service.types})

    def __getitem__(self, name: str) -> ResourceType:
        for key in (name, f"{name.rpartition('::')[0]}::"):
            if key in self._tables:
                self._read(key)
        return self._types[name]

    def __iter__(self) -> Iterator[str]:
        for key in list(self._tables):
            self._read(key)
        return iter(self._types)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _read(self, key: str) -> None:
        self._types.update((kind.name, kind) for kind in self._tables.pop(key)())


def type_of(types: Mapping[str, ResourceType], name: str) -> ResourceType | None:
    """The type, or None where it is not supported."""
    custom = name.startswith("Custom::") and name not in _NOT_CUSTOM
    return types.get(name) or (types.get(CUSTOM) if custom else None)


def location(url: str) -> tuple[str, str] | None:
    """(bucket, key) of an S3 URL in any of its forms."""
    match = _S3_URL.fullmatch(url)
    if match:
        return (match[1], match[2]) if match[1] else (match[3], match[4])
    match = _S3_HOST_URL.fullmatch(url) or _LOCAL_URL.fullmatch(url)
    return (match[1], match[2]) if match else None
