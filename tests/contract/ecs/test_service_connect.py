"""Service Connect: what a service offers is reached by its alias, from tasks of its VPC."""

import pytest
from botocore.config import Config
from tests.contract.ecs.conftest import HTTP

# Asks the alias until it answers, then says what it has heard from each of ten connections.
ASK = (
    "import urllib.request\n"
    "def get(): return urllib.request.urlopen('http://WHERE/', timeout=5).read().decode()\n"
    "print(','.join(sorted({get() for _ in range(10)})), flush=True)\n"
)
NAMED = [{"name": "api", "containerPort": 8080, "appProtocol": "http"}]
WHO = HTTP.replace("os.environ.get('BODY', 'ok')", "os.environ['HOSTNAME_OF']").replace(
    "import http.server, os\n",
    "import http.server, os, json, urllib.request\n"
    "meta = json.load(urllib.request.urlopen(os.environ['ECS_CONTAINER_METADATA_URI_V4']))\n"
    "os.environ['HOSTNAME_OF'] = meta['Networks'][0]['IPv4Addresses'][0]\n",
)


@pytest.fixture
def namespace(ecs, client):
    """The cluster's default one."""
    given = {"cluster": ecs.name, "serviceConnectDefaults": {"namespace": f"{ecs.name}.local"}}
    return ecs.client.update_cluster(**given)["cluster"]["serviceConnectDefaults"]["namespace"]


@pytest.fixture
def asked(ecs, client):
    """`asked("api:80")`: what a task hears from there, and its exit code."""

    def ask(where):
        options = {"awslogs-group": f"/{ecs.name}", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "ask"}
        log = {"logDriver": "awslogs", "options": options | {"awslogs-create-group": "true"}}
        role = "arn:aws:iam::000000000000:role/execution"
        definition = ecs.define(ASK.replace("WHERE", where), logConfiguration=log, task_executionRoleArn=role)
        task = ecs.until(ecs.run(definition)["taskArn"], "STOPPED")
        stream = f"ask/app/{task['taskArn'].rpartition('/')[2]}"
        found = client("logs").get_log_events(logGroupName=f"/{ecs.name}", logStreamName=stream)["events"]
        return found[-1]["message"], task["containers"][0]["exitCode"]

    return ask


def offer(ecs, **entry):
    services = [{"portName": "api", "clientAliases": [{"port": 80, "dnsName": "api"}], **entry}]
    return {"serviceConnectConfiguration": {"enabled": True, "services": services}}


def addresses(ecs):
    return sorted(task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"] for task in ecs.tasks())


def test_an_alias_leads_to_the_tasks_in_turn(ecs, client, namespace, asked):
    ecs.create(ecs.define(WHO, portMappings=NAMED), 2, **offer(ecs))
    service = ecs.steady()
    assert asked("api") == (",".join(addresses(ecs)), 0)
    [deployment] = service["deployments"]
    [resource] = deployment["serviceConnectResources"]
    assert deployment["serviceConnectConfiguration"]["services"][0]["portName"] == "api"
    assert "serviceConnectConfiguration" not in service
    cloud_map = client("servicediscovery", config=Config(inject_host_prefix=False))
    assert cloud_map.get_service(Id=resource["discoveryArn"].rpartition("/")[2])["Service"]["Name"] == "api"
    found = cloud_map.discover_instances(NamespaceName=f"{ecs.name}.local", ServiceName="api")["Instances"]
    assert sorted(each["Attributes"]["AWS_INSTANCE_IPV4"] for each in found) == addresses(ecs)
    assert ecs.client.list_services_by_namespace(namespace=namespace)["serviceArns"] == [service["serviceArn"]]


def test_without_a_name_an_alias_is_below_the_namespace(ecs, namespace, asked):
    ecs.create(
        ecs.define(WHO, portMappings=NAMED), 1, **offer(ecs, discoveryName="web", clientAliases=[{"port": 8000}])
    )
    ecs.steady()
    assert asked(f"web.{ecs.name}.local:8000") == (addresses(ecs)[0], 0)


def test_the_alias_goes_with_the_service(ecs, client, namespace, asked):
    ecs.create(ecs.define(WHO, portMappings=NAMED), 1, **offer(ecs))
    ecs.steady()
    assert asked("api")[1] == 0
    ecs.client.delete_service(cluster=ecs.name, service="web", force=True)
    ecs.service_when(lambda found: found["status"] == "INACTIVE")
    said, code = asked("api")
    assert (code, "Error" in said) == (1, True)
    id = next(
        item["Id"] for item in client("servicediscovery").list_namespaces()["Namespaces"] if item["Arn"] == namespace
    )
    assert client("servicediscovery").delete_namespace(Id=id)["OperationId"]


def test_a_change_of_the_alias_is_a_deployment(ecs, namespace, asked):
    definition = ecs.define(WHO, portMappings=NAMED)
    ecs.create(definition, 1, **offer(ecs))
    ecs.steady()
    ecs.client.update_service(
        cluster=ecs.name, service="web", **offer(ecs, clientAliases=[{"port": 81, "dnsName": "b"}])
    )
    ecs.steady()
    assert asked("b:81") == (addresses(ecs)[0], 0)
    assert asked("api")[1] == 1
    ecs.client.update_service(cluster=ecs.name, service="web", serviceConnectConfiguration={"enabled": False})
    assert (
        "serviceConnectResources" not in ecs.steady()["deployments"][0]
        or not ecs.steady()["deployments"][0]["serviceConnectResources"]
    )
    assert asked("b:81")[1] == 1


def test_configurations_are_checked(ecs, refused):
    definition = ecs.define(HTTP, portMappings=NAMED)
    given = {"cluster": ecs.name, "serviceName": "web", "taskDefinition": definition, "launchType": "FARGATE"}
    create = ecs.client.create_service
    assert refused(create, **given, **ecs.network, **offer(ecs))[0] == "InvalidParameterException"
    missing = offer(ecs)
    missing["serviceConnectConfiguration"]["namespace"] = "nowhere"
    assert refused(create, **given, **ecs.network, **missing)[0] == "NamespaceNotFoundException"
    ecs.client.update_cluster(cluster=ecs.name, serviceConnectDefaults={"namespace": ecs.name})
    assert refused(create, **given, **ecs.network, **offer(ecs, portName="other")) == (
        "InvalidParameterException",
        "portName(other) does not refer to any named PortMapping in the task definition.",
    )
    encrypted = offer(ecs, tls={"issuerCertificateAuthority": {"awsPcaAuthorityArn": "arn:aws:acm-pca:::x"}})
    assert refused(create, **given, **ecs.network, **encrypted)[0] == "UnsupportedFeatureException"
