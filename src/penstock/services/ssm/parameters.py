"""Parameters: put, get, delete.

Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html and its siblings.
"""

import base64
import hashlib
import re
from typing import Any

import orjson

from penstock.base.arn import arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ssm import names, store
from penstock.services.ssm.names import Reference, invalid
from penstock.services.ssm.store import Parameter
from penstock.wire.model import Json

_STANDARD_SIZE, _ADVANCED_SIZE = 4096, 8192
_MOST_VERSIONS = 100
_MOST_TAGS = 50
_POLICIES = ("Expiration", "ExpirationNotification", "NoChangeNotification")
_DATA_TYPES = ("text", "aws:ec2:image", "aws:ssm:integration")
# What `cdk bootstrap` leaves behind: templates of the CDK ask for it, and here there is nothing to bootstrap.
_BOOTSTRAP = re.compile(r"/cdk-bootstrap/[a-z0-9]{1,10}/version")
_BOOTSTRAP_VERSION = "30"
_SECRETS = "/aws/reference/secretsmanager/"
_VERSION_ID = 32  # characters that the id of a secret's version has at least


# -- put ---------------------------------------------------------------------------------------------


def put_parameter(ctx: Context, request: Json) -> Json:
    name = referred(ctx, request["Name"]).name if request["Name"].startswith("arn:") else request["Name"]
    names.check_name(name)
    if request.get("Overwrite") and request.get("Tags"):
        raise invalid(
            "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please "
            "remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or "
            "RemoveTagsFromResource."
        )
    row = ctx.store.one(store.CURRENT, scope_of(ctx), name)
    known = Parameter(*row) if row else None
    if known is not None and not request.get("Overwrite"):
        raise AwsError(
            "ParameterAlreadyExists",
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
        )
    made = _version(ctx, name, request, known)
    _check_value(made)
    return {"Version": _store(ctx, made, known, request), "Tier": made.tier}


def _version(ctx: Context, name: str, request: Json, known: Parameter | None) -> Parameter:
    """The new version: what the request leaves out is taken from the one before."""
    kind = request.get("Type") or (known.type if known else None)
    if kind is None:
        raise invalid("A parameter type is required when you create a parameter.")
    if known is not None and kind != known.type:
        raise AwsError(
            "HierarchyTypeMismatchException",
            "Parameter Store doesn't support changing a parameter type in a hierarchy. For example, you can't change "
            "a parameter from a String type to a SecureString type. You must create a new, unique parameter.",
        )

    def given(member: str, before: Any) -> Any:
        return request.get(member, before)

    return Parameter(
        id=known.id if known else 0,
        name=name,
        tags="{}",
        version=known.version + 1 if known else 1,
        type=kind,
        value=request["Value"],
        key_id=_key_id(kind, given("KeyId", known and known.key_id)),
        description=given("Description", known and known.description),
        allowed_pattern=given("AllowedPattern", known and known.allowed_pattern),
        tier=_tier(request.get("Tier"), request["Value"], known),
        data_type=given("DataType", known.data_type if known else "text"),
        policies=given("Policies", known and known.policies),
        last_modified_date=ctx.clock.now(),
        last_modified_user=ctx.principal.arn,
        labels="[]",
    )


def _key_id(kind: str, given: str | None) -> str | None:
    if kind == "SecureString":
        return given or "alias/aws/ssm"
    if given is not None:
        raise invalid("KeyId is required for SecureString type parameter only.")
    return None


def _tier(asked: str | None, value: str, known: Parameter | None) -> str:
    """The tier that a parameter gets; none ever goes down."""
    if asked == "Intelligent-Tiering" or asked is None:
        large = len(value) > _STANDARD_SIZE and asked is not None
        return "Advanced" if large or (known is not None and known.tier == "Advanced") else "Standard"
    if asked == "Standard" and known is not None and known.tier == "Advanced":
        raise invalid(
            "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the "
            "advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced "
            "parameter and recreate it as a standard parameter."
        )
    return asked


def _check_value(made: Parameter) -> None:
    if made.data_type not in _DATA_TYPES:
        raise invalid(
            f"The following data type is not supported: {made.data_type} (Data type names are all lowercase.)"
        )
    most = _ADVANCED_SIZE if made.tier == "Advanced" else _STANDARD_SIZE
    if len(made.value) > most:
        more = (
            " To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more "
            "information, see "
            "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html"
        )
        raise invalid(
            f"{made.tier} tier parameters support a maximum parameter value of {most} characters."
            + (more if made.tier == "Standard" else "")
        )
    if made.allowed_pattern:
        _check_pattern(made.allowed_pattern, made.value)
    if made.policies:
        _check_policies(made.policies)


def _check_pattern(pattern: str, value: str) -> None:
    try:
        matches = re.search(pattern, value) is not None
    except re.error:
        raise AwsError("InvalidAllowedPatternException", f"{pattern} is not a valid regular expression.") from None
    if not matches:
        raise AwsError(
            "ParameterPatternMismatchException",
            f"Parameter value, cannot be validated against allowedPattern: {pattern}",
        )


def _check_policies(policies: str) -> None:
    try:
        kinds = [policy["Type"] for policy in orjson.loads(policies)]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        kinds = [None]
    if not all(kind in _POLICIES for kind in kinds):
        raise AwsError(
            "InvalidPolicyTypeException",
            "The policy type isn't supported. Parameter Store supports the following policy types: Expiration, "
            "ExpirationNotification, and NoChangeNotification.",
        )


def _store(ctx: Context, made: Parameter, known: Parameter | None, request: Json) -> int:
    """Writes the new version; its number."""
    parameter_id = made.id
    if known is None:
        tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", ())}
        check_tags(tags)
        text = orjson.dumps(tags).decode()
        parameter_id = ctx.store.insert(store.INSERT, scope_of(ctx), made.name, names.parent_of(made.name), text)
    else:
        _make_room(ctx, known)
        ctx.store.run(store.SET_VERSION, made.version, known.id)
    ctx.store.run(store.INSERT_VERSION, parameter_id, *made[3:14])
    return made.version


def _make_room(ctx: Context, known: Parameter) -> None:
    """Drops the oldest version of a hundred, unless a label holds it."""
    count, oldest = ctx.store.one(store.COUNT_VERSIONS, known.id) or (0, 0)
    if count < _MOST_VERSIONS:
        return
    labels = ctx.store.one(store.LABELS, known.id, oldest)
    if labels is not None and labels[0] != "[]":
        raise AwsError(
            "ParameterMaxVersionLimitExceeded",
            f"You attempted to create a new version of {known.name} by calling the PutParameter API with the overwrite "
            f"flag. Version {oldest}, the oldest version, can't be deleted because it has a label associated with it. "
            "Move the label to another version of the parameter, and try again.",
        )
    ctx.store.run(store.DELETE_VERSION, known.id, oldest)


def check_tags(tags: dict[str, str]) -> None:
    if len(tags) > _MOST_TAGS:
        raise AwsError("TooManyTagsError", f"A parameter can have at most {_MOST_TAGS} tags.")


# -- get ---------------------------------------------------------------------------------------------


def get_parameter(ctx: Context, request: Json) -> Json:
    text, decrypt = request["Name"], request.get("WithDecryption", False)
    if text.startswith(_SECRETS):
        return {"Parameter": _secret(ctx, text, decrypt)}
    reference = referred(ctx, text)
    return {"Parameter": shown(ctx, find(ctx, reference), decrypt, reference.shown_selector)}


def get_parameters(ctx: Context, request: Json) -> Json:
    found: list[Json] = []
    missing: list[str] = []
    for text in dict.fromkeys(request["Names"]):
        try:
            found.append(get_parameter(ctx, {**request, "Name": text})["Parameter"])
        except AwsError as error:
            if error.code not in ("ParameterNotFound", "ParameterVersionNotFound"):
                raise
            missing.append(text)
    return {"Parameters": found, "InvalidParameters": missing}


def find(ctx: Context, reference: Reference) -> Parameter:
    """Raises ParameterNotFound or ParameterVersionNotFound."""
    name, selector = reference
    if not selector:
        row = ctx.store.one(store.CURRENT, scope_of(ctx), name)
        found = Parameter(*row) if row else _preset(name)
    elif selector.isdigit():
        found = _numbered(ctx, name, int(selector))
    else:
        versions = [Parameter(*row) for row in ctx.store.all(store.VERSIONS, scope_of(ctx), name, 0)]
        found = next((version for version in versions if selector in orjson.loads(version.labels)), None)
    if found is None:
        raise not_found(name)
    return found


def _numbered(ctx: Context, name: str, version: int) -> Parameter | None:
    row = ctx.store.one(store.VERSION, scope_of(ctx), name, version)
    if row is None and ctx.store.one(store.CURRENT, scope_of(ctx), name) is not None:
        raise version_not_found(name, version)
    return Parameter(*row) if row else None


def _preset(name: str) -> Parameter | None:
    if not _BOOTSTRAP.fullmatch(name):
        return None
    return Parameter(
        0, name, "{}", 1, "String", _BOOTSTRAP_VERSION, None, None, None, "Standard", "text", None, 0.0, "cdk", "[]"
    )


def _secret(ctx: Context, name: str, decrypt: bool) -> Json:
    """A secret of Secrets Manager, read through Parameter Store; `name:version` asks for one by its id or stage.

    Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/integration-ps-secretsmanager.html
    """
    if not decrypt:
        raise invalid("WithDecryption flag must be True for retrieving a Secret Manager secret.")
    name, _, selector = name.partition(":")
    version = {"VersionId" if len(selector) >= _VERSION_ID else "VersionStage": selector} if selector else {}
    try:
        secret = ctx.call_now("secretsmanager", "GetSecretValue", {"SecretId": name.removeprefix(_SECRETS), **version})
    except AwsError as error:
        raise AwsError(
            "ParameterNotFound",
            f"An error occurred ({error.code}) when referencing Secrets Manager: Secret {name} not found.",
        ) from None
    return {
        "Name": name,
        **({"Selector": f":{selector}"} if selector else {}),
        "Type": "SecureString",
        "Value": secret["SecretString"],
        "Version": 0,
        "SourceResult": orjson.dumps({key: value for key, value in secret.items() if key != "SecretBinary"}).decode(),
        "LastModifiedDate": secret["CreatedDate"],
        "ARN": secret["ARN"],
        "DataType": "text",
    }


def shown(ctx: Context, found: Parameter, decrypt: bool, selector: str = "") -> Json:
    """A parameter as the Get operations show it."""
    result = {
        "Name": found.name,
        "Type": found.type,
        "Value": found.value if decrypt else veiled(found),
        "Version": found.version,
        "LastModifiedDate": found.last_modified_date,
        "ARN": arn_of(ctx, found.name),
        "DataType": found.data_type,
    }
    return result | ({"Selector": selector} if selector else {})


def veiled(found: Parameter) -> str:
    """A SecureString's value without decryption: something in the form of a ciphertext."""
    if found.type != "SecureString":
        return found.value
    digest = hashlib.sha512(f"{found.key_id}\n{found.name}\n{found.value}".encode()).digest()
    return "AQICAH" + base64.b64encode(digest).decode()


# -- delete ------------------------------------------------------------------------------------------


def delete_parameter(ctx: Context, request: Json) -> Json:
    if not _delete(ctx, request["Name"]):
        raise not_found(request["Name"])
    return {}


def delete_parameters(ctx: Context, request: Json) -> Json:
    wanted = dict.fromkeys(request["Names"])
    deleted = [name for name in wanted if _delete(ctx, name)]
    return {"DeletedParameters": deleted, "InvalidParameters": [name for name in wanted if name not in deleted]}


def _delete(ctx: Context, name: str) -> bool:
    row = ctx.store.one(store.CURRENT, scope_of(ctx), referred(ctx, name).name)
    if row is not None:
        for statement in store.DELETE:
            ctx.store.run(statement, row[0])
    return row is not None


# -- what all operations need ------------------------------------------------------------------------


def scope_of(ctx: Context) -> str:
    return f"{ctx.account}:{ctx.region}"


def referred(ctx: Context, text: str) -> Reference:
    """The parameter that a name or an ARN means. `a` and `/a` have the same ARN: one is found by the other's name."""
    reference = Reference.of(text)
    name = reference.name
    if name.rfind("/") > 0:
        return reference
    other = name[1:] if name.startswith("/") else f"/{name}"
    there = ctx.store.all(store.NAMED, scope_of(ctx), name, other)
    if (name,) in there or (not there and not text.startswith("arn:")):
        return reference
    return reference._replace(name=other)


def arn_of(ctx: Context, name: str) -> str:
    return arn("ssm", ctx.region, ctx.account, f"parameter/{name.removeprefix('/')}")


def not_found(name: str) -> AwsError:
    return AwsError("ParameterNotFound", f"Parameter {name} not found.")


def version_not_found(name: str, version: int) -> AwsError:
    return AwsError(
        "ParameterVersionNotFound",
        f"Systems Manager could not find version {version} of {name}. Verify the version and try again.",
    )
