"""CloudFormation types of connections and API destinations.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-connection.html
"""

from typing import Any

from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType, one_call

_AUTH = ("BasicAuthParameters", "ApiKeyAuthParameters", "OAuthParameters", "InvocationHttpParameters")


async def _create_connection(rc: ResourceContext, properties: Properties) -> Resource:
    name = properties.get("Name") or rc.physical_name(64)
    await rc.call("events", "CreateConnection", {**properties, "Name": name})
    return await _connection(rc, name)


async def _update_connection(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    await rc.call("events", "UpdateConnection", {**properties, "Name": resource.physical_id})
    return await _connection(rc, resource.physical_id)


async def _connection(rc: ResourceContext, name: str) -> Resource:
    found = await rc.call("events", "DescribeConnection", {"Name": name})
    return Resource(name, {**_arns(found["ConnectionArn"]), "SecretArn": found["SecretArn"]})


async def _delete_connection(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("events", "DeleteConnection", {"Name": resource.physical_id})


def _arns(arn: str) -> dict[str, Any]:
    return {"Arn": arn, "ArnForPolicy": arn.rpartition("/")[0]}


_CONNECTION = ResourceType(
    name="AWS::Events::Connection",
    create=_create_connection,
    update=_update_connection,
    delete=_delete_connection,
    properties=frozenset({"Name", "Description", "AuthorizationType"} | {f"AuthParameters.{name}" for name in _AUTH}),
    replace_on=frozenset({"Name"}),
    inert={"KmsKeyIdentifier": "secrets on this machine are not encrypted"},
)
_API_DESTINATION = one_call(
    "AWS::Events::ApiDestination",
    "events",
    create="CreateApiDestination",
    update="UpdateApiDestination",
    delete="DeleteApiDestination",
    properties={
        "Name",
        "Description",
        "ConnectionArn",
        "InvocationEndpoint",
        "HttpMethod",
        "InvocationRateLimitPerSecond",
    },
    named=("Name", 64),
    made=lambda request, response: Resource(request["Name"], _arns(response["ApiDestinationArn"])),
    key="Name",
)

TABLE = (_CONNECTION, _API_DESTINATION)
