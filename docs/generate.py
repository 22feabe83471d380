"""Writes docs/coverage.md and docs/cli.md from the code; `tests/test_docs.py` fails when they have drifted.

Run it with `.venv/bin/python docs/generate.py`.
"""

from pathlib import Path

import click

from penstock.call import LoadedService, Room
from penstock.cli.main import cli
from penstock.services import SERVICES

DOCS = Path(__file__).parent

COVERAGE = """# Service coverage

Made from the code by `docs/generate.py`. An operation that is not listed answers `NotImplemented` (501); a resource
type or property that is not listed is reported by `penstock check`.
"""

CLI = """# Command line

Made from the code by `docs/generate.py`. Errors are one sentence on stderr and exit status 1; wrong usage exits with 2.
"""


def coverage() -> str:
    return COVERAGE + "".join(_service(service) for service in sorted(SERVICES, key=lambda service: service.name))


def _service(room: Room) -> str:
    service = room.load()
    loaded = LoadedService(service)
    operations = [loaded.bound(model) for model in loaded.model.operations.values()]
    done = sorted(operation.name for operation in operations if operation.function is not None)
    text = f"\n## {service.name}\n\n{len(done)} operations: {', '.join(done)}.\n"
    if service.resources:
        text += "\n| resource type | properties | without local effect |\n|---|---|---|\n"
        for kind in sorted(service.resources, key=lambda kind: kind.name):
            inert = "; ".join(f"{name} ({reason})" for name, reason in sorted(kind.inert.items()))
            text += f"| `{kind.name}` | {', '.join(sorted(kind.properties))} | {inert} |\n"
    return text


def command_line() -> str:
    return CLI + "".join(_commands(cli, "penstock"))


def _commands(command: click.Command, path: str) -> list[str]:
    context = click.Context(command, info_name=path, max_content_width=100, terminal_width=100)
    text = [f"\n## {path}\n\n```\n{command.get_help(context)}\n```\n"]
    if isinstance(command, click.Group):
        for name in sorted(command.list_commands(context)):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                text += _commands(child, f"{path} {name}")
    return text


def main() -> None:
    (DOCS / "coverage.md").write_text(coverage())
    (DOCS / "cli.md").write_text(command_line())


if __name__ == "__main__":
    main()
