"""AWS::Lambda::Function.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html
"""

from collections.abc import Iterable

from penstock.compute.functions import nodejs
from penstock.compute.functions.bootstrap import ARCHITECTURE
from penstock.services.lambda_ import runtimes
from penstock.services.lambda_.resource_code import given_code
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType
from penstock.wire.model import Json

# What UpdateFunctionConfiguration sets, with the values of what a template does not say.
_CONFIGURATION: Json = {
    "DeadLetterConfig": {"TargetArn": ""},
    "Description": "",
    "Environment": {"Variables": {}},
    "EphemeralStorage": {"Size": 512},
    "Handler": None,
    "ImageConfig": {},
    "Layers": [],
    "LoggingConfig": {"LogFormat": "Text"},
    "MemorySize": 128,
    "Role": None,
    "Runtime": None,
    "SnapStart": {"ApplyOn": "None"},
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
    "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
}


def _configuration(name: str, properties: Properties) -> Json:
    request = {key: properties.get(key, default) for key, default in _CONFIGURATION.items()}
    request["LoggingConfig"] = {"LogGroup": f"/aws/lambda/{name}", "LogFormat": "Text", **request["LoggingConfig"]}
    return {key: value for key, value in request.items() if value is not None}


def _architectures(properties: Properties) -> Json:
    return {"Architectures": properties["Architectures"]} if "Architectures" in properties else {}


async def _create(rc: ResourceContext, properties: Properties) -> Resource:
    name = properties.get("FunctionName") or rc.physical_name(64)
    if rc.resumed and await _exists(rc, name):
        return await _apply(rc, name, properties)
    request = {
        "FunctionName": name,
        "Code": given_code(rc, properties["Code"], properties.get("Runtime", "")),
        "PackageType": properties.get("PackageType", "Zip"),
        **_configuration(name, properties),
        **_architectures(properties),
        "Tags": rc.tag_map(properties),
    }
    made = await rc.call("lambda", "CreateFunction", request)
    await _settings(rc, name, properties)
    return _resource(name, made["FunctionArn"])


async def _exists(rc: ResourceContext, name: str) -> bool:
    functions = (await rc.call("lambda", "ListFunctions", {}))["Functions"]
    return any(function["FunctionName"] == name for function in functions)


async def _update(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    return await _apply(rc, resource.physical_id, properties)


async def _apply(rc: ResourceContext, name: str, properties: Properties) -> Resource:
    """Makes an existing function what the template says, and forgets what the template does not say any more."""
    code = given_code(rc, properties["Code"], properties.get("Runtime", ""))
    await rc.call("lambda", "UpdateFunctionCode", {"FunctionName": name, **code, **_architectures(properties)})
    request = {"FunctionName": name, **_configuration(name, properties)}
    made = await rc.call("lambda", "UpdateFunctionConfiguration", request)
    await _set_tags(rc, made["FunctionArn"], rc.tag_map(properties))
    await _settings(rc, name, properties)
    return _resource(name, made["FunctionArn"])


async def _settings(rc: ResourceContext, name: str, properties: Properties) -> None:
    """What has operations of its own."""
    reserved = properties.get("ReservedConcurrentExecutions")
    request: Json = {"FunctionName": name}
    if reserved is None:
        await rc.call("lambda", "DeleteFunctionConcurrency", request)
    else:
        await rc.call("lambda", "PutFunctionConcurrency", {**request, "ReservedConcurrentExecutions": reserved})
    if "RecursiveLoop" in properties:
        loop = {**request, "RecursiveLoop": properties["RecursiveLoop"]}
        await rc.call("lambda", "PutFunctionRecursionConfig", loop)


async def _set_tags(rc: ResourceContext, arn: str, wanted: dict[str, str]) -> None:
    known = (await rc.call("lambda", "ListTags", {"Resource": arn}))["Tags"]
    if gone := [key for key in known if key not in wanted]:
        await rc.call("lambda", "UntagResource", {"Resource": arn, "TagKeys": gone})
    if wanted:
        await rc.call("lambda", "TagResource", {"Resource": arn, "Tags": wanted})


async def _delete(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("lambda", "DeleteFunction", {"FunctionName": resource.physical_id})


def _resource(name: str, arn: str) -> Resource:
    snap_start = {"SnapStartResponse.ApplyOn": "None", "SnapStartResponse.OptimizationStatus": "Off"}
    return Resource(name, {"Arn": arn, **snap_start})


def _problems(properties: Properties) -> Iterable[tuple[str, str]]:
    runtime = properties.get("Runtime")
    if isinstance(runtime, str) and (reason := runtimes.blocked(runtime) or runtimes.unsupported(runtime)):
        yield "Runtime", reason
    elif isinstance(runtime, str) and runtime.startswith("nodejs") and nodejs.find(runtime) is None:
        yield "Runtime", nodejs.NO_NODE.format(runtime=runtime)
    architectures = properties.get("Architectures")
    if isinstance(runtime, str) and runtime.startswith("provided") and isinstance(architectures, list):
        others = [name for name in architectures if isinstance(name, str) and name != ARCHITECTURE]
        if others:
            yield (
                "Architectures",
                f"a bootstrap built for {others[0]} does not run on this machine, which is {ARCHITECTURE}",
            )


TYPE = ResourceType(
    name="AWS::Lambda::Function",
    create=_create,
    update=_update,
    delete=_delete,
    properties=frozenset(
        {
            *_CONFIGURATION,
            "Architectures",
            "Code.ImageUri",
            "Code.S3Bucket",
            "Code.S3Key",
            "Code.S3ObjectVersion",
            "Code.ZipFile",
            "FunctionName",
            "PackageType",
            "RecursiveLoop",
            "ReservedConcurrentExecutions",
            "Tags",
        }
    ),
    inert={
        "CodeSigningConfigArn": "code is not signed on this machine",
        "KmsKeyArn": "environment variables are not encrypted on this machine",
        "RuntimeManagementConfig": "there is one build of each runtime",
    },
    replace_on=frozenset({"FunctionName", "PackageType"}),
    problems=_problems,
)
