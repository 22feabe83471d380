"""Map runs: describe, list, update.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeMapRun.html
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.stepfunctions import store
from penstock.services.stepfunctions.engine.engine import engine
from penstock.services.stepfunctions.executions import row_of
from penstock.services.stepfunctions.names import invalid, invalid_arn, not_found
from penstock.services.stepfunctions.pages import page
from penstock.services.stepfunctions.store import DOCUMENTS
from penstock.wire.model import Json

_STATUSES = {
    "RUNNING": "running",
    "SUCCEEDED": "succeeded",
    "FAILED": "failed",
    "TIMED_OUT": "timedOut",
    "ABORTED": "aborted",
}


def _map_run(ctx: Context, arn: str) -> Json:
    if ":mapRun:" not in arn:
        raise invalid_arn(arn)
    found = DOCUMENTS.find(ctx.store, "maprun", arn)
    if found is None:
        raise not_found(arn)
    return found[1]


def describe_map_run(ctx: Context, request: Json) -> Json:
    document = _map_run(ctx, request["mapRunArn"])
    rows = ctx.store.all(store.COUNT_BY_MAP_RUN, document["arn"])
    executions = {_STATUSES[status]: count for status, count, _ in rows}
    items = {_STATUSES[status]: count for status, _, count in rows}
    total = len(document["sizes"]) or document["items"]
    shown = {
        "mapRunArn": document["arn"],
        "executionArn": document["execution"],
        **{name: document[name] for name in ("status", "startDate", "maxConcurrency", "redriveCount")},
        **{name: document[name] for name in ("toleratedFailureCount", "toleratedFailurePercentage")},
        "itemCounts": _counts(items, document["items"], document),
        "executionCounts": _counts(executions, total, document),
    }
    return shown | {name: document[name] for name in ("stopDate", "redriveDate") if name in document}


def _counts(known: dict[str, int], total: int, document: Json) -> Json:
    """AWS counts results as written without a ResultWriter, too, once all have succeeded."""
    counts = dict.fromkeys(_STATUSES.values(), 0) | known
    pending = max(0, total - sum(known.values()))
    written = total if "written" in document or document["status"] == "SUCCEEDED" else 0
    return {**counts, "pending": pending, "total": total, "resultsWritten": written}


def list_map_runs(ctx: Context, request: Json) -> Json:
    row = row_of(ctx, request["executionArn"])
    found = sorted(DOCUMENTS.all(ctx.store, row[1], "maprun"), key=lambda document: document["arn"])
    shown = [
        {
            "executionArn": row[1],
            "mapRunArn": document["arn"],
            "stateMachineArn": f"{row[2]}/{document['label']}",
            "startDate": document["startDate"],
            **({"stopDate": document["stopDate"]} if "stopDate" in document else {}),
        }
        for document in found
    ]
    return page(request, shown, "mapRuns", "mapRunArn")


def update_map_run(ctx: Context, request: Json) -> Json:
    names = ("maxConcurrency", "toleratedFailureCount", "toleratedFailurePercentage")
    changes = {name: request[name] for name in names if name in request}
    document = _map_run(ctx, request["mapRunArn"])
    if not changes:
        raise invalid(f"At least one of {', '.join(names)} must be specified", "MISSING_REQUIRED_PARAMETER")
    if document["status"] != "RUNNING":
        raise invalid("Cannot update a completed Map Run", "CANNOT_UPDATE_COMPLETED_MAP_RUN")
    gathering = engine(ctx).maps.going.get(document["arn"])
    if gathering is None:
        raise AwsError("ResourceNotFound", f"Resource not found: '{document['arn']}'")
    gathering.document |= changes
    DOCUMENTS.put(ctx.store, document["execution"], "maprun", document["arn"], gathering.document)
    ctx.store.after_commit(lambda: engine(ctx).maps.wake(gathering))
    return {}
