import pytest

DEFAULT = {"application/json": '{"message":$context.error.messageString}'}


@pytest.fixture
def client(client):
    return client("apigateway")


@pytest.fixture
def api(client, unique):
    return client.create_rest_api(name=unique)["id"]


def without_metadata(answer):
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def test_every_type_has_a_default(client, api):
    items = client.get_gateway_responses(restApiId=api)["items"]
    assert len(items) == 21
    by_type = {item["responseType"]: item for item in items}
    assert by_type["MISSING_AUTHENTICATION_TOKEN"] == {
        "responseType": "MISSING_AUTHENTICATION_TOKEN",
        "statusCode": "403",
        "responseParameters": {},
        "responseTemplates": DEFAULT,
        "defaultResponse": True,
    }
    assert "statusCode" not in by_type["DEFAULT_4XX"]


def test_a_response_comes_and_goes(client, api, refused):
    where = {"restApiId": api, "responseType": "THROTTLED"}
    parameters = {"gatewayresponse.header.x": "'1'"}
    made = client.put_gateway_response(**where, responseParameters=parameters)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert without_metadata(made) == {
        "responseType": "THROTTLED",
        "statusCode": "429",
        "responseParameters": parameters,
        "responseTemplates": DEFAULT,
        "defaultResponse": False,
    }
    assert without_metadata(client.get_gateway_response(**where)) == without_metadata(made)
    assert client.delete_gateway_response(**where)["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert client.get_gateway_response(**where)["defaultResponse"] is True
    assert refused(client.delete_gateway_response, **where) == (
        "NotFoundException",
        "Gateway response type not defined on api",
    )


def test_a_general_response_shines_through(client, api):
    client.put_gateway_response(restApiId=api, responseType="DEFAULT_5XX", statusCode="599")
    found = client.get_gateway_response(restApiId=api, responseType="INTEGRATION_TIMEOUT")
    assert (found["statusCode"], found["defaultResponse"]) == ("599", True)
    assert client.get_gateway_response(restApiId=api, responseType="THROTTLED")["statusCode"] == "429"


def test_changes(client, api):
    where = {"restApiId": api, "responseType": "DEFAULT_4XX"}
    operations = [
        {"op": "replace", "path": "/statusCode", "value": "444"},
        {"op": "add", "path": "/responseTemplates/application~1xml", "value": "<m/>"},
        {"op": "add", "path": "/responseParameters/gatewayresponse.header.x", "value": "'1'"},
    ]
    changed = client.update_gateway_response(**where, patchOperations=operations)
    assert (changed["statusCode"], changed["defaultResponse"]) == ("444", False)
    assert changed["responseTemplates"] == {**DEFAULT, "application/xml": "<m/>"}
    assert changed["responseParameters"] == {"gatewayresponse.header.x": "'1'"}


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        ({"op": "add", "path": "/statusCode", "value": "1"}, ("BadRequestException", "Invalid patch path /statusCode")),
        ({"op": "remove", "path": "/statusCode"}, ("BadRequestException", "Invalid patch path /statusCode")),
        ({"op": "replace", "path": "/wrong"}, ("BadRequestException", "Invalid patch path /wrong")),
        ({"op": "replace"}, ("BadRequestException", "Invalid patch path null")),
        (
            {"op": "replace", "path": "/responseParameters/gatewayresponse.header.y", "value": "'1'"},
            ("NotFoundException", "Invalid parameter name specified"),
        ),
        (
            {"op": "add", "path": "/responseTemplates/a~1b"},
            ("BadRequestException", "Invalid null or empty value in responseTemplates"),
        ),
    ],
)
def test_changes_that_are_refused(client, api, refused, operation, error):
    where = {"restApiId": api, "responseType": "DEFAULT_4XX"}
    assert refused(client.update_gateway_response, **where, patchOperations=[operation]) == error


def test_an_unknown_type(client, api, refused):
    code, message = refused(client.get_gateway_response, restApiId=api, responseType="FAKE")
    assert code == "ValidationException"
    assert message.startswith(
        "1 validation error detected: Value 'FAKE' at 'responseType' failed to satisfy constraint: Member must satisfy "
        "enum value set: [REQUEST_TOO_LARGE, RESOURCE_NOT_FOUND, AUTHORIZER_CONFIGURATION_ERROR,"
    )
