"""The parameters of a connection in their two forms: what its secret holds, and what may be shown. Pure.

The secret's form is AWS's. Source:
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateConnectionAuthRequestParameters.html
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from penstock.base.errors import AwsError
from penstock.services.events.names import invalid
from penstock.wire.model import Json


class _Kind(NamedTuple):
    """An authorization type: its member of AuthParameters, and what is kept of it under which name."""

    member: str
    kept: Mapping[str, str]
    shown: tuple[str, ...]


_KINDS = {
    "BASIC": _Kind("BasicAuthParameters", {"Username": "username", "Password": "password"}, ("Username",)),
    "API_KEY": _Kind(
        "ApiKeyAuthParameters", {"ApiKeyName": "api_key_name", "ApiKeyValue": "api_key_value"}, ("ApiKeyName",)
    ),
    "OAUTH_CLIENT_CREDENTIALS": _Kind(
        "OAuthParameters",
        {
            "ClientID": "client_id",
            "ClientSecret": "client_secret",
            "AuthorizationEndpoint": "authorization_endpoint",
            "HttpMethod": "http_method",
        },
        ("AuthorizationEndpoint", "HttpMethod"),
    ),
}
_HTTP = {
    "HeaderParameters": "header_parameters",
    "QueryStringParameters": "query_string_parameters",
    "BodyParameters": "body_parameters",
}
_PARAMETER = {"Key": "key", "Value": "value", "IsValueSecret": "is_value_secret"}


def secret_of(kind: str, given: Json, known: Json) -> Json:
    """What the secret is to hold: `given` as AuthParameters, over what it holds already. Raises AwsError."""
    names = _KINDS[kind]
    own = dict(given.get(names.member) or {})
    own |= own.pop("ClientParameters", {})
    secret = {**known, **{key: own[member] for member, key in names.kept.items() if member in own}}
    if missing := [member for member, key in names.kept.items() if key not in secret]:
        raise _missing(kind, names.member, missing)
    if "OAuthHttpParameters" in own:
        secret["oauth_http_parameters"] = _kept(own["OAuthHttpParameters"], known.get("oauth_http_parameters"))
    if "InvocationHttpParameters" in given:
        before = known.get("invocation_http_parameters")
        secret["invocation_http_parameters"] = _kept(given["InvocationHttpParameters"], before)
    return secret


def _missing(kind: str, member: str, missing: list[str]) -> AwsError:
    return invalid(f"Authorization type {kind} needs {member} with {', '.join(missing)}.")


def _kept(parameters: Json, known: Json | None) -> Json:
    """HTTP parameters; one that comes without its value keeps the one that it has."""
    return {
        key: [_parameter(item, (known or {}).get(key) or ()) for item in parameters[member]]
        for member, key in _HTTP.items()
        if parameters.get(member)
    }


def _parameter(item: Json, known: Any) -> Json:
    value = item.get("Value")
    if value is None:
        value = next((old["value"] for old in known if old["key"] == item.get("Key")), "")
    return {"key": item.get("Key", ""), "value": value, "is_value_secret": item.get("IsValueSecret", False)}


def shown(kind: str, secret: Json) -> Json:
    """AuthParameters as DescribeConnection shows them: passwords, keys and secret values are left out."""
    names = _KINDS[kind]
    own: Json = {member: secret[names.kept[member]] for member in names.shown}
    if "client_id" in secret and kind == "OAUTH_CLIENT_CREDENTIALS":
        own["ClientParameters"] = {"ClientID": secret["client_id"]}
        if "oauth_http_parameters" in secret:
            own["OAuthHttpParameters"] = _shown(secret["oauth_http_parameters"])
    parameters: Json = {names.member: own}
    if "invocation_http_parameters" in secret:
        parameters["InvocationHttpParameters"] = _shown(secret["invocation_http_parameters"])
    return parameters


def _shown(parameters: Json) -> Json:
    return {
        member: [
            {name: item[key] for name, key in _PARAMETER.items() if not (name == "Value" and item["is_value_secret"])}
            for item in parameters[key_of_list]
        ]
        for member, key_of_list in _HTTP.items()
        if key_of_list in parameters
    }
