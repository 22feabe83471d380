"""Map runs: where items come from, what becomes of results, UpdateMapRun, redrive."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from penstock.testing import TestRuntime

from .conftest import kinds, one

Run = Callable[..., dict[str, Any]]
ECHO = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}


def _map(processor: dict[str, Any], **more: Any) -> dict[str, Any]:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    return one({"Type": "Map", "ItemProcessor": {"ProcessorConfig": config, **processor}, "Label": "L", **more})


def _reader(bucket: str, key: str, **config: Any) -> dict[str, Any]:
    resource = "arn:aws:states:::s3:getObject"
    return {"Resource": resource, "ReaderConfig": config, "Parameters": {"Bucket": bucket, "Key": key}}


@pytest.fixture
def bucket(client: Callable[..., Any], unique: str) -> Callable[..., str]:
    """`bucket(key=body, ...)` -> its name."""

    def make(objects: dict[str, bytes]) -> str:
        client("s3").create_bucket(Bucket=unique)
        for key, body in objects.items():
            client("s3").put_object(Bucket=unique, Key=key, Body=body)
        return unique

    return make


@pytest.mark.parametrize(
    ("body", "config", "items"),
    [
        (b"a|b\n1|2\n3|\n", {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "CSVDelimiter": "PIPE"},
         [{"a": "1", "b": "2"}, {"a": "3", "b": ""}]),
        (b"1,2\n", {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["x", "y"]},
         [{"x": "1", "y": "2"}]),
        (b'{"a":1}\n\n{"a":2}\n', {"InputType": "JSONL"}, [{"a": 1}, {"a": 2}]),
        (b'{"a/b": {"c": [[7, 8]]}}', {"InputType": "JSON", "ItemsPointer": "/a~1b/c/0"}, [7, 8]),
        (b'{"a": 1, "b": 2}', {"InputType": "JSON"}, [{"Key": "a", "Value": 1}, {"Key": "b", "Value": 2}]),
        (b"[1, 2, 3]", {"InputType": "JSON", "MaxItems": 2}, [1, 2]),
    ],
)  # fmt: skip
def test_items_of_an_object(
    run: Run, bucket: Callable[..., str], body: bytes, config: dict[str, Any], items: list[Any]
) -> None:
    name = bucket({"in": body})
    assert run(_map(ECHO, ItemReader=_reader(name, "in", **config)), advance=1)["output"] == items


def test_items_of_an_inventory(run: Run, bucket: Callable[..., str], unique: str) -> None:
    manifest = {
        "sourceBucket": "source",
        "destinationBucket": f"arn:aws:s3:::{unique}",
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, Size",
        "files": [{"key": "data/1.csv.gz"}],
    }
    rows = gzip.compress(b'"source","a.pdf","10"\n"source","b.pdf","20"\n')
    name = bucket({"manifest.json": json.dumps(manifest).encode(), "data/1.csv.gz": rows})
    found = run(_map(ECHO, ItemReader=_reader(name, "manifest.json", InputType="MANIFEST")), advance=1)
    assert found["output"] == [
        {"Bucket": "source", "Key": "a.pdf", "Size": "10"},
        {"Bucket": "source", "Key": "b.pdf", "Size": "20"},
    ]


def test_items_of_the_files_of_a_manifest(run: Run, bucket: Callable[..., str], unique: str) -> None:
    name = bucket({"m.csv": f"s3://{unique}/1\ns3://{unique}/2\n".encode(), "1": b"1\n2\n", "2": b"3\n"})
    reader = _reader(name, "m.csv", ManifestType="ATHENA_DATA", InputType="JSONL")
    assert run(_map(ECHO, ItemReader=reader), advance=1)["output"] == [1, 2, 3]


def test_items_in_all_objects_of_a_prefix(run: Run, bucket: Callable[..., str]) -> None:
    name = bucket({"in/": b"", "in/1": b"[1, 2]", "in/2": b"[3]", "other": b"[4]"})
    reader = {
        "Resource": "arn:aws:states:::s3:listObjectsV2",
        "ReaderConfig": {"InputType": "JSON", "Transformation": "LOAD_AND_FLATTEN"},
        "Parameters": {"Bucket": name, "Prefix": "in/"},
    }
    assert run(_map(ECHO, ItemReader=reader), advance=1)["output"] == [1, 2, 3]


@pytest.mark.parametrize(
    ("body", "config", "cause"),
    [
        (b"1", {"InputType": "JSON"}, "Attempting to map over non-iterable node."),
        (b"a,a\n1,2\n", {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
         "CSV headers cannot contain duplicates."),
    ],
)  # fmt: skip
def test_what_cannot_be_read_fails_the_map_run(
    run: Run, sfn: Any, bucket: Callable[..., str], body: bytes, config: dict[str, Any], cause: str
) -> None:
    found = run(_map(ECHO, ItemReader=_reader(bucket({"in": body}), "in", **config)), advance=1)
    assert (found["error"], found["cause"]) == ("States.ItemReaderFailed", cause)
    assert kinds(sfn, found["executionArn"])[1:] == [
        "MapStateEntered",
        "MapStateStarted",
        "MapRunStarted",
        "MapRunFailed",
        "MapStateFailed",
        "ExecutionFailed",
    ]
    [map_run] = sfn.list_map_runs(executionArn=found["executionArn"])["mapRuns"]
    assert sfn.describe_map_run(mapRunArn=map_run["mapRunArn"])["status"] == "FAILED"


ONE_FAILS = {
    "StartAt": "C",
    "States": {
        "C": {"Type": "Choice", "Choices": [{"Variable": "$[0]", "IsNumeric": True, "Next": "P"}], "Default": "F"},
        "P": {"Type": "Pass", "End": True},
        "F": {"Type": "Fail", "Error": "Bad"},
    },
}


@pytest.mark.parametrize(
    ("transformation", "succeeded"), [("COMPACT", [[1, 2], [3]]), ("FLATTEN", [1, 2, 3]), ("NONE", None)]
)
def test_results_as_the_writer_is_configured(
    run: Run, sfn: Any, client: Callable[..., Any], bucket: Callable[..., str], transformation: str, succeeded: Any
) -> None:
    name = bucket({})
    writer = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": name, "Prefix": "out"},
        "WriterConfig": {"Transformation": transformation, "OutputType": "JSONL"},
    }
    found = run(_map(ONE_FAILS, ResultWriter=writer, ToleratedFailureCount=1), [[1, 2], ["x"], [3]], advance=1)

    def read(key: str) -> Any:
        return client("s3").get_object(Bucket=name, Key=key)["Body"].read()

    files = json.loads(read(found["output"]["ResultWriterDetails"]["Key"]))["ResultFiles"]
    lines = [json.loads(line) for line in read(files["SUCCEEDED"][0]["Key"]).splitlines()]
    assert files["SUCCEEDED"][0]["Key"].endswith("/SUCCEEDED_0.jsonl")
    assert lines == succeeded if succeeded else [json.loads(line["Output"]) for line in lines] == [[1, 2], [3]]
    [failed] = [json.loads(line) for line in read(files["FAILED"][0]["Key"]).splitlines()]
    assert (failed["Status"], failed["Error"]) == ("FAILED", "Bad")
    told = sfn.describe_map_run(mapRunArn=found["output"]["MapRunArn"])
    assert (told["itemCounts"]["resultsWritten"], told["executionCounts"]["failed"]) == (3, 1)


def test_results_that_only_the_state_sees(run: Run) -> None:
    flat = _map(ECHO, ResultWriter={"WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSON"}})
    assert run(flat, [[1], [2, 3]], advance=1)["output"] == [1, 2, 3]
    lines = _map(ECHO, ResultWriter={"WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSONL"}})
    assert run(lines, [1, 2], advance=1)["output"] == "1\n2\n"


def test_a_map_run_is_redriven(
    run: Run, sfn: Any, client: Callable[..., Any], unique: str, penstock: TestRuntime
) -> None:
    ask = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sqs:getQueueUrl",
        "Parameters": {"QueueName.$": "$"},
        "ResultSelector": {"url.$": "$.QueueUrl"},
        "End": True,
    }
    client("sqs").create_queue(QueueName=f"{unique}-a")
    definition = _map({"StartAt": "T", "States": {"T": ask}}, MaxConcurrency=2)
    found = run(definition, [f"{unique}-a", f"{unique}-b"], advance=1)
    assert (found["status"], found["error"]) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    [map_run] = sfn.list_map_runs(executionArn=found["executionArn"])["mapRuns"]
    children = sfn.list_executions(mapRunArn=map_run["mapRunArn"])["executions"]
    failed = next(child["executionArn"] for child in children if child["status"] == "FAILED")
    assert sfn.describe_execution(executionArn=failed)["redriveStatus"] == "REDRIVABLE_BY_MAP_RUN"
    client("sqs").create_queue(QueueName=f"{unique}-b")
    sfn.redrive_execution(executionArn=found["executionArn"])
    penstock.advance(1)
    again = sfn.describe_execution(executionArn=found["executionArn"])
    assert [one["url"].rpartition("/")[2] for one in json.loads(again["output"])] == [f"{unique}-a", f"{unique}-b"]
    told = sfn.describe_map_run(mapRunArn=map_run["mapRunArn"])
    assert (told["status"], told["redriveCount"], told["itemCounts"]["succeeded"]) == ("SUCCEEDED", 1, 2)
    assert sfn.describe_execution(executionArn=failed)["redriveCount"] == 1
    assert kinds(sfn, found["executionArn"])[-5:] == [
        "MapRunRedriven",
        "MapRunSucceeded",
        "MapStateSucceeded",
        "MapStateExited",
        "ExecutionSucceeded",
    ]


def test_update_map_run(
    sfn: Any, machine: Callable[..., str], penstock: TestRuntime, error: Callable[..., tuple[str, str]]
) -> None:
    waits = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 100, "Next": "F"}, "F": {"Type": "Fail"}}}
    arn = machine(_map(waits, MaxConcurrency=1))
    execution = sfn.start_execution(stateMachineArn=arn, input="[1, 2, 3]")["executionArn"]
    penstock.advance(1)
    [map_run] = sfn.list_map_runs(executionArn=execution)["mapRuns"]
    named = {"mapRunArn": map_run["mapRunArn"]}

    def running() -> int:
        return int(sfn.describe_map_run(**named)["executionCounts"]["running"])

    assert running() == 1
    assert error(sfn.update_map_run, **named)[0] == "ValidationException"
    sfn.update_map_run(**named, maxConcurrency=2, toleratedFailureCount=3)
    penstock.advance(1)
    assert (running(), sfn.describe_map_run(**named)["maxConcurrency"]) == (2, 2)
    penstock.advance(250)
    told = sfn.describe_map_run(**named)
    assert (told["status"], told["itemCounts"]["failed"], told["toleratedFailureCount"]) == ("SUCCEEDED", 3, 3)
    assert error(sfn.update_map_run, **named, maxConcurrency=5)[0] == "ValidationException"
