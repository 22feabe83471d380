"""Names of DNS namespaces, as functions and containers resolve them."""

import http.client

import pytest

from penstock.call import Config
from penstock.testing import running
from penstock.web.network import Network


def register(sd, id, *numbers, **more):
    for n in numbers:
        sd.register_instance(
            ServiceId=id, InstanceId=f"i-{n}", Attributes={"AWS_INSTANCE_IPV4": f"127.9.0.{n}", **more}
        )


def test_a_name_has_the_addresses_of_the_healthy(sd, private, resolve):
    id = private()
    assert resolve("web") == []
    register(sd, id, 1, 2)
    assert resolve("web") == resolve("WEB") == ["127.9.0.1", "127.9.0.2"]
    sd.update_instance_custom_health_status(ServiceId=id, InstanceId="i-1", Status="UNHEALTHY")
    assert resolve("web") == ["127.9.0.2"]
    sd.update_instance_custom_health_status(ServiceId=id, InstanceId="i-2", Status="UNHEALTHY")
    assert resolve("web") == ["127.9.0.1", "127.9.0.2"]
    sd.deregister_instance(ServiceId=id, InstanceId="i-2")
    assert resolve("web") == ["127.9.0.1"]


def test_a_private_name_is_known_in_its_vpc_only(sd, private, resolve):
    register(sd, private(), 1)
    assert resolve("web", "vpc-other") is None
    assert resolve("web", "") is None
    assert resolve("none") == []


def test_an_answer_has_eight_addresses_at_most(sd, private, resolve):
    register(sd, private(), *range(1, 11))
    assert len(resolve("web")) == 8
    assert {address for _ in range(20) for address in resolve("web")} == {f"127.9.0.{n}" for n in range(1, 11)}


def test_a_weighted_answer_has_one(sd, private, resolve):
    id = private(DnsConfig={"RoutingPolicy": "WEIGHTED", "DnsRecords": [{"Type": "A", "TTL": 1}]})
    register(sd, id, 1, 2)
    assert {len(resolve("web")) for _ in range(20)} == {1}
    assert {resolve("web")[0] for _ in range(50)} == {"127.9.0.1", "127.9.0.2"}


def test_srv_records_name_each_instance(sd, private, resolve):
    register(sd, private(DnsConfig={"DnsRecords": [{"Type": "SRV", "TTL": 1}]}), 1, 2, AWS_INSTANCE_PORT="80")
    assert resolve("i-2.web") == ["127.9.0.2"]
    assert resolve("i-3.web") == []
    assert resolve("web") == []


def test_records_by_type(sd, private, records):
    both = {"DnsRecords": [{"Type": "A", "TTL": 1}, {"Type": "SRV", "TTL": 1}, {"Type": "AAAA", "TTL": 1}]}
    register(sd, private(DnsConfig=both), 1, 2, AWS_INSTANCE_PORT="8080", AWS_INSTANCE_IPV6="fd00::7")
    assert records("web", "A") == ["127.9.0.1", "127.9.0.2"]
    assert records("web", "AAAA") == ["fd00::7"]
    zone = records.zone
    assert records("web", "SRV") == [f"1:1:8080:i-1.web.{zone}", f"1:1:8080:i-2.web.{zone}"]
    assert (records("web", "CNAME"), records("web", "MX"), records("", "A")) == ([], [], [])
    assert records("i-1.web", "A") == ["127.9.0.1"]
    assert records("none", "A") is records("i-3.web", "A") is None
    assert records("web", "A", vpc="vpc-other") is None


def test_a_cname_record_is_told_to_whoever_asks_for_it(sd, private, records):
    id = private(DnsConfig={"RoutingPolicy": "WEIGHTED", "DnsRecords": [{"Type": "CNAME", "TTL": 1}]})
    sd.register_instance(ServiceId=id, InstanceId="a", Attributes={"AWS_INSTANCE_CNAME": "example.com"})
    assert records("web", "CNAME") == ["example.com"]
    assert records("web", "A") == []


def test_a_cname_leads_to_another_name_of_the_network(sd, private, resolve, unique):
    id = private(DnsConfig={"RoutingPolicy": "WEIGHTED", "DnsRecords": [{"Type": "CNAME", "TTL": 1}]})
    records = {"DnsRecords": [{"Type": "A", "TTL": 1}]}
    namespace_id = sd.get_service(Id=id)["Service"]["NamespaceId"]
    other = sd.create_service(Name="db", NamespaceId=namespace_id, DnsConfig=records)["Service"]["Id"]
    register(sd, other, 7)
    target = {"AWS_INSTANCE_CNAME": f"db.{unique}.local"}
    sd.register_instance(ServiceId=id, InstanceId="c", Attributes=target)
    assert resolve("web") == ["127.9.0.7"]


def test_public_names_are_known_everywhere(sd, namespace, resolve, unique):
    id = namespace("Public_Dns", Name=f"{unique}.local")
    records = {"DnsRecords": [{"Type": "A", "TTL": 1}]}
    register(sd, sd.create_service(Name="web", NamespaceId=id, DnsConfig=records)["Service"]["Id"], 1)
    assert resolve("web", "") == resolve("web") == ["127.9.0.1"]
    assert resolve("none", "") is None


def test_a_deleted_namespace_is_no_zone_any_more(sd, private, resolve):
    id = private()
    namespace_id = sd.get_service(Id=id)["Service"]["NamespaceId"]
    sd.delete_service(Id=id)
    sd.delete_namespace(Id=namespace_id)
    assert resolve("web") is None


def test_what_is_rolled_back_was_never_there(penstock, sd, private, resolve, unique):
    id = private()
    register(sd, id, 1)
    ctx = penstock.runtime.kernel.context()

    async def undone():
        with pytest.raises(ZeroDivisionError), ctx.store.savepoint():
            attributes = {"AWS_INSTANCE_IPV4": "127.9.0.9"}
            ctx.call_now("servicediscovery", "DeregisterInstance", {"ServiceId": id, "InstanceId": "i-1"})
            request = {"ServiceId": id, "InstanceId": "i-9", "Attributes": attributes}
            ctx.call_now("servicediscovery", "RegisterInstance", request)
            ctx.call_now("servicediscovery", "CreatePrivateDnsNamespace", {"Name": f"b.{unique}", "Vpc": "vpc-1"})
            raise ZeroDivisionError

    penstock.run(undone())
    assert resolve("web") == ["127.9.0.1"]
    where = {"NamespaceName": f"{unique}.local", "ServiceName": "web"}
    assert sd.discover_instances_revision(**where)["InstancesRevision"] == 1
    assert sd.list_namespaces(Filters=[{"Name": "NAME", "Values": [f"b.{unique}"]}])["Namespaces"] == []


def test_a_deletion_that_is_rolled_back_loses_nothing(penstock, sd, private, resolve, unique):
    id = private()
    register(sd, id, 1, 2)
    namespace_id = sd.get_service(Id=id)["Service"]["NamespaceId"]
    ctx = penstock.runtime.kernel.context()

    async def undone():
        with pytest.raises(ZeroDivisionError), ctx.store.savepoint():
            for n in (1, 2):
                request = {"ServiceId": id, "InstanceId": f"i-{n}"}
                ctx.call_now("servicediscovery", "DeregisterInstance", request)
            ctx.call_now("servicediscovery", "DeleteService", {"Id": id})
            ctx.call_now("servicediscovery", "DeleteNamespace", {"Id": namespace_id})
            raise ZeroDivisionError

    penstock.run(undone())
    assert resolve("web") == ["127.9.0.1", "127.9.0.2"]
    assert sd.get_service(Id=id)["Service"]["InstanceCount"] == 2
    assert sd.get_namespace(Id=namespace_id)["Namespace"]["ServiceCount"] == 1


def test_a_restart_forgets_nothing(tmp_path):
    def resolved(runtime, name):
        async def ask():
            return runtime.runtime.kernel.shared(Network).resolve(name, "vpc-1")

        return runtime.run(ask())

    with running(Config(data=tmp_path, port=0)) as runtime:
        sd = runtime.client("servicediscovery")
        done = sd.create_private_dns_namespace(Name="a.local", Vpc="vpc-1")
        id = sd.get_operation(OperationId=done["OperationId"])["Operation"]["Targets"]["NAMESPACE"]
        config = {"DnsRecords": [{"Type": "A", "TTL": 1}]}
        service = sd.create_service(Name="web", NamespaceId=id, DnsConfig=config, HealthCheckCustomConfig={})["Service"]
        register(sd, service["Id"], 1, 2)
        sd.update_instance_custom_health_status(ServiceId=service["Id"], InstanceId="i-1", Status="UNHEALTHY")
    with running(Config(data=tmp_path, port=0)) as runtime:
        sd = runtime.client("servicediscovery")
        assert resolved(runtime, "web.a.local") == ["127.9.0.2"]
        assert sd.get_service(Id=service["Id"])["Service"]["InstanceCount"] == 2
        assert sd.get_operation(OperationId=done["OperationId"])["Operation"]["Status"] == "SUCCESS"


def test_the_sdk_s_prefix_before_the_endpoint_is_local(penstock):
    """DiscoverInstances goes to `data-127.0.0.1`, which guests of the network resolve."""

    async def ask():
        return penstock.runtime.kernel.shared(Network).resolve("data-127.0.0.1")

    assert penstock.run(ask()) == ["127.0.0.1"]
    config = penstock.runtime.config
    connection = http.client.HTTPConnection(config.host, config.port)
    body = '{"NamespaceName": "none", "ServiceName": "none"}'
    headers = {
        "Host": f"data-127.0.0.1:{config.port}",
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "Route53AutoNaming_v20170314.DiscoverInstances",
    }
    connection.request("POST", "/", body, headers)
    assert b"NamespaceNotFound" in connection.getresponse().read()
    connection.close()
