"""Custom domain names and base path mappings: create, read, change, delete."""

import pytest

MISSING = ("NotFoundException", "Invalid domain name identifier specified")


@pytest.fixture
def client(functions):
    return functions.client("apigateway")


@pytest.fixture
def domain(client, unique):
    regional = {"types": ["REGIONAL"]}
    return client.create_domain_name(domainName=f"{unique}.example.com", endpointConfiguration=regional)["domainName"]


def test_an_edge_domain_name(client, unique):
    made = client.create_domain_name(domainName=unique, certificateArn="arn:aws:acm:us-east-1:0:certificate/c")
    assert made["endpointConfiguration"]["types"] == ["EDGE"]
    assert made["distributionDomainName"].endswith(".cloudfront.net")
    assert (made["domainNameStatus"], made["securityPolicy"]) == ("AVAILABLE", "TLS_1_2")
    assert made["certificateUploadDate"]
    assert unique in [found["domainName"] for found in client.get_domain_names(limit=500)["items"]]


def test_a_regional_domain_name_has_a_name_of_its_own(client, domain):
    found = client.get_domain_name(domainName=domain)
    assert found["regionalDomainName"].endswith(".execute-api.us-east-1.amazonaws.com")
    assert found["regionalHostedZoneId"] == "Z1UJRXOUMOOFQ8"
    assert "distributionDomainName" not in found


def test_what_is_no_domain_name(client, domain, refused):
    assert refused(client.create_domain_name, domainName="") == ("BadRequestException", "No Domain Name specified")
    twice = refused(client.create_domain_name, domainName=domain.upper())
    assert twice == ("BadRequestException", "The domain name you provided already exists.")
    for call in (client.get_domain_name, client.delete_domain_name, client.get_base_path_mappings):
        assert refused(call, domainName="nobody.example.com") == MISSING


@pytest.mark.parametrize(
    "settings",
    [{"endpointConfiguration": {"types": ["PRIVATE"]}}, {"routingMode": "ROUTING_RULE_ONLY"}],
    ids=["private", "rules"],
)
def test_what_is_not_served_is_refused(client, unique, refused, settings):
    code, message = refused(client.create_domain_name, domainName=unique, **settings)
    assert code == "NotImplemented"
    assert message.startswith("Penstock does not serve")


def test_a_domain_name_changes(client, domain, refused):
    changes = [
        {"op": "replace", "path": "/securityPolicy", "value": "TLS_1_0"},
        {"op": "replace", "path": "/endpointConfiguration/types/REGIONAL", "value": "EDGE"},
        {"op": "add", "path": "/mutualTlsAuthentication/truststoreUri", "value": "s3://bucket/key"},
    ]
    changed = client.update_domain_name(domainName=domain, patchOperations=changes)
    assert (changed["securityPolicy"], changed["endpointConfiguration"]["types"]) == ("TLS_1_0", ["EDGE"])
    assert changed["distributionHostedZoneId"] == "Z2FDTNDATAQYW2"
    assert changed["mutualTlsAuthentication"] == {"truststoreUri": "s3://bucket/key"}
    wrong = [{"op": "replace", "path": "/domainName", "value": "x"}]
    refusal = refused(client.update_domain_name, domainName=domain, patchOperations=wrong)
    assert refusal == ("BadRequestException", "Invalid patch path /domainName")


def test_tags_of_a_domain_name(client, domain):
    arn = f"arn:aws:apigateway:us-east-1::/domainnames/{domain}"
    client.tag_resource(resourceArn=arn, tags={"a": "b", "c": "d"})
    client.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert client.get_tags(resourceArn=arn)["tags"] == client.get_domain_name(domainName=domain)["tags"] == {"c": "d"}


@pytest.fixture
def deployed(api):
    api.mock("/a")
    api.deploy("dev")
    return api


def test_mappings(client, domain, deployed):
    whole = client.create_base_path_mapping(domainName=domain, restApiId=deployed.id)
    assert (whole["basePath"], whole["restApiId"]) == ("(none)", deployed.id)
    v1 = client.create_base_path_mapping(domainName=domain, restApiId=deployed.id, basePath="v1", stage="dev")
    assert v1["stage"] == "dev"
    assert [found["basePath"] for found in client.get_base_path_mappings(domainName=domain)["items"]] == [
        "(none)",
        "v1",
    ]
    assert client.get_base_path_mapping(domainName=domain, basePath="(none)")["restApiId"] == deployed.id
    client.delete_base_path_mapping(domainName=domain, basePath="v1")
    assert len(client.get_base_path_mappings(domainName=domain)["items"]) == 1


def test_what_cannot_be_mapped(client, domain, deployed, refused):
    create, given = client.create_base_path_mapping, {"domainName": domain, "restApiId": deployed.id}
    assert refused(create, **{**given, "domainName": "nobody"}) == MISSING
    unknown = refused(create, **{**given, "restApiId": "none"})
    assert unknown == ("BadRequestException", "Invalid REST API identifier specified")
    assert refused(create, **given, stage="no") == ("BadRequestException", "Invalid stage identifier specified")
    code, message = refused(create, **given, basePath="a/b")
    assert (code, message.split(".")[0]) == (
        "BadRequestException",
        "API Gateway V1 doesn't support the slash character (/) in base path mappings",
    )
    create(**given, basePath="v1")
    twice = refused(create, **given, basePath="v1")
    assert twice == ("ConflictException", "Base path already exists for this domain name")
    missing = refused(client.get_base_path_mapping, domainName=domain, basePath="v9")
    assert missing == ("NotFoundException", "Invalid base path mapping identifier specified")


def test_a_mapping_changes(client, domain, deployed):
    client.create_base_path_mapping(domainName=domain, restApiId=deployed.id, basePath="v1")
    changes = [
        {"op": "replace", "path": "/basePath", "value": "v2"},
        {"op": "replace", "path": "/stage", "value": "dev"},
    ]
    changed = client.update_base_path_mapping(domainName=domain, basePath="v1", patchOperations=changes)
    assert (changed["basePath"], changed["stage"]) == ("v2", "dev")
    assert [found["basePath"] for found in client.get_base_path_mappings(domainName=domain)["items"]] == ["v2"]


def test_an_api_that_is_mapped_is_not_deleted(client, domain, deployed, refused):
    client.create_base_path_mapping(domainName=domain, restApiId=deployed.id)
    refusal = refused(client.delete_rest_api, restApiId=deployed.id)
    assert refusal == (
        "BadRequestException",
        "Please remove all base path mappings related to the API in your domains",
    )
    client.delete_domain_name(domainName=domain)
    client.delete_rest_api(restApiId=deployed.id)
