"""API keys, and the throttles and quotas of their usage plans; quotas are counted in the store.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
"""

from collections.abc import Hashable

from penstock.services.apigateway import store
from penstock.services.apigateway.keys import key_with
from penstock.services.apigateway.serving.exchange import RestExchange
from penstock.services.apigateway.serving.refusal import Refusal
from penstock.services.apigateway.usage_plans import day_of, period_start, plans_with
from penstock.web.gateways.throttle import Throttles
from penstock.wire.model import Json


def throttled(throttles: Throttles, key: Hashable, limits: tuple[float, int], now: float) -> None:
    """Raises Refusal (429)."""
    if not throttles.admit(key, *limits, now):
        raise Refusal("THROTTLED", "Too Many Requests")


def check_key(exchange: RestExchange, throttles: Throttles) -> None:
    """The key has to be enabled and in a usage plan of this stage, whose limits then hold. Raises Refusal."""
    value = _key_of(exchange)
    key = key_with(exchange.ctx, value) if value else None
    if key is None or not key["enabled"]:
        raise _forbidden()
    exchange.identity |= {"apiKey": value, "apiKeyId": key["id"]}
    plan, stage = _plan_of(exchange, key["id"])
    _throttle(exchange, plan, stage, key["id"], throttles)
    if quota := plan.get("quota"):
        _count(exchange, plan["id"], key["id"], quota)


def _forbidden() -> Refusal:
    return Refusal("INVALID_API_KEY", "Forbidden")


def _key_of(exchange: RestExchange) -> str | None:
    if exchange.stage.key_source == "AUTHORIZER":
        found: str | None = (exchange.authorizer or {}).get("usageIdentifierKey")
        return found
    return exchange.header("x-api-key")


def _plan_of(exchange: RestExchange, key_id: str) -> tuple[Json, Json]:
    """The plan that lets this key into this stage, and the plan's entry for the stage."""
    for plan in plans_with(exchange.ctx, key_id):
        for entry in plan["apiStages"]:
            if (entry["apiId"], entry["stage"]) == (exchange.stage.api_id, exchange.stage.name):
                return plan, entry
    raise _forbidden()


def _throttle(exchange: RestExchange, plan: Json, stage: Json, key_id: str, throttles: Throttles) -> None:
    """The plan's limits for this method, and those for everything."""
    name = f"{exchange.resource.path}/{exchange.request.method}"
    own = (stage.get("throttle") or {}).get(name)
    for scope, limits in ((name, own), ("", plan.get("throttle"))):
        if limits:
            allowed = limits.get("rateLimit", 0.0), limits.get("burstLimit", 0)
            throttled(throttles, (plan["id"], key_id, scope), allowed, exchange.now)


def _count(exchange: RestExchange, plan_id: str, key_id: str, quota: Json) -> None:
    """Counts this request; raises Refusal (429) where the quota of the period is used up."""
    rows = exchange.ctx.store
    row = rows.one(store.USED_SINCE, plan_id, key_id, period_start(quota, exchange.now))
    if row is not None and row[0] >= quota["limit"]:
        raise Refusal("QUOTA_EXCEEDED", "Limit Exceeded")
    rows.run(store.COUNT_USE, plan_id, key_id, day_of(exchange.now))
