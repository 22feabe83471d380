"""Canary releases: made with a stage, a deployment or a change, promoted, and served."""

import pytest

STAGE = "dev"


@pytest.fixture
def client(api):
    return api.client


@pytest.fixture
def two(api):
    """An API and its deployments "one" and "two", which say so with a stage variable."""
    body = '{"is": "%s", "var": "$stageVariables.v", "only": "$stageVariables.o", "canary": "$context.isCanaryRequest"}'
    api.mock("/a", body=body % "one")
    one = api.client.create_deployment(restApiId=api.id)["id"]
    change = [{"op": "replace", "path": "/responseTemplates/application~1json", "value": body % "two"}]
    where = {**api.where("/a", "GET"), "statusCode": "200"}
    api.client.update_integration_response(**where, patchOperations=change)
    return one, api.client.create_deployment(restApiId=api.id)["id"]


@pytest.fixture
def staged(api, two):
    settings = {"deploymentId": two[1], "percentTraffic": 50.0, "stageVariableOverrides": {"v": "canary"}}
    given = {"restApiId": api.id, "stageName": STAGE, "deploymentId": two[0], "variables": {"v": "own"}}
    return api.client.create_stage(**given, canarySettings=settings)


def patched(api, *operations):
    fields = ("op", "path", "value")
    given = [dict(zip(fields, operation, strict=False)) for operation in operations]
    return api.client.update_stage(restApiId=api.id, stageName=STAGE, patchOperations=given)


def test_a_stage_with_a_canary(staged, two):
    expected = {"percentTraffic": 50.0, "stageVariableOverrides": {"v": "canary"}, "useStageCache": False}
    assert staged["canarySettings"] == {"deploymentId": two[1], **expected}
    assert staged["deploymentId"] == two[0]


def test_a_share_of_the_requests(api, staged):
    patched(api, ("replace", "/canarySettings/percentTraffic", "0.0"))
    assert api.call("/a").json == {"is": "one", "var": "own", "only": "", "canary": "false"}
    patched(
        api,
        ("replace", "/canarySettings/percentTraffic", "100.0"),
        ("replace", "/canarySettings/stageVariableOverrides/o", "there"),
    )
    assert api.call("/a").json == {"is": "two", "var": "canary", "only": "there", "canary": "true"}
    patched(api, ("replace", "/canarySettings/percentTraffic", "50.0"))
    assert {api.call("/a").json["is"] for _ in range(64)} == {"one", "two"}
    assert "canarySettings" not in patched(api, ("remove", "/canarySettings"))
    assert api.call("/a").json["canary"] == ""


def test_a_canary_is_deployed(api, client, staged, two):
    made = client.create_deployment(restApiId=api.id, stageName=STAGE, canarySettings={"percentTraffic": 20.0})
    stage = client.get_stage(restApiId=api.id, stageName=STAGE)
    assert stage["deploymentId"] == two[0]
    assert stage["canarySettings"] == {"deploymentId": made["id"], "percentTraffic": 20.0, "useStageCache": False}


def test_a_canary_is_promoted(api, two, staged):
    promoted = api.client.update_stage(
        restApiId=api.id,
        stageName=STAGE,
        patchOperations=[
            {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "0.0"},
            {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"},
            {"op": "copy", "from": "/canarySettings/stageVariableOverrides", "path": "/variables"},
        ],
    )
    assert (promoted["deploymentId"], promoted["variables"]) == (two[1], {"v": "canary"})
    assert api.call("/a").json["is"] == "two"


def test_what_a_canary_serves_is_not_deleted(api, client, staged, two, refused):
    refusal = refused(client.delete_deployment, restApiId=api.id, deploymentId=two[1])
    assert refusal == (
        "BadRequestException",
        "Active stages pointing to this deployment must be moved or deleted",
    )


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (
            ("remove", "/canarySettings/stageVariableOverrides"),
            "Cannot remove method setting canarySettings/stageVariableOverrides because there is no method setting for "
            "this method ",
        ),
        (("replace", "/canarySettings", "x"), "Invalid method setting path: /canarySettings. Must be one of: ["),
        (("replace", "/canarySettings/no", "x"), "Invalid method setting path: /canarySettings/no. Must be one of: ["),
        (("add", "/canarySettings/deploymentId", "x"), "Invalid add operation with path: /canarySettings/deploymentId"),
        (("replace", "/canarySettings/deploymentId", "x"), "Deployment id does not exist"),
    ],
)
def test_changes_that_are_refused(api, client, staged, refused, operation, message):
    given = [dict(zip(("op", "path", "value"), operation, strict=False))]
    code, text = refused(client.update_stage, restApiId=api.id, stageName=STAGE, patchOperations=given)
    assert (code, text[: len(message)]) == ("BadRequestException", message)


def test_copies_that_are_refused(api, client, two, refused):
    client.create_stage(restApiId=api.id, stageName=STAGE, deploymentId=two[0])
    wrong = {"op": "copy", "from": "/variables", "path": "/canarySettings/stageVariableOverrides"}
    message = refused(client.update_stage, restApiId=api.id, stageName=STAGE, patchOperations=[wrong])[1]
    assert message.startswith(
        "Invalid copy operation with path: /canarySettings/stageVariableOverrides and from /variables. Valid copy:path"
    )
    early = {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"}
    refusal = refused(client.update_stage, restApiId=api.id, stageName=STAGE, patchOperations=[early])
    assert refusal == ("BadRequestException", "Promotion not available. Canary does not exist.")


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        ({}, "Non null and non empty stageName must be provided for canary deployment. Provided value is null"),
        (
            {"stageName": ""},
            "Non null and non empty stageName must be provided for canary deployment. Provided value is ",
        ),
        ({"stageName": "no"}, "Stage no must already be created before making a canary release deployment"),
    ],
)
def test_deployments_that_are_refused(api, client, two, refused, stage, message):
    refusal = refused(client.create_deployment, restApiId=api.id, canarySettings={"percentTraffic": 5.0}, **stage)
    assert refusal == ("BadRequestException", f"Invalid deployment content specified.{message}")
