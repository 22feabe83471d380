"""Operations on the resources and events of a stack."""

import json

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.cloudformation import describe, events, store
from penstock.services.cloudformation.deploy import Deployment
from penstock.services.cloudformation.lifecycle import stack_of
from penstock.services.cloudformation.state import quiet
from penstock.services.cloudformation.store import ResourceRow, StackRow
from penstock.template.document import TemplateError
from penstock.wire.model import Json

_NEWEST = 1 << 62


def describe_stack_resources(ctx: Context, request: Json) -> Json:
    row = _stack_of(ctx, request)
    wanted = request.get("LogicalResourceId")
    rows = [
        found for found in store.all_resources(ctx.store, row.stack_id) if wanted in (None, found.record.logical_id)
    ]
    return {"StackResources": [_described(row, found) for found in rows]}


def _stack_of(ctx: Context, request: Json) -> StackRow:
    if "StackName" in request:
        return describe.known(ctx, request["StackName"])
    if "PhysicalResourceId" not in request:
        raise AwsError("ValidationError", "Either StackName or PhysicalResourceId must be specified")
    physical_id = request["PhysicalResourceId"]
    stack_id = store.stack_of(ctx.store, physical_id)
    if stack_id is None:
        raise AwsError("ValidationError", f"Stack for {physical_id} does not exist")
    return describe.known(ctx, stack_id)


def _described(row: StackRow, found: ResourceRow) -> Json:
    stack = {"StackName": row.stack_name, "StackId": row.stack_id}
    return {**stack, **describe.resource(found), "Timestamp": found.updated_at}


async def describe_stack_resource(ctx: Context, request: Json) -> Json:
    row = describe.known(ctx, request["StackName"], "Stack '{}' does not exist")
    logical_id = request["LogicalResourceId"]
    rows = store.all_resources(ctx.store, row.stack_id)
    found = next((each for each in rows if each.record.logical_id == logical_id), None)
    if found is None:
        text = f"Resource {logical_id} does not exist for stack {row.stack_name}"
        raise AwsError("ValidationError", text)
    detail = _described(row, found)
    detail["LastUpdatedTimestamp"] = detail.pop("Timestamp")
    detail["Metadata"] = json.dumps(await _metadata(ctx, row, logical_id))
    return {"StackResourceDetail": detail}


async def _metadata(ctx: Context, row: StackRow, logical_id: str) -> Json:
    """The resource's metadata with its functions evaluated; as it stands where one cannot be any more."""
    deployment = Deployment(ctx, row, stack_of(row), quiet)
    try:
        plan = await deployment.blueprint()
        plan.resources.update({each.record.logical_id: each.record.resource for each in _rows(ctx, row)})
        found: Json = plan.evaluator.value(dict(plan.declared[logical_id].metadata), ("Resources", logical_id))
    except (TemplateError, KeyError):
        return deployment.attribute(logical_id, "Metadata")
    return found


def _rows(ctx: Context, row: StackRow) -> list[ResourceRow]:
    return store.resources(ctx.store, row.stack_id)


def list_stack_resources(ctx: Context, request: Json) -> Json:
    row = describe.known(ctx, request["StackName"])
    rows, rest = describe.page(store.all_resources(ctx.store, row.stack_id), request)
    summaries = [{**describe.resource(found), "LastUpdatedTimestamp": found.updated_at} for found in rows]
    return {"StackResourceSummaries": summaries, **rest}


def describe_stack_events(ctx: Context, request: Json) -> Json:
    row = describe.known(ctx, request["StackName"], "Stack [{}] does not exist")
    token = request.get("NextToken", str(_NEWEST))
    if not token.isdecimal():
        raise AwsError("ValidationError", f"Invalid NextToken: {token}")
    rows = store.events(ctx.store, row.stack_id, int(token), describe.PAGE)
    rest: Json = {"NextToken": str(rows[-1][0])} if len(rows) == describe.PAGE else {}
    return {"StackEvents": [events.described(row, *found) for found in rows], **rest}
