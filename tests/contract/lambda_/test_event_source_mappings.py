"""CreateEventSourceMapping and its siblings."""

from typing import Any

import pytest

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"


@pytest.fixture
def queue_arn(client: Any, unique: str) -> str:
    client("sqs").create_queue(QueueName=unique)
    return f"arn:aws:sqs:us-east-1:000000000000:{unique}"


@pytest.fixture
def fifo_arn(client: Any, unique: str) -> str:
    client("sqs").create_queue(QueueName=f"{unique}.fifo", Attributes={"FifoQueue": "true"})
    return f"arn:aws:sqs:us-east-1:000000000000:{unique}.fifo"


def test_life(functions: Any, lam: Any, refused: Any, queue_arn: str) -> None:
    name = functions.named()
    made = lam.create_event_source_mapping(EventSourceArn=queue_arn, FunctionName=name)
    uuid = made["UUID"]
    assert made["State"] == "Creating"
    assert made["EventSourceMappingArn"] == f"arn:aws:lambda:us-east-1:000000000000:event-source-mapping:{uuid}"
    found = lam.get_event_source_mapping(UUID=uuid)
    assert (found["State"], found["StateTransitionReason"]) == ("Enabled", "USER_INITIATED")
    assert (found["BatchSize"], found["MaximumBatchingWindowInSeconds"]) == (10, 0)
    assert (found["FunctionArn"], found["EventSourceArn"]) == (ARN + name, queue_arn)
    updated = lam.update_event_source_mapping(UUID=uuid, Enabled=False, BatchSize=3)
    assert (updated["State"], updated["BatchSize"]) == ("Disabling", 3)
    assert lam.get_event_source_mapping(UUID=uuid)["State"] == "Disabled"
    assert lam.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    missing = ("ResourceNotFoundException", "The resource you requested does not exist.")
    assert refused(lam.get_event_source_mapping, UUID=uuid) == missing
    assert refused(lam.update_event_source_mapping, UUID=uuid) == missing
    assert refused(lam.delete_event_source_mapping, UUID=uuid) == missing


def test_list(functions: Any, lam: Any, queue_arn: str, fifo_arn: str) -> None:
    name = functions.named(Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    for source, function in ((queue_arn, name), (queue_arn, f"{name}:live"), (fifo_arn, name)):
        lam.create_event_source_mapping(EventSourceArn=source, FunctionName=function)
    by_source = lam.list_event_source_mappings(EventSourceArn=queue_arn)["EventSourceMappings"]
    assert {m["FunctionArn"] for m in by_source} == {ARN + name, f"{ARN}{name}:live"}
    assert len(lam.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]) == 3
    both = lam.list_event_source_mappings(FunctionName=name, EventSourceArn=fifo_arn)
    assert len(both["EventSourceMappings"]) == 1


def test_one_mapping_for_a_queue_and_a_function(functions: Any, lam: Any, refused: Any, queue_arn: str) -> None:
    name = functions.named()
    made = lam.create_event_source_mapping(EventSourceArn=queue_arn, FunctionName=name)
    assert refused(lam.create_event_source_mapping, EventSourceArn=queue_arn, FunctionName=ARN + name) == (
        "ResourceConflictException",
        f'An event source mapping with SQS arn (" {queue_arn} ") and function (" {name} ") already exists. '
        f"Please update or delete the existing mapping with UUID {made['UUID']}",
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"BatchSize": 11}, "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater "
                            "than 10"),
        ({"FunctionName": "nobody"}, "Function does not exist"),
        ({"EventSourceArn": "arn:aws:sqs:us-east-1:000000000000:nobody"},
         "Error occurred while ReceiveMessage. SQS Error Code: QueueDoesNotExist. SQS Error Message: The specified "
         "queue does not exist."),
        ({"EventSourceArn": "arn:aws:kafka:us-east-1:000000000000:cluster/c"},
         "Penstock does not read from kafka event sources"),
        ({"StartingPosition": "LATEST"}, "StartingPosition is not valid for SQS event sources."),
        ({"FilterCriteria": {"Filters": [{"Pattern": "{"}]}}, "Invalid filter pattern definition."),
    ],
)  # fmt: skip
def test_what_is_refused(
    functions: Any, lam: Any, refused: Any, queue_arn: str, change: dict[str, Any], message: str
) -> None:
    request = {"EventSourceArn": queue_arn, "FunctionName": functions.named(), **change}
    code, text = refused(lam.create_event_source_mapping, **request)
    assert code == "InvalidParameterValueException"
    assert text.startswith(message)


def test_fifo_queues_have_no_window(functions: Any, lam: Any, refused: Any, fifo_arn: str) -> None:
    request = {"EventSourceArn": fifo_arn, "FunctionName": functions.named()}
    assert refused(lam.create_event_source_mapping, **request, MaximumBatchingWindowInSeconds=1) == (
        "InvalidParameterValueException",
        "Batching window is not supported for FIFO queues.",
    )


def test_the_queue_must_hide_messages_as_long_as_the_function_runs(
    functions: Any, lam: Any, refused: Any, queue_arn: str
) -> None:
    name = functions.named(Timeout=60)
    assert refused(lam.create_event_source_mapping, EventSourceArn=queue_arn, FunctionName=name) == (
        "InvalidParameterValueException",
        "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds",
    )


def test_tags(functions: Any, lam: Any, queue_arn: str) -> None:
    made = lam.create_event_source_mapping(EventSourceArn=queue_arn, FunctionName=functions.named(), Tags={"a": "1"})
    lam.tag_resource(Resource=made["EventSourceMappingArn"], Tags={"b": "2"})
    assert lam.list_tags(Resource=made["EventSourceMappingArn"])["Tags"] == {"a": "1", "b": "2"}
