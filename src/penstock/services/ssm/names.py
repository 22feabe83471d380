"""Which names a parameter may have, and how it is referred to. Pure.

Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
"""

import re
from typing import NamedTuple

from penstock.base.errors import AwsError

_NAME = re.compile(r"[A-Za-z0-9_.\-/]+")
_LEVELS = 15
_RULES = (
    "If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of "
    "letters, numbers and the following 3 symbols .-_"
)
PATH_RULES = (
    "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash "
    '"/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the '
    "following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if "
    'specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.'
)


def check_name(name: str) -> None:
    """Raises ValidationException, AccessDeniedException or HierarchyLevelLimitExceededException."""
    _check_prefix(name)
    if not _NAME.fullmatch(name):
        raise invalid(f'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). {_RULES}')
    if "/" in name and not name.startswith("/"):
        raise invalid("Parameter name must be a fully qualified name.")
    if name.count("/") > _LEVELS:
        raise AwsError(
            "HierarchyLevelLimitExceededException",
            f"A hierarchy can have a maximum of {_LEVELS} levels. Parameter {name} has more.",
        )


def _check_prefix(name: str) -> None:
    if not name.lower().lstrip("/").startswith(("aws", "ssm")):
        return
    path = name.count("/") > 1
    if path and name.lower().startswith("/aws"):
        raise AwsError("AccessDeniedException", f"No access to reserved parameter name: {name}.")
    if path:
        raise invalid(f'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). {_RULES}')
    raise invalid('Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).')


def check_path(path: str) -> None:
    """The path of a hierarchy: `/` or `/a/b`, with or without a slash at its end."""
    if not path.startswith("/") or "//" in path or not _NAME.fullmatch(path):
        raise invalid(PATH_RULES)


def parent_of(name: str) -> str:
    """`/a/b/c` -> `/a/b`; names without a hierarchy stand at its root, as `/a` does."""
    return name.rpartition("/")[0]


def invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


class Reference(NamedTuple):
    """`name`, `name:3` or `name:label`; an ARN in place of the name, too."""

    name: str
    selector: str

    @classmethod
    def of(cls, text: str) -> "Reference":
        """The ARNs of `a` and `/a` are the same: here the name in one is `/a`."""
        if text.startswith("arn:") and text.count(":") >= 5:
            text = text.split(":", 5)[5].removeprefix("parameter")
        name, _, selector = text.partition(":")
        return cls(name, selector)

    @property
    def shown_selector(self) -> str:
        return f":{self.selector}" if self.selector else ""
