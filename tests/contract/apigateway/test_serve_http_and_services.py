"""HTTP integrations to this machine, and AWS integrations with other services."""

import json

import pytest


def test_an_http_proxy(api, backend):
    integration = {"type": "HTTP_PROXY", "integrationHttpMethod": "ANY", "uri": f"{backend.url}/base/{{proxy}}"}
    mapping = {"integration.request.path.proxy": "method.request.path.proxy"}
    path = {"method.request.path.proxy": True}
    api.method("/{proxy+}", "ANY", {**integration, "requestParameters": mapping}, requestParameters=path)
    api.deploy()
    answer = api.call("/x/y?q=1", "POST", b"hello", {"X-A": "b"})
    assert (answer.status, answer.headers["X-Backend"]) == (200, "yes")
    seen = answer.json
    assert (seen["method"], seen["path"], seen["body"]) == ("POST", "/base/x/y?q=1", "hello")
    assert (seen["headers"]["x-a"], seen["headers"]["host"]) == ("b", backend.url.removeprefix("http://"))


def test_an_http_integration_maps_both_ways(api, backend):
    integration = {
        "type": "HTTP",
        "integrationHttpMethod": "POST",
        "uri": f"{backend.url}/fixed",
        "requestTemplates": {"application/json": '{"id": "$input.params("id")"}'},
        "requestParameters": {
            "integration.request.querystring.q": "method.request.querystring.query",
            "integration.request.header.X-A": "'literal'",
        },
    }
    api.method("/a/{id}", "GET", integration)
    where = {**api.where("/a/{id}", "GET"), "statusCode": "200"}
    headers = {"method.response.header.X-B": "integration.response.header.X-Backend"}
    api.client.put_method_response(**where, responseParameters=dict.fromkeys(headers, True))
    template = {"application/json": "$input.path('$.path') $input.path('$.body') $input.path('$.headers.x-a')"}
    api.client.put_integration_response(**where, responseParameters=headers, responseTemplates=template)
    api.deploy()
    answer = api.call("/a/7?query=z")
    assert (answer.status, answer.body.decode()) == (200, '/fixed?q=z {"id": "7"} literal')
    assert answer.headers["X-B"] == "yes"


@pytest.mark.parametrize("uri", ["http://127.0.0.1:1/x", "http://example.com/x"])
def test_what_cannot_be_reached_is_504(api, uri):
    api.method("/a", "GET", {"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": uri})
    api.deploy()
    message = "Network error communicating with endpoint"
    assert (api.call("/a").status, api.call("/a").json) == (504, {"message": message})


def service(api, uri, template, headers=None):
    integration = {
        "type": "AWS",
        "integrationHttpMethod": "POST",
        "uri": f"arn:aws:apigateway:us-east-1:{uri}",
        "credentials": "arn:aws:iam::000000000000:role/gateway",
        "requestTemplates": {"application/json": template},
        "requestParameters": headers or {},
    }
    api.method("/a", "POST", integration)
    api.client.put_integration_response(**api.where("/a", "POST"), statusCode="200")
    where = {**api.where("/a", "POST"), "statusCode": "400"}
    api.client.put_integration_response(**where, selectionPattern="4\\d\\d")
    api.deploy()
    return api.call("/a", "POST", b'{"message": "hello"}', {"Content-Type": "application/json"})


def test_an_item_is_put(api, functions, unique):
    dynamodb = functions.client("dynamodb")
    key = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}
    dynamodb.create_table(TableName=unique, AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], **key)
    template = json.dumps({"TableName": unique, "Item": {"id": {"S": "$input.path('$.message')"}}})
    assert service(api, "dynamodb:action/PutItem", template).status == 200
    [item] = dynamodb.scan(TableName=unique)["Items"]
    assert item == {"id": {"S": "hello"}}


def test_a_message_is_sent_by_form(api, functions, unique):
    sqs = functions.client("sqs")
    url = sqs.create_queue(QueueName=unique)["QueueUrl"]
    template = "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"
    form = {"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"}
    assert service(api, f"sqs:path/000000000000/{unique}", template, form).status == 200
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"]) == {"message": "hello"}


def test_an_error_selects_its_response(api):
    answer = service(api, "dynamodb:action/PutItem", '{"TableName": "nowhere", "Item": {"id": {"S": "1"}}}')
    assert answer.status == 400
    assert "ResourceNotFoundException" in answer.json["__type"]


def test_a_template_overrides_what_was_mapped(api, backend):
    template = (
        "#set($context.requestOverride.path.id = 'new')#set($context.requestOverride.querystring.q = 'x')"
        "#set($context.requestOverride.header.X-A = 'over'){}"
    )
    integration = {
        "type": "HTTP",
        "integrationHttpMethod": "POST",
        "uri": f"{backend.url}/a/{{id}}",
        "requestTemplates": {"application/json": template},
        "requestParameters": {
            "integration.request.path.id": "method.request.path.id",
            "integration.request.header.X-A": "'mapped'",
        },
    }
    api.method("/a/{id}", "GET", integration, requestParameters={"method.request.path.id": True})
    api.client.put_method_response(**api.where("/a/{id}", "GET"), statusCode="200")
    api.client.put_integration_response(**api.where("/a/{id}", "GET"), statusCode="200")
    api.deploy()
    seen = api.call("/a/7").json
    assert (seen["path"], seen["headers"]["x-a"]) == ("/a/new?q=x", "over")
    assert seen["headers"]["user-agent"] == f"AmazonAPIGateway_{api.id}"
    assert seen["headers"]["accept"] == seen["headers"]["content-type"] == "application/json"


def test_headers_that_are_the_gateways_are_renamed(api, backend):
    api.method("/a", "GET", {"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": backend.url})
    api.deploy()
    answer = api.call("/a")
    assert "BaseHTTP" in answer.headers["x-amzn-Remapped-Server"]
    assert "Server" not in answer.headers
    assert answer.json["headers"]["x-amzn-apigateway-api-id"] == api.id
