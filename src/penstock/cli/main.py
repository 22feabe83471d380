"""`penstock`: the commands, and how they fail."""

import sys

import click

from penstock import __version__
from penstock.base.errors import PenstockError
from penstock.cli.act import clock, invoke
from penstock.cli.show import check, env, logs, outputs, status
from penstock.cli.up import down, serve, up


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="penstock")
def cli() -> None:
    """Run event-driven AWS architectures on this machine, from the template that deploys them.

    \b
    penstock up systems/shop      bring an app up, until Ctrl-C
    penstock outputs              its URLs
    penstock logs --follow        what its functions say
    penstock clock advance 15m    move time on
    """


for command in (up, down, status, outputs, logs, invoke, check, clock, env, serve):
    cli.add_command(command)


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
