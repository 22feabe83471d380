import pytest

URI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:1:function:f/invocations"
SOURCE = "method.request.header.Authorization"


@pytest.fixture
def client(client):
    return client("apigateway")


@pytest.fixture
def api(client, unique):
    return client.create_rest_api(name=unique)


def make(client, api, **settings):
    request = {"name": "a", "type": "TOKEN", "authorizerUri": URI, "identitySource": SOURCE, **settings}
    return client.create_authorizer(restApiId=api["id"], **request)


def test_an_authorizer_comes_and_goes(client, api, refused):
    made = make(client, api)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (made["authType"], made["authorizerResultTtlInSeconds"], made["identitySource"]) == ("custom", 300, SOURCE)
    where = {"restApiId": api["id"], "authorizerId": made["id"]}
    change = [{"op": "replace", "path": "/authorizerResultTtlInSeconds", "value": "0"}]
    assert client.update_authorizer(**where, patchOperations=change)["authorizerResultTtlInSeconds"] == 0
    assert [found["id"] for found in client.get_authorizers(restApiId=api["id"])["items"]] == [made["id"]]
    assert client.delete_authorizer(**where)["ResponseMetadata"]["HTTPStatusCode"] == 202
    unknown = ("NotFoundException", "Invalid Authorizer identifier specified")
    assert refused(client.get_authorizer, **where) == unknown


def test_a_method_uses_it(client, api, refused):
    made = make(client, api)["id"]
    where = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    method = client.put_method(**where, authorizationType="CUSTOM", authorizerId=made)
    assert (method["authorizationType"], method["authorizerId"]) == ("CUSTOM", made)
    assert refused(client.delete_authorizer, restApiId=api["id"], authorizerId=made)[0] == "ConflictException"


def test_what_is_refused(client, api, refused):
    assert refused(make, client=client, api={"id": "x"}) == (
        "ConflictException",
        "Unable to complete operation due to concurrent modification. Please try again later.",
    )
    assert refused(make, client=client, api=api, authorizerResultTtlInSeconds=3601)[0] == "BadRequestException"
    assert refused(make, client=client, api=api, authorizerUri="")[0] == "BadRequestException"
    assert refused(client.get_authorizers, restApiId="x")[0] == "NotFoundException"
