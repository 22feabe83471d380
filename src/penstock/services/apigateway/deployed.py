"""What is being served: stages compiled when they are first called, forgotten when they change."""

import random

from penstock.call import Context, Kernel
from penstock.services.apigateway.serving.stage import DeployedStage
from penstock.services.apigateway.store import DOCUMENTS
from penstock.web.http import Reply
from penstock.wire.message import Request, Response
from penstock.wire.model import Json

_FORBIDDEN = b'{"message":"Forbidden"}'


class _Split:
    """A stage with a canary, which gets `percent` of the requests."""

    def __init__(self, stage: DeployedStage, canary: DeployedStage, percent: float) -> None:
        self._stage, self._canary, self._share = stage, canary, percent / 100

    def serve(self, path: str, request: Request, reply: Reply) -> None:
        chosen = self._canary if random.random() < self._share else self._stage
        chosen.serve(path, request, reply)


class Deployed:
    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._apis: dict[str, dict[str, DeployedStage | _Split]] = {}  # by API id, by stage

    def serve(self, request: Request, reply: Reply, api_id: str, path: str) -> bool:
        """Answers `/<stage>/...`; False where there is no such API."""
        stages = self._apis.get(api_id)
        if stages is None:
            stages = self._load(api_id)
            if stages is None:
                return False
        _, _, rest = path.partition("/")
        name, slash, below = rest.partition("/")
        stage = stages.get(name)
        if stage is None:
            headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", "ForbiddenException")]
            reply(Response(403, headers, _FORBIDDEN))
        else:
            stage.serve(slash + below or "/", request, reply)
        return True

    def _load(self, api_id: str) -> dict[str, DeployedStage | _Split] | None:
        found = DOCUMENTS.find(self._kernel.store, "restapi", api_id)
        if found is None:
            return None
        owner = f"{found[0]}/{api_id}"
        stages = {}
        for document in DOCUMENTS.all(self._kernel.store, owner, "stage"):
            if (stage := self._compiled(owner, document)) is not None:
                stages[document["stageName"]] = stage
        self._apis[api_id] = stages
        return stages

    def _compiled(self, owner: str, document: Json) -> DeployedStage | _Split | None:
        canary = document.get("canarySettings")
        stage = self._stage(owner, document, None if canary is None else False)
        if canary is None or stage is None:
            return stage
        variables = {**document.get("variables", {}), **canary.get("stageVariableOverrides", {})}
        own = {**document, "deploymentId": canary["deploymentId"], "variables": variables}
        second = self._stage(owner, own, True)
        return stage if second is None else _Split(stage, second, canary["percentTraffic"])

    def _stage(self, owner: str, document: Json, canary: bool | None) -> DeployedStage | None:
        snapshot = DOCUMENTS.get(self._kernel.store, owner, "snapshot", document["deploymentId"])
        account, _, region = owner.partition("/")[0].partition(":")
        return (
            DeployedStage(self._kernel, account, region, document, snapshot, canary) if snapshot is not None else None
        )

    def forget(self, api_id: str) -> None:
        self._apis.pop(api_id, None)


def forget(ctx: Context, api_id: str) -> None:
    """Something that is served has changed; or will not have, if the change is undone after a request saw it."""
    deployed: Deployed = ctx.state("apigateway")
    deployed.forget(api_id)
    ctx.store.after_rollback(lambda: deployed.forget(api_id))
