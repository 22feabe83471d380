"""What is being served: stages compiled when they are first called, forgotten when they change."""

from penstock.call import Context, Kernel
from penstock.services.apigateway.serving.stage import Stage
from penstock.services.apigateway.store import DOCUMENTS
from penstock.web.http import Reply
from penstock.wire.message import Request, Response

_FORBIDDEN = b'{"message":"Forbidden"}'


class Deployed:
    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._apis: dict[str, dict[str, Stage]] = {}  # by API id, by stage

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

    def _load(self, api_id: str) -> dict[str, Stage] | None:
        found = DOCUMENTS.find(self._kernel.store, "restapi", api_id)
        if found is None:
            return None
        owner = f"{found[0]}/{api_id}"
        account, _, region = found[0].partition(":")
        stages = {}
        for document in DOCUMENTS.all(self._kernel.store, owner, "stage"):
            snapshot = DOCUMENTS.get(self._kernel.store, owner, "snapshot", document["deploymentId"])
            if snapshot is not None:
                stages[document["stageName"]] = Stage(self._kernel, account, region, document, snapshot)
        self._apis[api_id] = stages
        return stages

    def forget(self, api_id: str) -> None:
        self._apis.pop(api_id, None)


def forget(ctx: Context, api_id: str) -> None:
    """Something that is served has changed; or will not have, if the change is undone after a request saw it."""
    deployed: Deployed = ctx.state("apigateway")
    deployed.forget(api_id)
    ctx.store.after_rollback(lambda: deployed.forget(api_id))
