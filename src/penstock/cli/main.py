"""`penstock`: the commands, and how they fail."""

import sys
from importlib import import_module

import click

from penstock import __version__
from penstock.base.errors import PenstockError

# Where each command is. Its module is imported when the command is asked for: most of them talk to a runtime, and
# should not load one first.
COMMANDS = {
    "up": "up:up",
    "down": "up:down",
    "demo": "demo:demo",
    "status": "show:status",
    "outputs": "show:outputs",
    "logs": "show:logs",
    "invoke": "act:invoke",
    "check": "check:check",
    "clock": "act:clock",
    "env": "show:env",
    "serve": "serve:serve",
}


class Commands(click.Group):
    """A group whose commands are imported at their use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command:
        if name not in COMMANDS:
            ctx.fail(
                f"There is no command {name!r}. There are: {', '.join(name for name in COMMANDS if name != 'serve')}."
            )
        module, _, attribute = COMMANDS[name].partition(":")
        command: click.Command = getattr(import_module(f"penstock.cli.{module}"), attribute)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="penstock")
def cli() -> None:
    """Run event-driven AWS architectures on this machine, from the template that deploys them.

    \b
    penstock up systems/shop      bring an app up, until Ctrl-C
    penstock demo                 its story, and what that sets off
    penstock outputs              its URLs
    penstock logs --follow        what its functions say
    penstock clock advance 15m    move time on
    """


def main() -> None:
    """Runs a command; what the user can mend is one sentence on stderr and status 1."""
    try:
        cli(standalone_mode=False)
    except PenstockError as error:
        click.echo(f"{click.style('penstock:', fg='red', bold=True)} {error}", err=True)
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)


if __name__ == "__main__":
    main()
