"""AWS::ApiGateway::DocumentationPart, DocumentationVersion and ClientCertificate."""

from typing import Any

from penstock.services.apigateway.resources.common import below_api, camels, members, string
from penstock.template.provider import Properties, Resource, ResourceContext, one_call


def _part(rc: ResourceContext, given: Properties) -> dict[str, Any]:
    return {
        "restApiId": given["RestApiId"],
        "location": camels(given["Location"]),
        "properties": string(given["Properties"]),
    }


_PART = one_call(
    "AWS::ApiGateway::DocumentationPart",
    "apigateway",
    create="CreateDocumentationPart",
    delete="DeleteDocumentationPart",
    properties=("RestApiId", "Location", "Properties"),
    request=_part,
    made=lambda request, result: Resource(result["id"], {"DocumentationPartId": result["id"]}),
    key=below_api("documentationPartId"),
)

_VERSION = one_call(
    "AWS::ApiGateway::DocumentationVersion",
    "apigateway",
    create="CreateDocumentationVersion",
    delete="DeleteDocumentationVersion",
    properties=("RestApiId", "DocumentationVersion", "Description"),
    request=members,
    made=lambda request, result: Resource(result["version"]),
    key=below_api("documentationVersion"),
)

_CERTIFICATE = one_call(
    "AWS::ApiGateway::ClientCertificate",
    "apigateway",
    create="GenerateClientCertificate",
    delete="DeleteClientCertificate",
    properties=("Description", "Tags"),
    request=lambda rc, given: {"description": given.get("Description"), "tags": rc.tag_map(given)},
    made=lambda request, result: Resource(
        result["clientCertificateId"], {"ClientCertificateId": result["clientCertificateId"]}
    ),
    key="clientCertificateId",
)

TABLE = (_PART, _VERSION, _CERTIFICATE)
