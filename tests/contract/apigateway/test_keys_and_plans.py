import pytest


@pytest.fixture
def client(penstock, unique):
    """An account of its own for each test: keys and plans are listed by account."""
    account = str(int(unique[2:], 16))[:12].zfill(12)
    return penstock.client("apigateway", account=account)


@pytest.fixture
def staged(client):
    """`{"apiId", "stage"}` of a deployed API."""
    api = client.create_rest_api(name="a")
    where = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    client.put_method(**where, authorizationType="NONE")
    client.put_integration(**where, type="MOCK")
    client.create_deployment(restApiId=api["id"], stageName="dev")
    return {"apiId": api["id"], "stage": "dev"}


def test_a_key_comes_and_goes(client, refused):
    made = client.create_api_key(name="k", enabled=True, value="v" * 20, tags={"a": "b"})
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (made["name"], made["value"], made["enabled"], made["stageKeys"]) == ("k", "v" * 20, True, [])
    assert "value" not in client.get_api_key(apiKey=made["id"])
    assert client.get_api_key(apiKey=made["id"], includeValue=True)["value"] == "v" * 20
    change = [{"op": "replace", "path": "/enabled", "value": "false"}]
    changed = client.update_api_key(apiKey=made["id"], patchOperations=change)
    assert (changed["enabled"], changed["tags"], "value" in changed) == (False, {"a": "b"}, False)
    assert client.delete_api_key(apiKey=made["id"])["ResponseMetadata"]["HTTPStatusCode"] == 202
    unknown = ("NotFoundException", "Invalid API Key identifier specified")
    assert refused(client.get_api_key, apiKey=made["id"]) == unknown
    assert client.create_api_key(name="again", value="v" * 20)["value"] == "v" * 20


def test_values_of_keys(client, refused):
    assert len(client.create_api_key(name="k")["value"]) == 40
    client.create_api_key(name="k", value="v" * 20)
    assert refused(client.create_api_key, value="v" * 20) == ("ConflictException", "API Key already exists")
    assert refused(client.create_api_key, value="short") == (
        "BadRequestException",
        "API Key value should be at least 20 characters",
    )


def test_lists_of_keys(client):
    for name in ("one", "other", "two"):
        client.create_api_key(name=name)
    assert [key["name"] for key in client.get_api_keys(nameQuery="o")["items"]] == ["other", "one"]
    assert all("value" in key for key in client.get_api_keys(includeValues=True)["items"])
    first = client.get_api_keys(limit=2)
    assert [key["name"] for key in client.get_api_keys(limit=2, position=first["position"])["items"]] == ["one"]


def test_keys_from_a_file(client):
    body = f"Name,Key,Enabled\nfirst,{'a' * 20},true\nsecond,short,true\n"
    found = client.import_api_keys(body=body.encode(), format="csv")
    assert len(found["ids"]) == 1
    assert found["warnings"] == ["line 2: API Key value should be at least 20 characters"]


def test_a_plan_comes_and_goes(client, staged, refused):
    throttle, quota = {"burstLimit": 1, "rateLimit": 2.0}, {"limit": 10, "period": "DAY"}
    made = client.create_usage_plan(name="p", apiStages=[staged], throttle=throttle, quota=quota)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (made["apiStages"], made["throttle"], made["quota"]) == ([staged], throttle, {**quota, "offset": 0})
    assert client.get_usage_plan(usagePlanId=made["id"])["tags"] == {}
    operations = [
        {"op": "replace", "path": "/throttle/rateLimit", "value": "200"},
        {"op": "remove", "path": "/quota"},
        {"op": "remove", "path": "/apiStages", "value": f"{staged['apiId']}:dev"},
    ]
    changed = client.update_usage_plan(usagePlanId=made["id"], patchOperations=operations)
    assert (changed["throttle"]["rateLimit"], changed["apiStages"], "quota" in changed) == (200.0, [], False)
    assert client.delete_usage_plan(usagePlanId=made["id"])["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert refused(client.get_usage_plan, usagePlanId=made["id"]) == (
        "NotFoundException",
        "Invalid Usage Plan ID specified",
    )


def test_a_plan_of_an_unknown_stage(client, staged, refused):
    unknown = refused(client.create_usage_plan, name="p", apiStages=[{**staged, "stage": "prod"}])
    assert unknown == ("NotFoundException", f"API Stage not found: {staged['apiId']}:prod")
    plan = client.create_usage_plan(name="p")["id"]
    operations = [{"op": "remove", "path": "/apiStages", "value": f"{staged['apiId']}:dev"}]
    assert refused(client.update_usage_plan, usagePlanId=plan, patchOperations=operations) == (
        "NotFoundException",
        f"Invalid API Stage {{api: {staged['apiId']}, stage: dev}} specified for usageplan {plan}",
    )


def test_throttles_of_methods(client, staged):
    plan = client.create_usage_plan(name="p", apiStages=[staged])["id"]
    path = f"/apiStages/{staged['apiId']}:dev/throttle/~1pets/GET"
    operations = [{"op": "replace", "path": f"{path}/rateLimit", "value": "1"}]
    [stage] = client.update_usage_plan(usagePlanId=plan, patchOperations=operations)["apiStages"]
    assert stage["throttle"] == {"/pets/GET": {"rateLimit": 1.0}}


def test_keys_of_a_plan(client, refused):
    plan, key = client.create_usage_plan(name="p")["id"], client.create_api_key(name="k")
    where = {"usagePlanId": plan, "keyId": key["id"]}
    made = client.create_usage_plan_key(**where, keyType="API_KEY")
    assert (made["id"], made["name"], made["value"], made["type"]) == (key["id"], "k", key["value"], "API_KEY")
    assert client.get_usage_plan_key(**where)["value"] == key["value"]
    assert [found["id"] for found in client.get_usage_plan_keys(usagePlanId=plan)["items"]] == [key["id"]]
    assert [found["id"] for found in client.get_usage_plans(keyId=key["id"])["items"]] == [plan]
    assert refused(client.create_usage_plan_key, **where, keyType="API_KEY")[0] == "ConflictException"
    client.delete_usage_plan_key(**where)
    assert refused(client.get_usage_plan_key, **where)[0] == "NotFoundException"
    assert client.get_usage_plan_keys(usagePlanId=plan)["items"] == []


def test_the_newest_key_of_a_plan_comes_first(client, refused):
    plan = client.create_usage_plan(name="p")["id"]
    for name in ("old", "new"):
        key = client.create_api_key(name=name)["id"]
        client.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    assert [key["name"] for key in client.get_usage_plan_keys(usagePlanId=plan)["items"]] == ["new", "old"]
    assert client.get_usage_plan_keys(usagePlanId="none")["items"] == []
    refusal = refused(client.create_usage_plan_key, usagePlanId="none", keyId="none", keyType="API_KEY")
    assert refusal == ("NotFoundException", "Invalid API Key identifier specified")
