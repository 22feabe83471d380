"""Pipes at work: each that is to run has a mapping, which acts as the pipe's role."""

from penstock.call import Context
from penstock.delivery.mappings import Mapping
from penstock.delivery.sources.sqs import SqsSource
from penstock.services.pipes.checks import settings
from penstock.services.pipes.execution import Execution
from penstock.services.pipes.state import state
from penstock.services.pipes.store import DOCUMENTS, KIND
from penstock.wire.model import Json


async def resume(ctx: Context) -> None:
    """Starts every pipe that was running."""
    for owner, pipe in DOCUMENTS.every(ctx.store, KIND):
        account, _, region = owner.partition(":")
        restart(ctx.at(account=account, region=region), pipe)


async def stop_all(ctx: Context) -> None:
    for arn in list(state(ctx).running):
        stop(ctx, arn)


def restart(ctx: Context, pipe: Json) -> None:
    """Makes what runs what the pipe says."""
    stop(ctx, pipe["Arn"])
    if pipe["CurrentState"] != "RUNNING":
        return
    reader = as_role(ctx, pipe)
    source = SqsSource(reader, pipe["Source"])
    running = Mapping(reader, source, Execution(reader, pipe, source), settings(pipe), f"pipe {pipe['Name']}")
    state(ctx).running[pipe["Arn"]] = running
    running.start()


def stop(ctx: Context, arn: str) -> None:
    running = state(ctx).running.pop(arn, None)
    if running is not None:
        running.stop()


def trouble(ctx: Context, arn: str) -> str:
    running = state(ctx).running.get(arn)
    return running.trouble if running else ""


def as_role(ctx: Context, pipe: Json) -> Context:
    return ctx.at(principal=state(ctx).sessions.principal(pipe["RoleArn"], pipe["Name"]))
