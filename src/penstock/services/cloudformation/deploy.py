"""Makes one stack what its template says: plan and apply, resource by resource.

Rule: a resource is recorded in the transaction that made it, so that an interrupted deployment goes on where it
stopped. What a failure leaves behind stays recorded; undoing it is the caller's decision (see lifecycle.py).
"""

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from penstock.base.errors import AwsError, PenstockError
from penstock.call import Context
from penstock.services.cloudformation import events, lookups, stack_policies, store, transforms
from penstock.services.cloudformation.failures import CalledOff, DeployError, reason_of
from penstock.services.cloudformation.records import (
    assets_in,
    dependents_first,
    masked,
    noechoed,
    output,
    recorded_parameters,
)
from penstock.services.cloudformation.state import Report, State, Step
from penstock.services.cloudformation.store import ResourceRow, StackRow
from penstock.template import coerce, dynamic, model, parameters
from penstock.template.assembly import Stack
from penstock.template.blueprint import Blueprint, blueprint
from penstock.template.document import TemplateError
from penstock.template.localize import localize, located
from penstock.template.macros import is_transformed
from penstock.template.model import LANGUAGE_EXTENSIONS
from penstock.template.plan import Action, Record, decide
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType, Unstable
from penstock.template.scope import Scope
from penstock.template.types import type_of
from penstock.web.network import Network
from penstock.wire.model import Json

log = logging.getLogger("penstock")

_INITIATED = "Resource creation Initiated"
_REPLACED = "Requested update requires the creation of a new physical resource; hence creating one."
_GONE = re.compile(r"NotFound|NonExist|NoSuch|DoesNotExist|\b404\b|NoSuchEntity", re.IGNORECASE)


class Deployment:
    """One run over one stack. `policy` is the stack policy that holds for it."""

    def __init__(self, ctx: Context, row: StackRow, stack: Stack, report: Report, *, undoing: bool = False) -> None:
        self.ctx = ctx.at(account=row.account, region=row.region).as_service("cloudformation.amazonaws.com")
        self.row = row
        self.stack = stack
        self.report = report
        self.before: Json = dict(row.body)  # what is known of the stack before this run
        self.policy = ""
        self.transformed = False
        self.processed: Json | None = None  # what transforms have made of the template
        self.skipped: frozenset[str] = frozenset()  # these stay as they are recorded
        self._undoing = undoing  # what has just been made goes away, unless its policy says Retain
        self._imports = lookups.imports(self.ctx)

    @property
    def state(self) -> State:
        state: State = self.ctx.state("cloudformation")
        return state

    # -- what is wanted ----------------------------------------------------------------------------

    async def blueprint(self) -> Blueprint:
        """The template with this stack's parameters. TemplateError for what CloudFormation would refuse."""
        scope = await self._scope()
        if is_transformed(self.stack.document):
            await self._transform(scope)
            scope = await self._scope()
        plan = blueprint(self.stack.document, scope)
        unknown = sorted({body.type for body in plan.declared.values() if not type_of(self.state.types, body.type)})
        if unknown:
            path = next(body.path[:2] for body in plan.declared.values() if body.type == unknown[0])
            raise TemplateError(f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]", path)
        self.row.body["Description"] = plan.template.description
        if LANGUAGE_EXTENSIONS in model.transforms(self.stack.document.data):
            expanded = plan.template.document.data
            self.processed = {key: body for key, body in expanded.items() if key != "Transform"}
            self.row.body["Processed"] = self.processed
        return plan

    async def _scope(self) -> Scope:
        declared = model.parameters(self.stack.document)
        given = parameters.values(declared, self.stack.parameters)
        stored = await lookups.parameter_values(self.ctx, parameters.ssm_names(declared, given))
        self.row.body["Parameters"] = recorded_parameters(declared, given, stored)
        return Scope(
            self.row.account,
            self.row.region,
            self.row.stack_id,
            self.row.stack_name,
            notification_arns=tuple(self.row.body.get("NotificationARNs", ())),
            parameters=parameters.typed(declared, given, stored),
            exports=self._imports,
            outputs=lookups.stack_outputs(self.ctx),
        )

    async def _transform(self, scope: Scope) -> None:
        """From here on the stack is what the template's transforms make of it."""
        processed = await transforms.process(self.ctx, self.stack.document, scope)
        self.stack = replace(self.stack, document=processed)
        self.processed = self.row.body["Processed"] = processed.data
        self.transformed = True

    def wanted(self, plan: Blueprint, logical_id: str) -> Json:
        """The resource's properties, with URLs that answer here; dynamic references are still in them."""
        found: Json = self._localized(plan.properties(logical_id))
        return found

    def outputs(self, plan: Blueprint) -> Json:
        """The outputs, with URLs that answer here."""
        locate = self.ctx.kernel.shared(Network).locate
        found: Json = self._localized(plan.outputs(), lambda text: located(text, locate))
        return found

    def decide(self, kind: ResourceType, record: Record, wanted: Properties) -> Action:
        """What would be done with the resource."""
        return decide(kind, record, wanted, dict(assets_in(self.stack.assets, wanted)))

    # -- making it so ------------------------------------------------------------------------------

    async def apply(self, plan: Blueprint) -> None:
        """Creates, updates and replaces, in order; what is no longer wanted is set aside for `clean_up`."""
        before = {row.record.logical_id: row.record for row in store.resources(self.ctx.store, self.row.stack_id)}
        for logical_id in plan.order:
            record = before.get(logical_id)
            if record is not None and logical_id in self.skipped:
                plan.resources[logical_id] = record.resource
                self._put(record, "UPDATE_COMPLETE", event=True)
                continue
            try:
                await self._resource(plan, logical_id, record)
            except asyncio.CancelledError as error:
                raise self._called_off(plan, logical_id, record) from error
            except Exception as error:
                raise self._failure(plan, logical_id, record, error) from error
            await self.ctx.store.committed()
        gone = [name for name in before if name not in plan.declared]
        for logical_id in gone:
            self._refuse_by_policy("Delete", before[logical_id])
        self._outputs(plan)
        for logical_id in gone:
            self._set_aside(before[logical_id], before[logical_id].deletion_policy)
            store.delete_resource(self.ctx.store, self.row.stack_id, logical_id)

    async def _resource(self, plan: Blueprint, logical_id: str, record: Record | None) -> None:
        body = plan.declared[logical_id]
        kind = self._type(body.type)
        if record is not None and record.type != body.type:
            self._set_aside(record, record.update_replace_policy)
            record = None
        wanted = self.wanted(plan, logical_id)
        assets = dict(assets_in(self.stack.assets, wanted))
        action = decide(kind, record, wanted, assets)
        if record is not None and action in (Action.MODIFY, Action.REPLACE):
            stack_policies.check(self.policy, str(action), logical_id, body.type)
        if action in (Action.ADD, Action.REPLACE) and (kept := self._taken_back(kind, body.logical_id, wanted, assets)):
            if record is not None:
                self._set_aside(record, "Delete")
            record, action = kept, decide(kind, kept, wanted, assets)
        target = Record(
            logical_id,
            body.type,
            properties=wanted,
            assets=assets,
            needs=tuple(sorted(plan.needs[logical_id])),
            deletion_policy=plan.policy(logical_id, "deletion_policy"),
            update_replace_policy=plan.policy(logical_id, "update_replace_policy"),
        )
        plan.resources[logical_id] = await self._act(action, kind, record, target)

    def _taken_back(
        self, kind: ResourceType, logical_id: str, wanted: Properties, assets: Mapping[str, str]
    ) -> Record | None:
        """The resource that an update set aside and then failed: what it had replaced is what is wanted again."""
        for id, record in store.leftovers(self.ctx.store, self.row.stack_id):
            same = record.logical_id == logical_id and record.type == kind.name and record.physical_id
            if same and decide(kind, record, wanted, assets) is not Action.REPLACE:
                store.delete_leftover(self.ctx.store, id)
                return record
        return None

    async def _act(self, action: Action, kind: ResourceType, record: Record | None, target: Record) -> Resource:
        if record is None or action is Action.ADD:
            return await self._create(kind, target, resumed=record is not None)
        if action is Action.REPLACE:
            return await self._replace(kind, record, target)
        target = replace(target, physical_id=record.physical_id, attributes=record.attributes, replaces=record.replaces)
        if action is Action.MODIFY:
            return await self._update(kind, record, target)
        if target != record:
            self._put(target, "UPDATE_COMPLETE")
        return record.resource

    async def _create(self, kind: ResourceType, target: Record, resumed: bool) -> Resource:
        self._put(replace(target, pending="create"), "CREATE_IN_PROGRESS", event=True)
        rc = self._context(target, resumed=resumed)
        made = await kind.create(rc, await self._filled(target.properties))
        self._event(_made(target, made), "CREATE_IN_PROGRESS", _INITIATED)
        self._put(_made(target, made), "CREATE_COMPLETE", event=True)
        return made

    async def _replace(self, kind: ResourceType, record: Record, target: Record) -> Resource:
        """The new one first; the old one is deleted when all else has succeeded."""
        resumed = record.pending == "replace"
        self._put(replace(record, pending="replace"), "UPDATE_IN_PROGRESS", _REPLACED)
        self._event(replace(record, properties=target.properties), "UPDATE_IN_PROGRESS", _REPLACED)
        target = replace(target, replaces=record.physical_id)
        made = await kind.create(self._context(target, resumed=resumed), await self._filled(target.properties))
        self._event(_made(target, made), "UPDATE_IN_PROGRESS", _INITIATED)
        self._set_aside(replace(record, pending=""), record.update_replace_policy)
        self._put(_made(target, made), "UPDATE_COMPLETE", event=True)
        return made

    async def _update(self, kind: ResourceType, record: Record, target: Record) -> Resource:
        assert kind.update is not None
        self._put(replace(record, pending="update"), "UPDATE_IN_PROGRESS")
        self._event(target, "UPDATE_IN_PROGRESS")
        rc = self._context(target)
        made = await kind.update(rc, record.resource, await self._filled(target.properties))
        if made.physical_id != record.physical_id:  # a custom resource may say so
            self._set_aside(record, record.update_replace_policy)
        self._put(_made(target, made), "UPDATE_COMPLETE", event=True)
        return made

    def _outputs(self, plan: Blueprint) -> None:
        found = self.outputs(plan)
        exported = {body["Export"]["Name"]: str(body["Value"]) for body in found.values() if "Export" in body}
        lookups.refuse_lost_exports(self.ctx, self.row, exported)
        for name in store.exports_of(self.ctx.store, self.row.stack_id):
            store.delete_export(self.ctx.store, self.row, name)
        for name, value in exported.items():
            taken = store.export(self.ctx.store, self.row.account, self.row.region, name)
            if taken is not None:
                other = taken[1].split("/")[1]
                raise TemplateError(f"Export with name {name} is already exported by stack {other}", ("Outputs",))
            store.put_export(self.ctx.store, self.row, name, value)
        store.put_imports(self.ctx.store, self.row, self._imports.used)
        self.row.body["Outputs"] = [output(name, body) for name, body in found.items()]

    # -- taking away -------------------------------------------------------------------------------

    def _set_aside(self, record: Record, policy: str) -> None:
        if self._retains(policy):
            self._event(record, "DELETE_SKIPPED")
        else:
            store.add_leftover(self.ctx.store, self.row.stack_id, record)

    def _retains(self, policy: str) -> bool:
        if policy == "Retain" and self._undoing and self.row.body.get("RetainExceptOnCreate"):
            return False
        return policy == "Retain" or (policy == "RetainExceptOnCreate" and not self._undoing)

    async def clean_up(self) -> None:
        """Deletes what was set aside; what cannot be deleted is tried again after the next update."""
        aside = store.leftovers(self.ctx.store, self.row.stack_id)
        for id, record in dependents_first([(id, record) for id, record in aside]):
            if await self._deletion(record) is None:
                store.delete_leftover(self.ctx.store, id)
            await self.ctx.store.committed()

    async def delete_all(self, retained: frozenset[str] = frozenset(), *, forced: bool = False) -> bool:
        """Deletes every resource whose policy allows it; whether all went well. `forced` leaves what does not go."""
        await self.clean_up()
        rows = store.resources(self.ctx.store, self.row.stack_id)
        well = True
        for logical_id, record in dependents_first([(row.record.logical_id, row.record) for row in rows]):
            kept = self._retains(record.deletion_policy) or logical_id in retained
            reason = None if kept else await self._deletion(record)
            if reason is None or forced:
                self._put(record, "DELETE_SKIPPED" if kept else "DELETE_COMPLETE", event=kept)
            else:
                well = False
                self._put(record, "DELETE_FAILED", reason)
            await self.ctx.store.committed()
        return well

    async def _deletion(self, record: Record) -> str | None:
        """Why the resource could not be deleted; None when it is gone."""
        kind = type_of(self.state.types, record.type)
        if kind is None or not record.physical_id:
            return None
        self._event(record, "DELETE_IN_PROGRESS")
        try:
            await kind.delete(self._context(record), record.resource)
        except Exception as error:
            if not (isinstance(error, AwsError) and _GONE.search(error.code)):
                log.debug("%s could not be deleted", record.logical_id, exc_info=error)
                self._event(record, "DELETE_FAILED", reason_of(error))
                return reason_of(error)
        self._event(record, "DELETE_COMPLETE")
        return None

    # -- helpers -----------------------------------------------------------------------------------

    def _type(self, name: str) -> ResourceType:
        kind = type_of(self.state.types, name)
        assert kind is not None  # blueprint() has refused the others
        return kind

    def _context(self, record: Record, resumed: bool = False) -> ResourceContext:
        return ResourceContext(
            call=self._call,
            account=self.row.account,
            region=self.row.region,
            stack_id=self.row.stack_id,
            stack_name=self.row.stack_name,
            logical_id=record.logical_id,
            tags=self.row.body.get("Tags", {}),
            assets=self.stack.assets,
            metadata=self.attribute(record.logical_id, "Metadata"),
            replaces=record.replaces,
            resumed=resumed,
            engine=self,
        )

    def attribute(self, logical_id: str, name: str) -> Json:
        """An attribute of the resource, such as Metadata, as the template has it."""
        declared = self.stack.document.data.get("Resources", {}).get(logical_id, {})
        found: Json = declared.get(name) or {}
        return found

    async def _call(self, service: str, operation: str, request: Mapping[str, Any]) -> Json:
        if service not in self.ctx.kernel.services:
            raise AwsError("NotImplemented", f"Penstock has no service {service}", status=501)
        members = coerce.request(self.ctx.kernel.loaded(service).model, operation, request)
        return await self.ctx.call(service, operation, members)

    async def _filled(self, properties: Properties) -> Properties:
        values = await lookups.dynamic_values(self.ctx, dynamic.references(dict(properties)))
        filled: Properties = dynamic.fill(dict(properties), values) if values else properties
        return filled

    def _localized(self, node: Any, further: Callable[[str], str] = str) -> Any:
        if isinstance(node, str):
            return further(localize(node, self.ctx.config.endpoint))
        if isinstance(node, dict):
            return {key: self._localized(child, further) for key, child in node.items()}
        return [self._localized(child, further) for child in node] if isinstance(node, list) else node

    def _put(self, record: Record, status: str, reason: str | None = None, *, event: bool = False) -> None:
        row = ResourceRow(record, status, reason, self.ctx.clock.now())
        store.put_resource(self.ctx.store, self.row.stack_id, row)
        if event:
            self._event(record, status, reason)

    def _event(self, record: Record, status: str, reason: str | None = None) -> None:
        shown = masked(record.properties, noechoed(self.row.body.get("Parameters", {})))
        events.of_resource(self.ctx, self.row, record, status, reason, shown)
        if reason != _INITIATED:  # no news to whoever looks on
            self.report(Step(self.row.stack_name, record.logical_id, record.type, status, reason))

    def _refuse_by_policy(self, action: str, record: Record) -> None:
        try:
            stack_policies.check(self.policy, action, record.logical_id, record.type)
        except PenstockError as error:
            self._put(record, "UPDATE_FAILED", str(error), event=True)
            raise DeployError(f"{record.logical_id}: {error}", record.logical_id, "UPDATE", str(error)) from error

    def _called_off(self, plan: Blueprint, logical_id: str, record: Record | None) -> BaseException:
        reason = self.state.called_off.pop(self.row.stack_id, None)
        task = asyncio.current_task()
        if reason is None or task is None:
            return asyncio.CancelledError()
        task.uncancel()
        verb = "creation" if record is None else "update"
        failure = self._failure(plan, logical_id, record, PenstockError(f"Resource {verb} cancelled"))
        return CalledOff(str(failure), logical_id, failure.verb, reason)

    def _failure(self, plan: Blueprint, logical_id: str, record: Record | None, error: Exception) -> DeployError:
        """Records the failure and says where in which file the resource stands."""
        body = plan.declared[logical_id]
        reason = reason_of(error)
        verb = "CREATE" if record is None or record.pending == "create" else "UPDATE"
        known = store.resource(self.ctx.store, self.row.stack_id, logical_id)
        failed = known.record if known else Record(logical_id, body.type, pending="create")
        if isinstance(error, Unstable) and failed.pending == "create":
            failed = _made(failed, error.resource)
        self._put(failed, f"{verb}_FAILED", reason, event=True)
        if not isinstance(error, (AwsError, PenstockError)):
            log.error("%s %s failed", body.type, logical_id, exc_info=error)
        path = error.path if isinstance(error, TemplateError) and error.path else body.path[:2]
        where = self.stack.document.where(path)
        return DeployError(f"{where}: {body.type} {logical_id}: {reason}", logical_id, verb, reason)


def _made(target: Record, made: Resource) -> Record:
    return replace(target, physical_id=made.physical_id, attributes=dict(made.attributes))
