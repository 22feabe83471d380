"""Throttles of routes.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
"""

from penstock.wire.model import Json


def limits(stage: Json, key: str) -> tuple[float, int] | None:
    """The rate and the burst of a route: its own, else the stage's."""
    settings = {**stage.get("DefaultRouteSettings", {}), **stage.get("RouteSettings", {}).get(key, {})}
    rate, burst = settings.get("ThrottlingRateLimit"), settings.get("ThrottlingBurstLimit")
    return (float(rate), int(burst)) if rate is not None and burst is not None else None
