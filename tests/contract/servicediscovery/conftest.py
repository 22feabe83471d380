"""A client of Cloud Map, and what a test's own namespaces and services are made with."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config

from penstock.testing import TestRuntime
from penstock.web.network import Network

# The SDK's `data-` prefix makes a name of the endpoint that only functions and containers can resolve.
CONFIG = Config(retries={"total_max_attempts": 1}, parameter_validation=False, inject_host_prefix=False)


@pytest.fixture(scope="session")
def sd(penstock: TestRuntime) -> Any:
    return penstock.client("servicediscovery", config=CONFIG)


@pytest.fixture
def namespace(sd: Any, unique: str) -> Callable[..., str]:
    """`namespace("Http", Name=...)`: the id of a new one."""

    def make(kind: str = "Http", **members: Any) -> str:
        done = getattr(sd, f"create_{kind.lower()}_namespace")(**{"Name": unique, **members})
        operation = sd.get_operation(OperationId=done["OperationId"])["Operation"]
        return str(operation["Targets"]["NAMESPACE"])

    return make


@pytest.fixture
def private(sd: Any, namespace: Callable[..., str], unique: str) -> Callable[..., str]:
    """`private()`: the id of a service `web` (A, custom health) in `<unique>.local` of `vpc-<unique>`."""

    def make(**members: Any) -> str:
        id = namespace("Private_Dns", Name=f"{unique}.local", Vpc=f"vpc-{unique}")
        records = {"DnsRecords": [{"Type": "A", "TTL": 10}]}
        settings = {"Name": "web", "DnsConfig": records, "HealthCheckCustomConfig": {}, **members}
        settings = {name: value for name, value in settings.items() if value is not None}
        return str(sd.create_service(NamespaceId=id, **settings)["Service"]["Id"])

    return make


@pytest.fixture
def records(penstock: TestRuntime, unique: str) -> Callable[..., list[str] | None]:
    """`records("web", "SRV")`: what the DNS records of `web.<unique>.local` say, sorted; `records.zone` is the zone."""

    def ask(name: str, type: str, vpc: str = f"vpc-{unique}") -> list[str] | None:
        async def asked() -> list[str] | None:
            network = penstock.runtime.kernel.shared(Network)
            return network.records(f"{name}.{ask.zone}".lstrip("."), type, vpc)  # type: ignore[attr-defined]

        found: list[str] | None = penstock.run(asked())
        return sorted(found) if found is not None else None

    ask.zone = f"{unique}.local".lower()  # type: ignore[attr-defined]
    return ask


@pytest.fixture
def resolve(penstock: TestRuntime, unique: str) -> Callable[..., list[str] | None]:
    """`resolve("web")`: the addresses of `web.<unique>.local` for whoever asks in `vpc-<unique>`, sorted."""

    def ask(name: str, vpc: str | None = None) -> list[str] | None:
        async def asked() -> list[str] | None:
            network = penstock.runtime.kernel.shared(Network)
            return network.resolve(f"{name}.{unique}.local", f"vpc-{unique}" if vpc is None else vpc)

        found: list[str] | None = penstock.run(asked())
        return sorted(found) if found is not None else None

    return ask
