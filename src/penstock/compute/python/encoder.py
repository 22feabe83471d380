"""JSON as AWS's Python runtime writes it: Decimals as numbers with all their digits, everything else as `json` does."""

import decimal
import json
import os
import re
from typing import Any

# simplejson writes Decimals raw; `json` cannot, so they pass through it as marked strings.
_MARKED = re.compile(r'"\\u0000(-?[0-9.E+-]+)\\u0000"')
_ASCII_RUNTIMES = frozenset(f"AWS_Lambda_python3.{minor}" for minor in range(12))


class _Encoder(json.JSONEncoder):
    decimals = False

    def default(self, value: Any) -> Any:
        if not isinstance(value, decimal.Decimal):
            return super().default(value)
        if value.is_nan():
            return float("nan")
        self.decimals = True
        return f"\0{value}\0"


def encode(value: Any) -> str:
    """Raises TypeError or ValueError for what JSON cannot say."""
    encoder = _Encoder(ensure_ascii=os.environ.get("AWS_EXECUTION_ENV") in _ASCII_RUNTIMES)
    text = encoder.encode(value)
    return _MARKED.sub(r"\1", text) if encoder.decimals else text
