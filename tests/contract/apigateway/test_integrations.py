import pytest

NO_RESOURCE = ("NotFoundException", "Invalid Resource identifier specified")
NO_METHOD = ("NotFoundException", "Invalid Method identifier specified")
NO_INTEGRATION = ("NotFoundException", "Invalid Integration identifier specified")
NO_STATUS = ("NotFoundException", "Invalid Response status code specified")
LAMBDA = (
    "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:1:function:f/invocations"
)


@pytest.fixture
def client(client):
    return client("apigateway")


@pytest.fixture
def where(client, unique):
    api = client.create_rest_api(name=unique)
    where = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    client.put_method(**where, authorizationType="NONE")
    return where


def without_metadata(answer):
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def test_an_integration_has_defaults(client, where):
    made = client.put_integration(**where, type="HTTP", integrationHttpMethod="POST", uri="http://localhost/a")
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    expected = {
        "type": "HTTP",
        "httpMethod": "POST",
        "uri": "http://localhost/a",
        "connectionType": "INTERNET",
        "passthroughBehavior": "WHEN_NO_MATCH",
        "timeoutInMillis": 29000,
        "cacheNamespace": where["resourceId"],
        "cacheKeyParameters": [],
    }
    assert without_metadata(made) == without_metadata(client.get_integration(**where)) == expected
    assert client.get_method(**where)["methodIntegration"] == expected
    mock = without_metadata(client.put_integration(**where, type="MOCK", requestTemplates={"application/json": "{}"}))
    assert not {"uri", "httpMethod", "connectionType"} & set(mock)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"type": "AWS_PROXY", "uri": LAMBDA}, "Enumeration value for HttpMethod must be non-empty"),
        ({"type": "HTTP", "uri": "http://a"}, "Enumeration value for HttpMethod must be non-empty"),
        ({"type": "AWS", "integrationHttpMethod": "POST", "uri": "http://a"}, "Invalid ARN specified in the request"),
        (
            {"type": "AWS", "integrationHttpMethod": "POST", "uri": "arn:aws:apigateway:us-east-1:sqs:foo/x"},
            "AWS ARN for integration must contain path or action",
        ),
        (
            {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": "arn:aws:apigateway:us-east-1:sqs:path/1/q"},
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.",
        ),
        ({"type": "MOCK", "timeoutInMillis": 49}, "Timeout should be between 50 ms and 29000 ms"),
        ({"type": "HTTP", "integrationHttpMethod": "GET", "uri": "ftp://a"}, "Invalid HTTP endpoint specified for URI"),
        (
            {"type": "MOCK", "requestParameters": {"integration.request.path.a": "true"}},
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping "
            "expression specified: true]",
        ),
    ],
)
def test_what_is_refused(client, where, refused, request_, message):
    assert refused(client.put_integration, **where, **request_) == ("BadRequestException", message)


def test_an_unknown_type(client, where, refused):
    code, message = refused(client.put_integration, **where, type="HTTPS_PROXY")
    assert (code, message) == (
        "ValidationException",
        "1 validation error detected: Value 'HTTPS_PROXY' at 'putIntegrationInput.type' failed to satisfy constraint: "
        "Member must satisfy enum value set: [HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS]",
    )


def test_what_cannot_be_served_is_refused_when_it_is_put(client, where, refused):
    uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/f/invocations"
    request = {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": uri, "responseTransferMode": "STREAM"}
    code, message = refused(client.put_integration, **where, **request)
    assert code == "NotImplemented"
    assert "STREAM" in message


def test_private_integrations_name_their_link(client, where, refused):
    request = {"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": "http://a", "connectionType": "VPC_LINK"}
    code, message = refused(client.put_integration, **where, **request)
    assert (code, "ConnectionId" in message) == ("BadRequestException", True)
    made = client.put_integration(**where, **request, connectionId="${stageVariables.link}")
    assert (made["connectionType"], made["connectionId"]) == ("VPC_LINK", "${stageVariables.link}")


def test_where_there_is_nothing(client, where, refused):
    assert refused(client.get_integration, **{**where, "restApiId": "x"}) == NO_RESOURCE
    assert refused(client.get_integration, **{**where, "resourceId": "x"}) == NO_RESOURCE
    assert refused(client.get_integration, **{**where, "httpMethod": "PUT"}) == NO_METHOD
    assert refused(client.get_integration, **where) == NO_INTEGRATION
    assert refused(client.put_integration, **{**where, "httpMethod": "PUT"}, type="MOCK") == NO_METHOD
    assert refused(client.get_integration_response, **where, statusCode="200") == NO_INTEGRATION


def test_changes(client, where):
    client.put_integration(**where, type="MOCK", requestParameters={"integration.request.header.a": "'1'"})
    operations = [
        {"op": "replace", "path": "/timeoutInMillis", "value": "1000"},
        {"op": "add", "path": "/requestTemplates/application~1json", "value": "{}"},
        {"op": "remove", "path": "/requestParameters/integration.request.header.a"},
        {"op": "replace", "path": "/passthroughBehavior", "value": "NEVER"},
    ]
    changed = client.update_integration(**where, patchOperations=operations)
    assert (changed["timeoutInMillis"], changed["passthroughBehavior"]) == (1000, "NEVER")
    assert changed["requestTemplates"] == {"application/json": "{}"}
    assert "requestParameters" not in changed


def test_integration_responses(client, where, refused):
    client.put_integration(**where, type="MOCK")
    response = {**where, "statusCode": "200"}
    templates = {"application/json": '"created"'}
    made = client.put_integration_response(**response, selectionPattern="", responseTemplates=templates)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    expected = {"statusCode": "200", "selectionPattern": "", "responseTemplates": templates}
    assert without_metadata(made) == without_metadata(client.get_integration_response(**response)) == expected
    assert client.get_method(**where)["methodIntegration"]["integrationResponses"] == {"200": expected}
    change = [{"op": "replace", "path": "/selectionPattern", "value": "2.."}]
    assert client.update_integration_response(**response, patchOperations=change)["selectionPattern"] == "2.."
    delete = client.delete_integration_response
    assert refused(delete, **{**response, "statusCode": "201"}) == NO_STATUS
    assert refused(delete, **{**response, "resourceId": "x"}) == NO_RESOURCE
    assert refused(delete, **{**response, "httpMethod": "PUT"}) == NO_INTEGRATION
    assert delete(**response)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert "integrationResponses" not in client.get_integration(**where)


def test_integration_responses_that_are_refused(client, where, refused):
    put = client.put_integration_response
    client.put_integration(**where, type="MOCK")
    assert refused(put, **{**where, "httpMethod": "PUT"}, statusCode="200") == NO_METHOD
    assert refused(put, **{**where, "resourceId": "x"}, statusCode="200") == NO_RESOURCE
    assert refused(put, **where, statusCode="200", responseTemplates={"123": "x"}) == (
        "BadRequestException",
        "Validation Result: warnings : [], errors : [Invalid content type specified: 123]",
    )
    assert refused(put, **where, statusCode="wrong")[0] == "ValidationException"
    header = {"method.response.header.x": "'1'"}
    assert refused(put, **where, statusCode="200", responseParameters=header)[0] == "BadRequestException"


def test_a_deleted_integration_is_gone(client, where, refused):
    client.put_integration(**where, type="MOCK")
    assert client.delete_integration(**where)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refused(client.get_integration, **where) == NO_INTEGRATION


def test_the_role_of_a_service_integration(client, where, refused):
    given = {
        **where,
        "type": "AWS",
        "integrationHttpMethod": "POST",
        "uri": "arn:aws:apigateway:us-east-1:s3:path/b/k",
    }
    assert refused(client.put_integration, **given) == (
        "BadRequestException",
        "Role ARN must be specified for AWS integrations",
    )
    foreign = refused(client.put_integration, **given, credentials="arn:aws:iam::123456789012:role/r")
    assert foreign == ("AccessDeniedException", "Cross-account pass role is not allowed.")
    client.put_integration(**given, credentials="arn:aws:iam::000000000000:role/r")
