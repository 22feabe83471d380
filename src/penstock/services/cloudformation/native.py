"""CDK's own custom resources, done without their Node.js functions.

Rule: each does what its function does on AWS, through the front door.
https://github.com/aws/aws-cdk/tree/main/packages/%40aws-cdk/custom-resource-handlers
"""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from penstock.base.errors import AwsError, PenstockError
from penstock.services.cloudformation import bucket_deployment
from penstock.template.functions import as_text
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType
from penstock.wire.model import Json

# -- Custom::LogRetention


async def _retain_logs(rc: ResourceContext, properties: Properties) -> Resource:
    name = str(properties["LogGroupName"])
    try:
        await rc.call("logs", "CreateLogGroup", {"logGroupName": name})
    except AwsError as error:
        if error.code != "ResourceAlreadyExistsException":
            raise
    if properties.get("RetentionInDays"):
        request = {"logGroupName": name, "retentionInDays": properties["RetentionInDays"]}
        await rc.call("logs", "PutRetentionPolicy", request)
    else:
        await rc.call("logs", "DeleteRetentionPolicy", {"logGroupName": name})
    return Resource(name, {"LogGroupName": name})


async def _update_logs(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    return await _retain_logs(rc, properties)


async def _forget_logs(rc: ResourceContext, resource: Resource) -> None:
    if resource.properties.get("RemovalPolicy") == "destroy":
        await rc.call("logs", "DeleteLogGroup", {"logGroupName": resource.physical_id})


# -- Custom::S3BucketNotifications


async def _notify(rc: ResourceContext, properties: Properties) -> Resource:
    request = {
        "Bucket": properties["BucketName"],
        "NotificationConfiguration": properties.get("NotificationConfiguration", {}),
        "SkipDestinationValidation": True,
    }
    await rc.call("s3", "PutBucketNotificationConfiguration", request)
    return Resource(rc.physical_name())


async def _update_notify(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    await _notify(rc, properties)
    return resource


async def _stop_notifying(rc: ResourceContext, resource: Resource) -> None:
    request = {"Bucket": resource.properties["BucketName"], "NotificationConfiguration": {}}
    await rc.call("s3", "PutBucketNotificationConfiguration", request)


# -- Custom::S3AutoDeleteObjects


async def _watch_bucket(rc: ResourceContext, properties: Properties) -> Resource:
    return Resource(rc.physical_name())


async def _update_bucket(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    return resource


async def _empty_bucket(rc: ResourceContext, resource: Resource) -> None:
    bucket = resource.properties["BucketName"]
    while True:
        found = await rc.call("s3", "ListObjectVersions", {"Bucket": bucket})
        entries = [*found.get("Versions", ()), *found.get("DeleteMarkers", ())]
        if not entries:
            return
        objects = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]
        await rc.call("s3", "DeleteObjects", {"Bucket": bucket, "Delete": {"Objects": objects, "Quiet": True}})


# -- Custom::CrossRegionExportWriter and Reader: values handed to another region as stored parameters


async def _write_exports(rc: ResourceContext, properties: Properties) -> Resource:
    wanted = properties["WriterProps"]
    ctx = rc.engine.ctx.at(region=wanted["region"])
    for name, value in wanted["exports"].items():
        request = {"Name": name, "Value": as_text(value), "Type": "String", "Overwrite": True}
        await ctx.call("ssm", "PutParameter", request)
    return Resource(rc.physical_name())


async def _update_exports(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    await _write_exports(rc, properties)
    kept = properties["WriterProps"]["exports"]
    gone = [name for name in resource.properties["WriterProps"]["exports"] if name not in kept]
    await _remove_exports(rc, resource, gone)
    return resource


async def _delete_exports(rc: ResourceContext, resource: Resource) -> None:
    await _remove_exports(rc, resource, list(resource.properties["WriterProps"]["exports"]))


async def _remove_exports(rc: ResourceContext, resource: Resource, names: list[str]) -> None:
    ctx = rc.engine.ctx.at(region=resource.properties["WriterProps"]["region"])
    for start in range(0, len(names), 10):  # as many as DeleteParameters takes
        await ctx.call("ssm", "DeleteParameters", {"Names": names[start : start + 10]})


async def _read_exports(rc: ResourceContext, properties: Properties) -> Resource:
    return Resource(rc.physical_name(), properties["ReaderProps"]["imports"])


async def _reread_exports(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    return Resource(resource.physical_id, properties["ReaderProps"]["imports"])


# -- Custom::Trigger: a function that is invoked in the course of a deployment


async def _trigger(rc: ResourceContext, properties: Properties) -> Resource:
    function = str(properties["HandlerArn"])
    request = {"FunctionName": function, "InvocationType": properties.get("InvocationType", "RequestResponse")}
    answer = await rc.call("lambda", "Invoke", request)
    if answer.get("FunctionError"):
        raise PenstockError(f"the trigger's function failed: {_said(answer.get('Payload') or b'')}")
    return Resource(rc.physical_name())


async def _trigger_again(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    if as_text(properties.get("ExecuteOnHandlerChange", True)) != "false":
        await _trigger(rc, properties)
    return resource


def _said(payload: bytes) -> str:
    try:
        error = orjson.loads(payload)
        return str(error["errorMessage"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return payload.decode(errors="replace") or "unknown handler error"


# -- Custom::AWS: one SDK call each for create, update and delete

# names of the JavaScript SDK that are not botocore's
_SERVICES = {
    "cloudwatch-events": "events",
    "cloudwatch-logs": "logs",
    "cloudwatchevents": "events",
    "cloudwatchlogs": "logs",
    "eventbridge": "events",
    "secrets-manager": "secretsmanager",
    "sfn": "stepfunctions",
    "api-gateway": "apigateway",
}


async def _sdk_create(rc: ResourceContext, properties: Properties) -> Resource:
    return await _sdk_call(rc, properties.get("Create"), rc.physical_name())


async def _sdk_update(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    made = await _sdk_call(rc, properties.get("Update"), resource.physical_id)
    return made if made.attributes else Resource(made.physical_id, resource.attributes)


async def _sdk_delete(rc: ResourceContext, resource: Resource) -> None:
    await _sdk_call(rc, resource.properties.get("Delete"), resource.physical_id)


async def _sdk_call(rc: ResourceContext, text: Any, physical_id: str) -> Resource:
    if not text:
        return Resource(physical_id)
    call: Json = orjson.loads(text) if isinstance(text, str) else dict(text)
    name = str(call["service"]).removeprefix("@aws-sdk/client-").lower()
    operation = call["action"][0].upper() + call["action"][1:].removesuffix("Command")
    parameters = _with_physical_id(call.get("parameters") or {}, physical_id)
    try:
        response = await rc.call(_SERVICES.get(name, name), operation, parameters)
    except AwsError as error:
        if not call.get("ignoreErrorCodesMatching") or not re.search(call["ignoreErrorCodesMatching"], error.code):
            raise
        response = {}
    flat = _flatten(response)
    wanted = call.get("physicalResourceId") or {}
    found = wanted.get("id") or flat.get(wanted.get("responsePath", ""), physical_id)
    paths = call.get("outputPaths")
    return Resource(str(found), {key: flat[key] for key in flat if not paths or key in paths})


def _with_physical_id(node: Any, physical_id: str) -> Any:
    if isinstance(node, dict):
        return {key: _with_physical_id(child, physical_id) for key, child in node.items()}
    if isinstance(node, list):
        return [_with_physical_id(child, physical_id) for child in node]
    return physical_id if node == "PHYSICAL:RESOURCEID:" else node


def _flatten(node: Any, prefix: str = "") -> dict[str, str]:
    """{"Parameter": {"Value": 1}} -> {"Parameter.Value": "1"}, as the function's answer has it."""
    if isinstance(node, bytes):
        return {prefix: node.decode(errors="replace")}
    if isinstance(node, (Mapping, list)):
        items = node.items() if isinstance(node, Mapping) else enumerate(node)
        flat: dict[str, str] = {}
        for key, child in items:
            flat |= _flatten(child, f"{prefix}.{key}" if prefix else str(key))
        return flat
    return {prefix: as_text(node)}


TABLE = (
    ResourceType(
        name="Custom::AWS",
        create=_sdk_create,
        update=_sdk_update,
        delete=_sdk_delete,
        properties=frozenset({"ServiceToken", "Create", "Update", "Delete", "InstallLatestAwsSdk"}),
    ),
    bucket_deployment.TYPE,
    ResourceType(
        name="Custom::CrossRegionExportReader",
        create=_read_exports,
        update=_reread_exports,
        properties=frozenset({"ServiceToken", "ReaderProps"}),
    ),
    ResourceType(
        name="Custom::CrossRegionExportWriter",
        create=_write_exports,
        update=_update_exports,
        delete=_delete_exports,
        properties=frozenset({"ServiceToken", "WriterProps"}),
    ),
    ResourceType(
        name="Custom::LogRetention",
        create=_retain_logs,
        update=_update_logs,
        delete=_forget_logs,
        properties=frozenset({"ServiceToken", "LogGroupName", "RetentionInDays", "RemovalPolicy", "SdkRetry"}),
        replace_on=frozenset({"LogGroupName"}),
        inert={"LogGroupRegion": "log groups are made in the stack's region"},
    ),
    ResourceType(
        name="Custom::S3AutoDeleteObjects",
        create=_watch_bucket,
        update=_update_bucket,
        delete=_empty_bucket,
        properties=frozenset({"ServiceToken", "BucketName"}),
        replace_on=frozenset({"BucketName"}),
    ),
    ResourceType(
        name="Custom::S3BucketNotifications",
        create=_notify,
        update=_update_notify,
        delete=_stop_notifying,
        properties=frozenset(
            {"ServiceToken", "BucketName", "NotificationConfiguration", "Managed", "SkipDestinationValidation"}
        ),
        replace_on=frozenset({"BucketName"}),
    ),
    ResourceType(
        name="Custom::Trigger",
        create=_trigger,
        update=_trigger_again,
        properties=frozenset({"ServiceToken", "HandlerArn", "InvocationType", "Timeout", "ExecuteOnHandlerChange"}),
    ),
)
