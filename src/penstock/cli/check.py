"""`penstock check`."""

from pathlib import Path

import click

from penstock.cli import options, printing
from penstock.runtime import check_apps


@click.command()
@options.apps
@options.as_json
def check(apps: tuple[Path, ...], json_: bool) -> None:
    """Report what APPs ask for that will not be as on AWS, without starting anything.

    Exits with 1 where something is unsupported, or works here and is out of reach in AWS's network. What is recorded
    without a local effect (a key, a certificate) is listed too, as `inert`.

    \b
    penstock check systems/shop
    penstock check template.yaml --json
    """
    findings = check_apps(apps or (Path(),))
    if json_:
        printing.as_json(findings)
    elif findings:
        printing.findings(findings)
    else:
        printing.out.print("Everything in it is supported.")
    if any(finding["severity"] != "inert" for finding in findings):
        raise SystemExit(1)
