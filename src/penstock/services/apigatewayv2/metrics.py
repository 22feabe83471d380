"""What API Gateway reports to CloudWatch of HTTP APIs.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
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
