"""What a Lambda authorizer's policy says of one method: may it be invoked?

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
"""

import functools
import re
from collections.abc import Mapping
from typing import Any

from penstock.base.globs import compile_glob

_ACTION = "execute-api:invoke"


def decide(policy: Mapping[str, Any], arn: str) -> str | None:
    """`Allow`, `Deny`, which goes before it, or None where no statement is about `arn`."""
    statements = [statement for statement in _listed(policy.get("Statement")) if _applies(statement, arn)]
    effects = {statement.get("Effect") for statement in statements}
    return next((effect for effect in ("Deny", "Allow") if effect in effects), None)


def _applies(statement: Mapping[str, Any], arn: str) -> bool:
    actions = any(_glob(pattern.lower()).fullmatch(_ACTION) for pattern in _listed(statement.get("Action")))
    return actions and any(_glob(pattern).fullmatch(arn) for pattern in _listed(statement.get("Resource")))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


@functools.lru_cache(maxsize=1024)
def _glob(pattern: str) -> re.Pattern[str]:
    """`*` is any text, `?` any letter."""
    return compile_glob(pattern)
