"""Options that several commands share."""

import re
from pathlib import Path
from typing import Any

import click

DATA = ".penstock"
data = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=DATA,
    envvar="PENSTOCK_DATA",
    show_default=True,
    help="The runtime's data directory: it says which runtime is meant.",
)

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON, for scripts.")

enforce_iam = click.option(
    "--enforce-iam/--no-enforce-iam",
    default=None,
    envvar="PENSTOCK_ENFORCE_IAM",
    help="Deny what roles, policies and permissions do not allow, as AWS does. [default: as last time, else not]",
)

apps = click.argument("apps", nargs=-1, type=click.Path(path_type=Path), metavar="[APP]...")


class Duration(click.ParamType[float]):
    """`90`, `90s`, `15m`, `2h`, `1d`, `1h30m` as seconds."""

    name = "duration"
    _PART = re.compile(r"(\d+(?:\.\d+)?)([smhdw]?)", re.ASCII)
    _FORM = re.compile(r"(?:\d+(?:\.\d+)?[smhdw])+|\d+(?:\.\d+)?", re.ASCII)
    _UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, int | float):
            return float(value)
        if not self._FORM.fullmatch(value):
            self.fail(f"{value!r} is not a duration; write it as 90s, 15m, 2h, 1d or 1h30m", param, ctx)
        return sum(float(number) * self._UNITS[unit or "s"] for number, unit in self._PART.findall(value))
