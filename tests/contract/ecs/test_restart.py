"""After a restart what ran has stopped, and services bring up new tasks."""

import functools
from pathlib import Path

from botocore.config import Config as BotoConfig
from tests.contract.ecs.conftest import HTTP, Ecs

from penstock.call import Config
from penstock.testing import running


def client_of(penstock):
    raw = BotoConfig(retries={"total_max_attempts": 1}, inject_host_prefix=False)
    return functools.partial(penstock.client, config=raw)


def test_services_come_back(tmp_path: Path) -> None:
    with running(Config(port=0, data=tmp_path)) as penstock:
        ecs = Ecs(penstock, client_of(penstock), "app")
        cloud_map = client_of(penstock)("servicediscovery")
        operation = cloud_map.create_private_dns_namespace(Name="app.local", Vpc=ecs.vpc)["OperationId"]
        namespace = cloud_map.get_operation(OperationId=operation)["Operation"]["Targets"]["NAMESPACE"]
        config = {"DnsRecords": [{"Type": "A", "TTL": 10}]}
        registry = cloud_map.create_service(Name="web", NamespaceId=namespace, DnsConfig=config)["Service"]["Arn"]
        ecs.create(ecs.define(HTTP, port=8080), 2, serviceRegistries=[{"registryArn": registry}])
        alone = ecs.run(ecs.define())["taskArn"]
        ecs.until(alone, "RUNNING")
        ecs.steady()
        before = {task["taskArn"] for task in ecs.tasks()}
    with running(Config(port=0, data=tmp_path)) as penstock:
        again = Ecs(penstock, client_of(penstock), "app")
        service = again.service_when(lambda found: found["runningCount"] == 2)
        assert len(service["deployments"]) == 1
        after = {task["taskArn"] for task in again.tasks()}
        assert not before & after
        stopped = again.task(alone)
        assert (stopped["lastStatus"], stopped["stoppedReason"]) == (
            "STOPPED",
            "The runtime that ran the task has ended.",
        )
        found = client_of(penstock)("servicediscovery").discover_instances(NamespaceName="app.local", ServiceName="web")
        assert {each["InstanceId"] for each in found["Instances"]} == {arn.rpartition("/")[2] for arn in after}
        again.remove()
