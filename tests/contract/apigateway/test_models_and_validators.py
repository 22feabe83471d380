import json

import pytest

SCHEMA = json.dumps({"title": "Pet", "type": "object"})
NO_SCHEMA = ("BadRequestException", "Model schema must have at least 1 property or array items defined")
NO_VALIDATOR = ("NotFoundException", "Invalid Request Validator identifier specified")


@pytest.fixture
def client(client):
    return client("apigateway")


@pytest.fixture
def api(client, unique):
    return client.create_rest_api(name=unique)


def test_every_api_has_two_models(client, api):
    models = {model["name"]: model for model in client.get_models(restApiId=api["id"])["items"]}
    assert set(models) == {"Empty", "Error"}
    assert models["Empty"]["description"] == "This is a default empty schema model"
    assert json.loads(models["Error"]["schema"])["properties"] == {"message": {"type": "string"}}


def test_a_model_comes_and_goes(client, api, refused):
    request = {"restApiId": api["id"], "name": "Pet", "contentType": "application/json", "schema": SCHEMA}
    made = client.create_model(**request, description="d")
    assert (made["name"], made["schema"], made["description"]) == ("Pet", SCHEMA, "d")
    where = {"restApiId": api["id"], "modelName": "Pet"}
    assert client.get_model(**where)["id"] == made["id"]
    assert refused(client.create_model, **request) == (
        "ConflictException",
        "Model name already exists for this REST API",
    )
    change = [{"op": "replace", "path": "/schema", "value": '{"type":"array"}'}]
    assert client.update_model(**where, patchOperations=change)["schema"] == '{"type":"array"}'
    assert client.delete_model(**where)["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert refused(client.get_model, **where) == ("NotFoundException", "Invalid model name specified: Pet")


def test_models_that_are_refused(client, api, refused):
    request = {"restApiId": api["id"], "contentType": "application/json"}
    empty = refused(client.create_model, **request, name="", schema=SCHEMA)
    assert empty == ("BadRequestException", "Model name must be non-empty")
    dashed = refused(client.create_model, **request, name="a-b", schema=SCHEMA)
    assert dashed == ("BadRequestException", "Model name must be alphanumeric: a-b")
    assert refused(client.create_model, **request, name="A", schema="") == NO_SCHEMA
    assert refused(client.create_model, **request, name="A") == NO_SCHEMA
    where = {"restApiId": api["id"], "modelName": "Empty"}
    for op, path, end in (
        ("add", "/wrong", "Please choose supported operations"),
        ("replace", "/name", "Must be one of: [/description, /schema]"),
    ):
        change = [{"op": op, "path": path, "value": "x"}]
        text = f"Invalid patch path  '{path}' specified for op '{op}'. {end}"
        assert refused(client.update_model, **where, patchOperations=change) == ("BadRequestException", text)
    change = [{"op": "replace", "path": "/schema", "value": ""}]
    assert refused(client.update_model, **where, patchOperations=change) == NO_SCHEMA


WRONG = "Invalid model schema specified"


@pytest.mark.parametrize(
    ("schema", "errors"),
    [
        ("{", WRONG),
        ('{"type": "object", "required": []}', WRONG),
        ('{"type": "string", "minLength": "1", "maxLength": "35"}', f"{WRONG}, {WRONG}"),
        ('{"$id": "x", "properties": {"const": {"type": "string"}}}', f'{WRONG}. Unsupported keyword(s): ["$id"]'),
        (
            '{"items": [{"properties": {"a": {"nullable": true, "example": 1}}}]}',
            f'{WRONG}. Unsupported keyword(s): ["example","nullable"]',
        ),
    ],
)
def test_a_schema_that_is_none(client, api, refused, schema, errors):
    text = f"Invalid model specified: Validation Result: warnings : [], errors : [{errors}]"
    made = {"restApiId": api["id"], "name": "A", "contentType": "application/json", "schema": schema}
    assert refused(client.create_model, **made) == ("BadRequestException", text)
    change = [{"op": "replace", "path": "/schema", "value": schema}]
    changed = refused(client.update_model, restApiId=api["id"], modelName="Error", patchOperations=change)
    assert changed == ("BadRequestException", text)


def test_a_model_in_use_stays(client, api, refused):
    where = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "ANY"}
    client.put_method(**where, authorizationType="NONE", requestModels={"application/json": "Error"})
    assert refused(client.delete_model, restApiId=api["id"], modelName="Error") == (
        "ConflictException",
        "Cannot delete model 'Error', is referenced in method request: //ANY",
    )


def test_a_validator_comes_and_goes(client, api, refused):
    made = client.create_request_validator(restApiId=api["id"], name="v")
    assert (made["name"], made["validateRequestBody"], made["validateRequestParameters"]) == ("v", False, False)
    where = {"restApiId": api["id"], "requestValidatorId": made["id"]}
    change = [{"op": "replace", "path": "/validateRequestBody", "value": "true"}]
    assert client.update_request_validator(**where, patchOperations=change)["validateRequestBody"] is True
    change = [{"op": "replace", "path": "/validateRequestBody"}]
    assert client.update_request_validator(**where, patchOperations=change)["validateRequestBody"] is False
    assert [found["id"] for found in client.get_request_validators(restApiId=api["id"])["items"]] == [made["id"]]
    assert client.delete_request_validator(**where)["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert refused(client.get_request_validator, **where) == NO_VALIDATOR
    assert refused(client.delete_request_validator, **where) == NO_VALIDATOR


def test_validators_that_are_refused(client, api, refused):
    assert refused(client.create_request_validator, restApiId="x", name="v") == (
        "BadRequestException",
        "Invalid REST API identifier specified",
    )
    made = client.create_request_validator(restApiId=api["id"], name="v")["id"]
    text = "Invalid patch path  '{}' specified for op '{}'. {}"
    paths = "Must be one of: [/name, /validateRequestParameters, /validateRequestBody]"
    for op, path, message in (
        (
            "add",
            "/validateRequestBody",
            text.format("/validateRequestBody", "add", "Please choose supported operations"),
        ),
        ("replace", "/invalidPath", text.format("/invalidPath", "replace", paths)),
        ("replace", "/name", "Request Validator name cannot be blank"),
    ):
        change = [{"op": op, "path": path, "value": ""}]
        request = {"restApiId": api["id"], "requestValidatorId": made, "patchOperations": change}
        assert refused(client.update_request_validator, **request) == ("BadRequestException", message)


def test_a_template_of_a_model(client, api):
    inner = {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}
    client.create_model(restApiId=api["id"], name="Item", contentType="application/json", schema=json.dumps(inner))
    reference = {"$ref": f"https://apigateway.amazonaws.com/restapis/{api['id']}/models/Item"}
    schema = json.dumps({"type": "array", "items": reference})
    client.create_model(restApiId=api["id"], name="Items", contentType="application/json", schema=schema)
    template = client.get_model_template(restApiId=api["id"], modelName="Item")["value"]
    assert template == '#set($inputRoot = $input.path(\'$\'))\n{\n  "id" : 42,\n  "name" : "foo"\n}'
    many = client.get_model_template(restApiId=api["id"], modelName="Items")["value"]
    assert "#foreach($elem in $inputRoot)" in many
    assert '"name" : "foo"' in many
    assert client.get_model_template(restApiId=api["id"], modelName="Empty")["value"].endswith("{ }")
