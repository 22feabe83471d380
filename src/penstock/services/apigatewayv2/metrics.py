"""What API Gateway reports to CloudWatch of HTTP and WebSocket APIs.

Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html
"""

from penstock.base.meters import Kind

LATENCY, INTEGRATION, CLIENT_ERROR, SERVER_ERROR = "Latency", "IntegrationLatency", "4xx", "5xx"
HTTP_API = Kind(
    namespace="AWS/ApiGateway",
    units={
        **dict.fromkeys(("Count", CLIENT_ERROR, SERVER_ERROR), "Count"),
        **dict.fromkeys((LATENCY, INTEGRATION), "Milliseconds"),
    },
    sets=(("ApiId",), ("ApiId", "Stage")),
    ones={"Count": LATENCY},
    parts={CLIENT_ERROR: LATENCY, SERVER_ERROR: LATENCY},
)
ERRORS = {4: CLIENT_ERROR, 5: SERVER_ERROR}  # by the first digit of a status

CONNECTS, MESSAGES, REFUSED, FAILED, ANSWERED = (
    "ConnectCount", "MessageCount", "ClientError", "ExecutionError", "IntegrationError",
)  # fmt: skip
WEBSOCKET_API = Kind(
    namespace="AWS/ApiGateway",
    units={
        **dict.fromkeys((CONNECTS, MESSAGES, REFUSED, FAILED, ANSWERED), "Count"),
        INTEGRATION: "Milliseconds",
    },
    sets=(("ApiId",), ("ApiId", "Stage")),
)
