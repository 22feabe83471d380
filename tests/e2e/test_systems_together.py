"""The reference systems in one runtime, beside each other."""

import json
import urllib.request
from pathlib import Path
from typing import Any

from penstock.testing import TestRuntime

SYSTEMS = Path(__file__).parents[2] / "systems"
NAMES = ("shop", "orders", "gateway", "queue-processor", "stream-processor", "tasks")


def post(url: str, body: Any) -> int:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        status: int = answer.status
    return status


def test_all_of_them_answer(penstock: TestRuntime) -> None:
    outputs = penstock.up(*(SYSTEMS / name for name in NAMES)).outputs
    assert post(f"{outputs['OrderService-dev']['OrderServiceUrl']}/order", {"customerId": "ada"}) == 201
    assert post(f"{outputs['links-dev']['ApiUrl']}links", {"url": "https://example.com"}) == 201
    assert post(f"{outputs['ShopStack']['ProductApiUrl']}product", {"name": "Pen", "price": 1}) == 201
    assert post(f"{outputs['TasksStack']['ApiUrl']}tasks", {"name": "Run", "summary": "all six"}) == 201
    assert post(outputs["CustomerPublisher-dev"]["ApiUrl"], {"customerId": "c-1", "firstName": "Ada"}) == 202
    line = {"description": "Pen", "quantity": 1, "unitPrice": "1.00"}
    invoice = {"invoiceNumber": "1", "customer": "Ada", "lines": [line]}
    processor, customers = outputs["Invoices-dev"], outputs["CustomerProcessor-dev"]["TableName"]
    penstock.client("sqs").send_message(QueueUrl=processor["QueueUrl"], MessageBody=json.dumps(invoice))
    penstock.advance(30)  # the pipes collect a batch, the workflows look whether their tasks have ended
    assert penstock.client("s3").head_object(Bucket=processor["BucketName"], Key="invoices/1.pdf")
    assert penstock.client("dynamodb").scan(TableName=customers)["Count"] == 1
    audit = penstock.client("s3").list_objects_v2(Bucket=outputs["TasksStack"]["AuditBucketName"])
    assert [each["Key"].startswith("events/Task:Created/") for each in audit["Contents"]] == [True]
    known = penstock.run(penstock.runtime.commands.apps())["apps"]
    assert {app["path"] for app in known} >= {str(SYSTEMS / name) for name in NAMES}
