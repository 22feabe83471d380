"""Services in Cloud Map and behind target groups: entered when they answer, taken out before they stop."""

import urllib.request

import pytest
from botocore.config import Config
from tests.contract.ecs.conftest import HTTP


@pytest.fixture
def registry(ecs, penstock):
    """A Cloud Map service in a private namespace of the tasks' VPC: its ARN and how it is discovered."""
    raw = Config(inject_host_prefix=False, retries={"total_max_attempts": 1})
    cloud_map = penstock.client("servicediscovery", config=raw)
    namespace = f"{ecs.name}.local"
    operation = cloud_map.create_private_dns_namespace(Name=namespace, Vpc=ecs.vpc)["OperationId"]
    target = cloud_map.get_operation(OperationId=operation)["Operation"]["Targets"]["NAMESPACE"]
    config = {"DnsRecords": [{"Type": "A", "TTL": 10}]}
    made = cloud_map.create_service(Name="web", NamespaceId=target, DnsConfig=config)["Service"]

    def discover():
        found = cloud_map.discover_instances(NamespaceName=namespace, ServiceName="web")["Instances"]
        return {each["InstanceId"]: each["Attributes"] for each in found}

    return made["Arn"], discover


def test_tasks_are_instances_of_the_registry(ecs, registry):
    arn, discover = registry
    ecs.create(ecs.define(HTTP, port=8080), 2, serviceRegistries=[{"registryArn": arn}])
    ecs.steady()
    tasks = {task["taskArn"].rpartition("/")[2]: task for task in ecs.tasks()}
    found = discover()
    assert found.keys() == tasks.keys()
    for id, attributes in found.items():
        interface = tasks[id]["containers"][0]["networkInterfaces"][0]
        assert attributes["AWS_INSTANCE_IPV4"] == interface["privateIpv4Address"]
        assert attributes["ECS_CLUSTER_NAME"] == ecs.name
        assert attributes["ECS_SERVICE_NAME"] == "web"
        assert attributes["ECS_TASK_DEFINITION_FAMILY"] == ecs.name
        assert attributes["REGION"] == "us-east-1"
    ecs.client.update_service(cluster=ecs.name, service="web", desiredCount=0)
    ecs.service_when(lambda service: service["runningCount"] == 0)
    assert discover() == {}


def test_a_task_that_dies_is_taken_out_and_replaced(ecs, registry, penstock):
    arn, discover = registry
    dies = HTTP.replace("self.send_response(200)", "os._exit(7)")
    network = {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ecs.subnets, "assignPublicIp": "ENABLED"}}}
    ecs.create(ecs.define(dies, port=8080), 1, serviceRegistries=[{"registryArn": arn}], **network)
    ecs.steady()
    [(id, attributes)] = discover().items()
    with pytest.raises(OSError):
        urllib.request.urlopen(f"http://{attributes['AWS_INSTANCE_IPV4']}:8080/", timeout=5)
    dead = ecs.until(f"{ecs.cluster_arn.replace(':cluster/', ':task/')}/{id}", "STOPPED")
    assert (dead["stopCode"], dead["containers"][0]["exitCode"]) == ("EssentialContainerExited", 7)
    ecs.service_when(lambda service: service["runningCount"] == 1)
    assert list(discover()) == [ecs.tasks()[0]["taskArn"].rpartition("/")[2]] != [id]


def test_a_registry_must_exist(ecs, refused):
    arn = "arn:aws:servicediscovery:us-east-1:000000000000:service/srv-aaaaaaaaaaaaaaaa"
    given = {"cluster": ecs.name, "serviceName": "web", "taskDefinition": ecs.define(), "desiredCount": 1}
    code, _ = refused(
        ecs.client.create_service,
        **given,
        **ecs.network,
        launchType="FARGATE",
        serviceRegistries=[{"registryArn": arn}],
    )
    assert code == "InvalidParameterException"
