"""CloudFormation types of Lambda.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Lambda.html
"""

from typing import Any

from penstock.services.lambda_ import resource_function
from penstock.services.lambda_.mapping_checks import KINDS
from penstock.services.lambda_.resource_code import given_code
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType, one_call
from penstock.wire.model import Json

# -- AWS::Lambda::Version ------------------------------------------------------------------------------


async def _create_version(rc: ResourceContext, properties: Properties) -> Resource:
    request = {name: properties[name] for name in ("FunctionName", "Description", "CodeSha256") if name in properties}
    made = await rc.call("lambda", "PublishVersion", request)
    function_arn, _, version = made["FunctionArn"].rpartition(":")
    await _provision(rc, function_arn, version, properties)
    return Resource(made["FunctionArn"], {"Version": version, "FunctionArn": made["FunctionArn"]})


async def _update_version(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    function_arn, _, version = resource.physical_id.rpartition(":")
    await _provision(rc, function_arn, version, properties)
    return resource


async def _delete_version(rc: ResourceContext, resource: Resource) -> None:
    function_arn, _, version = resource.physical_id.rpartition(":")
    await rc.call("lambda", "DeleteFunction", {"FunctionName": function_arn, "Qualifier": version})


async def _provision(rc: ResourceContext, function: str, qualifier: str, properties: Properties) -> None:
    """Gives a version or an alias its provisioned concurrency, or takes it away."""
    request: Json = {"FunctionName": function, "Qualifier": qualifier}
    if config := properties.get("ProvisionedConcurrencyConfig"):
        await rc.call("lambda", "PutProvisionedConcurrencyConfig", {**request, **config})
    else:
        await rc.call("lambda", "DeleteProvisionedConcurrencyConfig", request)


_VERSION = ResourceType(
    name="AWS::Lambda::Version",
    create=_create_version,
    update=_update_version,
    delete=_delete_version,
    properties=frozenset({"FunctionName", "Description", "CodeSha256", "ProvisionedConcurrencyConfig"}),
    inert={"RuntimePolicy": "there is one build of each runtime"},
    replace_on=frozenset({"FunctionName", "Description", "CodeSha256"}),
)


# -- AWS::Lambda::Alias --------------------------------------------------------------------------------


def _alias_request(properties: Properties) -> Json:
    weights = (properties.get("RoutingConfig") or {}).get("AdditionalVersionWeights", [])
    return {
        "FunctionName": properties["FunctionName"],
        "Name": properties["Name"],
        "FunctionVersion": properties["FunctionVersion"],
        "Description": properties.get("Description", ""),
        "RoutingConfig": {
            "AdditionalVersionWeights": {item["FunctionVersion"]: item["FunctionWeight"] for item in weights}
        },
    }


async def _create_alias(rc: ResourceContext, properties: Properties) -> Resource:
    made = await rc.call("lambda", "CreateAlias", _alias_request(properties))
    await _provision(rc, properties["FunctionName"], properties["Name"], properties)
    return Resource(made["AliasArn"], {"AliasArn": made["AliasArn"]})


async def _update_alias(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    await rc.call("lambda", "UpdateAlias", _alias_request(properties))
    await _provision(rc, properties["FunctionName"], properties["Name"], properties)
    return resource


async def _delete_alias(rc: ResourceContext, resource: Resource) -> None:
    function_arn, _, name = resource.physical_id.rpartition(":")
    await rc.call("lambda", "DeleteAlias", {"FunctionName": function_arn, "Name": name})


_ALIAS = ResourceType(
    name="AWS::Lambda::Alias",
    create=_create_alias,
    update=_update_alias,
    delete=_delete_alias,
    properties=frozenset(
        {"FunctionName", "Name", "FunctionVersion", "Description", "RoutingConfig", "ProvisionedConcurrencyConfig"}
    ),
    replace_on=frozenset({"FunctionName", "Name"}),
)


# -- AWS::Lambda::Permission ---------------------------------------------------------------------------


async def _create_permission(rc: ResourceContext, properties: Properties) -> Resource:
    statement = rc.physical_name(100)
    await rc.call("lambda", "AddPermission", {**properties, "StatementId": statement})
    return Resource(statement, {"Id": statement})


async def _delete_permission(rc: ResourceContext, resource: Resource) -> None:
    request = {"FunctionName": resource.properties["FunctionName"], "StatementId": resource.physical_id}
    await rc.call("lambda", "RemovePermission", request)


_PERMISSION = ResourceType(
    name="AWS::Lambda::Permission",
    create=_create_permission,
    delete=_delete_permission,
    properties=frozenset(
        {
            "Action",
            "EventSourceToken",
            "FunctionName",
            "FunctionUrlAuthType",
            "InvokedViaFunctionUrl",
            "Principal",
            "PrincipalOrgID",
            "SourceAccount",
            "SourceArn",
        }
    ),
)


# -- AWS::Lambda::EventSourceMapping -------------------------------------------------------------------

_MAPPING_PROPERTIES = (
    "BatchSize",
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "Enabled",
    "EventSourceArn",
    "FilterCriteria",
    "FunctionName",
    "FunctionResponseTypes",
    "MaximumBatchingWindowInSeconds",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "ParallelizationFactor",
    "ScalingConfig",
    "StartingPosition",
    "StartingPositionTimestamp",
    "TumblingWindowInSeconds",
)
_MAPPING_FIXED = ("EventSourceArn", "StartingPosition", "StartingPositionTimestamp")


def _mapping_request(rc: ResourceContext, properties: Properties) -> Json:
    tags = rc.tag_map(properties)
    return {**{name: v for name, v in properties.items() if name != "Tags"}, **({"Tags": tags} if tags else {})}


def _mapping_defaults(properties: Properties) -> Json:
    """What a property goes back to that a template does not give any more."""
    service = str(properties["EventSourceArn"]).split(":")[2]
    settings = {name: value for name, value in KINDS[service].defaults.items() if name in _MAPPING_PROPERTIES}
    queue: Json = {"ScalingConfig": {}} if service == "sqs" else {}
    return {**settings, **queue, "Enabled": True, "FilterCriteria": {}}


async def _create_mapping(rc: ResourceContext, properties: Properties) -> Resource:
    made = await rc.call("lambda", "CreateEventSourceMapping", _mapping_request(rc, properties))
    return Resource(made["UUID"], {"Id": made["UUID"], "EventSourceMappingArn": made["EventSourceMappingArn"]})


async def _update_mapping(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    """What a template does not say any more goes back to its default."""
    given = {name: value for name, value in properties.items() if name not in (*_MAPPING_FIXED, "Tags")}
    request = {**_mapping_defaults(properties), **given}
    await rc.call("lambda", "UpdateEventSourceMapping", {**request, "UUID": resource.physical_id})
    return resource


async def _delete_mapping(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("lambda", "DeleteEventSourceMapping", {"UUID": resource.physical_id})


_MAPPING = ResourceType(
    name="AWS::Lambda::EventSourceMapping",
    create=_create_mapping,
    update=_update_mapping,
    delete=_delete_mapping,
    properties=frozenset({*_MAPPING_PROPERTIES, "Tags"}),
    inert={"KmsKeyArn": "filter criteria are not encrypted", "MetricsConfig": "there are no metrics of mappings"},
    replace_on=frozenset(_MAPPING_FIXED),
)


# -- AWS::Lambda::Url ----------------------------------------------------------------------------------


def _url_request(properties: Properties) -> Json:
    request = {name: value for name, value in properties.items() if name != "TargetFunctionArn"}
    return {**request, "FunctionName": properties["TargetFunctionArn"]}


async def _create_url(rc: ResourceContext, properties: Properties) -> Resource:
    made = await rc.call("lambda", "CreateFunctionUrlConfig", _url_request(properties))
    return Resource(made["FunctionArn"], {"FunctionArn": made["FunctionArn"], "FunctionUrl": made["FunctionUrl"]})


async def _update_url(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    request = {"Cors": {}, "InvokeMode": "BUFFERED", **_url_request(properties)}
    await rc.call("lambda", "UpdateFunctionUrlConfig", request)
    return resource


async def _delete_url(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("lambda", "DeleteFunctionUrlConfig", {"FunctionName": resource.physical_id})


_URL = ResourceType(
    name="AWS::Lambda::Url",
    create=_create_url,
    update=_update_url,
    delete=_delete_url,
    properties=frozenset({"TargetFunctionArn", "Qualifier", "AuthType", "Cors", "InvokeMode"}),
    replace_on=frozenset({"TargetFunctionArn", "Qualifier"}),
)


# -- layers --------------------------------------------------------------------------------------------

_LAYER_PROPERTIES = ("LayerName", "Description", "LicenseInfo", "CompatibleRuntimes", "CompatibleArchitectures")


async def _create_layer(rc: ResourceContext, properties: Properties) -> Resource:
    request = {name: properties[name] for name in _LAYER_PROPERTIES if name in properties}
    request.setdefault("LayerName", rc.physical_name(140))
    made = await rc.call("lambda", "PublishLayerVersion", {**request, "Content": given_code(rc, properties["Content"])})
    return Resource(made["LayerVersionArn"], {"LayerVersionArn": made["LayerVersionArn"]})


async def _delete_layer(rc: ResourceContext, resource: Resource) -> None:
    layer, _, version = resource.physical_id.rpartition(":")
    await rc.call("lambda", "DeleteLayerVersion", {"LayerName": layer, "VersionNumber": int(version)})


async def _create_layer_permission(rc: ResourceContext, properties: Properties) -> Resource:
    statement = rc.physical_name(100)
    request = {name: value for name, value in properties.items() if name != "LayerVersionArn"}
    request |= _layer_version(properties["LayerVersionArn"]) | {"StatementId": statement}
    await rc.call("lambda", "AddLayerVersionPermission", request)
    return Resource(f"{properties['LayerVersionArn']}#{statement}")


async def _delete_layer_permission(rc: ResourceContext, resource: Resource) -> None:
    layer_version, _, statement = resource.physical_id.partition("#")
    await rc.call("lambda", "RemoveLayerVersionPermission", {**_layer_version(layer_version), "StatementId": statement})


def _layer_version(layer_version_arn: str) -> dict[str, Any]:
    layer, _, version = layer_version_arn.rpartition(":")
    return {"LayerName": layer, "VersionNumber": int(version)}


_LAYER = ResourceType(
    name="AWS::Lambda::LayerVersion",
    create=_create_layer,
    delete=_delete_layer,
    properties=frozenset({*_LAYER_PROPERTIES, "Content.S3Bucket", "Content.S3Key", "Content.S3ObjectVersion"}),
)
_LAYER_PERMISSION = ResourceType(
    name="AWS::Lambda::LayerVersionPermission",
    create=_create_layer_permission,
    delete=_delete_layer_permission,
    properties=frozenset({"Action", "LayerVersionArn", "OrganizationId", "Principal"}),
)


# -- AWS::Lambda::EventInvokeConfig --------------------------------------------------------------------


def _config_key(resource: Resource) -> Json:
    return {name: resource.properties[name] for name in ("FunctionName", "Qualifier")}


_EVENT_INVOKE = one_call(
    "AWS::Lambda::EventInvokeConfig",
    "lambda",
    create="PutFunctionEventInvokeConfig",
    update="PutFunctionEventInvokeConfig",
    delete="DeleteFunctionEventInvokeConfig",
    properties=(
        "DestinationConfig",
        "FunctionName",
        "MaximumEventAgeInSeconds",
        "MaximumRetryAttempts",
        "Qualifier",
    ),
    request=lambda rc, given: {"DestinationConfig": {}, **given},
    made=lambda given, answer: Resource(answer["FunctionArn"]),
    key=_config_key,
    replace_on=("FunctionName", "Qualifier"),
)

TABLE = (
    resource_function.TYPE,
    _VERSION,
    _ALIAS,
    _PERMISSION,
    _MAPPING,
    _URL,
    _LAYER,
    _LAYER_PERMISSION,
    _EVENT_INVOKE,
)
