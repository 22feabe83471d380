"""Which method a request takes; what is served is a deployment, never the API being edited."""

import http.client

import pytest

ROUTES = (
    ("/pets", "GET"), ("/pets", "ANY"), ("/pets/{id}", "GET"), ("/pets/dogs", "GET"), ("/pets/{id}/{rest+}", "POST"),
    ("/{proxy+}", "ANY"), ("/", "GET"),
)  # fmt: skip


@pytest.fixture
def served(api):
    arn = api.functions.make(lambda event: {"statusCode": 200, "body": event["requestContext"]["resourcePath"]})
    for path, method in ROUTES:
        api.function(path, arn, method)
    api.deploy()
    return api


@pytest.mark.parametrize(
    ("method", "path", "resource"),
    [
        ("GET", "", "/"),
        ("GET", "/", "/"),
        ("GET", "/pets", "/pets"),
        ("GET", "/pets/", "/pets"),
        ("DELETE", "/pets", "/pets"),
        ("GET", "/pets/1", "/pets/{id}"),
        ("GET", "/pets/dogs", "/pets/dogs"),
        ("POST", "/pets/dogs", "/{proxy+}"),
        ("POST", "/pets/1/2/3", "/pets/{id}/{rest+}"),
        ("GET", "/pets/1/2/3", "/{proxy+}"),
        ("GET", "/other/x", "/{proxy+}"),
    ],
)
def test_the_most_specific_method_wins(served, method, path, resource):
    assert served.call(path, method).body.decode() == resource


def test_without_a_method_there_is_no_token(api):
    api.mock("/a")
    api.deploy()
    for path, method in (("/b", "GET"), ("/a", "POST"), ("", "GET")):
        answer = api.call(path, method)
        assert (answer.status, answer.json) == (403, {"message": "Missing Authentication Token"})
        assert answer.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"


def test_an_unknown_stage_is_forbidden(api):
    api.mock("/a")
    api.deploy()
    answer = api.call("/a", stage="prod")
    assert (answer.status, answer.json) == (403, {"message": "Forbidden"})
    assert answer.headers["x-amzn-ErrorType"] == "ForbiddenException"


def test_a_stage_serves_its_deployment(api):
    api.mock("/a", body="one")
    first = api.deploy()
    api.client.update_integration_response(
        **api.where("/a", "GET"),
        statusCode="200",
        patchOperations=[{"op": "replace", "path": "/responseTemplates/application~1json", "value": "two"}],
    )
    api.mock("/b")
    assert (api.call("/a").body, api.call("/b").status) == (b"one", 403)
    api.deploy()
    assert (api.call("/a").body, api.call("/b").status) == (b"two", 200)
    back = [{"op": "replace", "path": "/deploymentId", "value": first}]
    api.client.update_stage(restApiId=api.id, stageName="dev", patchOperations=back)
    assert (api.call("/a").body, api.call("/b").status) == (b"one", 403)


def test_host_path_and_the_older_path_are_the_same_place(api):
    api.mock("/a", body="here")
    api.deploy()
    port = api.functions.runtime.runtime.config.port
    for path, host in (
        ("/dev/a", f"{api.id}.execute-api.localhost:{port}"),
        (f"/_aws/execute-api/{api.id}/dev/a", f"127.0.0.1:{port}"),
        (f"/restapis/{api.id}/dev/_user_request_/a", f"127.0.0.1:{port}"),
    ):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", path, headers={"Host": host})
        assert connection.getresponse().read() == b"here"


def test_a_deleted_stage_or_api_is_not_served(api):
    api.mock("/a")
    api.deploy()
    assert api.call("/a").status == 200
    api.client.delete_stage(restApiId=api.id, stageName="dev")
    assert api.call("/a").status == 403
    api.client.delete_rest_api(restApiId=api.id)
    assert api.call("/a").status == 403


def test_a_closed_endpoint(make_api):
    api = make_api(disableExecuteApiEndpoint=True)
    api.mock("/a")
    api.deploy()
    assert (api.call("/a").status, api.call("/a").json) == (403, {"message": "Forbidden"})


def test_a_body_over_10_mb_is_413(api):
    api.mock("/a", "POST")
    api.deploy()
    answer = api.call("/a", "POST", b"x" * (10 * 1024 * 1024 + 1))
    assert (answer.status, answer.json) == (413, {"message": "Request Too Long"})


def test_a_stage_throttles(api, functions):
    api.mock("/a")
    api.deploy()
    limits = {"rateLimit": "0.001", "burstLimit": "2"}
    operations = [{"op": "replace", "path": f"/*/*/throttling/{name}", "value": v} for name, v in limits.items()]
    api.client.update_stage(restApiId=api.id, stageName="dev", patchOperations=operations)
    assert [api.call("/a").status for _ in range(3)] == [200, 200, 429]
    assert api.call("/a").json == {"message": "Too Many Requests"}
    functions.runtime.advance(1000)
    assert api.call("/a").status == 200


def test_signed_methods_want_a_signature(api):
    api.mock("/a", authorizationType="AWS_IAM")
    api.deploy()
    assert api.call("/a").json == {"message": "Missing Authentication Token"}
    signature = "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/execute-api/aws4_request, Signature=x"
    assert api.call("/a", headers={"Authorization": signature}).status == 200
