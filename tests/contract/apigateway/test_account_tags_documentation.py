import pytest


@pytest.fixture
def client(client):
    return client("apigateway")


@pytest.fixture
def api(client, unique):
    return client.create_rest_api(name=unique)["id"]


def test_the_account(penstock, unique):
    client = penstock.client("apigateway", account=str(int(unique[2:], 16))[:12].zfill(12))
    found = client.get_account()
    assert found["throttleSettings"] == {"burstLimit": 5000, "rateLimit": 10000.0}
    assert "cloudwatchRoleArn" not in found
    change = [{"op": "replace", "path": "/cloudwatchRoleArn", "value": "arn:aws:iam::1:role/r"}]
    assert client.update_account(patchOperations=change)["cloudwatchRoleArn"] == "arn:aws:iam::1:role/r"


def test_tags(client, api, refused):
    arn = f"arn:aws:apigateway:us-east-1::/restapis/{api}"
    client.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    assert client.get_rest_api(restApiId=api)["tags"] == {"a": "1", "b": "2"}
    client.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert client.get_tags(resourceArn=arn)["tags"] == {"b": "2"}
    assert refused(client.get_tags, resourceArn=arn + "x")[0] == "NotFoundException"
    assert refused(client.get_tags, resourceArn="arn:aws:apigateway:us-east-1::/wrong/x")[0] == "BadRequestException"


def test_documentation_parts(client, api, refused):
    location = {"type": "METHOD", "path": "/a", "method": "GET"}
    made = client.create_documentation_part(restApiId=api, location=location, properties='{"d":1}')
    where = {"restApiId": api, "documentationPartId": made["id"]}
    assert client.get_documentation_part(**where)["location"] == location
    assert client.get_documentation_parts(restApiId=api, type="API")["items"] == []
    change = [{"op": "replace", "path": "/properties", "value": '{"d":2}'}]
    assert client.update_documentation_part(**where, patchOperations=change)["properties"] == '{"d":2}'
    client.delete_documentation_part(**where)
    assert refused(client.get_documentation_part, **where) == (
        "NotFoundException",
        "Invalid Documentation part identifier specified",
    )


def test_documentation_versions(client, api):
    client.create_documentation_version(restApiId=api, documentationVersion="1.0", description="d")
    found = client.get_documentation_version(restApiId=api, documentationVersion="1.0")
    assert (found["version"], found["description"]) == ("1.0", "d")
    assert len(client.get_documentation_versions(restApiId=api)["items"]) == 1
    client.delete_documentation_version(restApiId=api, documentationVersion="1.0")
    assert client.get_documentation_versions(restApiId=api)["items"] == []


def test_what_is_not_implemented_says_so(client, api, refused):
    assert refused(client.get_sdk, restApiId=api, stageName="dev", sdkType="java") == (
        "NotImplemented",
        "Penstock does not implement apigateway.GetSdk.",
    )
