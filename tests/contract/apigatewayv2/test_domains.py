"""Custom domain names and API mappings of HTTP APIs."""

import http.client
import json

import pytest


@pytest.fixture
def domain(functions, unique):
    name = f"{unique}.example.com"
    functions.client("apigatewayv2").create_domain_name(
        DomainName=name,
        DomainNameConfigurations=[
            {"EndpointType": "REGIONAL", "CertificateArn": "arn:aws:acm:us-east-1:0:certificate/a"}
        ],
        Tags={"a": "1"},
    )
    return name


@pytest.fixture
def ask(functions):
    """`ask(path, host)`: the status of a GET."""

    def ask(path, host):
        connection = http.client.HTTPConnection("127.0.0.1", functions.runtime.runtime.config.port, timeout=30)
        connection.request("GET", path, headers={"Host": host})
        return connection.getresponse().status

    return ask


def test_a_name_comes_and_goes(functions, domain, error):
    client = functions.client("apigatewayv2")
    found = client.get_domain_name(DomainName=domain)
    [configuration] = found["DomainNameConfigurations"]
    assert (found["ApiMappingSelectionExpression"], found["Tags"]) == ("$request.basepath", {"a": "1"})
    assert configuration["ApiGatewayDomainName"].endswith(".execute-api.us-east-1.amazonaws.com")
    assert (configuration["EndpointType"], configuration["DomainNameStatus"]) == ("REGIONAL", "AVAILABLE")
    assert domain in [item["DomainName"] for item in client.get_domain_names()["Items"]]
    expected = ("ConflictException", "The domain name resource already exists.")
    assert error(client.create_domain_name, DomainName=domain) == expected
    client.delete_domain_name(DomainName=domain)
    expected = ("NotFoundException", "The domain name resource specified in the request was not found.")
    assert error(client.delete_domain_name, DomainName=domain) == expected


def test_the_tags_of_a_name(functions, domain):
    client = functions.client("apigatewayv2")
    arn = client.get_domain_name(DomainName=domain)["DomainNameArn"]
    client.tag_resource(ResourceArn=arn, Tags={"b": "2"})
    client.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert client.get_tags(ResourceArn=arn)["Tags"] == client.get_domain_name(DomainName=domain)["Tags"] == {"b": "2"}


def test_mappings_lead_to_stages(api, domain, ask):
    arn = api.function("GET /pets", lambda event: event["rawPath"])
    api.client.create_stage(ApiId=api.id, StageName="dev", AutoDeploy=True)
    one = api.client.create_api_mapping(DomainName=domain, ApiId=api.id, Stage="dev", ApiMappingKey="v1/shop")
    api.client.create_api_mapping(DomainName=domain, ApiId=api.id, Stage="$default")
    assert ask("/v1/shop/pets", domain) == 200
    assert ask("/pets", domain) == 200
    first, second = api.functions.events(arn)
    assert [event["rawPath"] for event in (first, second)] == ["/v1/shop/pets", "/pets"]
    assert [event["requestContext"]["stage"] for event in (first, second)] == ["dev", "$default"]
    assert {event["requestContext"]["domainName"] for event in (first, second)} == {domain}
    where = {"DomainName": domain, "ApiMappingId": one["ApiMappingId"]}
    assert api.client.update_api_mapping(**where, ApiId=api.id, ApiMappingKey="v2")["ApiMappingKey"] == "v2"
    assert (ask("/v2/pets", domain), ask("/v1/shop/pets", domain)) == (200, 404)
    assert len(api.client.get_api_mappings(DomainName=domain)["Items"]) == 2
    api.client.delete_api_mapping(**where)
    assert ask("/v2/pets", domain) == 404


def test_the_other_addresses_may_be_closed(make_api, domain, ask):
    api = make_api(DisableExecuteApiEndpoint=True)
    api.function("GET /pets", lambda event: "here")
    api.client.create_api_mapping(DomainName=domain, ApiId=api.id, Stage="$default", ApiMappingKey="a")
    assert (api.call("/pets").status, ask("/a/pets", domain)) == (403, 200)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("/a", "API mapping key should not start with a '/' or have consecutive '/'s."),
        ("a//b", "API mapping key should not start with a '/' or have consecutive '/'s."),
        ("a/", "API mapping key should not end with a '/'."),
    ],
)
def test_keys_that_are_refused(api, domain, error, key, message):
    request = {"DomainName": domain, "ApiId": api.id, "Stage": "$default", "ApiMappingKey": key}
    assert error(api.client.create_api_mapping, **request) == ("BadRequestException", message)


def test_what_is_not_there(api, domain, error):
    request = {"DomainName": domain, "ApiId": api.id, "Stage": "$default"}
    assert error(api.client.create_api_mapping, **{**request, "ApiId": "none"})[0] == "NotFoundException"
    assert error(api.client.create_api_mapping, **{**request, "DomainName": "none"})[0] == "NotFoundException"
    code, message = error(api.client.get_api_mapping, DomainName=domain, ApiMappingId="none")
    assert (code, message) == (
        "NotFoundException",
        "The api mapping resource specified in the request was not found.",
    )


def test_a_name_from_a_template(functions, unique, ask):
    client = functions.client("cloudformation")
    arn = functions.make(lambda event: "here")
    name = f"{unique}.example.com"
    resources = {
        "Api": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {"Name": unique, "ProtocolType": "HTTP", "Target": arn},
        },
        "Name": {
            "Type": "AWS::ApiGatewayV2::DomainName",
            "Properties": {"DomainName": name, "DomainNameConfigurations": [{"CertificateArn": "arn:aws:acm:a:0:b"}]},
        },
        "Mapping": {
            "Type": "AWS::ApiGatewayV2::ApiMapping",
            "Properties": {"ApiId": {"Ref": "Api"}, "DomainName": {"Ref": "Name"}, "Stage": "$default"},
        },
    }
    client.create_stack(StackName=unique, TemplateBody=json.dumps({"Resources": resources}))
    functions.runtime.settle()
    assert client.describe_stacks(StackName=unique)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    assert ask("/any", name) == 200
    client.delete_stack(StackName=unique)
    functions.runtime.settle()
    assert name not in [item["DomainName"] for item in functions.client("apigatewayv2").get_domain_names()["Items"]]
