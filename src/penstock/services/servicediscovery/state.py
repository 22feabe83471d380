"""Cloud Map's memory: namespaces, their services, their instances, and the zones of names.

An operation writes rows and then calls `refresh_...`, which reads them back; where the transaction is undone they are
read again. So memory and rows cannot disagree, and neither a lookup nor a name costs any SQL.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import orjson

from penstock.base.arn import Arn
from penstock.base.store import Row
from penstock.call import Context, Kernel
from penstock.services.servicediscovery import store
from penstock.services.servicediscovery.errors import not_found
from penstock.web.network import Network
from penstock.wire.model import Json

DNS_PRIVATE, DNS_PUBLIC, HTTP = "DNS_PRIVATE", "DNS_PUBLIC", "HTTP"


@dataclass(slots=True)
class Instance:
    """`document`: what GetInstance shows but for the Id; `health`: HEALTHY, UNHEALTHY, or UNKNOWN without a check."""

    number: int
    id: str
    document: Json
    health: str

    @property
    def attributes(self) -> dict[str, str]:
        attributes: dict[str, str] = self.document["Attributes"]
        return attributes


@dataclass(slots=True)
class MapService:
    """`document`: what GetService shows but for ids and counts."""

    number: int
    arn: str
    namespace: "Namespace"
    document: Json
    attributes: dict[str, str]
    tags: dict[str, str]
    revision: int
    id: str = field(init=False)
    name: str = field(init=False)
    instances: dict[str, Instance] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.id, self.name = _id(self.arn), self.document["Name"]

    @property
    def record_types(self) -> frozenset[str]:
        """The types of its DNS records; none where it is found by DiscoverInstances only."""
        if self.namespace.type == HTTP or self.document.get("Type") == HTTP:
            return frozenset()
        return frozenset(record["Type"] for record in self.document.get("DnsConfig", {}).get("DnsRecords", ()))

    @property
    def weighted(self) -> bool:
        return bool(self.document.get("DnsConfig", {}).get("RoutingPolicy") == "WEIGHTED")

    @property
    def has_custom_health(self) -> bool:
        return "HealthCheckCustomConfig" in self.document

    @property
    def is_checked(self) -> bool:
        return self.has_custom_health or "HealthCheckConfig" in self.document


@dataclass(slots=True)
class Namespace:
    """`document`: what GetNamespace shows but for ids and counts. `services` are by their `key_of`."""

    number: int
    arn: str
    vpc: str
    document: Json
    tags: dict[str, str]
    id: str = field(init=False)
    name: str = field(init=False)
    type: str = field(init=False)
    services: dict[str, MapService] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.id, self.name, self.type = _id(self.arn), self.document["Name"], self.document["Type"]

    @property
    def http_name(self) -> str:
        return str(self.document["Properties"]["HttpProperties"]["HttpName"])

    @property
    def zone(self) -> str:
        """What its names end in; "" where it has no names."""
        return "" if self.type == HTTP else self.name.lower().rstrip(".")

    def key_of(self, service_name: str) -> str:
        """DNS knows no case; API calls do."""
        return service_name if self.type == HTTP else service_name.lower()


T = TypeVar("T", Namespace, MapService)

# (namespace, name, how other names are resolved) -> addresses, or None where the namespace does not know the name
Answer = Callable[[Namespace, str, Callable[[str], list[str] | None]], list[str] | None]
# the same for the records of one type
Records = Callable[[Namespace, str, str, Callable[[str], list[str] | None]], list[str] | None]


class State:
    def __init__(self, kernel: Kernel, answer: Answer, records: Records) -> None:
        self._store = kernel.store
        self._network = kernel.shared(Network)
        self._answer = answer
        self._records = records
        self.namespaces: dict[str, Namespace] = {}  # by ARN, as the services are
        self.services: dict[str, MapService] = {}
        self._by_http_name: dict[tuple[str, str], Namespace] = {}
        self._zones: dict[str, list[Namespace]] = {}
        for row in self._store.all(store.NAMESPACES):
            self._load_namespace(row[1], row)

    def by_http_name(self, ctx: Context, name: str) -> Namespace | None:
        return self._by_http_name.get((scope(ctx), name))

    # -- after a write -----------------------------------------------------------------------------------

    def refresh_namespace(self, arn: str) -> Namespace | None:
        self._store.after_rollback(lambda: self._load_namespace(arn, self._store.one(store.NAMESPACE, arn)))
        return self._load_namespace(arn, self._store.one(store.NAMESPACE, arn))

    def refresh_service(self, arn: str) -> MapService | None:
        self._store.after_rollback(lambda: self._load_service(arn, self._store.one(store.SERVICE, arn)))
        return self._load_service(arn, self._store.one(store.SERVICE, arn))

    def refresh_instance(self, service: MapService, id: str) -> None:
        arn = service.arn
        self._store.after_rollback(lambda: self._load_instance(arn, id, self._store.one(store.INSTANCE, arn, id)))
        self._load_instance(arn, id, self._store.one(store.INSTANCE, arn, id))

    def _load_namespace(self, arn: str, row: Row | None) -> Namespace | None:
        known = self.namespaces.get(arn)
        if row is None:
            if known is not None:
                del self.namespaces[arn]
                self._by_http_name.pop((_scope(arn), known.http_name), None)
                self._leave_zone(known)
            return None
        if known is not None:
            known.document, known.tags = orjson.loads(row[3]), orjson.loads(row[4])
            return known
        namespace = Namespace(row[0], arn, row[2], orjson.loads(row[3]), orjson.loads(row[4]))
        self.namespaces[arn] = self._by_http_name[_scope(arn), namespace.http_name] = namespace
        self._enter_zone(namespace)
        for child in self._store.all(store.SERVICES, arn):
            self._load_service(child[1], child)
        return namespace

    def _load_service(self, arn: str, row: Row | None) -> MapService | None:
        known = self.services.get(arn)
        if row is None:
            if known is not None:
                del self.services[arn]
                known.namespace.services.pop(known.namespace.key_of(known.name), None)
            return None
        loads = orjson.loads
        if known is not None:
            known.document, known.attributes, known.tags = loads(row[3]), loads(row[4]), loads(row[5])
            known.revision = row[6]
            return known
        namespace = self.namespaces.get(row[2])
        if namespace is None:  # its deletion is undone next, and brings its services back
            return None
        service = MapService(row[0], arn, namespace, loads(row[3]), loads(row[4]), loads(row[5]), row[6])
        self.services[arn] = namespace.services[namespace.key_of(service.name)] = service
        for child in self._store.all(store.INSTANCES, arn):
            self._load_instance(arn, child[2], child)
        return service

    def _load_instance(self, service_arn: str, id: str, row: Row | None) -> None:
        service = self.services.get(service_arn)
        if service is None:
            return
        if row is None:
            service.instances.pop(id, None)
        else:
            service.instances[id] = Instance(row[0], id, orjson.loads(row[3]), row[4])

    # -- names -------------------------------------------------------------------------------------------

    def _enter_zone(self, namespace: Namespace) -> None:
        if not namespace.zone:
            return
        zone = self._zones.setdefault(namespace.zone, [])
        zone.append(namespace)
        self._network.zone(
            namespace.zone,
            lambda name, vpc: self._find(zone, name, vpc),
            lambda name, type, vpc: self._find_records(zone, name, type, vpc),
        )

    def _leave_zone(self, namespace: Namespace) -> None:
        zone = self._zones.get(namespace.zone, [])
        if namespace in zone:
            zone.remove(namespace)
        if not zone and self._zones.pop(namespace.zone, None) is not None:
            self._network.zone(namespace.zone, None)

    def _find(self, zone: list[Namespace], name: str, vpc: str) -> list[str] | None:
        """A private namespace answers in its VPC only, and there it hides whatever else has its name."""
        for namespace in zone:
            if _answers(namespace, vpc):
                found = self._answer(namespace, name, lambda other: self._network.resolve(other, vpc))
                if found is not None or namespace.type == DNS_PRIVATE:
                    return found or []
        return None

    def _find_records(self, zone: list[Namespace], name: str, type: str, vpc: str) -> list[str] | None:
        for namespace in zone:
            if _answers(namespace, vpc):
                found = self._records(namespace, name, type, lambda other: self._network.resolve(other, vpc))
                if found is not None or namespace.type == DNS_PRIVATE:
                    return found
        return None


def _answers(namespace: Namespace, vpc: str) -> bool:
    return namespace.type == DNS_PUBLIC or (namespace.vpc == vpc and bool(vpc))


def state(ctx: Context) -> State:
    found: State = ctx.state("servicediscovery")
    return found


def scope(ctx: Context) -> str:
    """Where ids are looked up: region and account."""
    return f"{ctx.region}:{ctx.account}"


def _scope(arn: str) -> str:
    parsed = Arn.parse(arn)
    return f"{parsed.region}:{parsed.account}"


def _id(arn: str) -> str:
    return arn.rpartition("/")[2]


def arn_of(ctx: Context, kind: str, id: str) -> str:
    """The ARN of a namespace or service that a request names by id or by ARN."""
    return id if id.startswith("arn:") else f"arn:aws:servicediscovery:{ctx.region}:{ctx.account}:{kind}/{id}"


def namespace_of(ctx: Context, id: str) -> Namespace:
    """Raises NamespaceNotFound."""
    found = state(ctx).namespaces.get(arn_of(ctx, "namespace", id))
    if found is None:
        raise not_found("NamespaceNotFound", id)
    return found


def service_of(ctx: Context, id: str) -> MapService:
    """Raises ServiceNotFound."""
    found = state(ctx).services.get(arn_of(ctx, "service", id))
    if found is None:
        raise not_found("ServiceNotFound", id)
    return found


def here(ctx: Context, things: Mapping[str, T]) -> list[T]:
    """Those of the caller's account and region, in the order of their creation."""
    prefix = f"arn:aws:servicediscovery:{scope(ctx)}:"
    mine = (thing for arn, thing in things.items() if arn.startswith(prefix))
    return sorted(mine, key=lambda thing: thing.number)
