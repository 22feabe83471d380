"""Values of `secrets`: parameters of SSM and secrets of Secrets Manager, read with the task's execution role.

valueFrom is a parameter's name or ARN, or a secret's ARN followed by `:json-key:version-stage:version-id`, each of
which may be empty.
Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
"""

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.wire.model import Json

_PARTS_OF_SECRET = 7  # of arn:aws:secretsmanager:region:account:secret:name


class Unavailable(Exception):
    """The text is the reason of a task that could not start."""


async def resolve(ctx: Context, container: Json) -> dict[str, str]:
    """Name -> value, for one container's definition; `ctx` is of its execution role. Raises Unavailable."""
    return {secret["name"]: await value(ctx, secret["valueFrom"]) for secret in container.get("secrets", ())}


async def value(ctx: Context, source: str) -> str:
    """What `valueFrom` leads to. Raises Unavailable."""
    is_secret = ":secretsmanager:" in source
    what, read = ("secret from asm", _of_secret) if is_secret else ("secrets from ssm", _of_parameter)
    try:
        return await read(ctx, source)
    except (AwsError, ValueError) as error:
        why = f"{error.code}: {error.message}" if isinstance(error, AwsError) else str(error)
        raise Unavailable(
            f"ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval "
            f"failed: unable to retrieve {what}: service call has been retried 1 time(s): {why}"
        ) from error


async def _of_parameter(ctx: Context, source: str) -> str:
    name = source
    if source.startswith("arn:"):
        name = source.partition(":parameter")[2]
        name = name if name.count("/") > 1 else name.removeprefix("/")
    found = await ctx.call("ssm", "GetParameters", {"Names": [name], "WithDecryption": True})
    if not found["Parameters"]:
        raise ValueError(f"invalid parameters: {name}")
    return str(found["Parameters"][0]["Value"])


async def _of_secret(ctx: Context, source: str) -> str:
    parts = source.split(":")
    key, stage, version = [*parts[_PARTS_OF_SECRET:], "", "", ""][:3]
    request: Json = {"SecretId": ":".join(parts[:_PARTS_OF_SECRET])}
    if stage:
        request["VersionStage"] = stage
    if version:
        request["VersionId"] = version
    found = await ctx.call("secretsmanager", "GetSecretValue", request)
    text = found["SecretString"] if "SecretString" in found else found["SecretBinary"].decode()
    return _member(text, key) if key else str(text)


def _member(text: str, key: str) -> str:
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ValueError("secret is not a JSON object") from None
    if not isinstance(document, dict) or key not in document:
        raise ValueError(f"retrieved secret from Secrets Manager did not contain json key {key}")
    found = document[key]
    return found if isinstance(found, str) else orjson.dumps(found).decode()
