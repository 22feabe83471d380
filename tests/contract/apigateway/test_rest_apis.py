import json

import pytest


@pytest.fixture
def client(client):
    return client("apigateway")


def test_an_api_has_defaults(client, unique):
    made = client.create_rest_api(name=unique, tags={"team": "x"})
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (made["name"], made["apiKeySource"], made["disableExecuteApiEndpoint"]) == (unique, "HEADER", False)
    assert made["endpointConfiguration"] == {"types": ["EDGE"], "ipAddressType": "ipv4"}
    assert made["tags"] == {"team": "x"}
    assert not {"binaryMediaTypes", "description", "version"} & set(made)
    del made["ResponseMetadata"]
    found = client.get_rest_api(restApiId=made["id"])
    del found["ResponseMetadata"]
    assert found == made
    [root] = client.get_resources(restApiId=made["id"])["items"]
    assert root == {"id": made["rootResourceId"], "path": "/"}


def test_optional_members(client, unique):
    made = client.create_rest_api(name=unique, version="v1", description="d", binaryMediaTypes=["image/png"])
    assert (made["version"], made["description"], made["binaryMediaTypes"]) == ("v1", "d", ["image/png"])
    private = client.create_rest_api(name=unique, endpointConfiguration={"types": ["PRIVATE"]})
    assert private["endpointConfiguration"] == {"types": ["PRIVATE"], "ipAddressType": "dualstack"}


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"description": ""}, "Description cannot be an empty string"),
        ({"minimumCompressionSize": -1}, "Invalid minimum compression size, must be between 0 and 10485760"),
        (
            {"endpointConfiguration": {"types": []}},
            "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.",
        ),
        (
            {"endpointConfiguration": {"types": ["EDGE", "REGIONAL"]}},
            "Cannot create an api with multiple Endpoint Types.",
        ),
        (
            {"endpointConfiguration": {"types": ["PRIVATE"], "ipAddressType": "ipv4"}},
            "Only dualstack ipAddressType is supported for Private APIs.",
        ),
    ],
)
def test_what_is_refused(client, unique, refused, request_, message):
    assert refused(client.create_rest_api, name=unique, **request_) == ("BadRequestException", message)


def test_values_outside_the_model(client, unique, refused):
    endpoint = {"types": ["wrong"], "ipAddressType": "wrong"}
    code, message = refused(client.create_rest_api, name=unique, endpointConfiguration=endpoint)
    assert (code, message) == (
        "ValidationException",
        "2 validation errors detected: Value '[wrong]' at 'createRestApiInput.endpointConfiguration.types' failed to "
        "satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, "
        "REGIONAL]]; Value 'wrong' at 'createRestApiInput.endpointConfiguration.ipAddressType' failed to satisfy "
        "constraint: Member must satisfy enum value set: [ipv4, dualstack]",
    )


def test_an_unknown_api(client, refused):
    expected = ("NotFoundException", "Invalid API identifier specified 000000000000:nowhere")
    for call in (client.get_rest_api, client.delete_rest_api, client.get_stages, client.get_models):
        assert refused(call, restApiId="nowhere") == expected


def test_apis_belong_to_their_account_and_region(client, unique, penstock, refused):
    made = client.create_rest_api(name=unique)["id"]
    for other in (penstock.client("apigateway", region="eu-west-1"), penstock.client("apigateway", account="1" * 12)):
        assert refused(other.get_rest_api, restApiId=made)[0] == "NotFoundException"
        assert made not in [api["id"] for api in other.get_rest_apis()["items"]]


def test_lists_come_in_pages(penstock, unique):
    client = penstock.client("apigateway", region="eu-north-1")
    names = [f"{unique}-{i}" for i in range(5)]
    for name in names:
        client.create_rest_api(name=name)
    pages = client.get_paginator("get_rest_apis").paginate(PaginationConfig={"PageSize": 2})
    assert [api["name"] for page in pages for api in page["items"]] == names


def test_a_deleted_api_is_gone_with_all_that_belonged_to_it(client, unique, refused):
    made = client.create_rest_api(name=unique)
    answer = client.delete_rest_api(restApiId=made["id"])
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    where = {"restApiId": made["id"], "resourceId": made["rootResourceId"]}
    assert refused(client.get_resource, **where) == ("NotFoundException", "Invalid Resource identifier specified")


def test_a_clone_has_its_own_root(client, unique):
    source = client.create_rest_api(name=unique)
    client.create_resource(restApiId=source["id"], parentId=source["rootResourceId"], pathPart="a")
    clone = client.create_rest_api(name=unique, cloneFrom=source["id"])
    paths = {found["path"]: found for found in client.get_resources(restApiId=clone["id"])["items"]}
    assert set(paths) == {"/", "/a"}
    assert paths["/a"]["parentId"] == clone["rootResourceId"]


def patch(client, api, *operations):
    fields = ("op", "path", "value")
    operations = [dict(zip(fields, operation, strict=False)) for operation in operations]
    return client.update_rest_api(restApiId=api, patchOperations=operations)


def test_changes(client, unique):
    api = client.create_rest_api(name=unique, description="d")["id"]
    added = patch(client, api, ("add", "/binaryMediaTypes/image~1png"), ("add", "/binaryMediaTypes/image~1jpeg"))
    assert added["binaryMediaTypes"] == ["image/png", "image/jpeg"]
    assert added["tags"] == {}
    replaced = patch(client, api, ("replace", "/binaryMediaTypes/image~1png", "image/gif"))
    assert replaced["binaryMediaTypes"] == ["image/jpeg", "image/gif"]
    removed = patch(client, api, ("remove", "/binaryMediaTypes/image~1gif"), ("remove", "/description"))
    assert removed["binaryMediaTypes"] == ["image/jpeg"]
    assert "description" not in removed
    compressed = patch(client, api, ("replace", "/minimumCompressionSize", "0"), ("replace", "/name", "new"))
    assert (compressed["minimumCompressionSize"], compressed["name"]) == (0, "new")
    assert "minimumCompressionSize" not in patch(client, api, ("replace", "/minimumCompressionSize", ""))
    moved = patch(client, api, ("replace", "/endpointConfiguration/types/EDGE", "PRIVATE"))
    assert moved["endpointConfiguration"] == {"types": ["PRIVATE"], "ipAddressType": "dualstack"}


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (
            ("replace", "/minimumCompressionSize", "-1"),
            "Invalid minimum compression size, must be between 0 and 10485760",
        ),
        (
            ("replace", "/minimumCompressionSize", "x"),
            "Invalid minimum compression size, must be between 0 and 10485760",
        ),
        (("add", "/minimumCompressionSize", "1"), "Invalid patch operation specified. Must be one of: [replace]"),
        (("add", "/binaryMediaTypes", "a"), "Invalid patch path /binaryMediaTypes"),
        (("replace", "/endpointConfiguration/ipAddressType", "x"), "ipAddressType must be either ipv4 or dualstack."),
        (
            ("replace", "/endpointConfiguration/types/EDGE", "x"),
            "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE",
        ),
        (
            ("copy", "/endpointConfiguration/types/0", "EDGE"),
            "Invalid patch operation specified. Must be 'add'|'remove'|'replace'",
        ),
    ],
)
def test_changes_that_are_refused(client, unique, refused, operation, message):
    api = client.create_rest_api(name=unique)["id"]
    operations = [dict(zip(("op", "path", "value"), operation, strict=False))]
    assert refused(client.update_rest_api, restApiId=api, patchOperations=operations) == (
        "BadRequestException",
        message,
    )


def test_an_unknown_patch_operation(client, unique, refused):
    api = client.create_rest_api(name=unique)["id"]
    code, message = refused(client.update_rest_api, restApiId=api, patchOperations=[{"op": "wrong", "path": "/name"}])
    assert code == "ValidationException"
    assert message == (
        "1 validation error detected: Value 'wrong' at 'updateRestApiInput.patchOperations.1.member.op' failed to "
        "satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]"
    )


POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Resource": "execute-api:/*"}]}


def policy_of(api):
    assert '\\"Version\\":' in api["policy"]
    assert "execute-api:\\/*" in api["policy"]
    return json.loads(json.loads(f'"{api["policy"]}"'))


def test_a_policy_is_told_escaped(client, unique, refused):
    made = client.create_rest_api(name=unique, policy=json.dumps(POLICY, indent=2))
    assert policy_of(made) == policy_of(client.get_rest_api(restApiId=made["id"])) == POLICY
    other = {**POLICY, "Id": "other"}

    def change(op, **value):
        operation = {"op": op, "path": "/policy", **value}
        return client.update_rest_api(restApiId=made["id"], patchOperations=[operation])

    assert policy_of(change("replace", value=json.dumps(other))) == other
    listed = client.get_rest_apis(limit=500)["items"]
    assert next(policy_of(api) for api in listed if api["id"] == made["id"]) == other
    for wrong in ("{", "[]"):
        text = "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."
        assert refused(change, op="replace", value=wrong) == ("BadRequestException", text)
        assert refused(client.create_rest_api, name=unique, policy=wrong) == ("BadRequestException", text)
    assert "policy" not in change("replace", value="")


def test_a_document_brings_its_policy(client, unique):
    document = {"openapi": "3.0.1", "info": {"title": unique}, "paths": {}, "x-amazon-apigateway-policy": POLICY}
    assert policy_of(client.import_rest_api(body=json.dumps(document).encode())) == POLICY
