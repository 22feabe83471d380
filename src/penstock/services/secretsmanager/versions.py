"""Versions of a secret and the staging labels that move between them.

A label is on one version at a time. When AWSCURRENT moves, the version that had it gets AWSPREVIOUS; a version without
labels is deprecated, and the oldest of those go when there are more than a hundred versions.
Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
"""

from collections.abc import Iterable

import orjson

from penstock.base.errors import AwsError
from penstock.base.paging import page_key, page_token
from penstock.call import Context
from penstock.services.secretsmanager import store
from penstock.services.secretsmanager.find import secret_of, shown_name
from penstock.services.secretsmanager.store import Secret, Version
from penstock.wire.model import Json

CURRENT, PREVIOUS, PENDING = "AWSCURRENT", "AWSPREVIOUS", "AWSPENDING"
_MOST = 100
_DAY = 86400
_DEFAULT_KEY = "DefaultEncryptionKey"


# -- write -------------------------------------------------------------------------------------------


def put_secret_value(ctx: Context, request: Json) -> Json:
    if not has_value(request):
        raise AwsError("InvalidRequestException", "You must provide either SecretString or SecretBinary.")
    secret = secret_of(ctx, request["SecretId"])
    token = token_of(request)
    if same(ctx, secret, token, request):
        stages = orjson.loads(_version(ctx, secret, token).stages)
    else:
        stages = request.get("VersionStages", [CURRENT])
        stages = add(ctx, secret, token, request, stages)
    return {**shown_name(secret), "VersionId": token, "VersionStages": stages}


def token_of(request: Json) -> str:
    """The request's ClientRequestToken, which becomes the version's id. Raises InvalidRequestException."""
    token: str | None = request.get("ClientRequestToken")
    if token is None:
        raise AwsError(
            "InvalidRequestException", "You must provide a ClientRequestToken value. We recommend a UUID-type value."
        )
    return token


def has_value(request: Json) -> bool:
    """Raises InvalidParameterException where there are two."""
    given = [member for member in ("SecretString", "SecretBinary") if member in request]
    if len(given) > 1:
        message = "You can't specify both a binary secret value and a string secret value in the same secret."
        raise AwsError("InvalidParameterException", message)
    return bool(given)


def same(ctx: Context, secret: Secret, token: str, request: Json) -> bool:
    """Was this very version made before? Raises ResourceExistsException where the token has another value."""
    row = ctx.store.one(store.VERSION, secret.arn, token)
    if row is None:
        return False
    known = Version(*row)
    if _is_empty(known):
        return False
    if (known.secret_string, known.secret_binary) != (request.get("SecretString"), request.get("SecretBinary")):
        raise AwsError(
            "ResourceExistsException",
            f"You can't use ClientRequestToken {token} because that value is already in use for a version of secret "
            f"{secret.arn}.",
        )
    return True


def add(ctx: Context, secret: Secret, token: str, request: Json, stages: list[str]) -> list[str]:
    """Adds a version and moves its labels to it; the labels in order. The first version is always current."""
    before = of(ctx, secret)
    wanted = sorted({*stages, *([] if before else [CURRENT])})
    now = ctx.clock.now()
    value = (request.get("SecretString"), request.get("SecretBinary"))
    if any(version.version_id == token for version in before):
        ctx.store.run(store.SET_VALUE, *value, now, secret.arn, token)
    else:
        key = request.get("KmsKeyId") or secret.kms_key_id or _DEFAULT_KEY
        ctx.store.run(store.INSERT_VERSION, secret.arn, token, *value, "[]", now, key)
    ctx.store.run(store.SET_CHANGED, now, secret.arn)
    _label(ctx, secret, token, wanted)
    _forget(ctx, before)
    return wanted


def add_pending(ctx: Context, secret: Secret, token: str) -> None:
    """Adds the version of a rotation, which has no value yet, if it is not there."""
    if ctx.store.one(store.VERSION, secret.arn, token) is None:
        key = secret.kms_key_id or _DEFAULT_KEY
        ctx.store.run(store.INSERT_VERSION, secret.arn, token, None, None, "[]", ctx.clock.now(), key)
        _label(ctx, secret, token, [PENDING])


def drop_pending(ctx: Context, secret: Secret, token: str) -> None:
    """Removes the version of a rotation that was only a test."""
    row = ctx.store.one(store.VERSION, secret.arn, token)
    if row is not None and _is_empty(Version(*row)):
        ctx.store.run(store.DELETE_VERSION, secret.arn, token)


def _is_empty(version: Version) -> bool:
    return version.secret_string is None and version.secret_binary is None


def _label(ctx: Context, secret: Secret, version_id: str, labels: Iterable[str]) -> None:
    """Moves labels to a version, AWSPREVIOUS following AWSCURRENT."""
    versions = {version.version_id: set(orjson.loads(version.stages)) for version in of(ctx, secret)}
    for label in labels:
        holder = next((holder for holder, stages in versions.items() if label in stages), None)
        if holder == version_id:
            continue
        if holder is not None:
            versions[holder].discard(label)
            if label == CURRENT:
                for stages in versions.values():
                    stages.discard(PREVIOUS)
                versions[holder].add(PREVIOUS)
        versions[version_id].add(label)
    _save(ctx, secret, versions)


def _save(ctx: Context, secret: Secret, versions: dict[str, set[str]]) -> None:
    for version in of(ctx, secret):
        text = orjson.dumps(sorted(versions[version.version_id])).decode()
        if text != version.stages:
            ctx.store.run(store.SET_STAGES, text, secret.arn, version.version_id)


def _forget(ctx: Context, before: list[Version]) -> None:
    deprecated = [version for version in before if version.stages == "[]"]
    for version in deprecated[: max(0, len(before) + 1 - _MOST)]:
        ctx.store.run(store.DELETE_VERSION, version.arn, version.version_id)


def update_secret_version_stage(ctx: Context, request: Json) -> Json:
    secret, label = secret_of(ctx, request["SecretId"]), request["VersionStage"]
    source, target = request.get("RemoveFromVersionId"), request.get("MoveToVersionId")
    versions = {version.version_id: set(orjson.loads(version.stages)) for version in of(ctx, secret)}
    for version_id in (source, target):
        if version_id is not None and version_id not in versions:
            raise AwsError("InvalidParameterException", f"Not a valid version: {version_id}")
    holder = next((version_id for version_id, stages in versions.items() if label in stages), None)
    _check_move(label, holder, source, target)
    if target is not None:
        _label(ctx, secret, target, [label])
    elif source is not None:
        versions[source].discard(label)
        _save(ctx, secret, versions)
    ctx.store.run(store.SET_CHANGED, ctx.clock.now(), secret.arn)
    return shown_name(secret)


def _check_move(label: str, holder: str | None, source: str | None, target: str | None) -> None:
    if source is not None and source != holder:
        message = f"Version stage {label} not found in version {source}"
        raise AwsError("InvalidParameterException", message)
    if target is None and label == CURRENT:
        raise AwsError(
            "InvalidParameterException",
            "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
        )
    if target is not None and holder not in (None, target, source):
        raise AwsError(
            "InvalidParameterException",
            f"The parameter RemoveFromVersionId can't be empty. Staging label {label} is currently attached to version "
            f"{holder}, so you must explicitly reference that version in RemoveFromVersionId.",
        )


# -- read --------------------------------------------------------------------------------------------


def get_secret_value(ctx: Context, request: Json) -> Json:
    secret = secret_of(ctx, request["SecretId"])
    version = _wanted(ctx, secret, request)
    _note_access(ctx, secret, version)
    value: Json = {"SecretString": version.secret_string}
    if version.secret_binary is not None:
        value = {"SecretBinary": version.secret_binary}
    return {
        **shown_name(secret),
        "VersionId": version.version_id,
        "VersionStages": orjson.loads(version.stages),
        "CreatedDate": version.created_date,
        **value,
    }


def _wanted(ctx: Context, secret: Secret, request: Json) -> Version:
    version_id, stage = request.get("VersionId"), request.get("VersionStage", CURRENT)
    if version_id is None:
        found = next((version for version in of(ctx, secret) if stage in orjson.loads(version.stages)), None)
        if found is None or _is_empty(found):
            raise _no_value(f"staging label: {stage}")
        return found
    version = _version(ctx, secret, version_id)
    if _is_empty(version):
        raise _no_value(f"VersionId: {version_id}")
    if "VersionStage" in request and stage not in orjson.loads(version.stages):
        raise AwsError(
            "InvalidRequestException",
            "You provided a VersionStage that is not associated to the provided VersionId.",
        )
    return version


def _version(ctx: Context, secret: Secret, version_id: str) -> Version:
    row = ctx.store.one(store.VERSION, secret.arn, version_id)
    if row is None:
        raise _no_value(f"VersionId: {version_id}")
    return Version(*row)


def _no_value(which: str) -> AwsError:
    message = f"Secrets Manager can't find the specified secret value for {which}"
    return AwsError("ResourceNotFoundException", message)


def _note_access(ctx: Context, secret: Secret, version: Version) -> None:
    """To the day, as AWS notes it; so only the first read of a day is a write."""
    today = ctx.clock.now() // _DAY * _DAY
    if version.last_accessed_date != today:
        ctx.store.run(store.SET_ACCESSED, today, secret.arn)
        ctx.store.run(store.SET_VERSION_ACCESSED, today, secret.arn, version.version_id)


def list_secret_version_ids(ctx: Context, request: Json) -> Json:
    secret = secret_of(ctx, request["SecretId"], deleted=True)
    limit, first = request.get("MaxResults", _MOST), 0
    if "NextToken" in request:
        try:
            [first] = page_key(request["NextToken"], int)
        except ValueError:
            raise AwsError("InvalidNextTokenException", "Invalid NextToken") from None
    every = [v for v in of(ctx, secret) if v.stages != "[]" or request.get("IncludeDeprecated")]
    token = {"NextToken": page_token(first + limit)} if len(every) > first + limit else {}
    return {**shown_name(secret), "Versions": [_shown(v) for v in every[first : first + limit]], **token}


def _shown(version: Version) -> Json:
    shown = {
        "VersionId": version.version_id,
        "CreatedDate": version.created_date,
        "KmsKeyIds": [version.kms_key_id],
    }
    optional = {"VersionStages": orjson.loads(version.stages), "LastAccessedDate": version.last_accessed_date}
    return shown | {member: value for member, value in optional.items() if value}


def of(ctx: Context, secret: Secret) -> list[Version]:
    """All versions, the oldest first."""
    return [Version(*row) for row in ctx.store.all(store.VERSIONS, secret.arn)]
