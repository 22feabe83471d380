"""A function's configuration: defaults, checks that the model cannot make, and how AWS shows it.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.compute.functions.environ import RESERVED
from penstock.iam.principal import Principal
from penstock.services.lambda_ import runtimes
from penstock.services.lambda_.code import Code
from penstock.services.lambda_.names import LATEST, invalid, layer_ref
from penstock.services.lambda_.state import Function
from penstock.services.lambda_.store import DOCUMENTS
from penstock.wire.model import Json

_LAMBDA = "lambda.amazonaws.com"
_MAX_ENVIRONMENT = 4096
_MAX_LAYERS = 5
_MAX_TIMEOUT = 900
# What a list of functions leaves out.
_NOT_LISTED = frozenset(
    {
        "State",
        "StateReason",
        "StateReasonCode",
        "LastUpdateStatus",
        "LastUpdateStatusReason",
        "LastUpdateStatusReasonCode",
        "RuntimeVersionConfig",
    }
)
_CREATING = {"State": "Pending", "StateReason": "The function is being created.", "StateReasonCode": "Creating"}
_UPDATING = {
    "LastUpdateStatus": "InProgress",
    "LastUpdateStatusReason": "The function is being created.",
    "LastUpdateStatusReasonCode": "Creating",
}

# What has to be given up is said, not ignored.
_UNSUPPORTED: Mapping[str, str] = {
    "FileSystemConfigs": "mounts no file systems",
    "DurableConfig": "has no durable functions",
    "TenancyConfig": "does not isolate tenants",
    "CapacityProviderConfig": "has no capacity providers",
}
_OF_PACKAGES = ("Runtime", "Handler", "Layers")


def timestamp(now: float) -> str:
    """`2026-11-21T01:40:00.123+0000`"""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


def created(ctx: Context, function: Function, request: Json, code: Code) -> Json:
    """The configuration of a new function."""
    package = request.get("PackageType", "Zip")
    base = {
        "FunctionName": function.name,
        "FunctionArn": function.arn,
        **({"Runtime": "", "Handler": ""} if package == "Zip" else {}),
        "Role": "",
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "Version": LATEST,
        "TracingConfig": {"Mode": "PassThrough"},
        "PackageType": package,
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function.name}"},
        "State": "Active",
        "LastUpdateStatus": "Successful",
    }
    return with_code(ctx, changed(ctx, base, request), code)


def with_code(ctx: Context, configuration: Json, code: Code) -> Json:
    return _stamped(ctx, {**configuration, "CodeSha256": code.sha256, "CodeSize": code.size})


def changed(ctx: Context, configuration: Json, request: Json) -> Json:
    """A configuration with what a request says in place of what was. Raises AwsError."""
    for name, missing in _UNSUPPORTED.items():
        if request.get(name):
            raise invalid(f"Penstock {missing} ({name}).")
    check_members(configuration["PackageType"], request)
    new = dict(configuration)
    for name, read in _MEMBERS.items():
        if name in request:
            value = read(ctx, configuration, request[name])
            shown = _SHOWN.get(name, name)
            new.pop(shown, None)
            if value is not None:
                new[shown] = value
    if "Runtime" in new:
        arn = f"arn:aws:lambda:{ctx.region}::runtime:{new['Runtime']}"
        new["RuntimeVersionConfig"] = {"RuntimeVersionArn": arn}
        runtimes.check_snap_start(new["Runtime"], new["SnapStart"]["ApplyOn"])
    return _stamped(ctx, new)


def check_members(package: str, request: Json) -> None:
    """Raises for what belongs to functions from packages only."""
    if package == "Image" and any(request.get(name) for name in _OF_PACKAGES):
        raise invalid(
            "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image."
        )


def _stamped(ctx: Context, configuration: Json) -> Json:
    return {**configuration, "LastModified": timestamp(ctx.clock.now()), "RevisionId": ids.uuid()}


# -- members of a request ----------------------------------------------------------------------------


def _timeout(ctx: Context, configuration: Json, value: int) -> int:
    if value > _MAX_TIMEOUT:
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value '{value}' at 'timeout' failed to satisfy constraint: "
            f"Member must have value less than or equal to {_MAX_TIMEOUT}",
            status=400,
        )
    return value


def _as_given(ctx: Context, old: Json, value: Any) -> Any:
    return value


def _unless_empty(ctx: Context, old: Json, value: Any) -> Any:
    return value or None


def _runtime(ctx: Context, old: Json, value: str) -> str:
    runtimes.check(value)
    return value


def _environment(ctx: Context, old: Json, value: Json) -> Json:
    variables: dict[str, str] = value.get("Variables", {})
    if reserved := [name for name in variables if name in RESERVED]:
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    text = orjson.dumps(variables).decode()
    if len(text.encode()) > _MAX_ENVIRONMENT:
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            f"provided exceeded the 4KB limit. String measured: {text}"
        )
    return {"Variables": variables}


def _vpc(ctx: Context, old: Json, value: Json) -> Json:
    subnets, groups = value.get("SubnetIds", []), value.get("SecurityGroupIds", [])
    if subnets and not groups:
        raise invalid("Security Groups cannot be empty when Subnets are provided.")
    described = _described(ctx, "DescribeSubnets", "SubnetIds", subnets).get("Subnets", [])
    _described(ctx, "DescribeSecurityGroups", "GroupIds", groups)
    return {
        "SubnetIds": subnets,
        "SecurityGroupIds": groups,
        "VpcId": described[0]["VpcId"] if described else "",
        "Ipv6AllowedForDualStack": value.get("Ipv6AllowedForDualStack", False),
    }


def _described(ctx: Context, operation: str, member: str, ids: list[str]) -> Json:
    """What EC2 says of these ids; its refusal is told in Lambda's words."""
    if not ids:
        return {}
    try:
        return ctx.call_now("ec2", operation, {member: ids}, principal=Principal.service(_LAMBDA, ctx.account))
    except AwsError as error:
        code, message = error.code, error.message
        raise invalid(
            f"Error occurred while {operation}. EC2 Error Code: {code}. EC2 Error Message: {message}"
        ) from None


def _dead_letters(ctx: Context, old: Json, value: Json) -> Json | None:
    """An empty ARN takes the target away; without one it stays."""
    target = value.get("TargetArn", old.get("DeadLetterConfig", {}).get("TargetArn"))
    return {"TargetArn": target} if target else None


def _snap_start(ctx: Context, old: Json, value: Json) -> Json:
    return {"ApplyOn": value.get("ApplyOn", "None"), "OptimizationStatus": "Off"}


def _image_config(ctx: Context, old: Json, value: Json) -> Json | None:
    if value and old["PackageType"] != "Image":
        raise invalid("Please don't provide ImageConfig when the intended function PackageType is Zip.")
    return {"ImageConfig": value} if value else None


def _logging(ctx: Context, old: Json, value: Json) -> Json:
    """Levels belong to the JSON format: switching to it sets them, switching to text removes them."""
    before = old["LoggingConfig"]
    merged: Json = {**before, **value}
    if merged["LogFormat"] == "JSON":
        return {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO", **merged}
    if "ApplicationLogLevel" in value or "SystemLogLevel" in value:
        raise invalid("To set a log level, the log format must be JSON.")
    return {name: merged[name] for name in ("LogFormat", "LogGroup")}


def _layers(ctx: Context, old: Json, arns: list[str]) -> list[Json] | None:
    if len(arns) > _MAX_LAYERS:
        raise invalid("Cannot reference more than 5 layers.")
    seen: dict[str, str] = {}
    for version_arn in arns:
        layer_arn = version_arn.rpartition(":")[0]
        if layer_arn in seen:
            raise invalid(
                "Two different versions of the same layer are not allowed to be referenced in the same function. "
                f"{seen[layer_arn]} and {version_arn} are versions of the same layer."
            )
        seen[layer_arn] = version_arn
    return [layer_reference(ctx, version_arn) for version_arn in arns] or None


def layer_reference(ctx: Context, version_arn: str) -> Json:
    """{"Arn", "CodeSize"} of a layer version. Raises where it does not exist."""
    ref = layer_ref(ctx, version_arn)
    if ref.region != ctx.region:
        message = "Layers are not in the same region as the function. Layers are expected to be in region"
        raise invalid(f"{message} {ctx.region}.")
    document = DOCUMENTS.get(ctx.store, f"{ref.account}:{ref.region}", "layer", f"{ref.name}:{ref.version}")
    if document is not None and not document.get("Deleted"):
        return {"Arn": version_arn, "CodeSize": document["Content"]["CodeSize"]}
    if ref.account == ctx.account:
        raise invalid(f"Layer version {version_arn} does not exist.")
    if ref.name.startswith(_INSTALLED):
        return {"Arn": version_arn, "CodeSize": 0}
    raise AwsError(
        "AccessDeniedException",
        f"User: {ctx.principal.arn} is not authorized to perform: lambda:GetLayerVersion on resource: {version_arn} "
        "because no resource-based policy allows the lambda:GetLayerVersion action",
        status=403,
    )


# AWS's public layers whose library the runtime's own environment has; they add nothing to sys.path.
_INSTALLED = ("AWSLambdaPowertoolsPython",)

_MEMBERS: Mapping[str, Callable[[Context, Json, Any], Any]] = {
    "Runtime": _runtime,
    "Role": _as_given,
    "Handler": _as_given,
    "Description": _as_given,
    "Timeout": _timeout,
    "MemorySize": _as_given,
    "Architectures": _as_given,
    "EphemeralStorage": _as_given,
    "TracingConfig": _as_given,
    "KMSKeyArn": _unless_empty,
    "Environment": _environment,
    "VpcConfig": _vpc,
    "DeadLetterConfig": _dead_letters,
    "SnapStart": _snap_start,
    "LoggingConfig": _logging,
    "Layers": _layers,
    "ImageConfig": _image_config,
}
# Members that are answered under another name.
_SHOWN = {"ImageConfig": "ImageConfigResponse"}


# -- answers -----------------------------------------------------------------------------------------


def pending(configuration: Json) -> Json:
    """As CreateFunction answers it: what it becomes when it is active is another revision."""
    shown = {name: value for name, value in configuration.items() if name != "LastUpdateStatus"}
    return {**shown, **_CREATING, "RevisionId": ids.uuid()}


def updating(configuration: Json) -> Json:
    """As the update operations answer it."""
    return {**configuration, **_UPDATING, "RevisionId": ids.uuid()}


def listed(configuration: Json) -> Json:
    return {name: value for name, value in configuration.items() if name not in _NOT_LISTED}
