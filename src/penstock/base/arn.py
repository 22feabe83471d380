"""Amazon Resource Names.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from typing import NamedTuple


class Arn(NamedTuple):
    """`arn:partition:service:region:account:resource`; the resource may itself hold colons."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> "Arn":
        """Raises ValueError where `text` is not an ARN."""
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn":
            raise ValueError(f"{text!r} is not an ARN")
        return cls(*parts[1:])

    @property
    def resource_id(self) -> str:
        """What follows the resource type: `role/a/b` -> `a/b`, `function:f` -> `f`, `queue` -> `queue`."""
        for separator in "/:":
            head, found, tail = self.resource.partition(separator)
            if found and not (separator == "/" and ":" in head):
                return tail
        return self.resource

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


def arn(service: str, region: str, account: str, resource: str) -> str:
    """The ARN's text in the partition `aws`."""
    return f"arn:aws:{service}:{region}:{account}:{resource}"


def account_of(text: str) -> str:
    """The account in an ARN; nothing where it names none, or is none."""
    return text.split(":", 5)[4] if text.startswith("arn:") and text.count(":") > 4 else ""
