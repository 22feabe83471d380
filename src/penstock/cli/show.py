"""Commands that look at a running runtime: status, outputs, logs, env."""

import shlex
from datetime import datetime
from pathlib import Path

import click

from penstock.base.errors import PenstockError
from penstock.cli import options, printing
from penstock.cli.client import Client


@click.command()
@options.data
@options.as_json
def status(data: Path, json_: bool) -> None:
    """Say whether the runtime is ready, and what runs in it.

    \b
    penstock status
    penstock status --json | jq .stacks
    """
    answer = Client(data).get("status")
    if json_:
        printing.as_json(answer)
        return
    printing.out.print(f"Penstock {answer['version']} on http://{answer['host']}:{answer['port']}, pid {answer['pid']}")
    printing.table(("STACK", "STATUS", "RESOURCES"), _stack_rows(answer["stacks"]))
    if answer["tasks"]:
        printing.out.print()
        printing.table(("SERVICE", "TASK", "STATUS", "HEALTH", "ADDRESS"), map(_task_row, answer["tasks"]))


def _stack_rows(stacks: list[dict[str, str]]) -> list[tuple[str, str, str]]:
    return [(stack["name"], printing.styled(stack["status"]), str(stack["resources"])) for stack in stacks]


def _task_row(task: dict[str, str]) -> tuple[str, ...]:
    styled = [printing.styled(task[name]) for name in ("status", "health")]
    return (task["service"] or task["definition"], task["task"], *styled, task["address"])


@click.command()
@click.argument("name", required=False)
@options.data
@options.as_json
def outputs(name: str | None, data: Path, json_: bool) -> None:
    """Print the stacks' outputs; URLs work as they are printed.

    With NAME only the value of this output; where several stacks have one of that name, STACK.NAME.

    \b
    penstock outputs
    curl $(penstock outputs ShopStack.ProductApiUrl)product
    """
    answer = Client(data).get("outputs")
    if name is not None:
        value = _output(answer, name)
        printing.as_json(value) if json_ else click.echo(value)
    else:
        printing.as_json(answer) if json_ else printing.outputs(answer)
        if not any(answer.values()):
            printing.err.print("No stack that is up has outputs.")


def _output(stacks: dict[str, dict[str, str]], name: str) -> str:
    named = {f"{stack}.{key}": value for stack, values in stacks.items() for key, value in values.items()}
    found = [full for full in named if name in (full, full.partition(".")[2])]
    if len(found) != 1:
        known = f"There are: {', '.join(named) or 'none'}."
        raise PenstockError(
            f"{name!r} means {', '.join(found)}: say which." if found else f"{name!r} is no output. {known}"
        )
    return named[found[0]]


@click.command()
@click.argument("name", required=False)
@click.option("--follow", "-f", is_flag=True, help="Go on printing lines as they come, until Ctrl-C.")
@click.option("--since", type=options.Duration(), default=None, help="Only lines of the last 15m, 2h, ...")
@options.data
@options.as_json
def logs(name: str | None, follow: bool, since: float | None, data: Path, json_: bool) -> None:
    """Print log lines of functions and log groups.

    NAME is a function's name or logical id, or a log group's name or the beginning of one; without it, all.

    \b
    penstock logs --follow              # everything, as it comes
    penstock logs ProductFunction       # one function's
    penstock logs /ecs/ --since 15m     # what containers said in the last quarter of an hour
    """
    nothing = True
    for line in Client(data).stream("logs", {"name": name, "follow": follow, "since": since}):
        nothing = False
        if json_:
            printing.as_json(line)
        else:
            at = datetime.fromtimestamp(line["timestamp"] / 1000).strftime("%H:%M:%S.%f")[:-3]
            click.echo(
                f"{click.style(at, dim=True)} {click.style(line['source'], fg='cyan')} {line['message'].rstrip()}"
            )
    if nothing:
        printing.err.print("Nothing has been logged there yet.")


# Version 1 of the AWS CLI replaces the endpoint of SQS by the old name of AWS's own, unless it is told by an option
# (awscli/customizations/overridesslcommonname.py).
_AWS_FUNCTION = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; };'


@click.command()
@options.data
@options.as_json
def env(data: Path, json_: bool) -> None:
    """Print the variables that point the AWS CLI and boto3 at the runtime.

    \b
    eval $(penstock env)
    aws sqs list-queues
    """
    variables = Client(data).variables
    if json_:
        printing.as_json(variables)
        return
    for key, value in variables.items():
        click.echo(f"export {key}={shlex.quote(value)};")
    click.echo("unset AWS_PROFILE AWS_SESSION_TOKEN;")
    click.echo(_AWS_FUNCTION)
