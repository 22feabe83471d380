"""Namespaces: created, told apart, listed, updated, deleted."""

import re

import pytest


def test_an_http_namespace_has_a_name_for_calls_only(sd, namespace, unique):
    id = namespace("Http", Description="d", CreatorRequestId="mine")
    found = sd.get_namespace(Id=id)["Namespace"]
    assert re.fullmatch(r"ns-[a-z0-9]{16}", id)
    assert found["Arn"] == f"arn:aws:servicediscovery:us-east-1:000000000000:namespace/{id}"
    assert (found["Name"], found["Type"], found["Description"]) == (unique, "HTTP", "d")
    assert found["Properties"] == {"DnsProperties": {"SOA": {}}, "HttpProperties": {"HttpName": unique}}
    assert (found["ServiceCount"], found["CreatorRequestId"]) == (0, "mine")
    assert found["ResourceOwner"] == "000000000000"


@pytest.mark.parametrize("kind", ["Private_Dns", "Public_Dns"])
def test_a_dns_namespace_has_a_hosted_zone(sd, namespace, unique, kind):
    vpc = {"Vpc": "vpc-1"} if kind == "Private_Dns" else {}
    soa = {"DnsProperties": {"SOA": {"TTL": 123}}}
    id = namespace(kind, Name=f"{unique}.example", Properties=soa, **vpc)
    found = sd.get_namespace(Id=sd.get_namespace(Id=id)["Namespace"]["Arn"])["Namespace"]
    assert found["Type"] == kind.upper().replace("PRIVATE_DNS", "DNS_PRIVATE").replace("PUBLIC_DNS", "DNS_PUBLIC")
    assert found["Properties"]["DnsProperties"]["SOA"] == {"TTL": 123}
    assert found["Properties"]["DnsProperties"]["HostedZoneId"].startswith("Z")
    assert found["Properties"]["HttpProperties"] == {"HttpName": f"{unique}.example"}


def test_a_name_is_used_once_for_each_type_and_vpc(sd, namespace, unique, error):
    id = namespace("Private_Dns", Vpc="vpc-1", CreatorRequestId="first")
    with pytest.raises(sd.exceptions.NamespaceAlreadyExists) as caught:
        sd.create_private_dns_namespace(Name=unique, Vpc="vpc-1")
    assert (caught.value.response["NamespaceId"], caught.value.response["CreatorRequestId"]) == (id, "first")
    other = namespace("Private_Dns", Vpc="vpc-2")
    http_name = sd.get_namespace(Id=other)["Namespace"]["Properties"]["HttpProperties"]["HttpName"]
    assert http_name == f"{unique}-{other.removeprefix('ns-')}"
    namespace("Http")
    assert error(sd.create_http_namespace, Name=unique)[0] == "NamespaceAlreadyExists"


def test_namespaces_are_updated_by_their_own_operation(sd, namespace, error):
    id = namespace("Private_Dns", Vpc="vpc-1", Description="before")
    change = {"Description": "after", "Properties": {"DnsProperties": {"SOA": {"TTL": 654}}}}
    done = sd.update_private_dns_namespace(Id=id, Namespace=change)
    found = sd.get_namespace(Id=id)["Namespace"]
    assert (found["Description"], found["Properties"]["DnsProperties"]["SOA"]) == ("after", {"TTL": 654})
    assert "HostedZoneId" in found["Properties"]["DnsProperties"]
    assert sd.get_operation(OperationId=done["OperationId"])["Operation"]["Type"] == "UPDATE_NAMESPACE"
    assert error(sd.update_http_namespace, Id=id, Namespace={"Description": "x"})[0] == "InvalidInput"


def test_lists_are_filtered_and_paged(sd, namespace, unique):
    ids = [namespace("Http", Name=f"{unique}-{n}") for n in range(3)]
    filters = [{"Name": "NAME", "Values": [unique], "Condition": "BEGINS_WITH"}]
    first = sd.list_namespaces(Filters=filters, MaxResults=2)
    second = sd.list_namespaces(Filters=filters, MaxResults=2, NextToken=first["NextToken"])
    assert [found["Id"] for found in first["Namespaces"] + second["Namespaces"]] == ids
    assert "NextToken" not in second
    exact = [{"Name": "HTTP_NAME", "Values": [f"{unique}-1"]}, {"Name": "TYPE", "Values": ["HTTP"]}]
    assert [found["Id"] for found in sd.list_namespaces(Filters=exact)["Namespaces"]] == [ids[1]]
    others = [*filters, {"Name": "RESOURCE_OWNER", "Values": ["OTHER_ACCOUNTS"]}]
    assert sd.list_namespaces(Filters=others)["Namespaces"] == []


@pytest.mark.parametrize(
    "item",
    [
        {"Name": "NAME", "Values": ["a"], "Condition": "BETWEEN"},
        {"Name": "NAME", "Values": ["a", "b"]},
        {"Name": "TYPE", "Values": ["HTTP", "DNS_PUBLIC"], "Condition": "IN"},
        {"Name": "COLOUR", "Values": ["a"]},
    ],
)
def test_filters_have_their_conditions(sd, error, item):
    assert error(sd.list_namespaces, Filters=[item])[0] == "InvalidInput"


def test_a_namespace_with_services_stays(sd, namespace, error):
    id = namespace()
    service = sd.create_service(Name="s", NamespaceId=id)["Service"]["Id"]
    code, message = error(sd.delete_namespace, Id=id)
    assert code == "ResourceInUse"
    assert message == "Namespace has associated services; delete the services before deleting the namespace"
    sd.delete_service(Id=service)
    done = sd.delete_namespace(Id=id)
    assert sd.get_operation(OperationId=done["OperationId"])["Operation"]["Type"] == "DELETE_NAMESPACE"
    assert error(sd.get_namespace, Id=id) == ("NamespaceNotFound", id)
    assert error(sd.delete_namespace, Id=id) == ("NamespaceNotFound", id)


def test_names_are_checked_in_the_model_s_words(sd, error):
    code, message = error(sd.create_public_dns_namespace, Name="no_dots")
    assert (code, message.startswith("1 validation error detected: ")) == ("InvalidInput", True)
    assert error(sd.create_private_dns_namespace, Name="a.local")[0] == "InvalidInput"
    assert error(sd.list_namespaces, NextToken="none")[0] == "InvalidInput"
