"""Which rule of a bucket's CORS configuration a request meets, and the headers that follow. Pure.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from penstock.wire.message import Pairs
from penstock.wire.model import Json

VARY = ("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")


def rule_for(rules: Iterable[Json], origin: str, method: str, headers: str = "") -> Json | None:
    """The first rule that allows a request; `headers` are those that it asks to send."""
    wanted = [name.strip().lower() for name in headers.split(",") if name.strip()]
    for rule in rules:
        allowed = [pattern.lower() for pattern in rule.get("AllowedHeaders", ())]
        if (
            method in rule.get("AllowedMethods", ())
            and any(_like(origin, pattern) for pattern in rule.get("AllowedOrigins", ()))
            and all(any(_like(name, pattern) for pattern in allowed) for name in wanted)
        ):
            return rule
    return None


def _like(text: str, pattern: str) -> bool:
    return fnmatchcase(text, pattern.replace("[", "[[]").replace("?", "[?]"))


def headers_for(rule: Json, origin: str, asked: str = "") -> Pairs:
    """What the browser is told."""
    anybody = "*" in rule["AllowedOrigins"]
    headers = [
        ("Access-Control-Allow-Origin", "*" if anybody else origin),
        ("Access-Control-Allow-Methods", ", ".join(rule["AllowedMethods"])),
    ]
    if asked:
        headers.append(("Access-Control-Allow-Headers", asked.lower()))
    if rule.get("ExposeHeaders"):
        headers.append(("Access-Control-Expose-Headers", ", ".join(rule["ExposeHeaders"])))
    if "MaxAgeSeconds" in rule:
        headers.append(("Access-Control-Max-Age", str(rule["MaxAgeSeconds"])))
    if not anybody:
        headers.append(("Access-Control-Allow-Credentials", "true"))
    return [*headers, VARY]
