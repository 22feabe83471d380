"""Request validators: required parameters, and bodies against their models."""

import json

import pytest


@pytest.fixture
def validated(api):
    def build(validator, **method):
        made = api.client.create_request_validator(restApiId=api.id, **validator)["id"]
        api.function(
            "/a/{id}", lambda event: {"statusCode": 200, "body": "in"}, "POST", requestValidatorId=made, **method
        )
        api.deploy()

    return build


def test_required_parameters(api, validated):
    required = {
        "method.request.querystring.q": True,
        "method.request.header.X-H": True,
        "method.request.path.id": True,
        "method.request.querystring.optional": False,
    }
    validated({"validateRequestParameters": True}, requestParameters=required)
    answer = api.call("/a/7", "POST")
    assert answer.status == 400
    assert answer.json == {"message": "Missing required request parameters: [X-H, q]"}
    assert answer.headers["x-amzn-ErrorType"] == "BadRequestException"
    assert api.call("/a/7?q=1", "POST", headers={"x-h": "1"}).body == b"in"


def test_bodies(api, validated):
    toy = {"type": "object", "properties": {"price": {"type": "number", "minimum": 0, "exclusiveMinimum": True}}}
    reference = {"$ref": f"https://apigateway.amazonaws.com/restapis/{api.id}/models/Toy"}
    pet = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "toy": reference}}
    for name, schema in (("Toy", toy), ("Pet", pet)):
        request = {"name": name, "contentType": "application/json", "schema": json.dumps(schema)}
        api.client.create_model(restApiId=api.id, **request)
    validated({"validateRequestBody": True}, requestModels={"application/json": "Pet"})
    kind = {"Content-Type": "application/json; charset=utf-8"}
    for body in ({}, {"name": 1}, {"name": "a", "toy": {"price": 0}}, None):
        answer = api.call("/a/7", "POST", json.dumps(body) if body is not None else b"", kind)
        assert (body, answer.status, answer.json) == (body, 400, {"message": "Invalid request body"})
    assert api.call("/a/7", "POST", b"{", kind).status == 400
    assert api.call("/a/7", "POST", json.dumps({"name": "a", "toy": {"price": 1}}), kind).status == 200
    assert api.call("/a/7", "POST", b"{", {"Content-Type": "text/plain"}).status == 200


def test_a_method_without_validator_lets_everything_in(api):
    required = {"method.request.querystring.q": True}
    api.function("/a", lambda event: {"statusCode": 200}, requestParameters=required)
    api.deploy()
    assert api.call("/a").status == 200
