"""Services: what they are made of, what they may be changed to, their attributes and tags."""

import re

import pytest

A = {"DnsRecords": [{"Type": "A", "TTL": 60}]}


def test_a_service_is_completed_with_defaults(sd, namespace):
    id = namespace("Private_Dns", Vpc="vpc-1")
    made = sd.create_service(
        Name="web", NamespaceId=id, DnsConfig=A, HealthCheckCustomConfig={"FailureThreshold": 7}, Description="d"
    )["Service"]
    assert re.fullmatch(r"srv-[a-z0-9]{16}", made["Id"])
    assert made["Arn"].endswith(f":service/{made['Id']}")
    assert made["DnsConfig"] == {**A, "RoutingPolicy": "MULTIVALUE", "NamespaceId": id}
    assert made["HealthCheckCustomConfig"] == {"FailureThreshold": 1}
    assert (made["NamespaceId"], made["Type"], made["InstanceCount"]) == (id, "DNS_HTTP", 0)
    assert sd.get_service(Id=made["Id"])["Service"] == made
    assert sd.get_service(Id=made["Arn"])["Service"] == made
    assert sd.get_namespace(Id=id)["Namespace"]["ServiceCount"] == 1


def test_the_namespace_may_stand_in_the_dns_config(sd, namespace, error):
    id = namespace("Private_Dns", Vpc="vpc-1")
    made = sd.create_service(Name="web", DnsConfig={**A, "NamespaceId": id})["Service"]
    assert made["NamespaceId"] == id
    assert error(sd.create_service, Name="web")[0] == "InvalidInput"
    assert error(sd.create_service, Name="web", NamespaceId="ns-none") == ("NamespaceNotFound", "ns-none")


def test_names_are_unique_and_without_case_in_dns(sd, namespace):
    dns, http = namespace("Private_Dns", Vpc="vpc-1"), namespace("Http")
    first = sd.create_service(Name="Web", NamespaceId=dns, DnsConfig=A, CreatorRequestId="c")["Service"]
    with pytest.raises(sd.exceptions.ServiceAlreadyExists) as caught:
        sd.create_service(Name="web", NamespaceId=dns, DnsConfig=A)
    response = caught.value.response
    assert (response["ServiceId"], response["ServiceArn"]) == (first["Id"], first["Arn"])
    assert response["CreatorRequestId"] == "c"
    sd.create_service(Name="Web", NamespaceId=http)
    assert sd.create_service(Name="web", NamespaceId=http)["Service"]["Type"] == "HTTP"


@pytest.mark.parametrize(
    "members",
    [
        {"DnsConfig": {"DnsRecords": [{"Type": "CNAME", "TTL": 1}]}},
        {"DnsConfig": {"DnsRecords": [{"Type": "CNAME", "TTL": 1}, {"Type": "A", "TTL": 1}]}},
        {"DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 1}, {"Type": "A", "TTL": 2}]}},
        {"DnsConfig": {"DnsRecords": []}},
        {"DnsConfig": {"DnsRecords": [{"Type": "MX", "TTL": 1}]}},
        {"DnsConfig": A, "HealthCheckConfig": {"Type": "HTTP"}},
        {"DnsConfig": A, "HealthCheckConfig": {"Type": "HTTP"}, "HealthCheckCustomConfig": {}},
        {"DnsConfig": A, "HealthCheckCustomConfig": {"FailureThreshold": 125}},
        {"Name": "my service"},
    ],
)
def test_what_a_private_service_cannot_be(sd, namespace, error, members):
    id = namespace("Private_Dns", Vpc="vpc-1")
    assert error(sd.create_service, **{"Name": "s", "NamespaceId": id, **members})[0] == "InvalidInput"


def test_health_checks_are_for_public_and_http_namespaces(sd, namespace, error, unique):
    id = namespace("Public_Dns", Name=f"{unique}.example")
    made = sd.create_service(Name="s", NamespaceId=id, DnsConfig=A, HealthCheckConfig={"Type": "HTTP"})["Service"]
    assert made["HealthCheckConfig"] == {"Type": "HTTP", "ResourcePath": "/", "FailureThreshold": 1}
    config = {"Type": "TCP", "ResourcePath": "/x"}
    assert error(sd.create_service, Name="t", NamespaceId=id, HealthCheckConfig=config)[0] == "InvalidInput"


def test_what_an_update_does_not_name_is_deleted(sd, private, error):
    id = private()
    change = {"Description": "d", "DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 5}]}}
    done = sd.update_service(Id=id, Service=change)
    assert sd.get_operation(OperationId=done["OperationId"])["Operation"]["Targets"] == {"SERVICE": id}
    found = sd.get_service(Id=id)["Service"]
    assert found["DnsConfig"]["DnsRecords"] == [{"Type": "A", "TTL": 5}]
    assert found["DnsConfig"]["RoutingPolicy"] == "MULTIVALUE"
    other = {"DnsConfig": {"DnsRecords": [{"Type": "SRV", "TTL": 5}]}}
    assert error(sd.update_service, Id=id, Service=other)[0] == "InvalidInput"
    sd.update_service(Id=id, Service={})
    found = sd.get_service(Id=id)["Service"]
    assert "DnsConfig" not in found
    assert (found["Description"], found["HealthCheckCustomConfig"]) == ("d", {"FailureThreshold": 1})


def test_services_of_http_namespaces_keep_their_settings(sd, namespace, error):
    id = sd.create_service(Name="s", NamespaceId=namespace())["Service"]["Id"]
    sd.update_service(Id=id, Service={"Description": "d"})
    assert sd.get_service(Id=id)["Service"]["Description"] == "d"
    assert error(sd.update_service, Id=id, Service={"DnsConfig": A})[0] == "InvalidInput"


def test_services_are_listed_by_namespace(sd, namespace):
    id = namespace()
    ids = [sd.create_service(Name=f"s{n}", NamespaceId=id)["Service"]["Id"] for n in range(3)]
    arn = sd.get_namespace(Id=id)["Namespace"]["Arn"]
    filters = [{"Name": "NAMESPACE_ID", "Values": [arn]}]
    first = sd.list_services(Filters=filters, MaxResults=2)
    second = sd.list_services(Filters=filters, NextToken=first["NextToken"])
    assert [found["Id"] for found in first["Services"] + second["Services"]] == ids
    many = [{"Name": "NAMESPACE_ID", "Values": [id], "Condition": "EQ"}]
    assert len(sd.list_services(Filters=many)["Services"]) == 3


def test_a_service_with_instances_stays(sd, private, error):
    id = private()
    sd.register_instance(ServiceId=id, InstanceId="i", Attributes={"AWS_INSTANCE_IPV4": "127.9.0.1"})
    code, message = error(sd.delete_service, Id=id)
    assert code == "ResourceInUse"
    assert message == "Service contains registered instances; delete the instances before deleting the service"
    sd.deregister_instance(ServiceId=id, InstanceId="i")
    sd.delete_service(Id=id)
    assert error(sd.get_service, Id=id) == ("ServiceNotFound", id)


def test_attributes_of_a_service(sd, namespace, error):
    made = sd.create_service(Name="s", NamespaceId=namespace())["Service"]
    id = made["Id"]
    sd.update_service_attributes(ServiceId=id, Attributes={"port": "80", "stage": "beta"})
    sd.update_service_attributes(ServiceId=id, Attributes={"port": "81"})
    sd.delete_service_attributes(ServiceId=id, Attributes=["stage", "none"])
    found = sd.get_service_attributes(ServiceId=id)["ServiceAttributes"]
    assert found == {"ServiceArn": made["Arn"], "ResourceOwner": "000000000000", "Attributes": {"port": "81"}}
    many = {f"k{n}": "v" for n in range(30)}
    assert error(sd.update_service_attributes, ServiceId=id, Attributes=many)[0] == (
        "ServiceAttributesLimitExceededException"
    )


def test_tags(sd, namespace, error):
    id = namespace(Tags=[{"Key": "a", "Value": "1"}])
    arn = sd.get_namespace(Id=id)["Namespace"]["Arn"]
    sd.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
    sd.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert sd.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    service = sd.create_service(Name="s", NamespaceId=id, Tags=[{"Key": "c", "Value": "3"}])["Service"]["Arn"]
    assert sd.list_tags_for_resource(ResourceARN=service)["Tags"] == [{"Key": "c", "Value": "3"}]
    many = [{"Key": f"k{n}", "Value": ""} for n in range(50)]
    with pytest.raises(sd.exceptions.TooManyTagsException) as caught:
        sd.tag_resource(ResourceARN=service, Tags=many)
    assert caught.value.response["ResourceName"] == service
    assert error(sd.list_tags_for_resource, ResourceARN=arn + "x")[0] == "ResourceNotFoundException"
