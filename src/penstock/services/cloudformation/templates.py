"""Operations on templates: what a stack has, and what a template asks for."""

import json
from collections.abc import Mapping
from typing import Any

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.cloudformation import describe, requests
from penstock.services.cloudformation.change_sets import known_change_set
from penstock.template import model
from penstock.template.document import TemplateError
from penstock.template.functions import as_text
from penstock.template.model import Template, transforms
from penstock.wire.model import Json


def get_template(ctx: Context, request: Json) -> Json:
    if "ChangeSetName" in request:
        if "StackName" not in request and not request["ChangeSetName"].startswith("arn:"):
            raise AwsError("ValidationError", "StackName is a required parameter.")
        body = known_change_set(ctx, request)[0].body
    elif "StackName" in request:
        body = describe.known(ctx, request["StackName"]).body
    else:
        raise AwsError("ValidationError", "StackName is a required parameter.")
    processed = body.get("Processed") if request.get("TemplateStage") == "Processed" else None
    text = body["Template"] if processed is None else json.dumps(processed)
    return {"TemplateBody": text, "StagesAvailable": ["Original", "Processed"]}


async def validate_template(ctx: Context, request: Json) -> Json:
    found = await _template(ctx, request)
    return {"Parameters": [_parameter(name, body) for name, body in found.parameters.items()], **_asks(found)}


async def get_template_summary(ctx: Context, request: Json) -> Json:
    if "StackName" in request:
        row = describe.known(ctx, request["StackName"])
        if row.status == "REVIEW_IN_PROGRESS":
            raise AwsError("ValidationError", "GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.")
        request = {"TemplateBody": row.body["Template"]}
    found = await _template(ctx, request)
    parameters = [
        {
            **_parameter(name, body),
            "ParameterType": body["Type"],
            "ParameterConstraints": _constraints(body),
        }
        for name, body in found.parameters.items()
    ]
    types: dict[str, list[str]] = {}
    for name, body in sorted(found.resources.items(), key=lambda item: item[1].type):
        types.setdefault(body.type, []).append(name)
    summary = {
        "Parameters": parameters,
        "ResourceTypes": list(types),
        "ResourceIdentifierSummaries": [
            {"ResourceType": kind, "LogicalResourceIds": names} for kind, names in types.items()
        ],
        "Metadata": _metadata(found),
        "Version": found.document.data.get("AWSTemplateFormatVersion"),
        **_asks(found),
    }
    return {name: value for name, value in summary.items() if value is not None}


def _metadata(found: Template) -> str | None:
    metadata = found.document.data.get("Metadata")
    return None if metadata is None else str(metadata)


def _constraints(body: Mapping[str, Any]) -> Json:
    return {"AllowedValues": [as_text(value) for value in body["AllowedValues"]]} if "AllowedValues" in body else {}


async def _template(ctx: Context, request: Json) -> Template:
    try:
        found = model.template(await requests.template(ctx, request))
    except TemplateError as error:
        raise requests.refused(error) from error
    requests.refuse_without_resources(found)
    return found


def _parameter(name: str, body: Mapping[str, Any]) -> Json:
    parameter: Json = {"ParameterKey": name, "NoEcho": as_text(body.get("NoEcho", False)).lower() == "true"}
    if "Default" in body:
        parameter["DefaultValue"] = as_text(body["Default"])
    if "Description" in body:
        parameter["Description"] = body["Description"]
    return parameter


def _asks(found: Template) -> Json:
    needed = requests.capabilities(found.resources)
    asks: Json = {"Description": found.description} if found.description else {}
    if needed:
        names = ", ".join(sorted({body.type for body in found.resources.values() if requests.is_iam(body)}))
        reason = f"The following resource(s) require capabilities: [{names}]"
        asks |= {"Capabilities": needed, "CapabilitiesReason": reason}
    declared = transforms(found.document.data)
    return {**asks, "DeclaredTransforms": declared} if declared else asks
