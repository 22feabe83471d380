"""Dynamic references: `{{resolve:service:key}}` inside strings.

Rule: pure; finding and filling in are here, the lookups are the caller's. A reference usually stands inside a longer
string, and the value recorded for a resource is the reference, never the secret.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from penstock.template.document import TemplateError

_REFERENCE = re.compile(r"\{\{resolve:([^{}]*)\}\}")


@dataclass(frozen=True, slots=True)
class Lookup:
    """The call that yields a reference's value: an operation of the service, and the JSON key inside the answer."""

    service: str
    operation: str
    request: tuple[tuple[str, Any], ...]
    json_key: str = ""

    def value(self, response: Mapping[str, Any]) -> str:
        """The reference's value in the operation's answer."""
        if self.service == "ssm":
            return str(response["Parameter"]["Value"])
        text = str(response.get("SecretString", ""))
        if not self.json_key:
            return text
        try:
            value = json.loads(text)[self.json_key]
        except (ValueError, KeyError, TypeError) as error:
            raise TemplateError("Could not find a value associated with JSONKey in SecretString") from error
        return value if isinstance(value, str) else json.dumps(value)


def references(node: Any) -> Iterator[str]:
    """The text between `{{resolve:` and `}}` of every reference in the node."""
    if isinstance(node, str):
        yield from _REFERENCE.findall(node) if "{{resolve:" in node else ()
    elif isinstance(node, dict):
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def fill(node: Any, values: Mapping[str, str]) -> Any:
    """The node with every reference replaced by its value."""
    if isinstance(node, str):
        return _REFERENCE.sub(lambda match: values[match[1]], node) if "{{resolve:" in node else node
    if isinstance(node, dict):
        return {key: fill(child, values) for key, child in node.items()}
    if isinstance(node, list):
        return [fill(child, values) for child in node]
    return node


def lookup(reference: str) -> Lookup:
    """How to look a reference up. TemplateError where its form is wrong."""
    service, _, key = reference.partition(":")
    if service in ("ssm", "ssm-secure") and key:
        request = {"Name": key, **({"WithDecryption": True} if service == "ssm-secure" else {})}
        return Lookup("ssm", "GetParameter", tuple(request.items()))
    if service == "secretsmanager" and key:
        return _secret(key)
    raise TemplateError(f"Incorrect format is used in the following dynamic reference: {{{{resolve:{reference}}}}}")


def _secret(key: str) -> Lookup:
    parts = key.split(":")
    length = 7 if key.startswith("arn:") else 1  # a secret's ARN has colons of its own
    secret_id = ":".join(parts[:length])
    kind, json_key, stage, version = ([*parts[length:], "", "", "", ""])[:4]
    if kind not in ("", "SecretString"):
        raise TemplateError(
            f"Incorrect format is used in the following dynamic reference: {{{{resolve:secretsmanager:{key}}}}}"
        )
    request = {"SecretId": secret_id, "VersionStage": stage, "VersionId": version}
    return Lookup(
        "secretsmanager", "GetSecretValue", tuple((name, value) for name, value in request.items() if value), json_key
    )
