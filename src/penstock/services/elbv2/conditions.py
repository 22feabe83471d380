"""Conditions of rules: what is refused, and the form in which they are described. Pure.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RuleCondition.html
"""

import ipaddress
import re
from collections.abc import Callable

from penstock.services.elbv2 import names, regexes
from penstock.wire.model import Json

_MOST_VALUES = 5  # per rule
_MOST_WILDCARDS = 5  # per rule
_LONGEST = 128
_LONGEST_NAME = 40
_HOST = re.compile(r"[A-Za-z0-9.*?-]+")
_PATH = re.compile(r"[A-Za-z0-9_\-.$/~\"'@:+&*?%!,;=()#\[\]{}|^\\<>` ]+")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_METHOD = re.compile(r"[A-Z_-]+")

# field -> the member that holds its values
CONFIGS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}
_PLAIN = ("host-header", "path-pattern")  # those that may have `Values` of their own
_REGEX = ("host-header", "path-pattern", "http-header")
_ONCE = ("host-header", "path-pattern", "http-request-method", "source-ip")  # in a rule


def checked(given: list[Json]) -> list[Json]:
    """The conditions of a rule as they are described. Raises ValidationError."""
    if not given:
        raise names.invalid("A condition must be specified")
    found = [_condition(condition) for condition in given]
    fields = [condition["Field"] for condition in found]
    for field in _ONCE:
        if fields.count(field) > 1:
            raise names.invalid(f"A rule can only have one '{field}' condition")
    values = [value for condition in found for value in values_of(condition)]
    if len(values) > _MOST_VALUES:
        raise names.invalid(f"A rule can only have '{_MOST_VALUES}' condition values")
    compared = [value for condition in found for value in condition[CONFIGS[condition["Field"]]].get("Values", ())]
    if sum(text.count("*") + text.count("?") for value in compared for text in _texts(value)) > _MOST_WILDCARDS:
        raise names.invalid(f"A rule can only have '{_MOST_WILDCARDS}' condition wildcards")
    return found


def values_of(condition: Json) -> list[str | Json]:
    """Texts; of query strings, `{"Key": ..., "Value": ...}`."""
    config = condition[CONFIGS[condition["Field"]]]
    found: list[str | Json] = config.get("Values") or config["RegexValues"]
    return found


def _texts(value: str | Json) -> list[str]:
    return [value] if isinstance(value, str) else list(value.values())


def _condition(given: Json) -> Json:
    field = given.get("Field")
    if not field:
        raise names.invalid("A condition field must be specified")
    if field not in CONFIGS:
        raise names.invalid(f"Condition field '{field}' must be one of '[{','.join(_IN_ORDER)}]'")
    others = [name for name in CONFIGS.values() if name in given and name != CONFIGS[field]]
    if others:
        raise names.invalid(f"'{others[0]}' cannot be specified with condition field '{field}'")
    regex = given.get("RegexValues") or (given.get(CONFIGS[field]) or {}).get("RegexValues")
    return _regex(field, given, regex) if regex else _CHECKS[field](field, given)


_IN_ORDER = ("path-pattern", "host-header", "http-header", "http-request-method", "query-string", "source-ip")


def _pattern(field: str, given: Json) -> Json:
    """host-header and path-pattern, in either of two forms; described in both."""
    plain, config = given.get("Values"), given.get(CONFIGS[field])
    if plain and config:
        raise names.invalid(f"You cannot provide both Values and '{CONFIGS[field]}' for a condition of type '{field}'")
    values = (config or {}).get("Values") if config else plain
    if not values:
        raise names.invalid("A condition value must be specified")
    if plain and len(plain) > 1:
        raise names.invalid(f"The '{field}' field contains too many values; the limit is '1'")
    allowed = _HOST if field == "host-header" else _PATH
    for value in values:
        _check_length(field, value)
        if not allowed.fullmatch(value):
            raise names.invalid(f"Condition value '{value}' contains a character that is not valid")
    return {"Field": field, "Values": values, CONFIGS[field]: {"Values": values}}


def _check_length(what: str, value: str, limit: int = _LONGEST) -> None:
    if not value:
        raise names.invalid(f"The '{what}' value cannot be empty")
    if len(value) > limit:
        raise names.invalid(f"The '{what}' value is too long; the limit is '{limit}'")


def _config(field: str, given: Json) -> Json:
    if given.get("Values"):
        raise names.invalid(f"The 'Values' field is not compatible with '{field}'")
    config: Json | None = given.get(CONFIGS[field])
    if config is None:
        raise names.invalid(f"A '{CONFIGS[field]}' must be specified with '{field}'")
    if not config.get("Values"):
        raise names.invalid(f"A '{field}' value must be specified")
    return config


def _regex(field: str, given: Json, values: list[str]) -> Json:
    if field not in _REGEX:
        raise names.invalid(f"'RegexValues' cannot be specified with condition field '{field}'")
    config = given.get(CONFIGS[field]) or {}
    if given.get("Values") or config.get("Values"):
        raise names.invalid(f"You cannot provide both Values and RegexValues for a condition of type '{field}'")
    for value in values:
        _check_length(field, value)
        regexes.check(value)
    plain = {"RegexValues": values} if field in _PLAIN else {}
    name = {} if field in _PLAIN else {"HttpHeaderName": _header_name(config)}
    return {"Field": field, **plain, CONFIGS[field]: {**name, "RegexValues": values}}


def _header_name(config: Json) -> str:
    name: str = config.get("HttpHeaderName", "")
    _check_length("HttpHeaderName", name, _LONGEST_NAME)
    if not _HEADER_NAME.fullmatch(name):
        raise names.invalid(f"The 'HttpHeaderName' value '{name}' contains a character that is not valid")
    if name.lower() == "host":
        raise names.invalid("The 'host' header cannot be used with 'http-header'; use 'host-header'")
    return name


def _http_header(field: str, given: Json) -> Json:
    config = _config(field, given)
    name = _header_name(config)
    for value in config["Values"]:
        _check_length(field, value)
    return {"Field": field, CONFIGS[field]: {"HttpHeaderName": name, "Values": config["Values"]}}


def _method(field: str, given: Json) -> Json:
    config = _config(field, given)
    for value in config["Values"]:
        _check_length(field, value, _LONGEST_NAME)
        if not _METHOD.fullmatch(value):
            raise names.invalid(
                f"The '{field}' value is invalid; the allowed characters are A-Z, hyphen and underscore"
            )
    return {"Field": field, CONFIGS[field]: {"Values": config["Values"]}}


def _query_string(field: str, given: Json) -> Json:
    config = _config(field, given)
    for pair in config["Values"]:
        if not pair.get("Value"):
            raise names.invalid("A 'Value' must be specified in 'QueryStringKeyValuePair'")
        for part in ("Key", "Value"):
            if part in pair:
                _check_length(part, pair[part])
    return {"Field": field, CONFIGS[field]: {"Values": config["Values"]}}


def _source_ip(field: str, given: Json) -> Json:
    config = _config(field, given)
    for value in config["Values"]:
        try:
            ipaddress.ip_network(value, strict=False)
        except ValueError:
            valid = False
        else:
            valid = "/" in value
        if not valid:
            raise names.invalid(f"The '{field}' value '{value}' is not a valid CIDR block")
    return {"Field": field, CONFIGS[field]: {"Values": config["Values"]}}


_CHECKS: dict[str, Callable[[str, Json], Json]] = {
    "host-header": _pattern,
    "path-pattern": _pattern,
    "http-header": _http_header,
    "http-request-method": _method,
    "query-string": _query_string,
    "source-ip": _source_ip,
}
