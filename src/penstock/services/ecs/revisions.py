"""Deployments of a service: as the service shows them, and the service deployments and revisions kept of them.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html
"""

import random
from typing import Any

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ecs import definitions, names, notices, rollout
from penstock.services.ecs.engine import engine
from penstock.services.ecs.errors import invalid, unsupported
from penstock.services.ecs.store import DOCUMENTS
from penstock.wire.model import Json

_PLACED = ("launchType", "capacityProviderStrategy", "platformVersion", "platformFamily", "networkConfiguration")
_SHARED = (*_PLACED, "serviceConnectConfiguration", "serviceConnectResources")
_OF_REVISION = (*_PLACED, "loadBalancers", "serviceRegistries", "serviceConnectConfiguration")


def begin(ctx: Context, service: Json) -> Json:
    """A new primary deployment of the service as it now is; its tasks are started by the keeper."""
    now = ctx.clock.now()
    id = f"ecs-svc/{random.randrange(10**18, 10**19)}"
    deployment: Json = {
        "id": id,
        "status": "PRIMARY",
        "taskDefinition": service["taskDefinition"],
        "desiredCount": service["desiredCount"],
        "failedTasks": 0,
        "createdAt": now,
        "updatedAt": now,
        "rolloutState": "IN_PROGRESS",
        "rolloutStateReason": f"ECS deployment {id} in progress.",
        **{member: service[member] for member in _SHARED if member in service},
    }
    for former in service["deployments"]:
        former["status"] = "ACTIVE"
        if former["rolloutState"] == "IN_PROGRESS":
            _close(ctx, service, former, "STOPPED", "Service deployment superseded by a newer one.")
    _record(ctx, service, deployment)
    service["deployments"] = [deployment, *service["deployments"]]
    notices.deployment_changed(ctx, service, deployment, "SERVICE_DEPLOYMENT_IN_PROGRESS")
    return deployment


def _record(ctx: Context, service: Json, deployment: Json) -> None:
    arn, now = service["serviceArn"], ctx.clock.now()
    definition = definitions.lookup(ctx, service["taskDefinition"]) or {"containerDefinitions": []}
    revision = {
        "serviceRevisionArn": _below(arn, "service-revision", str(random.randrange(10**18, 10**19))),
        "serviceArn": arn,
        "clusterArn": service["clusterArn"],
        "taskDefinition": service["taskDefinition"],
        "containerImages": [
            {"containerName": own["name"], "image": own["image"]} for own in definition["containerDefinitions"]
        ],
        "guardDutyEnabled": False,
        "createdAt": now,
        **{member: service[member] for member in _OF_REVISION if member in service},
    }
    primary = next(iter(service["deployments"]), None)
    record = {
        "serviceDeploymentArn": _below(arn, "service-deployment", ids.token(21).replace("_", "-")),
        "serviceArn": arn,
        "clusterArn": service["clusterArn"],
        "createdAt": now,
        "startedAt": now,
        "updatedAt": now,
        "sourceServiceRevisions": [{"arn": primary["_revision"]}] if primary else [],
        "targetServiceRevision": {"arn": revision["serviceRevisionArn"], "requestedTaskCount": service["desiredCount"]},
        "status": "IN_PROGRESS",
        "deploymentConfiguration": service["deploymentConfiguration"],
        "deploymentCircuitBreaker": _breaker(service, 0),
    }
    deployment["_revision"], deployment["_record"] = revision["serviceRevisionArn"], record["serviceDeploymentArn"]
    DOCUMENTS.put(ctx.store, arn, "revision", revision["serviceRevisionArn"], revision)
    DOCUMENTS.put(ctx.store, arn, "deployment", record["serviceDeploymentArn"], record)
    service["currentServiceDeployment"] = record["serviceDeploymentArn"]


def _below(service_arn: str, kind: str, id: str) -> str:
    return f"{service_arn.replace(':service/', f':{kind}/')}/{id}"


def _breaker(service: Json, failed: int) -> Json:
    breaker = service["deploymentConfiguration"]["deploymentCircuitBreaker"]
    status = "MONITORING" if breaker["enable"] else "DISABLED"
    return {
        "status": status,
        "failureCount": failed,
        "threshold": rollout.threshold(service["desiredCount"], breaker),
    }


def complete(ctx: Context, service: Json) -> None:
    """The primary deployment is done, and is the only one."""
    primary = service["deployments"][0]
    primary.update(
        rolloutState="COMPLETED",
        rolloutStateReason=f"ECS deployment {primary['id']} completed.",
        failedTasks=0,
        updatedAt=ctx.clock.now(),
    )
    status = "ROLLBACK_SUCCESSFUL" if primary.pop("_rolling_back", False) else "SUCCESSFUL"
    service["deployments"] = [primary]
    service["_last_completed"] = dict(primary)
    service.pop("currentServiceDeployment", None)
    _close(ctx, service, primary, status, "")
    notices.deployment_changed(ctx, service, primary, "SERVICE_DEPLOYMENT_COMPLETED")


def fail(ctx: Context, service: Json) -> None:
    """The circuit breaker trips: the primary deployment has failed; the last completed one comes back if it may."""
    failed, arn = service["deployments"][0], service["serviceArn"]
    breaker = service["deploymentConfiguration"]["deploymentCircuitBreaker"]
    before = service.get("_last_completed")
    failed.update(
        rolloutState="FAILED",
        rolloutStateReason="ECS deployment circuit breaker: tasks failed to start.",
        updatedAt=ctx.clock.now(),
        _tripped=True,
    )
    notices.say(ctx, arn, f"(deployment {failed['id']}) deployment failed: tasks failed to start.")
    notices.deployment_changed(ctx, service, failed, "SERVICE_DEPLOYMENT_FAILED", "ERROR")
    if breaker["rollback"] and before is not None and before["id"] != failed["id"]:
        reason = f"ECS deployment circuit breaker: rolling back to deploymentId {before['id']}."
        _roll_back(ctx, service, failed, before, reason)
    else:
        _close(ctx, service, failed, "STOPPED", failed["rolloutStateReason"])


def _roll_back(ctx: Context, service: Json, failed: Json, before: Json, reason: str) -> None:
    """The service deployment goes on, and ends when the tasks are what they were."""
    rollback = {"reason": reason, "startedAt": ctx.clock.now(), "serviceRevisionArn": before["_revision"]}
    _note(ctx, service, failed, status="ROLLBACK_IN_PROGRESS", statusReason=reason, rollback=rollback)
    primary = {
        **before,
        "status": "PRIMARY",
        "desiredCount": service["desiredCount"],
        "rolloutState": "IN_PROGRESS",
        "rolloutStateReason": reason,
        "updatedAt": ctx.clock.now(),
        "_record": failed["_record"],
        "_rolling_back": True,
    }
    others = [item for item in service["deployments"] if item["id"] != before["id"]]
    service["deployments"] = [primary, *({**item, "status": "ACTIVE"} for item in others)]
    for member in ("taskDefinition", *_SHARED):
        service.pop(member, None)
        if member in before:
            service[member] = before[member]
    notices.say(ctx, service["serviceArn"], f"rolling back to (deployment {before['id']}).")
    notices.deployment_changed(ctx, service, primary, "SERVICE_DEPLOYMENT_IN_PROGRESS")


def _close(ctx: Context, service: Json, deployment: Json, status: str, reason: str) -> None:
    now = ctx.clock.now()
    changes: Json = {"status": status, "finishedAt": now}
    if status == "STOPPED":
        changes["stoppedAt"] = now
    if reason:
        changes["statusReason"] = reason
    _note(ctx, service, deployment, **changes)


def _note(ctx: Context, service: Json, deployment: Json, **changes: Any) -> None:
    """In the service deployment behind a deployment."""
    owner, arn = service["serviceArn"], deployment["_record"]
    record = DOCUMENTS.get(ctx.store, owner, "deployment", arn)
    if record is None:
        return
    record |= changes | {"updatedAt": ctx.clock.now()}
    if record["deploymentCircuitBreaker"]["status"] != "TRIGGERED":
        triggered = {"status": "TRIGGERED"} if deployment.get("_tripped") else {}
        record["deploymentCircuitBreaker"] = _breaker(service, deployment["failedTasks"]) | triggered
    DOCUMENTS.put(ctx.store, owner, "deployment", arn, record)


# -- operations ----------------------------------------------------------------------------------------


def describe_service_deployments(ctx: Context, request: Json) -> Json:
    return _described(ctx, request["serviceDeploymentArns"], "deployment", "serviceDeployments")


def describe_service_revisions(ctx: Context, request: Json) -> Json:
    return _described(ctx, request["serviceRevisionArns"], "revision", "serviceRevisions")


def stop_service_deployment(ctx: Context, request: Json) -> Json:
    """The tasks become again what they were when the last deployment was complete."""
    arn = request["serviceDeploymentArn"]
    known = DOCUMENTS.find(ctx.store, "deployment", arn)
    if known is None:
        raise AwsError("ServiceDeploymentNotFoundException", "The service deployment was not found.")
    if request.get("stopType", "ROLLBACK") != "ROLLBACK":
        raise invalid("The stopType should be one of [ROLLBACK]")
    cluster, name = known[1]["clusterArn"], names.last(known[1]["serviceArn"])
    service = DOCUMENTS.get(ctx.store, cluster, "service", name)
    if service is None or service.get("currentServiceDeployment") != arn or known[1]["status"] != "IN_PROGRESS":
        raise AwsError("ConflictException", f"The service deployment is in {known[1]['status']} and cannot be stopped.")
    before = service.get("_last_completed")
    if before is None:
        raise unsupported("stopping a service's first deployment: there is no revision to roll back to")
    stopped = service["deployments"][0]
    stopped.update(rolloutState="FAILED", rolloutStateReason="Service deployment stopped by user.")
    reason = f"Service deployment stopped by user: rolling back to deploymentId {before['id']}."
    _roll_back(ctx, service, stopped, before, reason)
    DOCUMENTS.put(ctx.store, cluster, "service", name, service)
    ctx.store.after_commit(lambda: engine(ctx).wake(service["serviceArn"]))
    return {"serviceDeploymentArn": arn}


def _described(ctx: Context, arns: list[str], kind: str, member: str) -> Json:
    found, failures = [], []
    for arn in arns:
        known = DOCUMENTS.find(ctx.store, kind, arn)
        if known is None:
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            found.append(known[1])
    return {member: found, "failures": failures}


def list_service_deployments(ctx: Context, request: Json) -> Json:
    cluster = names.last(request.get("cluster") or names.cluster_of_any(request["service"]))
    arn = names.arn_of(ctx, f"service/{cluster}/{names.last(request['service'])}")
    records = reversed(DOCUMENTS.all(ctx.store, arn, "deployment"))
    wanted, created = request.get("status"), request.get("createdAt", {})
    briefs = [
        _brief(record)
        for record in records
        if (not wanted or record["status"] in wanted)
        and created.get("after", 0.0) <= record["createdAt"] <= created.get("before", float("inf"))
    ]
    return names.page(request, "serviceDeployments", briefs, lambda brief: str(brief["serviceDeploymentArn"]))


def _brief(record: Json) -> Json:
    members = ("serviceDeploymentArn", "serviceArn", "clusterArn", "startedAt", "createdAt", "finishedAt")
    brief = {member: record[member] for member in (*members, "status", "statusReason") if member in record}
    return {**brief, "targetServiceRevisionArn": record["targetServiceRevision"]["arn"]}
