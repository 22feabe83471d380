"""Layers: libraries that functions share. Each publication is a version of its own.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_PublishLayerVersion.html
"""

import orjson

from penstock.base import ids
from penstock.call import Context
from penstock.services.lambda_ import configuration, pages
from penstock.services.lambda_.code import location, obtain
from penstock.services.lambda_.names import LayerRef, conflict, invalid, layer_ref, missing, stale
from penstock.services.lambda_.store import DOCUMENTS
from penstock.wire.model import Json

_SHOWN = (
    "LayerArn",
    "LayerVersionArn",
    "Description",
    "CreatedDate",
    "Version",
    "CompatibleRuntimes",
    "LicenseInfo",
    "CompatibleArchitectures",
)
_GIVEN = ("CompatibleRuntimes", "LicenseInfo", "CompatibleArchitectures")
_SUMMARY = tuple(name for name in _SHOWN if name != "LayerArn")


def _owner(ref: LayerRef) -> str:
    return f"{ref.account}:{ref.region}"


def _id(ref: LayerRef) -> str:
    return f"{ref.name}:{ref.version}"


def _document(ctx: Context, ref: LayerRef) -> Json | None:
    document = DOCUMENTS.get(ctx.store, _owner(ref), "layer", _id(ref))
    return None if document is None or document.get("Deleted") else document


def _asked(ctx: Context, request: Json) -> tuple[LayerRef, Json]:
    ref = layer_ref(ctx, request["LayerName"], request["VersionNumber"])
    if ref.version is not None and ref.version < 1:
        raise invalid("Layer Version Cannot be less than 1")
    document = _document(ctx, ref)
    if document is None:
        raise missing()
    return ref, document


async def publish_layer_version(ctx: Context, request: Json) -> Json:
    code = await obtain(ctx, request["Content"])
    with ctx.store.savepoint():
        name = layer_ref(ctx, request["LayerName"])
        ref = name._replace(version=_next_version(ctx, name))
        document: Json = {
            "LayerName": ref.name,
            "LayerArn": ref.arn,
            "LayerVersionArn": ref.version_arn,
            "Description": request.get("Description", ""),
            "CreatedDate": configuration.timestamp(ctx.clock.now()),
            "Version": ref.version,
            "Content": {"CodeSha256": code.sha256, "CodeSize": code.size},
            "Code": code.document,
            **{name: request[name] for name in _GIVEN if name in request},
        }
        DOCUMENTS.put(ctx.store, _owner(ref), "layer", _id(ref), document)
    return _shown(ctx, document)


def _next_version(ctx: Context, ref: LayerRef) -> int:
    """Numbers are not used again, even when the last version was deleted."""
    last = (DOCUMENTS.get(ctx.store, _owner(ref), "layer-name", ref.name) or {"Last": 0})["Last"]
    DOCUMENTS.put(ctx.store, _owner(ref), "layer-name", ref.name, {"Last": last + 1})
    return int(last) + 1


def _shown(ctx: Context, document: Json) -> Json:
    content = {**document["Content"], "Location": location(ctx, document["Content"]["CodeSha256"])}
    return {"Content": content, **{name: document[name] for name in _SHOWN if name in document}}


def get_layer_version(ctx: Context, request: Json) -> Json:
    return _shown(ctx, _asked(ctx, request)[1])


def get_layer_version_by_arn(ctx: Context, request: Json) -> Json:
    document = _document(ctx, layer_ref(ctx, request["Arn"]))
    if document is None:
        raise missing()
    return _shown(ctx, document)


def delete_layer_version(ctx: Context, request: Json) -> Json:
    """A version that does not exist is deleted already. Functions that use it keep working, as on AWS."""
    ref = layer_ref(ctx, request["LayerName"], request["VersionNumber"])
    if ref.version is not None and ref.version < 1:
        raise invalid("Layer Version Cannot be less than 1")
    if (document := _document(ctx, ref)) is not None:
        DOCUMENTS.put(ctx.store, _owner(ref), "layer", _id(ref), {**document, "Deleted": True})
    return {}


def list_layer_versions(ctx: Context, request: Json) -> Json:
    ref = layer_ref(ctx, request["LayerName"])
    found = [document for document in _all(ctx, ref, request) if document["LayerName"] == ref.name]
    summaries = [{name: document[name] for name in _SUMMARY if name in document} for document in reversed(found)]
    return pages.page(request, "LayerVersions", summaries)


def list_layers(ctx: Context, request: Json) -> Json:
    latest = {document["LayerName"]: document for document in _all(ctx, layer_ref(ctx, ""), request)}
    found = [
        {
            "LayerName": name,
            "LayerArn": document["LayerArn"],
            "LatestMatchingVersion": {key: document[key] for key in _SUMMARY if key in document},
        }
        for name, document in sorted(latest.items())
    ]
    return pages.page(request, "Layers", found)


def _all(ctx: Context, ref: LayerRef, request: Json) -> list[Json]:
    """The versions in the order of their publication, as far as they fit a runtime and an architecture asked for."""
    wanted = {
        "CompatibleRuntimes": request.get("CompatibleRuntime"),
        "CompatibleArchitectures": request.get("CompatibleArchitecture"),
    }
    return [
        document
        for document in DOCUMENTS.all(ctx.store, _owner(ref), "layer")
        if not document.get("Deleted")
        and all(value is None or value in document.get(name, ()) for name, value in wanted.items())
    ]


# -- permissions -------------------------------------------------------------------------------------


def _with_policy(ctx: Context, request: Json) -> tuple[LayerRef, Json, Json]:
    ref = layer_ref(ctx, request["LayerName"], request["VersionNumber"])
    document = _document(ctx, ref)
    if document is None:
        raise missing(f"Layer version {ref.version_arn} does not exist.")
    policy: Json = document.get("Policy") or {"RevisionId": "", "Statement": []}
    if request.get("RevisionId") and request["RevisionId"] != policy["RevisionId"]:
        raise stale("GetLayerPolicy")
    return ref, document, policy


def _save_policy(ctx: Context, ref: LayerRef, document: Json, statements: list[Json]) -> str:
    revision = ids.uuid()
    policy = {"RevisionId": revision, "Statement": statements} if statements else None
    DOCUMENTS.put(ctx.store, _owner(ref), "layer", _id(ref), {**document, "Policy": policy})
    return revision


def add_layer_version_permission(ctx: Context, request: Json) -> Json:
    ref, document, policy = _with_policy(ctx, request)
    if any(known["Sid"] == request["StatementId"] for known in policy["Statement"]):
        raise conflict(
            f"The statement id ({request['StatementId']}) provided already exists. Please provide a new statement id, "
            "or remove the existing statement."
        )
    principal = request["Principal"]
    statement: Json = {
        "Sid": request["StatementId"],
        "Effect": "Allow",
        "Principal": principal if principal == "*" else {"AWS": f"arn:aws:iam::{principal}:root"},
        "Action": request["Action"],
        "Resource": ref.version_arn,
    }
    if "OrganizationId" in request:
        statement["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": request["OrganizationId"]}}
    revision = _save_policy(ctx, ref, document, [*policy["Statement"], statement])
    return {"Statement": orjson.dumps(statement).decode(), "RevisionId": revision}


def remove_layer_version_permission(ctx: Context, request: Json) -> Json:
    ref, document, policy = _with_policy(ctx, request)
    kept = [known for known in policy["Statement"] if known["Sid"] != request["StatementId"]]
    if len(kept) == len(policy["Statement"]):
        raise missing(f"Statement {request['StatementId']} is not found in resource policy.")
    _save_policy(ctx, ref, document, kept)
    return {}


def get_layer_version_policy(ctx: Context, request: Json) -> Json:
    _, _, policy = _with_policy(ctx, request)
    if not policy["Statement"]:
        raise missing("No policy is associated with the given resource.")
    document = {"Version": "2012-10-17", "Id": "default", "Statement": policy["Statement"]}
    return {"Policy": orjson.dumps(document).decode(), "RevisionId": policy["RevisionId"]}
