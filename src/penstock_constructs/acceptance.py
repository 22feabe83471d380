"""What cdk-nag finds and is nevertheless right, said where it arises, with the reason."""

from typing import Any, cast

from aws_cdk import Acknowledgment, Stack, Validations
from constructs import Construct, IConstruct


def accept(where: IConstruct, finding: str, reason: str) -> None:
    """`finding` is a rule's name, in brackets what exactly it found."""
    Validations.of(cast(Construct, where)).acknowledge(Acknowledgment(id=finding, reason=reason))


def accept_wildcard(role: IConstruct, resource: str, reason: str) -> None:
    """`resource` is an ARN with a `*`, as it stands in the role's policy."""
    written = _written(Stack.of(role).resolve(resource))
    accept(role, f"AwsSolutions-IAM5[Resource::{written}]", reason)


def _written(value: Any) -> str:
    """A resolved string as cdk-nag writes it: references in angle brackets."""
    match value:
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(map(_written, parts))
    return str(value)
