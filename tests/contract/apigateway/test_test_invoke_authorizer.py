"""TestInvokeAuthorizer: what an authorizer says, and what a caller would be told of it."""

import json

import pytest


def policy(effect):
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def decide(event):
    token = event.get("authorizationToken") or event["headers"]["Token"]
    if token == "nobody":
        raise RuntimeError("Unauthorized")
    return {"principalId": f"user-{token}", "policyDocument": policy("Deny" if token == "denied" else "Allow")}


@pytest.fixture
def ask(api):
    def ask(kind="TOKEN", **request):
        uri = api.functions.uri(api.functions.make(decide))
        given = {"name": kind, "type": kind, "authorizerUri": uri, "identitySource": "method.request.header.Token"}
        made = api.client.create_authorizer(restApiId=api.id, **given)
        return api.client.test_invoke_authorizer(restApiId=api.id, authorizerId=made["id"], **request)

    return ask


@pytest.mark.parametrize("kind", ["TOKEN", "REQUEST"])
@pytest.mark.parametrize(("token", "effect"), [("a", "Allow"), ("denied", "Deny")])
def test_what_an_authorizer_says(ask, kind, token, effect):
    answer = ask(kind, headers={"Token": token}, pathWithQueryString="/a?b=c")
    assert (answer["clientStatus"], answer["principalId"]) == (0, f"user-{token}")
    assert json.loads(answer["policy"]) == policy(effect)
    assert "Successfully completed authorizer execution" in answer["log"]
    assert f"user-{token}" not in answer["log"]


def test_a_caller_who_is_nobody(ask):
    assert ask()["clientStatus"] == 401
    assert ask(headers={"Token": "nobody"})["clientStatus"] == 401


def test_an_authorizer_that_fails(api):
    uri = api.functions.uri(api.functions.make(lambda event: 1 / 0))
    given = {"name": "a", "type": "TOKEN", "authorizerUri": uri, "identitySource": "method.request.header.Token"}
    made = api.client.create_authorizer(restApiId=api.id, **given)
    where = {"restApiId": api.id, "authorizerId": made["id"]}
    answer = api.client.test_invoke_authorizer(**where, headers={"Token": "a"})
    assert answer["clientStatus"] == 500
    assert "division by zero" in answer["log"]
