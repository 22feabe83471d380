"""Secrets in lists, filtered; several values at once.

Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html and
API_BatchGetSecretValue.html
"""

import re
from collections.abc import Callable, Iterable, Iterator

import orjson

from penstock.base.errors import AwsError
from penstock.base.paging import page_key, page_token
from penstock.call import Context
from penstock.services.secretsmanager import secrets, store, versions
from penstock.services.secretsmanager.store import Secret
from penstock.wire.model import Json

_PAGE, _BATCH = 100, 20
_ORDERS: dict[str, Callable[[Secret], float | str]] = {
    "created-date": lambda secret: secret.created_date,
    "last-accessed-date": lambda secret: secret.last_accessed_date or 0.0,
    "last-changed-date": lambda secret: secret.last_changed_date,
    "name": lambda secret: secret.name,
}


def list_secrets(ctx: Context, request: Json) -> Json:
    found, token = _page(ctx, request, request.get("MaxResults", _PAGE))
    return {"SecretList": [secrets.described(ctx, secret, "SecretVersionsToStages") for secret in found], **token}


def batch_get_secret_value(ctx: Context, request: Json) -> Json:
    ids = request.get("SecretIdList")
    if (ids is None) == (not request.get("Filters")):
        message = "Either 'SecretIdList' or 'Filters' must be provided, but not both."
        raise AwsError("InvalidParameterException", message)
    if ids is not None and "MaxResults" in request:
        message = "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided."
        raise AwsError("InvalidParameterException", message)
    token: Json = {}
    if ids is None:
        found, token = _page(ctx, request, request.get("MaxResults", _BATCH))
        ids = [secret.arn for secret in found]
    values, errors = [], []
    for secret_id in ids:
        try:
            values.append(versions.get_secret_value(ctx, {"SecretId": secret_id}))
        except AwsError as error:
            errors.append({"SecretId": secret_id, "ErrorCode": error.code, "Message": error.message})
    return {"SecretValues": values, "Errors": errors, **token}


def _page(ctx: Context, request: Json, limit: int) -> tuple[list[Secret], Json]:
    """One page of the secrets that the filters leave; in the order of their creation unless asked otherwise."""
    first = 0
    if "NextToken" in request:
        try:
            [first] = page_key(request["NextToken"], int)
        except ValueError:
            raise AwsError("InvalidNextTokenException", "Invalid NextToken") from None
    found = list(_matching(ctx, request))
    found.sort(key=_ORDERS[request.get("SortBy", "created-date")], reverse=request.get("SortOrder") == "desc")
    token = {"NextToken": page_token(first + limit)} if len(found) > first + limit else {}
    return found[first : first + limit], token


def _matching(ctx: Context, request: Json) -> Iterator[Secret]:
    filters, planned = request.get("Filters", ()), request.get("IncludePlannedDeletion", False)
    _check(filters)
    for secret in map(Secret._make, ctx.store.all(store.ALL, f"{ctx.account}:{ctx.region}")):
        if (planned or secret.deletion_date is None) and all(_matches(secret, item) for item in filters):
            yield secret


# -- filters -----------------------------------------------------------------------------------------

_Texts = Callable[[Secret], Iterable[str]]
# By key: what is looked at, and whether it is looked at word by word, whatever its case.
_LOOKED_AT: dict[str, tuple[_Texts, bool]] = {
    "name": (lambda secret: [secret.name], False),
    "description": (lambda secret: [secret.description or ""], True),
    "tag-key": (lambda secret: (orjson.loads(secret.tags) or {}).keys(), False),
    "tag-value": (lambda secret: (orjson.loads(secret.tags) or {}).values(), False),
    "primary-region": (lambda secret: [], False),
    "owning-service": (lambda secret: [], False),
    "all": (
        lambda secret: [
            secret.name,
            secret.description or "",
            *(orjson.loads(secret.tags) or {}).keys(),
            *(orjson.loads(secret.tags) or {}).values(),
        ],
        True,
    ),
}


def _check(filters: Iterable[Json]) -> None:
    for item in filters:
        if "Key" not in item:
            raise AwsError("InvalidParameterException", "Invalid filter key")
        if not item.get("Values"):
            raise AwsError("InvalidParameterException", f"Invalid filter values for key: {item['Key']}")


def _matches(secret: Secret, item: Json) -> bool:
    """One of the values fits, a value after `!` fitting where it does not."""
    texts, by_word = _LOOKED_AT[item["Key"]]
    fits = _fits_by_word if by_word else _begins
    found = list(texts(secret))
    return any(not fits(found, value[1:]) if value.startswith("!") else fits(found, value) for value in item["Values"])


def _begins(texts: Iterable[str], value: str) -> bool:
    return any(text.startswith(value) for text in texts)


def _fits_by_word(texts: Iterable[str], value: str) -> bool:
    """Each word of the value begins a word of the texts."""
    words = [word for text in texts for word in _words(text)]
    return all(any(word.startswith(wanted) for word in words) for wanted in _words(value))


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())
