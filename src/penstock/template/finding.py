"""What `penstock check` says: one sentence about one place of a template."""

from dataclasses import dataclass

from penstock.template.assembly import Stack
from penstock.template.document import TemplatePath

INVALID = "invalid"  # CloudFormation itself would refuse it
UNSUPPORTED = "unsupported"  # AWS does it, Penstock does not
UNREACHABLE = "unreachable"  # it runs here, and AWS's network would not let it through
INERT = "inert"  # accepted, without an effect on this machine


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that will not be as on AWS. `path` is the property, dotted; `line` counts from 1."""

    severity: str
    stack: str
    logical_id: str
    type: str
    path: str
    reason: str
    file: str
    line: int | None

    def __str__(self) -> str:
        place = f"{self.file}{f':{self.line}' if self.line else ''}"
        subject = " ".join(filter(None, [self.logical_id, self.type and f"({self.type})", self.path]))
        return f"{place}: {self.severity}: {subject}: {self.reason}" if subject else f"{place}: {self.reason}"


def finding(stack: Stack, severity: str, path: TemplatePath, reason: str) -> Finding:
    in_resource = len(path) > 1 and path[0] == "Resources"
    logical_id = str(path[1]) if in_resource else ""
    resources = stack.document.data.get("Resources")
    source = resources.get(logical_id) if isinstance(resources, dict) else None
    below = path[3:] if in_resource and len(path) > 2 and path[2] == "Properties" else path[2 if in_resource else 0 :]
    return Finding(
        severity=severity,
        stack=stack.name,
        logical_id=logical_id,
        type=str(source.get("Type", "")) if isinstance(source, dict) else "",
        path=".".join(str(step) for step in below if step != "Type"),
        reason=reason,
        file=str(stack.document.file or "template"),
        line=stack.document.line(path),
    )
