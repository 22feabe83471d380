import pytest


@pytest.fixture
def pets(api):
    api.mock("/pets/{id}", body='{"id": "$input.params(\'id\')"}')
    return api


def invoke(api, **request):
    return api.client.test_invoke_method(**api.where("/pets/{id}", "GET"), **request)


def test_a_method_is_called_without_a_deployment(pets):
    answer = invoke(pets, pathWithQueryString="/pets/123?foo=bar")
    assert (answer["status"], answer["body"]) == (200, '{"id": "123"}')
    assert answer["headers"] == {"Content-Type": "application/json"}
    assert answer["multiValueHeaders"] == {"Content-Type": ["application/json"]}
    lines = [line.partition(" : ")[2] for line in answer["log"].splitlines()]
    assert lines[2:] == [
        "HTTP Method: GET, Resource Path: /pets/123",
        "Method request path: {id=123}",
        "Method request query string: {foo=bar}",
        "Method request headers: {}",
        "Method request body before transformations: ",
        'Method response body after transformations: {"id": "123"}',
        "Method response headers: {Content-Type=application/json}",
        "Successfully completed execution",
        "Method completed with status: 200",
    ]


def test_the_path_may_be_left_out_or_wrong(pets):
    assert invoke(pets)["body"] == '{"id": "{id}"}'
    assert invoke(pets, pathWithQueryString="/random/test")["body"] == '{"id": ""}'


def test_a_function_is_called(api):
    arn = api.function("/pets/{id}", lambda event: {"statusCode": 201, "body": "made"})
    answer = invoke(api, headers={"X-A": "b"}, stageVariables={"c": "d"})
    assert (answer["status"], answer["body"]) == (201, "made")
    endpoint = f"https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/{arn}/invocations"
    assert f"Sending request to {endpoint}\n" in answer["log"]
    assert "Received response. Status: 200, Integration latency: " in answer["log"]
    assert '"body": "made"' in answer["log"]
    [event] = api.functions.events(arn)
    assert (event["headers"]["X-A"], event["stageVariables"]) == ("b", {"c": "d"})
    assert event["requestContext"]["stage"] == "test-invoke-stage"


def test_what_is_not_there(pets, refused):
    call = pets.client.test_invoke_method
    where = pets.where("/pets/{id}", "GET")
    assert refused(call, **{**where, "httpMethod": "PUT"}) == (
        "NotFoundException",
        "Invalid Method identifier specified",
    )
    for name in ("resourceId", "restApiId"):
        assert refused(call, **{**where, name: "x"}) == ("NotFoundException", "Invalid Resource identifier specified")


def test_what_is_sent_to_an_endpoint_is_in_the_log(api, backend):
    template = {"application/json": '{"id": "$input.params(\'id\')"}'}
    integration = {"type": "HTTP", "integrationHttpMethod": "POST", "uri": f"{backend.url}/x"}
    api.method("/pets/{id}", "GET", {**integration, "requestTemplates": template})
    api.client.put_integration_response(**api.where("/pets/{id}", "GET"), statusCode="200")
    log = invoke(api, pathWithQueryString="/pets/7")["log"]
    assert f"Endpoint request URI: {backend.url}/x\n" in log
    assert 'Endpoint request body after transformations: {"id": "7"}\n' in log
    assert "X-Backend=yes" in log
    assert 'Endpoint response body before transformations: {"method": "POST"' in log
