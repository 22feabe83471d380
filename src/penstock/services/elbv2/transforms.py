"""Transforms of rules: what is refused. Pure.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-transforms.html
"""

from penstock.services.elbv2 import names, regexes
from penstock.wire.model import Json

# type -> the member that holds its rewrites
CONFIGS = {"host-header-rewrite": "HostHeaderRewriteConfig", "url-rewrite": "UrlRewriteConfig"}
_LONGEST = 1024


def checked(given: list[Json]) -> list[Json]:
    """The transforms of a rule as they are described. Raises ValidationError."""
    types = [transform["Type"] for transform in given]
    for kind in types:
        if types.count(kind) > 1:
            raise names.invalid(f"A rule can only have one '{kind}' transform")
    return [_transform(transform) for transform in given]


def _transform(given: Json) -> Json:
    kind, member = given["Type"], CONFIGS[given["Type"]]
    others = [name for name in CONFIGS.values() if name in given and name != member]
    if others:
        raise names.invalid(f"'{others[0]}' cannot be specified with transform type '{kind}'")
    rewrites: list[Json] = (given.get(member) or {}).get("Rewrites") or []
    if len(rewrites) != 1:
        raise names.invalid(f"'{member}' must contain exactly one rewrite")
    [rewrite] = rewrites
    for part in ("Regex", "Replace"):
        if len(rewrite[part]) > _LONGEST:
            raise names.invalid(f"The '{part}' value is too long; the limit is '{_LONGEST}'")
    regexes.check(rewrite["Regex"])
    return {"Type": kind, member: {"Rewrites": rewrites}}
