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


# -- streams -------------------------------------------------------------------------------------------


@pytest.fixture
def stream_arn(client: Any, unique: str) -> str:
    client("kinesis").create_stream(StreamName=unique, ShardCount=1)
    return f"arn:aws:kinesis:us-east-1:000000000000:stream/{unique}"


def test_a_stream_mapping_says_what_it_does(functions: Any, lam: Any, stream_arn: str) -> None:
    name = functions.named()
    made = lam.create_event_source_mapping(EventSourceArn=stream_arn, FunctionName=name, StartingPosition="LATEST")
    uuid = made["UUID"]
    del made["ResponseMetadata"], made["LastModified"]
    assert made == {
        "BatchSize": 100,
        "BisectBatchOnFunctionError": False,
        "DestinationConfig": {"OnFailure": {}},
        "EventSourceArn": stream_arn,
        "EventSourceMappingArn": f"arn:aws:lambda:us-east-1:000000000000:event-source-mapping:{uuid}",
        "FunctionArn": ARN + name,
        "FunctionResponseTypes": [],
        "LastProcessingResult": "No records processed",
        "MaximumBatchingWindowInSeconds": 0,
        "MaximumRecordAgeInSeconds": -1,
        "MaximumRetryAttempts": -1,
        "ParallelizationFactor": 1,
        "StartingPosition": "LATEST",
        "State": "Creating",
        "StateTransitionReason": "User action",
        "TumblingWindowInSeconds": 0,
        "UUID": uuid,
    }
    destination = {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:000000000000:q"}}
    updated = lam.update_event_source_mapping(UUID=uuid, DestinationConfig=destination, ParallelizationFactor=3)
    assert (updated["DestinationConfig"], updated["ParallelizationFactor"]) == (destination, 3)
    updated = lam.update_event_source_mapping(UUID=uuid, DestinationConfig={"OnFailure": {"Destination": ""}})
    assert updated["DestinationConfig"] == {"OnFailure": {}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"StartingPosition": None},
         "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not "
         "be null."),
        ({"StartingPosition": "AT_TIMESTAMP"}, "StartingPositionTimestamp is required"),
        ({"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": -1},
         "Received Exception while reading from provided stream. class java.lang.Long can not be converted"),
        ({"StartingPositionTimestamp": 1.0}, "Timestamp only valid with StartingPosition AT_TIMESTAMP"),
        ({"EventSourceArn": "arn:aws:kinesis:us-east-1:000000000000:stream/nobody"},
         "Stream not found: arn:aws:kinesis:us-east-1:000000000000:stream/nobody"),
        ({"EventSourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2026-01-01T00:00:00.000"},
         "Stream not found: arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2026-01-01T00:00:00.000"),
        ({"EventSourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2026-01-01T00:00:00.000",
          "StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1.0},
         "Unsupported starting position for arn type: arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/"),
        ({"EventSourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/t"}, "Unrecognized event source"),
        ({"DestinationConfig": {"OnSuccess": {"Destination": "arn:aws:sqs:us-east-1:000000000000:q"}}},
         "Unsupported DestinationConfig parameter for given event source mapping type."),
        ({"DestinationConfig": {"OnFailure": {"Destination": "kafka://topic"}}},
         "Penstock does not send failed batches to kafka"),
        ({"ScalingConfig": {"MaximumConcurrency": 2}}, "ScalingConfig is only valid for SQS event sources."),
        ({"MaximumRecordAgeInSeconds": 30}, "MaximumRecordAgeInSeconds must be -1 or at least 60."),
        ({"TumblingWindowInSeconds": 60, "ParallelizationFactor": 2}, "Penstock does not support tumbling windows"),
        ({"FilterCriteria": {"Filters": [{"Pattern": "{"}]}}, "Invalid filter pattern definition."),
        ({"FunctionName": "nobody"}, "Function does not exist"),
    ],
)  # fmt: skip
def test_what_is_refused_of_a_stream(
    functions: Any, lam: Any, refused: Any, stream_arn: str, change: dict[str, Any], message: str
) -> None:
    request = {"EventSourceArn": stream_arn, "FunctionName": functions.named(), "StartingPosition": "LATEST", **change}
    given = {name: value for name, value in request.items() if value is not None}
    code, text = refused(lam.create_event_source_mapping, **given)
    assert code == "InvalidParameterValueException"
    assert text.startswith(message)


def test_one_mapping_for_a_stream_and_a_function(functions: Any, lam: Any, refused: Any, stream_arn: str) -> None:
    request = {"EventSourceArn": stream_arn, "FunctionName": functions.named(), "StartingPosition": "LATEST"}
    made = lam.create_event_source_mapping(**request)
    assert refused(lam.create_event_source_mapping, **request) == (
        "ResourceConflictException",
        f'The event source arn (" {stream_arn} ") and function (" {request["FunctionName"]} ") provided mapping '
        f"already exists. Please update or delete the existing mapping with UUID {made['UUID']}",
    )


def test_self_managed_kafka_is_refused(functions: Any, lam: Any, refused: Any) -> None:
    endpoints = {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["kafka.example.com:9092"]}}
    request = {"SelfManagedEventSource": endpoints, "Topics": ["orders"], "FunctionName": functions.named()}
    code, text = refused(lam.create_event_source_mapping, **request)
    assert (code, text) == (
        "InvalidParameterValueException",
        "Penstock does not read from self-managed Apache Kafka event sources.",
    )
