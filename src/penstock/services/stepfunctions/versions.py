"""Versions: immutable revisions of a state machine, numbered from 1.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-version.html
"""

from penstock.base.errors import AwsError
from penstock.base.paging import page_token
from penstock.call import Context
from penstock.services.stepfunctions.names import invalid, machine_arn, no_machine, owner
from penstock.services.stepfunctions.pages import after, limit_of
from penstock.services.stepfunctions.store import DOCUMENTS
from penstock.wire.model import Json


def publish_state_machine_version(ctx: Context, request: Json) -> Json:
    arn = machine_arn(request["stateMachineArn"]).base
    machine = DOCUMENTS.get(ctx.store, owner(ctx), "machine", arn)
    if machine is None:
        raise no_machine(arn)
    wanted = request.get("revisionId")
    if wanted and wanted != machine["revisionId"]:
        text = "Failed to publish the State Machine version for revision {}. The current State Machine revision is {}."
        raise AwsError("ConflictException", text.format(wanted, machine["revisionId"]))
    version = publish(ctx, machine, request.get("description"))
    return {"creationDate": version["createdAt"], "stateMachineVersionArn": version["arn"]}


def publish(ctx: Context, machine: Json, description: str | None) -> Json:
    """The version of the machine's current revision; the same again where nothing has changed since."""
    versions = DOCUMENTS.all(ctx.store, machine["arn"], "version")
    if versions and versions[-1]["revisionId"] == machine["revisionId"]:
        return versions[-1]
    number = machine["versions"] + 1
    arn = f"{machine['arn']}:{number}"
    version = {"arn": arn, "number": number, "revisionId": machine["revisionId"], "createdAt": ctx.clock.now()}
    if description:
        version["description"] = description
    DOCUMENTS.put(ctx.store, machine["arn"], "version", arn, version)
    DOCUMENTS.put(ctx.store, owner(ctx), "machine", machine["arn"], {**machine, "versions": number})
    return version


def version_at(ctx: Context, base: str, number: str) -> Json:
    """Raises StateMachineDoesNotExist."""
    found = DOCUMENTS.get(ctx.store, base, "version", f"{base}:{number}")
    if found is None:
        raise no_machine(f"{base}:{number}")
    return found


def list_state_machine_versions(ctx: Context, request: Json) -> Json:
    """The newest first."""
    arn = machine_arn(request["stateMachineArn"]).base
    last, limit = after(request, int), limit_of(request)
    found = sorted(DOCUMENTS.all(ctx.store, arn, "version"), key=lambda version: -version["number"])
    rest = [version for version in found if last is None or version["number"] < last]
    shown = [{"stateMachineVersionArn": one["arn"], "creationDate": one["createdAt"]} for one in rest[:limit]]
    answer: Json = {"stateMachineVersions": shown}
    if len(rest) > limit:
        answer["nextToken"] = page_token(rest[limit - 1]["number"])
    return answer


def delete_state_machine_version(ctx: Context, request: Json) -> Json:
    found = machine_arn(request["stateMachineVersionArn"])
    if not found.version:
        raise invalid("The ARN must be one of a state machine version")
    using = [
        alias["arn"]
        for alias in DOCUMENTS.all(ctx.store, found.base, "alias")
        if any(item["stateMachineVersionArn"] == request["stateMachineVersionArn"] for item in alias["routing"])
    ]
    if using:
        raise AwsError(
            "ConflictException",
            "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this "
            f"version: [{', '.join(using)}]",
        )
    DOCUMENTS.delete(ctx.store, found.base, "version", request["stateMachineVersionArn"])
    return {}
