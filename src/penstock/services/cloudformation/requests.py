"""A request of CreateStack, UpdateStack or CreateChangeSet -> the stack that it asks for.

Rule: what CloudFormation refuses before it does anything is refused here, with its texts.
"""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.cloudformation.store import StackRow
from penstock.template import document, model
from penstock.template.assembly import Stack
from penstock.template.blueprint import Blueprint
from penstock.template.document import Document, TemplateError
from penstock.template.macros import is_transformed
from penstock.template.model import Declaration, Template, transforms
from penstock.template.types import location
from penstock.wire.model import Json

# IAM type -> the property that names the resource
_IAM: dict[str, str | None] = {
    "AWS::IAM::AccessKey": None,
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Policy": None,
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::UserToGroupAddition": None,
}
_LONGEST = 51200  # a longer template has to come from a bucket
_LONGEST_NAME = 128
_NAME = "[a-zA-Z][-a-zA-Z0-9]*"
_UPDATABLE = frozenset(
    {
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
        "UPDATE_FAILED",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
    }
)
_SETTINGS = (
    "Capabilities",
    "DisableRollback",
    "NotificationARNs",
    "RetainExceptOnCreate",
    "RoleARN",
    "RollbackConfiguration",
    "TimeoutInMinutes",
)
_ALARMS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
_ALARM_ARN = re.compile(r"arn:[\w-]+:cloudwatch:[\w-]*:\d*:alarm:.+")


def refused(error: TemplateError) -> AwsError:
    """The template's error as the API answers it."""
    return AwsError("ValidationError", error.message)


def refuse_bad_name(name: str) -> None:
    """The model has one shape for names and ids, so it cannot say what a new name looks like."""
    problem = None
    if not re.fullmatch(_NAME, name):
        problem = f"Member must satisfy regular expression pattern: {_NAME}"
    elif len(name) > _LONGEST_NAME:
        problem = f"Member must have length less than or equal to {_LONGEST_NAME}"
    if problem:
        text = f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: {problem}"
        raise AwsError("ValidationError", text)


def refuse_unless_updatable(row: StackRow) -> None:
    if row.status not in _UPDATABLE:
        raise AwsError("ValidationError", f"Stack:{row.stack_id} is in {row.status} state and can not be updated.")


async def stack(ctx: Context, request: Json, previous: StackRow | None) -> Stack:
    """The stack that the request describes; `previous` is what it updates."""
    try:
        found = await template(ctx, request, previous)
        given = _parameters(found, request, previous)
    except TemplateError as error:
        raise refused(error) from error
    before = previous.body.get("Tags", {}) if previous else {}
    tags = {tag["Key"]: tag["Value"] for tag in request["Tags"]} if "Tags" in request else before
    name = previous.stack_name if previous else request["StackName"]
    return Stack(name, found, ctx.account, ctx.region, parameters=given, tags=tags)


def settings(request: Json) -> Json:
    """What the stack keeps of the request beside the template."""
    _check_triggers(request.get("RollbackConfiguration", {}))
    return {name: request[name] for name in (*_SETTINGS, "EnableTerminationProtection") if name in request}


def _check_triggers(configuration: Json) -> None:
    for trigger in configuration.get("RollbackTriggers", ()):
        if trigger["Type"] not in _ALARMS:
            raise AwsError("ValidationError", "Rollback Trigger Type not supported")
        if not _ALARM_ARN.fullmatch(trigger["Arn"]):
            raise AwsError("ValidationError", "RelativeId of a Rollback Trigger's ARN is incorrect")


async def template(ctx: Context, request: Json, previous: StackRow | None = None) -> Document:
    """From TemplateBody, TemplateURL or what the stack has. TemplateError where it is none."""
    if request.get("UsePreviousTemplate") and previous is not None:
        text = previous.body["Template"]
    elif "TemplateBody" in request:
        text = request["TemplateBody"]
        _refuse_too_long(text)
    elif "TemplateURL" in request:
        text = await from_s3(ctx, request["TemplateURL"])
    else:
        raise AwsError("ValidationError", "Either Template URL or Template Body must be specified.")
    return Document(document.parse(text), text)


def _refuse_too_long(text: str) -> None:
    if len(text) > _LONGEST:
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{text}' at 'templateBody' failed to satisfy constraint: "
            f"Member must have length less than or equal to {_LONGEST}",
        )


async def from_s3(ctx: Context, url: str, member: str = "TemplateURL") -> str:
    """What is in the object that a URL names; `member` is whose URL it is."""
    if url.startswith("s3://") and member == "TemplateURL":
        host = url.removeprefix("s3://").partition("/")[0]
        raise AwsError("ValidationError", f"S3 error: Domain name specified in {host} is not a valid S3 domain")
    found = location(unquote(url.partition("?")[0]))
    if found is None:
        raise AwsError("ValidationError", f"{member} must be a supported URL.")
    try:
        response = await ctx.call("s3", "GetObject", {"Bucket": found[0], "Key": found[1]})
    except AwsError as error:
        raise AwsError("ValidationError", f"S3 error: {error.message}") from error
    body = response["Body"]
    whole = body if isinstance(body, bytes) else b"".join([chunk async for chunk in body])
    return whole.decode()


def _parameters(found: Document, request: Json, previous: StackRow | None) -> dict[str, str]:
    declared = model.parameters(found)
    before: Mapping[str, Any] = previous.body.get("Given", {}) if previous else {}
    given: dict[str, str] = {}
    for item in request.get("Parameters", ()):
        name = item["ParameterKey"]
        if not item.get("UsePreviousValue"):
            given[name] = item.get("ParameterValue", "")
        elif name in before:
            given[name] = before[name]
        elif name not in declared:
            raise TemplateError(
                f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as true for a parameter key "
                "not in the previous template"
            )
    return given


def refuse_without_capabilities(plan: Blueprint, request: Json) -> None:
    """InsufficientCapabilitiesException unless the caller has acknowledged what the template may do."""
    needed = capabilities(plan.template.resources)
    given = set(request.get("Capabilities", ()))
    if "CAPABILITY_NAMED_IAM" in given:
        given.add("CAPABILITY_IAM")
    missing = [name for name in needed if name not in given]
    if missing:
        raise AwsError("InsufficientCapabilitiesException", f"Requires capabilities : [{', '.join(missing)}]")


def refuse_unacknowledged_transforms(found: Document, request: Json) -> None:
    asked = transforms(found.data) or is_transformed(found)
    if asked and "CAPABILITY_AUTO_EXPAND" not in request.get("Capabilities", ()):
        raise AwsError("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_AUTO_EXPAND]")


def refuse_other_types(plan: Blueprint, request: Json) -> None:
    """ResourceTypes names the types that the template may have: `AWS::SQS::Queue`, `AWS::SQS::*`, `AWS::*`."""
    allowed = request.get("ResourceTypes")
    if allowed is None:
        return
    for body in plan.declared.values():
        if not any(fnmatchcase(body.type, pattern) for pattern in allowed):
            text = f"Resource type {body.type} is not allowed by parameter ResourceTypes [{', '.join(allowed)}]"
            raise AwsError("ValidationError", text)


def refuse_without_resources(found: Template) -> None:
    if not found.resources:
        raise AwsError("ValidationError", "Template format error: At least one Resources member must be defined.")


def capabilities(resources: Mapping[str, Declaration]) -> list[str]:
    """The capability that the template's IAM resources ask for."""
    iam = [body for body in resources.values() if body.type in _IAM]
    if any(_IAM[body.type] in body.properties for body in iam):
        return ["CAPABILITY_NAMED_IAM"]
    return ["CAPABILITY_IAM"] if iam else []


def is_iam(body: Declaration) -> bool:
    return body.type in _IAM
