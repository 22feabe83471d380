"""Which headers pass a REST API, and under which name."""

import pytest

SENT = {"Content-MD5": "x", "Max-Forwards": "3", "Server": "mine", "Via": "1.1 a", "Date": "now", "X-Own": "kept"}
PROXY = {"type": "HTTP_PROXY", "integrationHttpMethod": "ANY"}
FIXED = {"application/json": '{"statusCode": 200}'}


def test_what_an_http_proxy_hands_on(api, backend):
    api.method("/a", "POST", {**PROXY, "uri": backend.url})
    api.deploy()
    answer = api.call("/a", "POST", b"hello", {**SENT, "Content-Encoding": "identity"})
    seen = answer.json["headers"]
    assert (seen["date"], seen["x-own"]) == ("now", "kept")
    dropped = ("content-md5", "max-forwards", "server", "via", "content-encoding")
    assert not [name for name in dropped if name in seen]
    assert answer.headers["x-amzn-Remapped-Content-Length"] == str(len(answer.body))


def test_a_function_sees_what_belongs_to_the_message(api):
    arn = api.function("/a", lambda event: {"statusCode": 200, "headers": {"Host": "h", "User-Agent": "u", "TE": "t"}})
    api.deploy()
    answer = api.call("/a", headers={**SENT, "Content-Encoding": "identity"})
    [event] = api.functions.events(arn)
    assert event["headers"]["Via"] == "1.1 a"
    assert event["headers"]["Content-Encoding"] == "identity"
    assert not {"Content-MD5", "Max-Forwards", "Server"} & set(event["headers"])
    assert (answer.headers["x-amzn-Remapped-Host"], answer.headers["x-amzn-Remapped-User-Agent"]) == ("h", "u")
    assert answer.headers["TE"] == "t"


@pytest.mark.parametrize("kind, name", [("HTTP", "Content-Length"), ("HTTP_PROXY", "Transfer-Encoding")])
def test_what_frames_a_request_cannot_be_mapped(api, backend, kind, name):
    mapping = {f"integration.request.header.{name}": "'7'"}
    api.method("/a", "GET", {**PROXY, "type": kind, "uri": backend.url, "requestParameters": mapping})
    api.deploy()
    answer = api.call("/a")
    assert (answer.status, answer.json) == (500, {"message": "Internal server error"})
    assert answer.headers["x-amzn-ErrorType"] == "InternalServerErrorException"


def test_the_signature_of_an_aws_integration_cannot_be_mapped(api):
    arn = api.functions.make(lambda event: {})
    integration = {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": api.functions.uri(arn)}
    mapping = {"integration.request.header.Authorization": "'mine'"}
    api.method("/a", "GET", {**integration, "requestParameters": mapping})
    api.deploy()
    assert api.call("/a").status == 500


def test_mapped_headers_that_are_the_gateways_are_renamed(api):
    api.method("/a", "GET", {"type": "MOCK", "requestTemplates": FIXED})
    names = ("Authorization", "Connection", "Content-Length", "Upgrade", "WWW-Authenticate", "Pragma")
    headers = {f"method.response.header.{name}": f"'{name}!'" for name in names}
    where = {**api.where("/a", "GET"), "statusCode": "200"}
    api.client.put_method_response(**where, responseParameters=dict.fromkeys(headers, False))
    api.client.put_integration_response(**where, responseParameters=headers)
    api.deploy()
    answer = api.call("/a")
    assert answer.headers["Pragma"] == "Pragma!"
    for name in names[:-1]:
        assert answer.headers[f"x-amzn-Remapped-{name}"] == f"{name}!"


def test_an_http_integration_without_a_body_has_no_type(api, backend):
    api.method("/a", "GET", {"type": "HTTP", "integrationHttpMethod": "GET", "uri": backend.url})
    api.client.put_integration_response(**api.where("/a", "GET"), statusCode="200")
    api.deploy()
    answer = api.call("/a", headers={"Content-Type": "application/json"})
    assert "content-type" not in answer.json["headers"]
    assert answer.headers["X-Amzn-Trace-Id"].startswith("Root=1-")
