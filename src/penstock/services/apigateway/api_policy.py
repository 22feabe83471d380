"""The resource policy of a REST API: kept as compact JSON, told with its quotation marks and slashes escaped.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies.html; as observed.
"""

from typing import Any

import orjson

from penstock.services.apigateway.lookup import bad_request
from penstock.wire.model import Json

_INVALID = "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."


def read_policy(text: str) -> str:
    """A policy as it is kept. Raises BadRequestException."""
    try:
        return policy_text(orjson.loads(text))
    except orjson.JSONDecodeError:
        raise bad_request(_INVALID) from None


def policy_text(policy: Any) -> str:
    if not isinstance(policy, dict):
        raise bad_request(_INVALID)
    return orjson.dumps(policy).decode()


def told(api: Json) -> Json:
    """An API as it is answered."""
    policy = api.get("policy")
    if not policy:
        return api
    return {**api, "policy": orjson.dumps(policy).decode()[1:-1].replace("/", "\\/")}
