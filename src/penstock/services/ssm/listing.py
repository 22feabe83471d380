"""Parameters in lists: by path, and described, with filters.

Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html,
API_DescribeParameters.html and API_ParameterStringFilter.html
"""

from collections.abc import Callable, Iterable, Iterator

import orjson

from penstock.base.errors import AwsError
from penstock.base.paging import page_key, page_token
from penstock.base.store import Row
from penstock.call import Context
from penstock.services.ssm import names, parameters, store
from penstock.services.ssm.store import Parameter
from penstock.services.ssm.versions import metadata
from penstock.wire.model import Json

_AFTER_ALL = "\x7f"
_BY_PATH, _DESCRIBED = 10, 50


def get_parameters_by_path(ctx: Context, request: Json) -> Json:
    names.check_path(request["Path"])
    filters = request.get("ParameterFilters", ())
    _check_filters(filters, _PATH_KEYS)
    path, scope, after = request["Path"].rstrip("/"), parameters.scope_of(ctx), _after(request)
    if request.get("Recursive") and not path:
        rows = ctx.store.each(store.ALL, scope, after)
    elif request.get("Recursive"):
        rows = ctx.store.each(store.BELOW, scope, after or f"{path}/", f"{path}/{_AFTER_ALL}")
    else:
        rows = ctx.store.each(store.IN, scope, path, after)
    found, token = _page(rows, filters, request.get("MaxResults", _BY_PATH))
    decrypt = request.get("WithDecryption", False)
    return {"Parameters": [parameters.shown(ctx, item, decrypt) for item in found], **token}


def describe_parameters(ctx: Context, request: Json) -> Json:
    if request.get("Filters") and request.get("ParameterFilters"):
        raise names.invalid("You can use either Filters or ParameterFilters in a single request.")
    filters = [{"Option": "BeginsWith", **older} for older in request.get("Filters", ())]
    filters += request.get("ParameterFilters", ())
    _check_filters(filters, _DESCRIBE_KEYS)
    rows = ctx.store.each(store.ALL, parameters.scope_of(ctx), _after(request))
    found, token = _page(rows, filters, request.get("MaxResults", _DESCRIBED))
    shown = [metadata(item) | {"ARN": parameters.arn_of(ctx, item.name)} for item in found]
    return {"Parameters": shown, **token}


def _after(request: Json) -> str:
    """The name that the page begins after. Raises InvalidNextToken."""
    if "NextToken" not in request:
        return ""
    try:
        after: str = page_key(request["NextToken"], str)[0]
    except ValueError:
        raise AwsError("InvalidNextToken", "The specified token isn't valid.") from None
    return after


def _page(rows: Iterator[Row], filters: Iterable[Json], limit: int) -> tuple[list[Parameter], Json]:
    tests = [_test(item) for item in filters]
    found: list[Parameter] = []
    for item in map(Parameter._make, rows):
        if all(test(item) for test in tests):
            if len(found) == limit:
                return found, {"NextToken": page_token(found[-1].name)}
            found.append(item)
    return found, {}


# -- filters -----------------------------------------------------------------------------------------

_PATH_KEYS = ("Type", "KeyId", "Label", "DataType")
_DESCRIBE_KEYS = ("Path", "Name", "Type", "KeyId", "Tier", "DataType")
_VALUES = {
    "Tier": ("Standard", "Advanced", "Intelligent-Tiering"),
    "Type": ("String", "StringList", "SecureString"),
}
_OPTIONS = {"Path": ("Recursive", "OneLevel"), "Name": ("BeginsWith", "Equals", "Contains")}
# By key: the values of a parameter that a filter looks at.
_LOOKED_AT: dict[str, Callable[[Parameter], list[str]]] = {
    # With or without its first slash, a name outside a hierarchy, too.
    "Name": lambda item: [item.name.removeprefix("/"), "/" + item.name.removeprefix("/")],
    "Type": lambda item: [item.type],
    "KeyId": lambda item: [item.key_id or ""],
    "Tier": lambda item: [item.tier],
    "DataType": lambda item: [item.data_type],
    "Label": lambda item: orjson.loads(item.labels),
}
_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "Equals": lambda value, wanted: value == wanted,
    "BeginsWith": str.startswith,
    "Contains": lambda value, wanted: wanted in value,
}


def _check_filters(filters: Iterable[Json], keys: tuple[str, ...]) -> None:
    """Raises InvalidFilterKey, InvalidFilterOption, InvalidFilterValue or ValidationException."""
    seen: set[str] = set()
    for item in filters:
        key, values = item["Key"], item.get("Values", [])
        if key not in keys and not (key.startswith("tag:") and keys is _DESCRIBE_KEYS):
            raise _key_error(f"The following filter key is not valid: {key}. Valid filter keys include: ", keys)
        if not values and not key.startswith("tag:"):
            raise AwsError(
                "InvalidFilterValue", f"The following filter values are missing : null for filter key {key}."
            )
        if key in seen:
            raise AwsError(
                "InvalidFilterKey",
                f"The following filter is duplicated in the request: {key}. A request can contain only one occurrence "
                "of a specific filter.",
            )
        seen.add(key)
        _check_option(key, item.get("Option"))
        _check_values(key, values)


def _key_error(message: str, keys: tuple[str, ...]) -> AwsError:
    listed = ", ".join(key for key in keys if key not in ("DataType", "Label"))
    return AwsError("InvalidFilterKey", f"{message}[{listed}].")


def _check_option(key: str, option: str | None) -> None:
    options = _OPTIONS.get(key, ("BeginsWith", "Equals"))
    if option is not None and option not in options:
        shown = ", ".join(name for name in options if name != "Contains")
        raise AwsError(
            "InvalidFilterOption",
            f"The following filter option is not valid: {option}. Valid options include: [{shown}].",
        )


def _check_values(key: str, values: list[str]) -> None:
    known = _VALUES.get(key)
    for value in values:
        if known is not None and value not in known:
            raise AwsError(
                "InvalidFilterOption",
                f"The following filter value is not valid: {value}. Valid values include: [{', '.join(known)}].",
            )
        if key == "Path":
            _check_path_value(value)


def _check_path_value(value: str) -> None:
    if value.lower().startswith(("/aws", "/ssm")):
        raise names.invalid(
            'Filters for common parameters can\'t be prefixed with "aws" or "ssm" (case-insensitive). When using '
            "global parameters, please specify within a global namespace."
        )
    names.check_path(value)


def _test(item: Json) -> Callable[[Parameter], bool]:
    key, wanted = item["Key"], item.get("Values", [])
    if key.startswith("tag:"):
        return _tag_test(key.removeprefix("tag:"), wanted, _COMPARE[item.get("Option", "Equals")])
    if key == "Path":
        return _path_test([path.rstrip("/") for path in wanted], item.get("Option") == "Recursive")
    compare, values = _COMPARE[item.get("Option", "Equals")], _LOOKED_AT[key]
    return lambda parameter: any(compare(value, text) for value in values(parameter) for text in wanted)


def _tag_test(key: str, wanted: list[str], compare: Callable[[str, str], bool]) -> Callable[[Parameter], bool]:
    def test(parameter: Parameter) -> bool:
        tags = orjson.loads(parameter.tags)
        return key in tags and (not wanted or any(compare(tags[key], text) for text in wanted))

    return test


def _path_test(paths: list[str], recursive: bool) -> Callable[[Parameter], bool]:
    if recursive:
        return lambda parameter: any(parameter.name.startswith(f"{path}/") or path == "" for path in paths)
    return lambda parameter: names.parent_of(parameter.name) in paths
