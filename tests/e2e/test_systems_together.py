"""The reference systems in one runtime, beside each other."""

import json
import urllib.request
from pathlib import Path
from typing import Any

from penstock.testing import TestRuntime

SYSTEMS = Path(__file__).parents[2] / "systems"
ALL = ("orders", "gateway", "shop", "queue-processor", "stream-processor")


def post(url: str, body: Any) -> int:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        status: int = answer.status
    return status


def test_all_of_them_answer(penstock: TestRuntime) -> None:
    outputs = penstock.up(*(SYSTEMS / name for name in ALL)).outputs
    assert post(f"{outputs['OrderService-dev']['OrderServiceUrl']}/order", {"customerId": "ada"}) == 201
    assert post(f"{outputs['links-dev']['ApiUrl']}links", {"url": "https://example.com"}) == 201
    assert post(f"{outputs['ShopStack']['ProductApiUrl']}product", {"name": "Pen", "price": 1}) == 201
    line = {"description": "Pen", "quantity": 1, "unitPrice": "1.00"}
    invoice = {"invoiceNumber": "1", "customer": "Ada", "lines": [line]}
    processor = outputs["Invoices-dev"]
    penstock.client("sqs").send_message(QueueUrl=processor["QueueUrl"], MessageBody=json.dumps(invoice))
    customer = {"customerId": "ada", "firstName": "Ada"}
    assert post(outputs["CustomerPublisher-dev"]["ApiUrl"], customer) == 202
    penstock.advance(30)  # the pipes collect a batch, the workflow looks whether its task has ended
    assert penstock.client("s3").head_object(Bucket=processor["BucketName"], Key="invoices/1.pdf")
    key, table = {"customerId": {"S": "ada"}}, outputs["CustomerProcessor-dev"]["TableName"]
    assert "Item" in penstock.client("dynamodb").get_item(TableName=table, Key=key)
