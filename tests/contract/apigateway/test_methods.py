import pytest

NO_RESOURCE = ("NotFoundException", "Invalid Resource identifier specified")
NO_METHOD = ("NotFoundException", "Invalid Method identifier specified")
NO_AUTHORIZER = (
    "BadRequestException",
    "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid "
    "authorizer.",
)


@pytest.fixture
def client(client):
    return client("apigateway")


@pytest.fixture
def where(client, unique):
    api = client.create_rest_api(name=unique)
    return {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "ANY"}


def without_metadata(answer):
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def patch(client, where, *operations):
    fields = ("op", "path", "value")
    operations = [dict(zip(fields, operation, strict=False)) for operation in operations]
    return without_metadata(client.update_method(**where, patchOperations=operations))


def test_a_method_comes_and_goes(client, where, refused):
    made = client.put_method(**where, authorizationType="none")
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    expected = {"apiKeyRequired": False, "authorizationType": "NONE", "httpMethod": "ANY"}
    assert without_metadata(made) == without_metadata(client.get_method(**where)) == expected
    assert refused(client.put_method, **where, authorizationType="AWS_IAM") == (
        "ConflictException",
        "Method already exists for this resource",
    )
    assert client.delete_method(**where)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refused(client.get_method, **where) == refused(client.delete_method, **where) == NO_METHOD


def test_what_is_refused(client, where, refused):
    put = {"authorizationType": "NONE"}
    assert refused(client.put_method, **{**where, "restApiId": "x"}, **put) == NO_RESOURCE
    assert refused(client.put_method, **{**where, "resourceId": "x"}, **put) == NO_RESOURCE
    assert refused(client.put_method, **{**where, "httpMethod": "WRONG"}, **put) == (
        "BadRequestException",
        "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY",
    )
    assert refused(client.put_method, **where, authorizationType="CUSTOM") == NO_AUTHORIZER
    assert refused(client.put_method, **where, **put, requestValidatorId="x") == (
        "BadRequestException",
        "Invalid Request Validator identifier specified",
    )
    assert refused(client.put_method, **where, **put, requestModels={"application/json": "petModel"}) == (
        "BadRequestException",
        "Invalid model identifier specified: petModel",
    )
    parameters = {"method.request.querystring.q": True, "method.request.header.q": True}
    assert refused(client.put_method, **where, **put, requestParameters=parameters) == (
        "BadRequestException",
        "Parameter names must be unique across querystring, header and path",
    )


def test_changes(client, where):
    client.put_method(**where, authorizationType="NONE")
    added = patch(
        client,
        where,
        ("add", "/requestParameters/method.request.querystring.optional", "true"),
        ("add", "/requestModels/application~1json", "Empty"),
    )
    assert added["requestParameters"] == {"method.request.querystring.optional": True}
    assert added["requestModels"] == {"application/json": "Empty"}
    replaced = patch(
        client,
        where,
        ("replace", "/authorizationType", "AWS_IAM"),
        ("replace", "/apiKeyRequired", "true"),
        ("replace", "/operationName", "Op"),
    )
    assert (replaced["authorizationType"], replaced["apiKeyRequired"], replaced["operationName"]) == (
        "AWS_IAM",
        True,
        "Op",
    )
    removed = patch(
        client,
        where,
        ("remove", "/requestParameters/method.request.querystring.optional"),
        ("remove", "/requestModels/application~1json"),
    )
    assert not {"requestParameters", "requestModels"} & set(removed)


def test_changes_that_are_refused(client, where, refused):
    client.put_method(**where, authorizationType="NONE")

    def change(op, path, value="x"):
        return refused(client.update_method, **where, patchOperations=[{"op": op, "path": path, "value": value}])

    only_replace = ("BadRequestException", "Invalid patch operation specified. Must be one of: [replace]")
    assert change("add", "/operationName") == only_replace
    assert change("remove", "/apiKeyRequired") == only_replace
    assert change("replace", "/httpMethod") == ("BadRequestException", "Invalid patch path /httpMethod")
    for path in ("/requestParameters", "/requestModels/application/json"):
        assert change("add", path) == ("BadRequestException", f"Invalid patch path {path}")
    assert change("replace", "/authorizationType", "CUSTOM") == NO_AUTHORIZER
    assert change("replace", "/requestValidatorId") == (
        "BadRequestException",
        "Invalid Request Validator identifier specified",
    )


def test_an_authorizer_is_ignored_where_nothing_is_authorized(client, where):
    client.put_method(**where, authorizationType="NONE")
    assert "authorizerId" not in patch(client, where, ("replace", "/authorizerId", "abc123"))


def test_method_responses(client, where, refused):
    client.put_method(**where, authorizationType="NONE")
    response = {**where, "statusCode": "200"}
    models, parameters = {"application/json": "Empty"}, {"method.response.header.x": True}
    made = client.put_method_response(**response, responseModels=models, responseParameters=parameters)
    expected = {"statusCode": "200", "responseModels": models, "responseParameters": parameters}
    assert without_metadata(made) == without_metadata(client.get_method_response(**response)) == expected
    assert client.get_method(**where)["methodResponses"] == {"200": expected}
    assert refused(client.put_method_response, **response) == (
        "ConflictException",
        "Response already exists for this resource",
    )
    operations = [
        {"op": "remove", "path": "/responseParameters/method.response.header.x"},
        {"op": "remove", "path": "/responseModels/application~1json"},
    ]
    changed = client.update_method_response(**response, patchOperations=operations)
    assert changed["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert without_metadata(changed) == {"statusCode": "200"}
    assert client.delete_method_response(**response)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refused(client.get_method_response, **response) == (
        "NotFoundException",
        "Invalid Response status code specified",
    )
    assert "methodResponses" not in client.get_method(**where)


def test_method_responses_that_are_refused(client, where, refused):
    client.put_method(**where, authorizationType="NONE")
    response = {**where, "statusCode": "200"}
    client.put_method_response(**response)

    def change(*operations, **other):
        operations = [dict(zip(("op", "path", "value"), operation, strict=False)) for operation in operations]
        return refused(client.update_method_response, **{**response, **other}, patchOperations=operations)

    assert change(("remove", "/responseParameters/method.response.header.x")) == (
        "NotFoundException",
        "Invalid parameter name specified",
    )
    assert change(("remove", "/responseModels/application~1json")) == (
        "NotFoundException",
        "Content-Type specified was not found",
    )
    assert change(("add", "/wrong/x", "y")) == ("BadRequestException", "Invalid patch path /wrong/x")
    assert change(httpMethod="GET") == NO_METHOD
    assert change(("wrong_op", "/x"), statusCode="wrong") == (
        "ValidationException",
        "2 validation errors detected: Value 'wrong_op' at 'updateMethodResponseInput.patchOperations.1.member.op' "
        "failed to satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]; "
        "Value 'wrong' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: "
        "[1-5]\\d\\d",
    )
