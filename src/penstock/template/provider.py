"""What a service tells the template engine about a CloudFormation resource type.

Rule: a resource type is a value. Its functions reach the service through `rc.call` only, and what they return is
all that `Ref` and `Fn::GetAtt` can see. A property that is neither in `properties` nor in `inert` is reported by
`penstock check` and never silently dropped.
"""

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from penstock.base.errors import AwsError

Properties = Mapping[str, Any]
NOTHING: Mapping[Any, Any] = MappingProxyType({})

# CloudFormation's suffix: capital letters and digits.
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SUFFIX_LENGTH = 12


class Caller(Protocol):
    """The front door: validated, authorised and recorded like any other call.

    Before validation, scalars are brought to the types of the service's model, as CloudFormation does: "30" becomes
    30 where the member is an integer, "true" becomes True, and a dict becomes JSON text where the member is a string
    (policy documents, event patterns, redrive policies).
    """

    def __call__(self, service: str, operation: str, request: Mapping[str, Any]) -> Awaitable[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class ImageAsset:
    """A container image as its build context: what `docker build` would be given."""

    directory: Path
    dockerfile: str = "Dockerfile"
    build_args: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Assets:
    """Where the files are that a template refers to by bucket and key, or by image name."""

    files: Mapping[tuple[str, str], Path] = field(default_factory=dict)  # (bucket, key) -> file or directory
    images: Mapping[str, ImageAsset] = field(default_factory=dict)  # the tag behind the last ":" of the image name


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as the engine records it. `properties` are those last applied; the engine fills them in."""

    physical_id: str  # the value of Ref
    attributes: Properties = field(default_factory=dict)  # the values of Fn::GetAtt; nested ones by their dotted name
    properties: Properties = field(default_factory=dict)


class Unstable(AwsError):
    """Raised by a create whose resource is there but does not come up: a rollback deletes it, `up` resumes it."""

    def __init__(self, resource: Resource, code: str, message: str) -> None:
        super().__init__(code, message)
        self.resource = resource


@dataclass(frozen=True, slots=True)
class ResourceContext:
    """What a resource type's function may use."""

    call: Caller
    account: str
    region: str
    stack_id: str
    stack_name: str
    logical_id: str
    tags: Mapping[str, str] = field(default_factory=dict)  # of the stack, for every resource that takes tags
    assets: Assets = field(default_factory=Assets)
    replaces: str = ""  # physical id of the resource that this one takes the place of
    metadata: Mapping[str, Any] = field(default_factory=dict)  # the resource's own, from the template
    resumed: bool = False  # an earlier create was cut short: "already exists" then means "finish it"
    engine: Any = None  # the CloudFormation service's own, for its own types

    def physical_name(self, max_length: int = 64, *, lower: bool = False) -> str:
        """`Stack-LogicalId-4K2JQ0V9XW1Z`: the same for the same resource, another one for its replacement."""
        suffix = _suffix(f"{self.stack_id}/{self.logical_id}/{self.replaces}")
        room = max_length - _SUFFIX_LENGTH - 2
        stack = self.stack_name[: max(room - len(self.logical_id), room // 2)]
        name = f"{stack}-{self.logical_id[: room - len(stack)]}-{suffix}"
        return name.lower() if lower else name

    def asset(self, bucket: str, key: str) -> Path | None:
        """The local file or directory behind an S3 location, or None when it is no asset of this app."""
        return self.assets.files.get((bucket, key))

    def content(self, name: str, location: Mapping[str, Any]) -> bytes:
        """The file behind the property `name`, an S3 location of this app. Raises ValueError for any other."""
        file = self.asset(location["Bucket"], location["Key"])
        if file is None:
            raise ValueError(f"{name} {location['Bucket']}/{location['Key']} is no asset of this app")
        return file.read_bytes()

    def image(self, uri: str) -> ImageAsset | None:
        """The build context behind an image name, or None when it is no asset of this app."""
        return self.assets.images.get(uri.rpartition(":")[2])

    def tag_map(self, properties: Properties, name: str = "Tags") -> dict[str, str]:
        """The stack's tags and the resource's own, from either of CloudFormation's two forms."""
        own = properties.get(name) or {}
        pairs = own if isinstance(own, Mapping) else {tag["Key"]: tag["Value"] for tag in own}
        return {**self.tags, **pairs}

    def tag_list(self, properties: Properties, name: str = "Tags") -> list[dict[str, str]]:
        """The same as `[{"Key": ..., "Value": ...}]`."""
        return [{"Key": key, "Value": value} for key, value in self.tag_map(properties, name).items()]


Create = Callable[[ResourceContext, Properties], Awaitable[Resource]]
Update = Callable[[ResourceContext, Resource, Properties], Awaitable[Resource]]
Delete = Callable[[ResourceContext, Resource], Awaitable[None]]
# (properties with what cannot be known yet left as an intrinsic) -> (property path, reason) of what is not supported.
Problems = Callable[[Properties], Iterable[tuple[str, str]]]


async def nothing_to_delete(rc: ResourceContext, resource: Resource) -> None:
    """For types whose resource goes away with another one."""


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One CloudFormation resource type.

    properties: the supported property names. A dotted name ("Code.S3Key"; lists are transparent) restricts what is
        supported below its first part; a name without dots supports everything below it. "*" supports everything.
    inert: accepted without a local effect, by (dotted) name, with the reason; reported by `penstock check`.
    recorded: the reason why the whole type is recorded only; its properties are then not looked at.
    replace_on: (dotted) properties whose change makes a new resource. Without `update` any change does.
    """

    name: str
    create: Create
    properties: frozenset[str] = frozenset()
    update: Update | None = None
    delete: Delete = nothing_to_delete
    replace_on: frozenset[str] = frozenset()
    inert: Mapping[str, str] = field(default_factory=dict)
    problems: Problems | None = None
    recorded: str = ""


Named = tuple[str, int]  # (property, longest name)


def one_call(
    name: str,
    service: str,
    *,
    create: str,
    delete: str,
    properties: Iterable[str],
    made: Callable[[Properties, dict[str, Any]], Resource],
    key: str | Callable[[Resource], dict[str, Any]],
    update: str | None = None,
    named: Named | None = None,
    request: Callable[[ResourceContext, Properties], dict[str, Any]] | None = None,
    replace_on: Iterable[str] = (),
    inert: Mapping[str, str] = NOTHING,
    problems: Problems | None = None,
) -> ResourceType:
    """A type whose create, update and delete are one operation each, with the properties as its members.

    named: the property that is generated when absent; its change replaces.
    request: (context, properties) -> members, where they are not the properties themselves.
    made: (request, response of create) -> Resource.
    key: the member that carries the physical id in update and delete, or a function giving those members.
    """

    def members(rc: ResourceContext, given: Properties) -> dict[str, Any]:
        full = dict(given)
        if named and not full.get(named[0]):
            full[named[0]] = rc.physical_name(named[1])
        return request(rc, full) if request else full

    def identity(resource: Resource) -> dict[str, Any]:
        return {key: resource.physical_id} if isinstance(key, str) else key(resource)

    async def do_create(rc: ResourceContext, given: Properties) -> Resource:
        sent = members(rc, given)
        return made(sent, await rc.call(service, create, sent))

    async def do_update(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
        assert update is not None
        sent = {**members(rc, given), **identity(resource)}
        await rc.call(service, update, sent)
        return resource

    async def do_delete(rc: ResourceContext, resource: Resource) -> None:
        await rc.call(service, delete, identity(resource))

    return ResourceType(
        name=name,
        create=do_create,
        update=do_update if update else None,
        delete=do_delete,
        properties=frozenset(properties),
        replace_on=frozenset(replace_on) | ({named[0]} if named else set()),
        inert=inert,
        problems=problems,
    )


def _suffix(seed: str) -> str:
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:16])
    digits = []
    for _ in range(_SUFFIX_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(digits)
