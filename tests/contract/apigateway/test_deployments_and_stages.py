import pytest


@pytest.fixture
def client(client):
    return client("apigateway")


@pytest.fixture
def api(client, unique):
    """An API with one method, ready to be deployed."""
    made = client.create_rest_api(name=unique)
    where = {"restApiId": made["id"], "resourceId": made["rootResourceId"], "httpMethod": "GET"}
    client.put_method(**where, authorizationType="NONE")
    client.put_integration(**where, type="MOCK")
    return made["id"]


@pytest.fixture
def staged(client, api):
    deployment = client.create_deployment(restApiId=api)["id"]
    client.create_stage(restApiId=api, stageName="s1", deploymentId=deployment)
    return api


def test_a_deployment(client, api):
    made = client.create_deployment(restApiId=api, description="first")
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert set(made) == {"id", "description", "createdDate", "ResponseMetadata"}
    assert [found["id"] for found in client.get_deployments(restApiId=api)["items"]] == [made["id"]]
    summary = client.get_deployment(restApiId=api, deploymentId=made["id"], embed=["apisummary"])["apiSummary"]
    assert summary == {"/": {"GET": {"authorizationType": "NONE", "apiKeyRequired": False}}}
    change = [{"op": "replace", "path": "/description", "value": "new"}]
    changed = client.update_deployment(restApiId=api, deploymentId=made["id"], patchOperations=change)
    assert changed["description"] == "new"


def test_an_api_has_to_be_complete(client, unique, refused):
    api = client.create_rest_api(name=unique)
    assert refused(client.create_deployment, restApiId=api["id"]) == (
        "BadRequestException",
        "The REST API doesn't contain any methods",
    )
    where = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    client.put_method(**where, authorizationType="NONE")
    assert refused(client.create_deployment, restApiId=api["id"]) == (
        "BadRequestException",
        "No integration defined for method",
    )


def test_a_deployment_makes_its_stage(client, api):
    first = client.create_deployment(restApiId=api, stageName="dev", stageDescription="d", variables={"a": "1"})["id"]
    stage = client.get_stage(restApiId=api, stageName="dev")
    assert (stage["deploymentId"], stage["description"], stage["variables"]) == (first, "d", {"a": "1"})
    second = client.create_deployment(restApiId=api, stageName="dev")["id"]
    assert client.get_stage(restApiId=api, stageName="dev")["deploymentId"] == second


def test_a_deployment_in_use_stays(client, api, refused):
    used = client.create_deployment(restApiId=api, stageName="dev")["id"]
    assert refused(client.delete_deployment, restApiId=api, deploymentId=used) == (
        "BadRequestException",
        "Active stages pointing to this deployment must be moved or deleted",
    )
    client.delete_stage(restApiId=api, stageName="dev")
    client.delete_deployment(restApiId=api, deploymentId=used)
    assert refused(client.get_deployment, restApiId=api, deploymentId=used) == (
        "NotFoundException",
        "Invalid Deployment identifier specified",
    )


def test_a_stage_has_defaults(client, api):
    deployment = client.create_deployment(restApiId=api)["id"]
    made = client.create_stage(restApiId=api, stageName="s1", deploymentId=deployment, description="my stage")
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (made["stageName"], made["deploymentId"], made["description"]) == ("s1", deployment, "my stage")
    assert (made["cacheClusterEnabled"], made["cacheClusterStatus"]) == (False, "NOT_AVAILABLE")
    assert (made["methodSettings"], made["tracingEnabled"]) == ({}, False)
    assert "variables" not in made


def test_stages_by_deployment(client, api):
    deployments = [client.create_deployment(restApiId=api, stageName=name)["id"] for name in ("a", "b")]
    assert [stage["stageName"] for stage in client.get_stages(restApiId=api)["item"]] == ["a", "b"]
    [found] = client.get_stages(restApiId=api, deploymentId=deployments[1])["item"]
    assert found["stageName"] == "b"


def test_stages_that_are_refused(client, staged, refused):
    deployment = client.get_stage(restApiId=staged, stageName="s1")["deploymentId"]
    request = {"restApiId": staged, "deploymentId": deployment}
    assert refused(client.create_stage, **request, stageName="s1") == ("ConflictException", "Stage already exists")
    assert refused(client.create_stage, **request, stageName="a b") == (
        "BadRequestException",
        "Stage name only allows a-zA-Z0-9_",
    )
    assert refused(client.create_stage, restApiId=staged, stageName="s2", deploymentId="x")[0] == "NotFoundException"
    canary = {"deploymentId": "none"}
    refusal = refused(client.create_stage, **request, stageName="s2", canarySettings=canary)
    assert refusal == ("BadRequestException", "Deployment id does not exist")
    assert refused(client.get_stage, restApiId=staged, stageName="s2") == (
        "NotFoundException",
        "Invalid Stage identifier specified",
    )


def patch(client, api, *operations):
    fields = ("op", "path", "value")
    operations = [dict(zip(fields, operation, strict=False)) for operation in operations]
    return client.update_stage(restApiId=api, stageName="s1", patchOperations=operations)


def test_changes(client, staged):
    changed = patch(
        client,
        staged,
        ("replace", "/description", "new"),
        ("replace", "/variables/a", "1"),
        ("replace", "/tracingEnabled", "true"),
        ("replace", "/accessLogSettings/destinationArn", "arn:aws:logs:us-east-1:000000000000:log-group:g"),
        ("replace", "/accessLogSettings/format", "$context.requestId"),
    )
    assert (changed["description"], changed["variables"], changed["tracingEnabled"]) == ("new", {"a": "1"}, True)
    assert changed["accessLogSettings"]["format"] == "$context.requestId"
    changed = patch(client, staged, ("remove", "/variables/a"), ("remove", "/accessLogSettings"))
    assert not {"variables", "accessLogSettings"} & set(changed)


def test_method_settings(client, staged, refused):
    changed = patch(
        client,
        staged,
        ("replace", "/*/*/throttling/rateLimit", "5"),
        ("replace", "/*/*/throttling/burstLimit", "7"),
        ("replace", "/~1pets~1dogs/GET/logging/loglevel", "INFO"),
    )
    general, own = changed["methodSettings"]["*/*"], changed["methodSettings"]["pets/dogs/GET"]
    assert (general["throttlingRateLimit"], general["throttlingBurstLimit"]) == (5.0, 7)
    assert "loggingLevel" not in general  # before it is set
    assert (own["loggingLevel"], own["throttlingRateLimit"]) == ("INFO", 5.0)  # a method begins with what holds for all
    assert "*/*" not in patch(client, staged, ("remove", "/*/*"))["methodSettings"]
    operations = [{"op": "remove", "path": "/*/*"}]
    assert refused(client.update_stage, restApiId=staged, stageName="s1", patchOperations=operations) == (
        "BadRequestException",
        "Cannot remove method setting */* because there is no method setting for this method ",
    )


@pytest.mark.parametrize("path", ["/documentation_version", "/tags/tag1"])
def test_paths_that_are_refused(client, staged, refused, path):
    operations = [{"op": "replace", "path": path, "value": "x"}]
    code, message = refused(client.update_stage, restApiId=staged, stageName="s1", patchOperations=operations)
    assert code == "BadRequestException"
    assert message.startswith(f"Invalid method setting path: {path}. Must be one of: [/deploymentId, /description, ")
    assert message.endswith(", /variables/{variable_name}, /tracingEnabled]")


def test_an_unknown_deployment(client, staged, refused):
    operations = [{"op": "replace", "path": "/deploymentId", "value": "x"}]
    assert refused(client.update_stage, restApiId=staged, stageName="s1", patchOperations=operations) == (
        "BadRequestException",
        "Deployment id does not exist",
    )
