import json

import pytest

MOCK = {"type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": '"hi"'}}}}  # fmt: skip
OPENAPI = {
    "openapi": "3.0.1",
    "info": {"title": "pets", "version": "2"},
    "servers": [{"url": "/v1"}],
    "paths": {
        "/pets/{id}": {
            "parameters": [{"$ref": "#/components/parameters/Id"}],
            "get": {
                "operationId": "getPet",
                "parameters": [{"name": "q", "in": "query", "required": True}, {"name": "h", "in": "header"}],
                "responses": {"200": {"description": "ok", "headers": {"x": {}}, "content": {"application/json": {
                    "schema": {"$ref": "#/components/schemas/Pet"}}}}},
                "x-amazon-apigateway-integration": MOCK,
                "x-amazon-apigateway-request-validator": "all",
            },
            "x-amazon-apigateway-any-method": {"x-amazon-apigateway-integration": MOCK, "security": [{"key": []}]},
        },
    },
    "components": {
        "parameters": {"Id": {"name": "id", "in": "path", "required": True}},
        "schemas": {"Pet": {"type": "object", "properties": {"toy": {"$ref": "#/components/schemas/Toy"}}},
                    "Toy": {"type": "object"}},
        "securitySchemes": {"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}},
    },
    "x-amazon-apigateway-request-validators": {"all": {"validateRequestBody": True, "validateRequestParameters": True}},
    "x-amazon-apigateway-gateway-responses": {"DEFAULT_4XX": {"statusCode": 418}},
    "x-amazon-apigateway-binary-media-types": ["image/png"],
}  # fmt: skip


@pytest.fixture
def client(client):
    return client("apigateway")


def resources(client, api):
    items = client.get_resources(restApiId=api, embed=["methods"])["items"]
    return {item["path"]: item for item in items}


def test_an_api_is_read_from_openapi(client):
    api = client.import_rest_api(body=json.dumps(OPENAPI).encode())
    assert (api["name"], api["version"], api["binaryMediaTypes"]) == ("pets", "2", ["image/png"])
    found = resources(client, api["id"])
    assert list(found) == ["/", "/pets", "/pets/{id}"]
    get, any_ = (found["/pets/{id}"]["resourceMethods"][name] for name in ("GET", "ANY"))
    assert get["operationName"] == "getPet"
    assert get["requestParameters"] == {
        "method.request.path.id": True,
        "method.request.querystring.q": True,
        "method.request.header.h": False,
    }
    [validator] = client.get_request_validators(restApiId=api["id"])["items"]
    assert (get["requestValidatorId"], validator["validateRequestBody"]) == (validator["id"], True)
    response = get["methodResponses"]["200"]
    assert response["responseModels"] == {"application/json": "Pet"}
    assert response["responseParameters"] == {"method.response.header.x": False}
    assert get["methodIntegration"]["type"] == "MOCK"
    assert get["methodIntegration"]["integrationResponses"]["200"]["responseTemplates"] == {"application/json": '"hi"'}
    assert any_["apiKeyRequired"] is True
    schema = json.loads(client.get_model(restApiId=api["id"], modelName="Pet")["schema"])
    reference = schema["properties"]["toy"]["$ref"]
    assert reference == f"https://apigateway.amazonaws.com/restapis/{api['id']}/models/Toy"
    assert client.get_gateway_response(restApiId=api["id"], responseType="THROTTLED")["statusCode"] == "418"


def test_base_paths(client):
    body = json.dumps(OPENAPI).encode()
    api = client.import_rest_api(body=body, parameters={"basepath": "prepend"})["id"]
    assert "/v1/pets/{id}" in resources(client, api)


def test_swagger_2_with_an_authorizer(client):
    function = "arn:aws:lambda:us-east-1:1:function:f"
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
    authorizer = {"type": "token", "authorizerUri": uri, "authorizerResultTtlInSeconds": 60}
    spec = {
        "swagger": "2.0",
        "info": {"title": "t", "version": "1"},
        "securityDefinitions": {
            "auth": {"type": "apiKey", "name": "Authorization", "in": "header",
                     "x-amazon-apigateway-authtype": "custom", "x-amazon-apigateway-authorizer": authorizer}
        },
        "paths": {"/": {"post": {
            "parameters": [{"in": "body", "name": "b", "schema": {"type": "object"}}],
            "security": [{"auth": []}],
            "x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST", "uri": uri},
        }}},
    }  # fmt: skip
    api = client.import_rest_api(body=json.dumps(spec).encode())["id"]
    [made] = client.get_authorizers(restApiId=api)["items"]
    assert (made["type"], made["identitySource"]) == ("TOKEN", "method.request.header.Authorization")
    post = resources(client, api)["/"]["resourceMethods"]["POST"]
    assert (post["authorizationType"], post["authorizerId"]) == ("CUSTOM", made["id"])
    assert post["requestModels"]["application/json"].startswith("MODEL")


def test_merge_keeps_and_overwrite_drops_what_was_there(client, unique):
    api = client.create_rest_api(name=unique)
    client.create_resource(restApiId=api["id"], parentId=api["rootResourceId"], pathPart="old")
    body = json.dumps(OPENAPI).encode()
    client.put_rest_api(restApiId=api["id"], mode="merge", body=body)
    assert {"/old", "/pets/{id}"} <= set(resources(client, api["id"]))
    client.put_rest_api(restApiId=api["id"], mode="overwrite", body=body)
    assert "/old" not in resources(client, api["id"])


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"openapi": "3.0.1", "paths": {}}'])
def test_documents_that_cannot_be_read(client, refused, body):
    assert refused(client.import_rest_api, body=body)[0] == "BadRequestException"


def test_what_is_overwritten_keeps_its_id(client):
    def spec(*paths):
        operation = {"get": {"responses": {}, "x-amazon-apigateway-integration": {"type": "mock"}}}
        document = {"openapi": "3.0.0", "info": {"title": "t"}, "paths": dict.fromkeys(paths, operation)}
        return json.dumps(document).encode()

    def resources():
        return {item["path"]: item["id"] for item in client.get_resources(restApiId=api)["items"]}

    api = client.import_rest_api(body=spec("/a/b", "/c"))["id"]
    before = resources()
    client.put_rest_api(restApiId=api, mode="overwrite", body=spec("/a/b", "/d"))
    after = resources()
    assert list(after) == ["/", "/a", "/a/b", "/d"]
    assert all(after[path] == before[path] for path in ("/", "/a", "/a/b"))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            {"openapi": "3.0.0", "info": {"title": "t"}},
            "Failed to parse the uploaded OpenAPI document due to: 'paths' is a required property",
        ),
        ({"openapi": "2.1", "info": {"title": "t"}, "paths": {}}, "Only OpenAPI 3.x.x are currently supported"),
    ],
)
def test_documents_that_are_refused(client, refused, document, message):
    refusal = refused(client.import_rest_api, body=json.dumps(document).encode(), failOnWarnings=True)
    assert refusal == ("BadRequestException", message)


def test_an_unknown_mode(client, refused):
    api = client.create_rest_api(name="a")["id"]
    refusal = refused(client.put_rest_api, restApiId=api, mode="unknown", body=b"{}")
    text = 'Enumeration value of OpenAPI import mode must be "overwrite" or "merge"'
    assert refusal == ("BadRequestException", text)


DOCUMENTED = [
    {"location": {"type": "API"}, "properties": {"description": "all"}},
    {"location": {"type": "METHOD", "method": "GET"}, "properties": {"description": "one"}},
    {"location": {"type": "MODEL", "name": "Empty"}, "properties": {"title": "none"}},
]


def test_documentation_is_read(client):
    given = {"version": "1", "documentationParts": DOCUMENTED}
    document = {"openapi": "3.0.0", "info": {"title": "t"}, "paths": {}, "x-amazon-apigateway-documentation": given}
    body = json.dumps(document).encode()
    api = client.import_rest_api(body=body)["id"]
    items = client.get_documentation_parts(restApiId=api)["items"]
    assert [item["location"] for item in items] == [
        {"type": "API"},
        {"type": "METHOD", "method": "GET", "path": "/"},
        {"type": "MODEL", "name": "Empty"},
    ]
    assert json.loads(items[1]["properties"]) == {"description": "one"}
    merged = client.import_documentation_parts(restApiId=api, mode="merge", body=body)
    assert merged["ids"] == [item["id"] for item in items]
    again = client.import_documentation_parts(restApiId=api, mode="overwrite", body=body)
    assert len(again["ids"]) == 3
    assert not set(again["ids"]) & set(merged["ids"])


def test_what_a_document_leaves_out(client):
    scheme = {"type": "apiKey", "name": "Token", "in": "header", "x-amazon-apigateway-authtype": "custom"}
    scheme["x-amazon-apigateway-authorizer"] = {"type": "token", "authorizerUri": "arn:x"}
    schemas = {"Pet": {"type": "object", "description": "An animal"}}
    document = {
        "openapi": "3.0.0",
        "info": {"title": "t"},
        "components": {"securitySchemes": {"mine": scheme}, "schemas": schemas},
        "paths": {"/a/{b}/{rest+}": {"get": {"x-amazon-apigateway-integration": {"type": "mock"}}}},
    }
    api = client.import_rest_api(body=json.dumps(document).encode())["id"]
    [resource] = [item for item in client.get_resources(restApiId=api)["items"] if "resourceMethods" in item]
    method = client.get_method(restApiId=api, resourceId=resource["id"], httpMethod="GET")
    assert method["requestParameters"] == {"method.request.path.b": True, "method.request.path.rest": True}
    assert client.get_model(restApiId=api, modelName="Pet")["description"] == "An animal"
    [authorizer] = client.get_authorizers(restApiId=api)["items"]
    assert "authorizerResultTtlInSeconds" not in authorizer
