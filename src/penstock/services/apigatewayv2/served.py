"""What is being served: stages compiled when they are first called, forgotten when they change."""

from importlib import import_module
from typing import Any, Protocol

from penstock.base import ids
from penstock.call import Context, Kernel
from penstock.services.apigatewayv2.http.integrate import refuse
from penstock.services.apigatewayv2.http.stage import HttpStage
from penstock.services.apigatewayv2.sockets.connections import Connections
from penstock.services.apigatewayv2.sockets.exchange import nowhere
from penstock.services.apigatewayv2.store import DOCUMENTS, api_owner
from penstock.web.http import Reply
from penstock.wire.message import Request
from penstock.wire.model import Json

NO_ROUTE = "At least one route is required before deploying the Api."
DEPLOYED = "Successfully deployed stage with deployment ID '{}'"


_KINDS = {
    "HTTP": ("route", "integration", "authorizer"),
    "WEBSOCKET": ("route", "integration", "authorizer", "routeresponse", "integrationresponse"),
}


class Serves(Protocol):
    """A stage, of either protocol: `path` is what follows its name."""

    def serve(self, path: str, request: Request, reply: Reply) -> None: ...


class Nowhere:
    """What a WebSocket API answers beside its stages."""

    def serve(self, path: str, request: Request, reply: Reply) -> None:
        reply(nowhere())


class Served:
    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._apis: dict[str, dict[str, Serves]] = {}  # by API id, by stage

    def serve(self, request: Request, reply: Reply, api_id: str, path: str) -> bool:
        """Answers a path below the stage it names, else below `$default`; False where there is no such API."""
        stages = self._apis.get(api_id)
        if stages is None and (stages := self._load(api_id)) is None:
            return False
        name, slash, rest = path[1:].partition("/")
        stage = stages.get(name) if name else None
        if stage is not None:
            stage.serve(slash + rest or "/", request, reply)
        elif (default := stages.get("$default")) is not None:
            default.serve(path, request, reply)
        else:
            reply(refuse(404, "Not Found"))
        return True

    def stage(self, api_id: str, name: str) -> Serves | None:
        return (self._apis.get(api_id) or self._load(api_id) or {}).get(name)

    def _load(self, api_id: str) -> dict[str, Serves] | None:
        found = DOCUMENTS.find(self._kernel.store, "api", api_id)
        if found is None:
            return None
        account, _, region = found[0].partition(":")
        owner = f"{found[0]}/{api_id}"
        stages: dict[str, Serves] = {}
        for document in DOCUMENTS.all(self._kernel.store, owner, "stage"):
            content = self._content(owner, found[1], document)
            if content is not None:
                stages[document["StageName"]] = self._compiled(account, region, document, content)
        if found[1]["ProtocolType"] == "WEBSOCKET":
            stages.setdefault("$default", Nowhere())
        self._apis[api_id] = stages
        return stages

    def _compiled(self, account: str, region: str, document: Json, content: Json) -> Serves:
        if content["api"]["ProtocolType"] == "HTTP":
            return HttpStage(self._kernel, account, region, document, content)
        # The library behind it is loaded by the first API that speaks it.
        module = import_module("penstock.services.apigatewayv2.sockets.stage")
        stage: Serves = module.SocketStage(self._kernel, account, region, document, content, self.stage)
        return stage

    def _content(self, owner: str, api: Json, stage: Json) -> Json | None:
        if stage["AutoDeploy"]:
            return _content(self._kernel, owner, api)
        deployment = stage.get("DeploymentId")
        return DOCUMENTS.get(self._kernel.store, owner, "snapshot", deployment) if deployment else None

    def forget(self, api_id: str) -> None:
        self._apis.pop(api_id, None)


def _content(kernel: Kernel, owner: str, api: Json) -> Json:
    kinds = _KINDS[api["ProtocolType"]]
    return {"api": api, **{kind: DOCUMENTS.all(kernel.store, owner, kind) for kind in kinds}}


def snapshot(ctx: Context, owner: str, api_id: str) -> Json:
    """The API as it is now."""
    found = DOCUMENTS.get(ctx.store, owner.rpartition("/")[0], "api", api_id)
    return _content(ctx.kernel, owner, found or {})


def deployed(ctx: Context, api: Json, stage: Json | None) -> Json:
    """The API as it is, or as a stage serves it."""
    owner = api_owner(ctx, api["ApiId"])
    if stage is not None and not stage["AutoDeploy"] and stage.get("DeploymentId"):
        found = DOCUMENTS.get(ctx.store, owner, "snapshot", stage["DeploymentId"])
        if found is not None:
            return found
    return _content(ctx.kernel, owner, api)


def forget(ctx: Context, api_id: str) -> None:
    """Something that is served has changed; or will not have, if the change is undone after a request saw it."""
    served: Served = ctx.state("apigatewayv2")
    served.forget(api_id)
    ctx.store.after_rollback(lambda: served.forget(api_id))


def disconnect(ctx: Context, api_id: str, stage: str | None = None) -> None:
    """Whoever is connected to what is deleted, is so no more."""
    connections = ctx.kernel.shared(Connections)
    ctx.store.after_commit(lambda: connections.close(api_id, stage))


def new_deployment(ctx: Context, members: dict[str, Any]) -> Json:
    return {
        "DeploymentId": ids.lower_id(6),
        "AutoDeployed": False,
        "CreatedDate": int(ctx.clock.now()),
        "DeploymentStatus": "DEPLOYED",
        **members,
    }


def changed(ctx: Context, api_id: str) -> None:
    """The API has changed: its stages that deploy by themselves have a new deployment, once there is a route."""
    forget(ctx, api_id)
    owner = api_owner(ctx, api_id)
    stages = [stage for stage in DOCUMENTS.all(ctx.store, owner, "stage") if stage["AutoDeploy"]]
    if not stages:
        return
    deployment: Json | None = None
    status = f"Deployment attempt failed: {NO_ROUTE}"
    if DOCUMENTS.all(ctx.store, owner, "route"):
        text = "Automatic deployment triggered by changes to the Api configuration"
        deployment = new_deployment(ctx, {"AutoDeployed": True, "Description": text})
        DOCUMENTS.put(ctx.store, owner, "deployment", deployment["DeploymentId"], deployment)
        status = DEPLOYED.format(deployment["DeploymentId"])
    for stage in stages:
        if deployment is not None:
            if previous := stage.get("DeploymentId"):
                DOCUMENTS.delete(ctx.store, owner, "deployment", previous)
            stage["DeploymentId"] = deployment["DeploymentId"]
        stage["LastDeploymentStatusMessage"] = status
        DOCUMENTS.put(ctx.store, owner, "stage", stage["StageName"], stage)
