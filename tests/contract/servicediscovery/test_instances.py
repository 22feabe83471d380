"""Instances: registered, of known health, discovered."""

import pytest


def attributes(n=1, **more):
    return {"AWS_INSTANCE_IPV4": f"127.9.0.{n}", **more}


def ids(response):
    return sorted(instance["InstanceId"] for instance in response["Instances"])


@pytest.fixture
def web(sd, private, unique):
    """The service, and how to ask for its instances."""
    id = private()
    return id, {"NamespaceName": f"{unique}.local", "ServiceName": "web"}


def test_an_instance_is_registered_changed_and_gone(sd, private, error):
    id = private()
    sd.register_instance(ServiceId=id, InstanceId="i-1", Attributes=attributes(), CreatorRequestId="c")
    found = sd.get_instance(ServiceId=id, InstanceId="i-1")
    assert found["Instance"]["Attributes"] == {"AWS_INSTANCE_IPV4": "127.9.0.1"}
    assert (found["Instance"]["CreatorRequestId"], found["ResourceOwner"]) == ("c", "000000000000")
    sd.register_instance(ServiceId=id, InstanceId="i-1", Attributes=attributes(2, stage="beta"))
    found = sd.get_instance(ServiceId=id, InstanceId="i-1")["Instance"]
    assert found["Attributes"] == {"AWS_INSTANCE_IPV4": "127.9.0.2", "stage": "beta"}
    assert sd.get_service(Id=id)["Service"]["InstanceCount"] == 1
    sd.deregister_instance(ServiceId=id, InstanceId="i-1")
    assert error(sd.get_instance, ServiceId=id, InstanceId="i-1") == ("InstanceNotFound", "i-1")
    assert error(sd.deregister_instance, ServiceId=id, InstanceId="i-1") == ("InstanceNotFound", "i-1")
    assert error(sd.get_instance, ServiceId="srv-none", InstanceId="i-1") == ("ServiceNotFound", "srv-none")


@pytest.mark.parametrize(
    ("records", "given"),
    [
        (["A"], {}),
        (["A"], {"AWS_INSTANCE_IPV4": "web"}),
        (["A"], {"AWS_INSTANCE_IPV6": "::1"}),
        (["AAAA"], {"AWS_INSTANCE_IPV4": "127.9.0.1"}),
        (["SRV"], {"AWS_INSTANCE_IPV4": "127.9.0.1"}),
        (["SRV"], {"AWS_INSTANCE_PORT": "80"}),
        (["SRV"], {"AWS_INSTANCE_IPV4": "127.9.0.1", "AWS_INSTANCE_PORT": "65536"}),
        (["A"], {"AWS_INSTANCE_IPV4": "127.9.0.1", "AWS_INIT_HEALTH_STATUS": "FINE"}),
        (["A"], {"AWS_ALIAS_DNS_NAME": "lb.elb.localhost"}),
        (["A"], {"AWS_EC2_INSTANCE_ID": "i-1"}),
        (["A"], attributes(**{f"k{n}": "v" for n in range(31)})),
        (["A"], attributes(**{f"k{n}": "v" * 1000 for n in range(5)})),
    ],
)
def test_records_ask_for_their_attributes(sd, private, error, records, given):
    id = private(DnsConfig={"DnsRecords": [{"Type": type, "TTL": 1} for type in records]})
    assert error(sd.register_instance, ServiceId=id, InstanceId="i", Attributes=given)[0] == "InvalidInput"


def test_an_alias_needs_a_weighted_service(sd, private, error):
    id = private()
    request = {"ServiceId": id, "InstanceId": "i", "Attributes": {"AWS_ALIAS_DNS_NAME": "lb.elb.localhost"}}
    expected = "ALIAS instance can be registered only in services with WEIGHTED routing policy"
    assert error(sd.register_instance, **request) == ("InvalidInput", expected)


def test_instances_are_listed_page_by_page(sd, private, error):
    id = private()
    for n in range(4):
        sd.register_instance(ServiceId=id, InstanceId=f"i-{n}", Attributes=attributes(n + 1))
    first = sd.list_instances(ServiceId=id, MaxResults=3)
    second = sd.list_instances(ServiceId=id, NextToken=first["NextToken"])
    assert [found["Id"] for found in first["Instances"] + second["Instances"]] == ["i-0", "i-1", "i-2", "i-3"]
    assert first["Instances"][0]["Attributes"] == attributes(1)
    page = sd.get_instances_health_status(ServiceId=id, MaxResults=3)
    rest = sd.get_instances_health_status(ServiceId=id, NextToken=page["NextToken"])
    assert page["Status"] | rest["Status"] == {f"i-{n}": "HEALTHY" for n in range(4)}
    request = {"ServiceId": id, "Instances": ["i-1", "none"]}
    assert error(sd.get_instances_health_status, **request) == ("InstanceNotFound", "none")


def test_only_custom_health_can_be_set(sd, private, error):
    id = private(HealthCheckCustomConfig=None)
    sd.register_instance(ServiceId=id, InstanceId="i", Attributes=attributes())
    request = {"ServiceId": id, "InstanceId": "i", "Status": "UNHEALTHY"}
    assert error(sd.update_instance_custom_health_status, **request)[0] == "CustomHealthNotFound"
    assert sd.get_instances_health_status(ServiceId=id)["Status"] == {"i": "UNKNOWN"}


def test_discovery_by_health(sd, web):
    id, where = web
    for n in range(3):
        sd.register_instance(ServiceId=id, InstanceId=f"i-{n}", Attributes=attributes(n + 1))
    initial = attributes(4, AWS_INIT_HEALTH_STATUS="UNHEALTHY")
    sd.register_instance(ServiceId=id, InstanceId="i-3", Attributes=initial)

    def found(health):
        return ids(sd.discover_instances(**where, HealthStatus=health))

    assert found("ALL") == ["i-0", "i-1", "i-2", "i-3"]
    assert found("UNHEALTHY") == ["i-3"]
    assert found("HEALTHY") == found("HEALTHY_OR_ELSE_ALL") == ids(sd.discover_instances(**where))
    for n in range(3):
        sd.update_instance_custom_health_status(ServiceId=id, InstanceId=f"i-{n}", Status="UNHEALTHY")
    assert found("HEALTHY") == []
    assert found("HEALTHY_OR_ELSE_ALL") == ["i-0", "i-1", "i-2", "i-3"]


def test_discovery_by_attributes(sd, web, unique):
    id, where = web
    for n, more in enumerate([{"a": "1", "b": "1"}, {"a": "2"}, {"a": "3", "b": "1"}, {"a": "3"}]):
        sd.register_instance(ServiceId=id, InstanceId=f"i-{n}", Attributes=attributes(n + 1, **more))
    third = {**where, "QueryParameters": {"a": "3"}}
    assert ids(sd.discover_instances(**third)) == ["i-2", "i-3"]
    assert ids(sd.discover_instances(**third, OptionalParameters={"b": "1"})) == ["i-2"]
    assert ids(sd.discover_instances(**third, OptionalParameters={"b": "2"})) == ["i-2", "i-3"]
    assert len(sd.discover_instances(**where, MaxResults=2)["Instances"]) == 2
    [found] = sd.discover_instances(**where, QueryParameters={"a": "2"})["Instances"]
    assert found == {
        "InstanceId": "i-1",
        "NamespaceName": f"{unique}.local",
        "ServiceName": "web",
        "HealthStatus": "HEALTHY",
        "Attributes": attributes(2, a="2"),
    }


def test_the_revision_counts_registrations(sd, web):
    id, where = web
    for n in range(2):
        sd.register_instance(ServiceId=id, InstanceId=f"i-{n}", Attributes=attributes(n + 1))
    assert sd.discover_instances(**where)["InstancesRevision"] == 2
    sd.update_instance_custom_health_status(ServiceId=id, InstanceId="i-0", Status="UNHEALTHY")
    sd.deregister_instance(ServiceId=id, InstanceId="i-1")
    assert sd.discover_instances_revision(**where)["InstancesRevision"] == 3


def test_nobody_is_discovered_where_there_is_nothing(sd, web, error):
    _, where = web
    code, message = error(sd.discover_instances, NamespaceName="none", ServiceName="web")
    assert (code, message) == ("NamespaceNotFound", "Namespace not found")
    assert error(sd.discover_instances, **{**where, "ServiceName": "none"})[0] == "ServiceNotFound"
    assert sd.discover_instances(**where)["Instances"] == []
