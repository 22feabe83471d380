"""A parameter's history and the labels of its versions.

Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-labels.html
"""

import re

import orjson

from penstock.base.errors import AwsError
from penstock.base.paging import page_key, page_token
from penstock.call import Context
from penstock.services.ssm import parameters, store
from penstock.services.ssm.store import Parameter
from penstock.wire.model import Json

_PAGE = 50
_MOST_LABELS = 10
_LABEL = re.compile(r"(?!aws|ssm|\d)[A-Za-z0-9_.\-]+", re.IGNORECASE)


def get_parameter_history(ctx: Context, request: Json) -> Json:
    name, limit, after = parameters.referred(ctx, request["Name"]).name, request.get("MaxResults", _PAGE), 0
    if "NextToken" in request:
        try:
            [after] = page_key(request["NextToken"], int)
        except ValueError:
            raise AwsError("InvalidNextToken", "The specified token isn't valid.") from None
    found = _versions(ctx, name, after)
    if not found and not after:
        raise parameters.not_found(name)
    decrypt = request.get("WithDecryption", False)
    token = {"NextToken": page_token(found[limit - 1].version)} if len(found) > limit else {}
    return {"Parameters": [_shown(version, decrypt) for version in found[:limit]], **token}


def _versions(ctx: Context, name: str, after: int = 0) -> list[Parameter]:
    return [Parameter(*row) for row in ctx.store.all(store.VERSIONS, parameters.scope_of(ctx), name, after)]


def _shown(version: Parameter, decrypt: bool) -> Json:
    return metadata(version) | {
        "Value": version.value if decrypt else parameters.veiled(version),
        "Labels": orjson.loads(version.labels),
    }


def metadata(version: Parameter) -> Json:
    """What history and DescribeParameters both show of a version."""
    optional = {
        "KeyId": version.key_id,
        "Description": version.description,
        "AllowedPattern": version.allowed_pattern,
    }
    return {
        "Name": version.name,
        "Type": version.type,
        "LastModifiedDate": version.last_modified_date,
        "LastModifiedUser": version.last_modified_user,
        "Version": version.version,
        "Tier": version.tier,
        "Policies": _policies(version),
        "DataType": version.data_type,
        **{key: value for key, value in optional.items() if value},
    }


def _policies(version: Parameter) -> list[Json]:
    policies = orjson.loads(version.policies) if version.policies else []
    return [
        {"PolicyText": orjson.dumps(policy).decode(), "PolicyType": policy["Type"], "PolicyStatus": "Pending"}
        for policy in policies
    ]


# -- labels ------------------------------------------------------------------------------------------


def label_parameter_version(ctx: Context, request: Json) -> Json:
    versions = _versions(ctx, request["Name"])
    labelled = _which(versions, request)
    valid = [label for label in request["Labels"] if _LABEL.fullmatch(label)]
    kept = _labels(labelled)
    kept += [label for label in dict.fromkeys(valid) if label not in kept]
    if len(kept) > _MOST_LABELS:
        raise AwsError(
            "ParameterVersionLabelLimitExceeded",
            f"A parameter version can have maximum {_MOST_LABELS} labels. Move one or more labels to another version "
            "and try again.",
        )
    for version in versions:
        if version.version != labelled.version:
            _set_labels(ctx, version, [label for label in _labels(version) if label not in valid])
    _set_labels(ctx, labelled, kept)
    return {
        "InvalidLabels": [label for label in request["Labels"] if label not in valid],
        "ParameterVersion": labelled.version,
    }


def unlabel_parameter_version(ctx: Context, request: Json) -> Json:
    labelled = _which(_versions(ctx, request["Name"]), request)
    known, gone = _labels(labelled), request["Labels"]
    _set_labels(ctx, labelled, [label for label in known if label not in gone])
    return {
        "RemovedLabels": [label for label in gone if label in known],
        "InvalidLabels": [label for label in gone if label not in known],
    }


def _which(versions: list[Parameter], request: Json) -> Parameter:
    """The version that the request names, else the newest. Raises ParameterNotFound, ParameterVersionNotFound."""
    if not versions:
        raise parameters.not_found(request["Name"])
    number = request.get("ParameterVersion") or versions[-1].version
    found = next((version for version in versions if version.version == number), None)
    if found is None:
        raise parameters.version_not_found(request["Name"], number)
    return found


def _labels(version: Parameter) -> list[str]:
    labels: list[str] = orjson.loads(version.labels)
    return labels


def _set_labels(ctx: Context, version: Parameter, labels: list[str]) -> None:
    if labels != _labels(version):
        ctx.store.run(store.SET_LABELS, orjson.dumps(labels).decode(), version.id, version.version)
