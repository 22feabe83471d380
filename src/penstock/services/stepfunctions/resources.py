"""CloudFormation types of Step Functions.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_StepFunctions.html
"""

import re
from collections.abc import Mapping
from typing import Any

import orjson
import yaml

from penstock.base.errors import AwsError
from penstock.services.stepfunctions.names import invalid
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType, one_call
from penstock.wire.model import Json

_SUBSTITUTION = re.compile(r"\$\{([^}]+)\}")
_DEFINITIONS = ("DefinitionString", "Definition", "DefinitionS3Location")
_NOT_ENCRYPTED = "data at rest is not encrypted on this machine"


# -- AWS::StepFunctions::StateMachine ------------------------------------------------------------------


async def _create_machine(rc: ResourceContext, properties: Properties) -> Resource:
    request = {
        "name": properties.get("StateMachineName") or rc.physical_name(80),
        "type": properties.get("StateMachineType", "STANDARD"),
        "tags": _tags(rc, properties),
        **_settings(rc, properties),
    }
    return await _machine(rc, (await rc.call("stepfunctions", "CreateStateMachine", request))["stateMachineArn"])


async def _update_machine(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    """What a template does not say any more goes back to its default."""
    defaults = {"loggingConfiguration": {"level": "OFF"}, "tracingConfiguration": {"enabled": False}}
    request = {"stateMachineArn": resource.physical_id, **defaults, **_settings(rc, properties)}
    await rc.call("stepfunctions", "UpdateStateMachine", request)
    await _set_tags(rc, resource.physical_id, rc.tag_map(properties))
    return await _machine(rc, resource.physical_id)


async def _machine(rc: ResourceContext, arn: str) -> Resource:
    found = await rc.call("stepfunctions", "DescribeStateMachine", {"stateMachineArn": arn})
    revision = found.get("revisionId", "INITIAL")
    return Resource(arn, {"Arn": arn, "Name": found["name"], "StateMachineRevisionId": revision})


def _settings(rc: ResourceContext, properties: Properties) -> Json:
    found: Json = {"definition": _definition(rc, properties), "roleArn": properties["RoleArn"]}
    for name in ("LoggingConfiguration", "TracingConfiguration"):
        if properties.get(name):
            found[_small(name)] = _spelled(properties[name])
    return found


def _definition(rc: ResourceContext, properties: Properties) -> str:
    """The definition's text, its `${name}` replaced."""
    given = next((properties[name] for name in _DEFINITIONS if properties.get(name)), None)
    if given is None:
        raise invalid(f"One of {', '.join(_DEFINITIONS)} must be set")
    if properties.get("DefinitionS3Location"):
        given = _file(rc, properties["DefinitionS3Location"])
    text = given if isinstance(given, str) else orjson.dumps(given).decode()
    values: Mapping[str, Any] = properties.get("DefinitionSubstitutions") or {}
    return _SUBSTITUTION.sub(lambda match: _value(values[match[1]]) if match[1] in values else match[0], text)


def _value(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _file(rc: ResourceContext, location: Mapping[str, Any]) -> str:
    """JSON, or YAML, as the file's name says."""
    path = rc.asset(location["Bucket"], location["Key"])
    if path is None:
        raise AwsError("InvalidDefinition", f"{location['Bucket']}/{location['Key']} is no asset of this app")
    text = path.read_text()
    return orjson.dumps(yaml.safe_load(text)).decode() if path.suffix in (".yaml", ".yml") else text


def _small(name: str) -> str:
    return name[:1].lower() + name[1:]


def _spelled(value: Any) -> Any:
    """`{"Level": ...}` -> `{"level": ...}`."""
    if isinstance(value, Mapping):
        return {_small(key): _spelled(item) for key, item in value.items()}
    return [_spelled(item) for item in value] if isinstance(value, list) else value


def _tags(rc: ResourceContext, properties: Properties) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in rc.tag_map(properties).items()]


async def _set_tags(rc: ResourceContext, arn: str, tags: dict[str, str]) -> None:
    known = {
        tag["key"] for tag in (await rc.call("stepfunctions", "ListTagsForResource", {"resourceArn": arn}))["tags"]
    }
    if gone := sorted(known - tags.keys()):
        await rc.call("stepfunctions", "UntagResource", {"resourceArn": arn, "tagKeys": gone})
    if tags:
        request = {"resourceArn": arn, "tags": [{"key": key, "value": value} for key, value in tags.items()]}
        await rc.call("stepfunctions", "TagResource", request)


async def _delete_machine(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("stepfunctions", "DeleteStateMachine", {"stateMachineArn": resource.physical_id})


# -- AWS::StepFunctions::StateMachineAlias -------------------------------------------------------------


def _alias(rc: ResourceContext, properties: Properties) -> Json:
    """A deployment preference names the version; the shift is made at once."""
    routing = properties.get("RoutingConfiguration") or [
        {"StateMachineVersionArn": properties["DeploymentPreference"]["StateMachineVersionArn"], "Weight": 100}
    ]
    found: Json = {"name": properties["Name"], "routingConfiguration": _spelled(routing)}
    return {**found, "description": properties["Description"]} if "Description" in properties else found


TABLE = (
    ResourceType(
        name="AWS::StepFunctions::StateMachine",
        create=_create_machine,
        update=_update_machine,
        delete=_delete_machine,
        properties=frozenset(
            {
                *_DEFINITIONS,
                "DefinitionSubstitutions",
                "LoggingConfiguration",
                "RoleArn",
                "StateMachineName",
                "StateMachineType",
                "Tags",
            }
        ),
        replace_on=frozenset({"StateMachineName", "StateMachineType"}),
        inert={
            "EncryptionConfiguration": _NOT_ENCRYPTED,
            "TracingConfiguration": "it is recorded; nothing is sent to X-Ray",
        },
    ),
    one_call(
        "AWS::StepFunctions::StateMachineVersion",
        "stepfunctions",
        create="PublishStateMachineVersion",
        delete="DeleteStateMachineVersion",
        properties={"StateMachineArn", "StateMachineRevisionId", "Description"},
        request=lambda rc, given: {
            name: given[source]
            for name, source in (
                ("stateMachineArn", "StateMachineArn"),
                ("revisionId", "StateMachineRevisionId"),
                ("description", "Description"),
            )
            if source in given
        },
        made=lambda given, made: Resource(made["stateMachineVersionArn"], {"Arn": made["stateMachineVersionArn"]}),
        key="stateMachineVersionArn",
    ),
    one_call(
        "AWS::StepFunctions::StateMachineAlias",
        "stepfunctions",
        create="CreateStateMachineAlias",
        update="UpdateStateMachineAlias",
        delete="DeleteStateMachineAlias",
        properties={
            "Name",
            "Description",
            "RoutingConfiguration",
            "DeploymentPreference.StateMachineVersionArn",
            "DeploymentPreference.Type",
        },
        named=("Name", 80),
        request=_alias,
        made=lambda given, made: Resource(made["stateMachineAliasArn"], {"Arn": made["stateMachineAliasArn"]}),
        key="stateMachineAliasArn",
        inert={
            "DeploymentPreference.Alarms": "traffic is shifted at once",
            "DeploymentPreference.Interval": "traffic is shifted at once",
            "DeploymentPreference.Percentage": "traffic is shifted at once",
        },
    ),
    one_call(
        "AWS::StepFunctions::Activity",
        "stepfunctions",
        create="CreateActivity",
        delete="DeleteActivity",
        properties={"Name", "Tags"},
        named=("Name", 80),
        request=lambda rc, given: {"name": given["Name"], "tags": _tags(rc, given)},
        made=lambda given, made: Resource(made["activityArn"], {"Arn": made["activityArn"], "Name": given["name"]}),
        key="activityArn",
        inert={"EncryptionConfiguration": _NOT_ENCRYPTED},
    ),
)
