"""Plain values of a deployment: what is recorded of outputs, parameters and assets, and the order of deletion.

Rule: pure, but for reading the files whose content is recorded.
"""

import functools
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from penstock.template import graph
from penstock.template.document import TemplateError
from penstock.template.functions import as_text
from penstock.template.plan import Record
from penstock.template.provider import Assets
from penstock.wire.model import Json

Key = TypeVar("Key")


def output(name: str, body: Mapping[str, Any]) -> Json:
    """An output as DescribeStacks has it. TemplateError where its value is no string."""
    value = body["Value"]
    if isinstance(value, (dict, list)):
        raise TemplateError(
            f"Template format error: Output {name} is malformed. The Value field of every Outputs member must evaluate "
            "to a String.",
            ("Outputs", name),
        )
    members = {
        "OutputKey": name,
        "OutputValue": as_text(value),
        "Description": body.get("Description"),
        "ExportName": body.get("Export", {}).get("Name"),
    }
    return {key: item for key, item in members.items() if item is not None}


def recorded_parameters(
    declared: Mapping[str, Mapping[str, Any]], given: Mapping[str, str], stored: Mapping[str, str]
) -> Json:
    """Parameter -> {"Value", "Resolved"?, "NoEcho"?}."""
    found: Json = {}
    for name, value in given.items():
        found[name] = {"Value": value}
        if name in stored:
            found[name]["Resolved"] = stored[name]
        if str(declared[name].get("NoEcho", "")).lower() == "true":
            found[name]["NoEcho"] = True
    return found


def dependents_first(records: list[tuple[Key, Record]]) -> list[tuple[Key, Record]]:
    """In the order in which to delete: whoever needs another one goes before it."""
    by_name = {f"{index}": item for index, item in enumerate(records)}
    names: dict[str, list[str]] = {}
    for index, (_, record) in by_name.items():
        names.setdefault(record.logical_id, []).append(index)
    needs = {
        index: [other for name in record.needs for other in names.get(name, ()) if other != index]
        for index, (_, record) in by_name.items()
    }
    try:
        order = graph.order(needs)
    except TemplateError:  # records of different updates need not fit together
        order = list(needs)
    return [by_name[index] for index in reversed(order)]


def _texts(node: Any) -> Iterator[str]:
    """Every string in the node."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, (dict, list)):
        for child in node.values() if isinstance(node, dict) else node:
            yield from _texts(child)


def noechoed(recorded: Mapping[str, Json]) -> frozenset[str]:
    """The values of the parameters that are not to be shown; `recorded` as of `recorded_parameters`."""
    return frozenset(body["Value"] for body in recorded.values() if body.get("NoEcho") and body["Value"])


def masked(node: Any, secrets: frozenset[str]) -> Any:
    """The node as it may be shown: the values of NoEcho parameters are asterisks, also inside longer strings."""
    if not secrets:
        return node
    if isinstance(node, str):
        return functools.reduce(lambda text, secret: text.replace(secret, "****"), secrets, node)
    if isinstance(node, Mapping):
        return {key: masked(child, secrets) for key, child in node.items()}
    return [masked(child, secrets) for child in node] if isinstance(node, list) else node


def assets_in(assets: Assets, node: Any) -> Iterator[tuple[str, str]]:
    """The local files that the properties mean, so that one that has moved or changed is an update."""
    found = set(_texts(node))
    for (bucket, key), path in assets.files.items():
        if key in found or any(text.endswith(f"/{key}") for text in found):
            yield f"{bucket}/{key}", _fingerprint(path)
    for tag, image in assets.images.items():
        if any(text.endswith(f":{tag}") for text in found):
            yield tag, str(image.directory)


def _fingerprint(path: Path) -> str:
    """A directory's code is read when it runs; a file is read when the resource is made."""
    if not path.is_file():
        return str(path)
    return f"{path}@{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}"
