"""What a stage's own settings mean while it is served, of either protocol: throttles of routes, the access log.

Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
"""

from penstock.web.gateways.access_log import AccessLog
from penstock.wire.model import Json


def limits(stage: Json, key: str) -> tuple[float, int] | None:
    """The rate and the burst of a route: its own, else the stage's."""
    settings = {**stage.get("DefaultRouteSettings", {}), **stage.get("RouteSettings", {}).get(key, {})}
    rate, burst = settings.get("ThrottlingRateLimit"), settings.get("ThrottlingBurstLimit")
    return (float(rate), int(burst)) if rate is not None and burst is not None else None


def access_log(stage: Json, api_id: str) -> AccessLog | None:
    """None where nobody asked for one."""
    found = stage.get("AccessLogSettings")
    if not found:
        return None
    settings = {"destinationArn": found.get("DestinationArn"), "format": found.get("Format")}
    return AccessLog(settings, f"{api_id}/{stage['StageName']}")
