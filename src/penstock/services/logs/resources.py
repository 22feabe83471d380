"""CloudFormation types of CloudWatch Logs.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Logs.html
"""

from typing import Any

from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType, one_call
from penstock.wire.model import Json

_NOT_ENCRYPTED = "log data on this machine is not encrypted"


# -- AWS::Logs::LogGroup -----------------------------------------------------------------------------


async def _create_group(rc: ResourceContext, properties: Properties) -> Resource:
    name = properties.get("LogGroupName") or rc.physical_name(512)
    request: Json = {"logGroupName": name, "logGroupClass": properties.get("LogGroupClass", "STANDARD")}
    if "KmsKeyId" in properties:
        request["kmsKeyId"] = properties["KmsKeyId"]
    if tags := rc.tag_map(properties):
        request["tags"] = tags
    if not (rc.resumed and await _exists(rc, name)):
        await rc.call("logs", "CreateLogGroup", request)
    await _settings(rc, name, properties)
    return _group(rc, name)


async def _update_group(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    name = resource.physical_id
    await _settings(rc, name, properties)
    if "KmsKeyId" in properties:
        await rc.call("logs", "AssociateKmsKey", {"logGroupName": name, "kmsKeyId": properties["KmsKeyId"]})
    elif "KmsKeyId" in resource.properties:
        await rc.call("logs", "DisassociateKmsKey", {"logGroupName": name})
    await _tags(rc, name, rc.tag_map(properties))
    return _group(rc, name)


async def _settings(rc: ResourceContext, name: str, properties: Properties) -> None:
    if "RetentionInDays" in properties:
        request = {"logGroupName": name, "retentionInDays": properties["RetentionInDays"]}
        await rc.call("logs", "PutRetentionPolicy", request)
    else:
        await rc.call("logs", "DeleteRetentionPolicy", {"logGroupName": name})
    protection = properties.get("DeletionProtectionEnabled", False)
    request = {"logGroupIdentifier": name, "deletionProtectionEnabled": protection}
    await rc.call("logs", "PutLogGroupDeletionProtection", request)


async def _tags(rc: ResourceContext, name: str, wanted: dict[str, str]) -> None:
    known = (await rc.call("logs", "ListTagsLogGroup", {"logGroupName": name}))["tags"]
    if gone := [key for key in known if key not in wanted]:
        await rc.call("logs", "UntagLogGroup", {"logGroupName": name, "tags": gone})
    if wanted:
        await rc.call("logs", "TagLogGroup", {"logGroupName": name, "tags": wanted})


async def _exists(rc: ResourceContext, name: str) -> bool:
    found = await rc.call("logs", "DescribeLogGroups", {"logGroupNamePrefix": name})
    return any(group["logGroupName"] == name for group in found["logGroups"])


async def _delete_group(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("logs", "DeleteLogGroup", {"logGroupName": resource.physical_id})


def _group(rc: ResourceContext, name: str) -> Resource:
    return Resource(name, {"Arn": f"arn:aws:logs:{rc.region}:{rc.account}:log-group:{name}:*"})


_LOG_GROUP = ResourceType(
    name="AWS::Logs::LogGroup",
    create=_create_group,
    update=_update_group,
    delete=_delete_group,
    properties=frozenset({"LogGroupName", "RetentionInDays", "LogGroupClass", "DeletionProtectionEnabled", "Tags"}),
    inert={"KmsKeyId": _NOT_ENCRYPTED, "DataProtectionPolicy": "log data is not masked"},
    replace_on=frozenset({"LogGroupName"}),
)


# -- the others --------------------------------------------------------------------------------------


def _lower(properties: Properties) -> Json:
    """CloudFormation's member names as the API writes them: `FilterName` -> `filterName`."""
    return {name[:1].lower() + name[1:]: value for name, value in properties.items()}


def _lowered(rc: ResourceContext, properties: Properties) -> Json:
    return _lower(properties)


def _metric_filter(rc: ResourceContext, properties: Properties) -> Json:
    transformations = []
    for given in properties["MetricTransformations"]:
        transformation = _lower(given)
        if "Dimensions" in given:
            transformation["dimensions"] = {item["Key"]: item["Value"] for item in given["Dimensions"]}
        transformations.append(transformation)
    return {**_lower(properties), "metricTransformations": transformations}


def _of_group(member: str) -> Any:
    """The members that name a filter or stream: its group is among its properties."""
    return lambda resource: {"logGroupName": resource.properties["LogGroupName"], member: resource.physical_id}


_LOG_STREAM = one_call(
    "AWS::Logs::LogStream",
    "logs",
    create="CreateLogStream",
    delete="DeleteLogStream",
    properties={"LogGroupName", "LogStreamName"},
    named=("LogStreamName", 512),
    request=_lowered,
    made=lambda request, response: Resource(request["logStreamName"]),
    key=_of_group("logStreamName"),
    replace_on={"LogGroupName"},
)

_METRIC_FILTER = one_call(
    "AWS::Logs::MetricFilter",
    "logs",
    create="PutMetricFilter",
    update="PutMetricFilter",
    delete="DeleteMetricFilter",
    properties={"LogGroupName", "FilterName", "FilterPattern", "MetricTransformations"},
    named=("FilterName", 512),
    request=_metric_filter,
    made=lambda request, response: Resource(request["filterName"]),
    key=_of_group("filterName"),
    replace_on={"LogGroupName"},
    inert={"ApplyOnTransformedLogs": "log transformers are not supported"},
)

_SUBSCRIPTION_FILTER = one_call(
    "AWS::Logs::SubscriptionFilter",
    "logs",
    create="PutSubscriptionFilter",
    update="PutSubscriptionFilter",
    delete="DeleteSubscriptionFilter",
    properties={"LogGroupName", "FilterName", "FilterPattern", "DestinationArn", "RoleArn", "Distribution"},
    named=("FilterName", 512),
    request=_lowered,
    made=lambda request, response: Resource(request["filterName"]),
    key=_of_group("filterName"),
    replace_on={"LogGroupName"},
    inert={"ApplyOnTransformedLogs": "log transformers are not supported"},
)

_RESOURCE_POLICY = one_call(
    "AWS::Logs::ResourcePolicy",
    "logs",
    create="PutResourcePolicy",
    update="PutResourcePolicy",
    delete="DeleteResourcePolicy",
    properties={"PolicyName", "PolicyDocument"},
    named=("PolicyName", 255),
    request=_lowered,
    made=lambda request, response: Resource(request["policyName"]),
    key="policyName",
)

TABLE = (_LOG_GROUP, _LOG_STREAM, _METRIC_FILTER, _SUBSCRIPTION_FILTER, _RESOURCE_POLICY)
