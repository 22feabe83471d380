"""State machines: create, update, describe, list, delete, validate.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
"""

import orjson

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.stepfunctions import aliases, versions
from penstock.services.stepfunctions.asl.references import variable_references
from penstock.services.stepfunctions.asl.validate import Diagnostic, validate
from penstock.services.stepfunctions.encryption import encryption
from penstock.services.stepfunctions.engine.engine import engine
from penstock.services.stepfunctions.engine.run import Run
from penstock.services.stepfunctions.integrations.parameters import parameter_faults
from penstock.services.stepfunctions.names import (
    arn_of,
    check_name,
    check_role,
    invalid,
    machine_arn,
    no_machine,
    owner,
)
from penstock.services.stepfunctions.pages import page
from penstock.services.stepfunctions.store import DOCUMENTS
from penstock.services.stepfunctions.tags import check_tags
from penstock.wire.model import Json

_SETTINGS = ("loggingConfiguration", "tracingConfiguration", "encryptionConfiguration")
_SAME = ("definition", "type", *_SETTINGS)


def create_state_machine(ctx: Context, request: Json) -> Json:
    name, kind = request["name"], request.get("type", "STANDARD")
    check_name(name)
    check_role(request["roleArn"])
    if request.get("versionDescription") and not request.get("publish"):
        raise invalid("Version description can only be set when publish is true")
    check_tags(request.get("tags", ()))
    logging = _logging(ctx, request.get("loggingConfiguration"))
    _check_definition(ctx, request["definition"], kind)
    arn = arn_of(ctx, f"stateMachine:{name}")
    tracing = {"enabled": bool(request.get("tracingConfiguration", {}).get("enabled", False))}
    revision = {
        "name": name,
        "type": kind,
        "definition": request["definition"],
        "roleArn": request["roleArn"],
        "loggingConfiguration": logging,
        "tracingConfiguration": tracing,
        "encryptionConfiguration": encryption(request.get("encryptionConfiguration")),
        "updatedAt": ctx.clock.now(),
    }
    known = DOCUMENTS.get(ctx.store, owner(ctx), "machine", arn)
    if known is not None:
        return _same(ctx, known, revision, request)
    machine = _new_machine(ctx, request, arn, kind)
    put_revision(ctx, machine, revision)
    answer = {"stateMachineArn": arn, "creationDate": machine["createdAt"]}
    if request.get("publish"):
        answer["stateMachineVersionArn"] = versions.publish(ctx, machine, request.get("versionDescription"))["arn"]
    return answer


def _new_machine(ctx: Context, request: Json, arn: str, kind: str) -> Json:
    # A machine of this name may have been deleted while its executions were kept: its revisions stay theirs.
    used = DOCUMENTS.get(ctx.store, arn, "revision", "INITIAL") is not None
    return {
        "arn": arn,
        "name": request["name"],
        "type": kind,
        "createdAt": ctx.clock.now(),
        "revisionId": ids.uuid() if used else "INITIAL",
        "versions": 0,
        "tags": {tag["key"]: tag.get("value", "") for tag in request.get("tags", ())},
    }


def _same(ctx: Context, known: Json, revision: Json, request: Json) -> Json:
    """Creation is idempotent by what the state machine does; role and tags are not compared."""
    current = revision_of(ctx, known)
    if any(current.get(member) != revision[member] for member in _SAME):
        raise AwsError("StateMachineAlreadyExists", f"State Machine Already Exists: '{known['arn']}'")
    answer = {"stateMachineArn": known["arn"], "creationDate": known["createdAt"]}
    if request.get("publish"):
        answer["stateMachineVersionArn"] = versions.publish(ctx, known, request.get("versionDescription"))["arn"]
    return answer


def put_revision(ctx: Context, machine: Json, revision: Json) -> None:
    arn, revision_id = machine["arn"], machine["revisionId"]
    DOCUMENTS.put(ctx.store, owner(ctx), "machine", arn, machine)
    DOCUMENTS.put(ctx.store, arn, "revision", revision_id, {**revision, "revisionId": revision_id})
    memory = engine(ctx)
    memory.revisions.pop((arn, revision_id), None)
    memory.machines.pop(arn, None)
    ctx.store.after_rollback(lambda: memory.revisions.pop((arn, revision_id), None))
    ctx.store.after_rollback(lambda: memory.machines.pop(arn, None))


def revision_of(ctx: Context, machine: Json, revision_id: str = "") -> Json:
    found = DOCUMENTS.get(ctx.store, machine["arn"], "revision", revision_id or machine["revisionId"])
    assert found is not None
    return found


def machine_at(ctx: Context, arn: str) -> Json:
    """Raises StateMachineDoesNotExist."""
    found = DOCUMENTS.get(ctx.store, owner(ctx), "machine", arn)
    if found is None:
        raise no_machine(arn)
    return found


def _diagnostics(ctx: Context, definition: str, kind: str) -> list[Diagnostic]:
    """Errors and warnings; what tasks call is only looked at where the language itself is right."""
    found = validate(definition, kind)
    if any(one.severity == "ERROR" for one in found):
        return found
    return [*parameter_faults(ctx.kernel, orjson.loads(definition)), *found]


def _check_definition(ctx: Context, definition: str, kind: str) -> None:
    errors = [found for found in _diagnostics(ctx, definition, kind) if found.severity == "ERROR"]
    if errors:
        text = ", ".join(map(str, errors))
        raise AwsError("InvalidDefinition", f"Invalid State Machine Definition: '{text}'")


def _logging(ctx: Context, given: Json | None) -> Json:
    """With AWS's defaults. Raises InvalidLoggingConfiguration."""
    given = given or {}
    level, destinations = given.get("level", "OFF"), given.get("destinations") or []
    if len(destinations) > 1 or (level != "OFF" and not destinations):
        raise _bad_logging("Must specify exactly one Log Destination.")
    for destination in destinations:
        arn = destination.get("cloudWatchLogsLogGroup", {}).get("logGroupArn", "")
        if not arn.startswith("arn:") or ":log-group:" not in arn:
            raise _bad_logging("Log destination must be a valid CloudWatch Logs log group ARN.")
        _check_group(ctx, arn)
    found: Json = {"level": level, "includeExecutionData": bool(given.get("includeExecutionData", False))}
    return {**found, "destinations": destinations} if destinations else found


def _check_group(ctx: Context, arn: str) -> None:
    name = arn.partition(":log-group:")[2].removesuffix(":*")
    inside = ctx.as_service("states.amazonaws.com")
    found = inside.call_now("logs", "DescribeLogGroups", {"logGroupNamePrefix": name})["logGroups"]
    if all(group["logGroupName"] != name for group in found):
        raise _bad_logging("Log Destination is not found.")


def _bad_logging(reason: str) -> AwsError:
    return AwsError("InvalidLoggingConfiguration", f"Invalid Logging Configuration: {reason}")


def update_state_machine(ctx: Context, request: Json) -> Json:
    found = machine_arn(request["stateMachineArn"])
    machine = machine_at(ctx, found.base)
    given: Json = {key: request[key] for key in ("definition", "roleArn") if key in request}
    others = ("loggingConfiguration", "tracingConfiguration", "encryptionConfiguration", "publish")
    if not given and not any(key in request for key in others):
        text = (
            "Either the definition, the role ARN, the LoggingConfiguration, the EncryptionConfiguration or the "
            "TracingConfiguration must be specified"
        )
        raise AwsError("MissingRequiredParameter", text)
    if request.get("versionDescription") and not request.get("publish"):
        raise invalid("Version description can only be set when publish is true")
    if "roleArn" in given:
        check_role(given["roleArn"])
    if "definition" in given:
        _check_definition(ctx, given["definition"], machine["type"])
    if "loggingConfiguration" in request:
        given["loggingConfiguration"] = _logging(ctx, request["loggingConfiguration"])
    if "tracingConfiguration" in request:
        given["tracingConfiguration"] = {"enabled": bool(request["tracingConfiguration"].get("enabled", False))}
    if "encryptionConfiguration" in request:
        given["encryptionConfiguration"] = encryption(request["encryptionConfiguration"])
    now = ctx.clock.now()
    machine = {**machine, "revisionId": ids.uuid()}
    put_revision(ctx, machine, {**revision_of(ctx, machine_at(ctx, found.base)), **given, "updatedAt": now})
    answer = {"updateDate": now, "revisionId": machine["revisionId"]}
    if request.get("publish"):
        answer["stateMachineVersionArn"] = versions.publish(ctx, machine, request.get("versionDescription"))["arn"]
    return answer


def describe_state_machine(ctx: Context, request: Json) -> Json:
    found = machine_arn(request["stateMachineArn"])
    machine = machine_at(ctx, found.base)
    version = None
    if found.version:
        version = versions.version_at(ctx, found.base, found.qualifier)
    elif found.qualifier:
        version = aliases.routed(ctx, aliases.alias_at(ctx, request["stateMachineArn"]))
    revision = revision_of(ctx, machine, version["revisionId"] if version else "")
    answer = {
        "stateMachineArn": request["stateMachineArn"],
        "name": machine["name"],
        "status": "ACTIVE",
        "creationDate": version["createdAt"] if version else machine["createdAt"],
        **{key: revision[key] for key in ("definition", "roleArn", "type", *_SETTINGS)},
    }
    if references := variable_references(orjson.loads(revision["definition"])):
        answer["variableReferences"] = references
    if request.get("includedData") == "METADATA_ONLY":
        del answer["definition"]
    if revision["revisionId"] != "INITIAL":
        answer["revisionId"] = revision["revisionId"]
    if version and version.get("description"):
        answer["description"] = version["description"]
    return answer


def list_state_machines(ctx: Context, request: Json) -> Json:
    machines = sorted(DOCUMENTS.all(ctx.store, owner(ctx), "machine"), key=lambda machine: machine["name"])
    shown = [
        {
            "stateMachineArn": machine["arn"],
            "name": machine["name"],
            "type": machine["type"],
            "creationDate": machine["createdAt"],
        }
        for machine in machines
    ]
    return page(request, shown, "stateMachines", "name")


def delete_state_machine(ctx: Context, request: Json) -> Json:
    """Executions that go on are stopped; the history of all stays, and so do the revisions they ran."""
    found = machine_arn(request["stateMachineArn"])
    arn = found.base
    if found.qualifier:
        raise invalid("This operation does not support version or alias ARNs.")
    if not DOCUMENTS.delete(ctx.store, owner(ctx), "machine", arn):
        return {}
    for kind in ("version", "alias"):
        for document in DOCUMENTS.all(ctx.store, arn, kind):
            DOCUMENTS.delete(ctx.store, arn, kind, document["arn"])
    memory = engine(ctx)
    memory.machines.pop(arn, None)
    going = [run for run in memory.runs.values() if run.machine_arn == arn]
    ctx.store.after_commit(lambda: _stop(going))
    return {}


def _stop(runs: list[Run]) -> None:
    for run in runs:
        run.turn(run.stop, None, None)


def validate_state_machine_definition(ctx: Context, request: Json) -> Json:
    found = _diagnostics(ctx, request["definition"], request.get("type", "STANDARD"))
    wanted = found if request.get("severity") == "WARNING" else [one for one in found if one.severity == "ERROR"]
    most = request.get("maxResults") or 100
    result = "FAIL" if any(one.severity == "ERROR" for one in found) else "OK"
    shown = [_shown(one) for one in wanted[:most]]
    return {"result": result, "diagnostics": shown, "truncated": len(wanted) > most}


def _shown(found: Diagnostic) -> Json:
    shown = {"severity": found.severity, "code": found.code, "message": found.message}
    return {**shown, "location": found.location} if found.location else shown
