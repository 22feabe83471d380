"""CloudFormation's own resource types: nested stacks, custom resources, macros and wait conditions."""

from penstock.base.errors import AwsError
from penstock.services.cloudformation import custom, lifecycle, native, requests, store, wait_conditions
from penstock.services.cloudformation.deploy import Deployment
from penstock.services.cloudformation.events import STACK
from penstock.template import document
from penstock.template.assembly import Stack
from penstock.template.document import Document
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType, Unstable
from penstock.template.types import CUSTOM, location
from penstock.wire.model import Json


async def _create_stack(rc: ResourceContext, properties: Properties) -> Resource:
    return await _deploy(rc, rc.physical_name(128), properties, "created")


async def _update_stack(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    return await _deploy(rc, resource.physical_id.split("/")[1], properties, "updated")


async def _deploy(rc: ResourceContext, name: str, properties: Properties, verb: str) -> Resource:
    engine: Deployment = rc.engine
    stack = Stack(
        name,
        await _template(rc, str(properties["TemplateURL"])),
        rc.account,
        rc.region,
        parameters=properties.get("Parameters", {}),
        tags=rc.tag_map(properties),
        assets=rc.assets,
    )
    parent = engine.row
    settings: Json = {"ParentId": parent.stack_id, "RootId": parent.body.get("RootId") or parent.stack_id}
    if "NotificationARNs" in properties:
        settings["NotificationARNs"] = properties["NotificationARNs"]
    outcome = await lifecycle.deploy_inside(engine.ctx, stack, engine.report, settings)
    if outcome.error is not None:
        text = f"Embedded stack {outcome.stack_id} was not successfully {verb}: {outcome.error}"
        raise Unstable(Resource(outcome.stack_id), "", text) from outcome.error
    row = store.stack_by_id(engine.ctx.store, outcome.stack_id)
    outputs = row.body.get("Outputs", ()) if row else ()
    return Resource(outcome.stack_id, {f"Outputs.{output['OutputKey']}": output["OutputValue"] for output in outputs})


async def _template(rc: ResourceContext, url: str) -> Document:
    """An asset of this app, else an object in S3."""
    file = rc.assets.files.get(location(url) or ("", ""))
    return document.read(file) if file else await requests.template(rc.engine.ctx, {"TemplateURL": url})


async def _delete_stack(rc: ResourceContext, resource: Resource) -> None:
    engine: Deployment = rc.engine
    row = store.stack_by_id(engine.ctx.store, resource.physical_id)
    if row is None or row.deleted_at is not None:
        return
    outcome = await lifecycle.delete(engine.ctx, row, engine.report)
    if outcome.error is not None:
        raise outcome.error


async def _create_macro(rc: ResourceContext, properties: Properties) -> Resource:
    name, ctx = str(properties["Name"]), rc.engine.ctx
    if store.macro(ctx.store, rc.account, rc.region, name) is not None:
        raise AwsError("AlreadyExistsException", f"Macro {rc.account}::{name} already exists")
    store.put_macro(ctx.store, rc.account, rc.region, name, properties["FunctionName"])
    return Resource(name)


async def _update_macro(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    store.put_macro(rc.engine.ctx.store, rc.account, rc.region, resource.physical_id, properties["FunctionName"])
    return resource


async def _delete_macro(rc: ResourceContext, resource: Resource) -> None:
    store.delete_macro(rc.engine.ctx.store, rc.account, rc.region, resource.physical_id)


TABLE = (
    ResourceType(
        name="AWS::CloudFormation::Macro",
        create=_create_macro,
        update=_update_macro,
        delete=_delete_macro,
        properties=frozenset({"Description", "FunctionName", "Name"}),
        replace_on=frozenset({"Name"}),
        inert=dict.fromkeys(("LogGroupName", "LogRoleARN"), "what a macro logs is in its function's log group"),
    ),
    ResourceType(
        name=STACK,
        create=_create_stack,
        update=_update_stack,
        delete=_delete_stack,
        properties=frozenset({"NotificationARNs", "Parameters", "Tags", "TemplateURL"}),
        inert={"TimeoutInMinutes": "a nested stack may take as long as it needs"},
    ),
    ResourceType(
        name=CUSTOM,
        create=custom.create,
        update=custom.update,
        delete=custom.delete,
        properties=frozenset({"*"}),
        replace_on=frozenset({"ServiceToken"}),
    ),
    *wait_conditions.TABLE,
    *native.TABLE,
)
