"""What an evaluation needs from other services and stacks: stored parameters, dynamic references, exports, outputs."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.cloudformation import store
from penstock.services.cloudformation.store import StackRow
from penstock.template import dynamic
from penstock.template.document import TemplateError, TemplatePath

# An account here is as good as bootstrapped; https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
_BOOTSTRAP = re.compile(r"/cdk-bootstrap/[^/]+/version")
_BOOTSTRAP_VERSION = "30"
# Machine images that AWS publishes; no instance is started from one.
# https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters.html
_IMAGE = re.compile(r"/aws/service/(ami-|bottlerocket/|canonical/|ecs/optimized-ami/|eks/optimized-ami/).+")
_IMAGE_ID = "ami-00000000000000000"


class Imports(dict[str, str]):
    """The exports of a region, and which of them were asked for."""

    def __init__(self, exports: Mapping[str, str]) -> None:
        super().__init__(exports)
        self.used: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.used.add(name)
        return super().__getitem__(name)


async def parameter_values(ctx: Context, names: Mapping[str, str]) -> dict[str, str]:
    """Template parameter -> the value of the stored parameter that it names."""
    return {parameter: await _stored(ctx, name, ("Parameters", parameter)) for parameter, name in names.items()}


async def _stored(ctx: Context, name: str, path: TemplatePath) -> str:
    try:
        return str((await ctx.call("ssm", "GetParameter", {"Name": name}))["Parameter"]["Value"])
    except AwsError as error:
        if _BOOTSTRAP.fullmatch(name):
            return _BOOTSTRAP_VERSION
        if _IMAGE.fullmatch(name):
            return _IMAGE_ID
        text = f"Unable to fetch parameters [{name}] from parameter store for this account."
        raise TemplateError(text, path) from error


async def dynamic_values(ctx: Context, references: Iterable[str]) -> dict[str, str]:
    """Reference -> value. TemplateError for one that cannot be looked up."""
    return {reference: await _dynamic(ctx, reference) for reference in references}


async def _dynamic(ctx: Context, reference: str) -> str:
    lookup = dynamic.lookup(reference)
    request = dict(lookup.request)
    try:
        return lookup.value(await ctx.call(lookup.service, lookup.operation, request))
    except AwsError as error:
        name = request.get("Name") or request.get("SecretId")
        raise TemplateError(f"Could not resolve {{{{resolve:{reference}}}}}: {name}: {error.message}") from error


def imports(ctx: Context) -> Imports:
    return Imports({name: value for name, value, _ in store.exports(ctx.store, ctx.account, ctx.region)})


def stack_outputs(ctx: Context) -> dict[tuple[str, str, str], str]:
    """(stack name, output, region) -> value, of the account's stacks."""
    return {
        (row.stack_name, output["OutputKey"], row.region): output["OutputValue"]
        for row in store.all_stacks(ctx.store)
        if row.account == ctx.account
        for output in row.body.get("Outputs", ())
    }


def refuse_lost_exports(ctx: Context, row: StackRow, kept: Mapping[str, Any]) -> None:
    """An export that another stack imports stays as it is. TemplateError with CloudFormation's text."""
    for name in store.exports_of(ctx.store, row.stack_id):
        found = store.export(ctx.store, row.account, row.region, name)
        if found is None or kept.get(name) == found[0]:
            continue
        users = [stack for stack, _ in store.importers(ctx.store, row.account, row.region, name)]
        if users:
            verb = "updated" if name in kept else "deleted"
            raise TemplateError(f"Export {name} cannot be {verb} as it is in use by {' and '.join(users)}")
