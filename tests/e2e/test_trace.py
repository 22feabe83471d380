"""One trace from the first HTTP request to the last write, each step with who took it."""

import json
import urllib.request
from pathlib import Path

from penstock.testing import TestRuntime

SYSTEMS = Path(__file__).parents[2] / "systems"
ITEM = {"productId": "p1", "productName": "Kettle", "quantity": 2, "price": "39.90", "color": "red"}
BUYER = {"firstName": "Ada", "lastName": "L", "email": "ada@example.com", "address": "1 Main St"}
PAYMENT = {"paymentMethod": "card", "cardInfo": "4111111111111111"}
ROOT = "1-6b000000-0123456789abcdef01234567"


def post(url: str, body: object, **headers: str) -> None:
    named = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), named)).read()


def test_a_checkout_is_one_trace(penstock: TestRuntime) -> None:
    basket = penstock.up(SYSTEMS / "shop").outputs["ShopStack"]["BasketApiUrl"] + "basket"
    post(basket, {"userName": "traced", "items": [ITEM]})
    header = f"Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1"
    post(f"{basket}/checkout", {"userName": "traced", **BUYER, **PAYMENT}, X_Amzn_Trace_Id=header)
    penstock.settle()
    spans = [span for span in penstock.runtime.kernel.telemetry.spans if span.caller.trace.root == ROOT]
    callers = {span.operation: span.caller.principal.arn for span in spans}
    assert callers["lambda.Invoke"] == "apigateway.amazonaws.com"
    assert "BasketFunction" in callers["events.PutEvents"]
    assert callers["sqs.SendMessage"] == "events.amazonaws.com"
    assert "OrderingConsumer" in callers["dynamodb.PutItem"]
    assert not any(span.error for span in spans)


def test_an_order_is_one_trace(penstock: TestRuntime) -> None:
    url = penstock.up(SYSTEMS / "orders").outputs["OrderService-dev"]["OrderServiceUrl"]
    root = ROOT.replace("1-6b", "1-6c")
    post(f"{url}/order", {"customerId": "traced"}, X_Amzn_Trace_Id=f"Root={root};Parent=53995c3f42cd8ad8;Sampled=1")
    penstock.settle()
    spans = [span for span in penstock.runtime.kernel.telemetry.spans if span.caller.trace.root == root]
    callers = {span.operation: span.caller.principal.arn for span in spans}
    assert "OrderService" in callers["dynamodb.TransactWriteItems"]
    assert "OrderService" in callers["events.PutEvents"]
    assert callers["sqs.SendMessage"] == "events.amazonaws.com"
    assert "ShippingService" in callers["dynamodb.PutItem"]
    assert not any(span.error for span in spans)
