"""Shows an operator a shipment.

The service answers nobody outside its VPC. This function is inside, and who may call it is a matter of permission
(`lambda:InvokeFunction`), not of a way through the network.
"""

import http.client
import json
import os
from typing import Any
from urllib.parse import quote, urlsplit

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()
tracer = Tracer(auto_patch=False)
SERVICE = urlsplit(os.environ["SERVICE_URL"])


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """`{"orderNumber": "..."}` -> `{"status": 200, "body": {...}}`, as the service answered."""
    connection = http.client.HTTPConnection(SERVICE.hostname or "", SERVICE.port, timeout=5)
    try:
        path = f"/shipments/{quote(str(event['orderNumber']), safe='')}"
        connection.request("GET", path, headers={"X-Amzn-Trace-Id": os.environ.get("_X_AMZN_TRACE_ID", "")})
        response = connection.getresponse()
        return {"status": response.status, "body": json.loads(response.read())}
    finally:
        connection.close()
