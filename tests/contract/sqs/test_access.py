"""What IAM is asked about."""

import pytest

from penstock.services.sqs.access import ACTIONS, resource

ARN = "arn:aws:sqs:us-east-1:000000000000:orders"


@pytest.mark.parametrize(
    ("request_", "arn"),
    [
        ({"QueueUrl": "http://127.0.0.1:4566/000000000000/orders"}, ARN),
        ({"QueueUrl": "https://sqs.us-east-1.amazonaws.com/111111111111/orders"}, ARN.replace("0" * 12, "1" * 12)),
        ({"QueueUrl": "orders"}, ARN),
        ({"QueueName": "orders"}, ARN),
        ({"QueueName": "orders", "QueueOwnerAWSAccountId": "111111111111"}, ARN.replace("0" * 12, "1" * 12)),
        ({"SourceArn": ARN}, ARN),
        ({}, "*"),
    ],
)
def test_the_resource_is_the_queue(penstock, request_, arn):
    ctx = penstock.runtime.kernel.context()
    assert resource(ctx, "SendMessage", request_) == arn


def test_a_batch_is_many_of_its_operation(penstock):
    loaded = penstock.runtime.kernel.loaded("sqs")
    for name in ("SendMessage", "DeleteMessage", "ChangeMessageVisibility"):
        assert loaded.operation(f"{name}Batch").action == loaded.operation(name).action == f"sqs:{name}"
    assert len(ACTIONS) == 3
