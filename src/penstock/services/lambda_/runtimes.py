"""The runtimes that AWS knows, as far as they differ here.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
"""

import re

from penstock.compute.functions.launch import is_supported
from penstock.services.lambda_.names import invalid

# Functions can be neither created nor updated with these any more; the runtime that AWS recommends instead.
_BLOCKED = {
    "nodejs": "nodejs18.x",
    "nodejs4.3": "nodejs18.x",
    "nodejs4.3-edge": "nodejs18.x",
    "nodejs6.10": "nodejs18.x",
    "nodejs8.10": "nodejs18.x",
    "nodejs10.x": "nodejs18.x",
    "nodejs12.x": "nodejs18.x",
    "nodejs14.x": "nodejs20.x",
    "python2.7": "python3.12",
    "python3.6": "python3.12",
    "python3.7": "python3.12",
    "java8": "java21",
    "go1.x": "provided.al2023",
    "provided": "provided.al2023",
    "dotnetcore1.0": "dotnet6",
    "dotnetcore2.0": "dotnet6",
    "dotnetcore2.1": "dotnet6",
    "dotnetcore3.1": "dotnet6",
    "ruby2.5": "ruby3.2",
    "ruby2.7": "ruby3.2",
}


# What to do with a function whose runtime is not here, by the beginning of its name.
_INSTEAD = {
    "java": "build a native image (GraalVM) as the bootstrap of provided.al2023",
    "dotnet": "publish it with Native AOT as the bootstrap of provided.al2023",
    "ruby": "start aws_lambda_ric from a bootstrap of provided.al2023",
}


# Java 11, Python 3.12, .NET 8 and later ones.
_SNAP_STARTS = re.compile(r"(?:java(?:1[1-9]|[2-9]\d)|python3\.(?:1[2-9]|[2-9]\d)|dotnet(?:[89]|\d\d))(?!\d).*")


def check_snap_start(runtime: str, apply_on: str) -> None:
    """Raises for a runtime of which AWS makes no snapshots. Source: the guide, snapstart.html"""
    if apply_on == "PublishedVersions" and not _SNAP_STARTS.fullmatch(runtime):
        raise invalid(f"{runtime} is not supported for SnapStart enabled functions.")


def check(runtime: str) -> None:
    """Raises for a runtime that AWS accepts no longer."""
    if reason := blocked(runtime):
        raise invalid(reason)


def blocked(runtime: str) -> str:
    """Why AWS makes no functions of this runtime; empty where it does."""
    if runtime not in _BLOCKED:
        return ""
    return (
        f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions. "
        f"We recommend you use the new runtime ({_BLOCKED[runtime]}) while creating or updating functions."
    )


def unsupported(runtime: str) -> str:
    """Why functions of this runtime cannot be invoked here; empty where they can."""
    if is_supported(runtime):
        return ""
    instead = next((advice for prefix, advice in _INSTEAD.items() if runtime.startswith(prefix)), "use another one")
    return (
        f"Penstock runs python3.x, nodejs and provided.* functions, not {runtime}: {instead}, or put it into a "
        "container image whose entry point speaks the Runtime API"
    )
