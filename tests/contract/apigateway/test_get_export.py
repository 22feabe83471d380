"""GetExport: what is exported can be read again, and is what AWS exports."""

import json

import pytest
import yaml

PET = {"type": "object", "properties": {"id": {"type": "integer"}, "kind": {"$ref": "#/definitions/Kind"}}}
URI = "http://localhost/pets/{id}"
SPEC = {
    "swagger": "2.0",
    "info": {"title": "Pets", "version": "1.2", "description": "some"},
    "x-amazon-apigateway-request-validators": {
        "all": {"validateRequestBody": True, "validateRequestParameters": True},
    },
    "x-amazon-apigateway-gateway-responses": {"THROTTLED": {"statusCode": "420"}},
    "x-amazon-apigateway-binary-media-types": ["image/png"],
    "securityDefinitions": {
        "key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
        "mine": {
            "type": "apiKey",
            "name": "Token",
            "in": "header",
            "x-amazon-apigateway-authtype": "custom",
            "x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri": "arn:x", "identitySource": "x"},
        },
    },
    "definitions": {"Kind": {"type": "string"}, "Pet": PET, "Unused": {"type": "object"}},
    "paths": {
        "/pets/{id}": {
            "post": {
                "operationId": "PutPet",
                "consumes": ["application/json"],
                "security": [{"mine": []}, {"key": []}],
                "x-amazon-apigateway-request-validator": "all",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "type": "string"},
                    {"name": "q", "in": "query", "required": False, "type": "string"},
                    {"name": "Pet", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Pet"}},
                ],
                "responses": {
                    "200": {
                        "description": "200 response",
                        "schema": {"$ref": "#/definitions/Pet"},
                        "headers": {"X-A": {"type": "string"}},
                    },
                    "404": {"description": "404 response"},
                },
                "x-amazon-apigateway-integration": {
                    "type": "http",
                    "httpMethod": "PUT",
                    "uri": URI,
                    "requestParameters": {"integration.request.path.id": "method.request.path.id"},
                    "passthroughBehavior": "when_no_match",
                    "responses": {"default": {"statusCode": "200"}, "4\\d\\d": {"statusCode": "404"}},
                },
            },
        },
        "/": {
            "x-amazon-apigateway-any-method": {
                "responses": {},
                "x-amazon-apigateway-integration": {
                    "type": "mock",
                    "requestTemplates": {"application/json": '{"statusCode": 200}'},
                    "passthroughBehavior": "when_no_match",
                },
            }
        },
    },
}
OPERATION = SPEC["paths"]["/pets/{id}"]["post"]


@pytest.fixture
def client(functions):
    return functions.client("apigateway")


@pytest.fixture
def imported(client):
    api = client.import_rest_api(body=json.dumps(SPEC).encode())["id"]
    client.create_deployment(restApiId=api, stageName="dev")
    return api


@pytest.fixture
def export(client, imported):
    def export(kind, extensions=None, **more):
        given = {"restApiId": imported, "stageName": "dev", "exportType": kind, **more}
        got = client.get_export(**given, parameters={"extensions": extensions} if extensions else {})
        return got, got["body"].read()

    return export


def test_swagger(export, imported):
    got, body = export("swagger")
    document = json.loads(body)
    assert got["contentType"] == "application/octet-stream"
    assert got["contentDisposition"] == 'attachment; filename="swagger_1.2.json"'
    assert (document["swagger"], document["info"]) == ("2.0", SPEC["info"])
    assert document["host"] == f"{imported}.execute-api.us-east-1.amazonaws.com"
    assert (document["basePath"], document["schemes"]) == ("/dev", ["https"])
    assert document["definitions"] == {"Pet": PET, "Kind": {"type": "string"}}
    operation = document["paths"]["/pets/{id}"]["post"]
    extensions = ("x-amazon-apigateway-request-validator", "x-amazon-apigateway-integration", "security")
    expected = {name: value for name, value in OPERATION.items() if name not in extensions}
    security = {"security": [{"mine": []}, {"api_key": []}]}
    assert operation == {**expected, "produces": ["application/json"], **security}
    assert document["paths"]["/"]["x-amazon-apigateway-any-method"] == {
        "consumes": ["application/json"],
        "responses": {},
    }
    assert document["securityDefinitions"]["api_key"] == SPEC["securityDefinitions"]["key"]
    assert "x-amazon-apigateway-authorizer" not in document["securityDefinitions"]["mine"]


def test_swagger_with_all_extensions(export):
    document = json.loads(export("swagger", "apigateway")[1])
    operation = document["paths"]["/pets/{id}"]["post"]
    name = "x-amazon-apigateway-integration"
    assert operation[name] == OPERATION[name]
    assert operation["x-amazon-apigateway-request-validator"] == "all"
    for part in ("request-validators", "binary-media-types"):
        assert document[f"x-amazon-apigateway-{part}"] == SPEC[f"x-amazon-apigateway-{part}"]
    assert document["x-amazon-apigateway-gateway-responses"]["THROTTLED"]["statusCode"] == "420"
    authorizer = document["securityDefinitions"]["mine"]["x-amazon-apigateway-authorizer"]
    assert (authorizer["type"], authorizer["authorizerUri"]) == ("token", "arn:x")


@pytest.mark.parametrize(
    ("asked", "integrations", "authorizers"), [("integrations", True, False), ("authorizers", False, True)]
)
def test_some_extensions(export, asked, integrations, authorizers):
    document = json.loads(export("oas30", asked)[1])
    operation = document["paths"]["/pets/{id}"]["post"]
    assert ("x-amazon-apigateway-integration" in operation) is integrations
    scheme = document["components"]["securitySchemes"]["mine"]
    assert ("x-amazon-apigateway-authorizer" in scheme) is authorizers
    assert "x-amazon-apigateway-binary-media-types" not in document


def test_openapi(export, imported):
    document = json.loads(export("oas30")[1])
    server = {
        "url": f"https://{imported}.execute-api.us-east-1.amazonaws.com/{{basePath}}",
        "variables": {"basePath": {"default": "dev"}},
    }
    assert (document["openapi"], document["servers"]) == ("3.0.1", [server])
    operation = document["paths"]["/pets/{id}"]["post"]
    schema, reference = {"type": "string"}, {"schema": {"$ref": "#/components/schemas/Pet"}}
    assert operation["parameters"] == [
        {"name": "id", "in": "path", "required": True, "schema": schema},
        {"name": "q", "in": "query", "schema": schema},
    ]
    assert operation["requestBody"] == {"content": {"application/json": reference}, "required": True}
    assert operation["responses"]["200"] == {
        "description": "200 response",
        "headers": {"X-A": {"schema": schema}},
        "content": {"application/json": reference},
    }
    assert operation["responses"]["404"] == {"description": "404 response", "content": {}}
    kind = document["components"]["schemas"]["Pet"]["properties"]["kind"]
    assert kind == {"$ref": "#/components/schemas/Kind"}


def test_yaml(export):
    got, body = export("oas30", accepts="application/yaml")
    assert got["contentDisposition"] == 'attachment; filename="oas30_1.2.yaml"'
    assert yaml.safe_load(body) == json.loads(export("oas30")[1])


@pytest.mark.parametrize("kind", ["oas30", "swagger"])
def test_what_is_exported_is_the_same_when_it_is_read_again(client, export, kind):
    first = export(kind, "apigateway")[1]
    again = client.import_rest_api(body=first)["id"]
    client.create_deployment(restApiId=again, stageName="dev")
    given = {"restApiId": again, "stageName": "dev", "exportType": kind}
    second = client.get_export(**given, parameters={"extensions": "apigateway"})["body"].read()
    documents = [json.loads(first), json.loads(second)]
    for document in documents:
        document.pop("host", None)
        document.pop("servers", None)
    assert documents[0] == documents[1]


def test_what_cannot_be_exported(client, imported, refused):
    given = {"restApiId": imported, "stageName": "dev"}
    assert refused(client.get_export, **given, exportType="a") == (
        "BadRequestException",
        "No API exporter for type 'a'",
    )
    missing = refused(client.get_export, restApiId="none", stageName="dev", exportType="swagger")
    assert missing == ("NotFoundException", "Invalid Stage identifier specified")
    postman = refused(client.get_export, **given, exportType="oas30", parameters={"extensions": "postman"})
    assert postman[0] == "NotImplemented"
