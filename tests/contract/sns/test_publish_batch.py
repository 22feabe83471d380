"""PublishBatch."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.contract.sns.conftest import Queue

Refusal = Callable[..., tuple[str, str]]
Subscribe = Callable[..., str]


def entries(*texts: str, **further: Any) -> list[dict[str, Any]]:
    return [{"Id": str(number), "Message": text, **further} for number, text in enumerate(texts)]


def test_a_batch_is_delivered(sns: Any, topic: str, queue: Queue, subscribe: Subscribe) -> None:
    subscribe(topic, queue)
    answer = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries("a", "b", "c"))
    assert [each["Id"] for each in answer["Successful"]] == ["0", "1", "2"]
    assert answer["Failed"] == []
    assert len({each["MessageId"] for each in answer["Successful"]}) == 3
    assert queue.texts == ["a", "b", "c"]


def test_an_entry_that_fails_keeps_nobody_else(sns: Any, topic: str, queue: Queue, subscribe: Subscribe) -> None:
    subscribe(topic, queue)
    batch = [*entries("a"), {"Id": "x", "Message": "b", "MessageDeduplicationId": "d"}]
    answer = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=batch)
    assert [each["Id"] for each in answer["Successful"]] == ["0"]
    [failed] = answer["Failed"]
    assert (failed["Id"], failed["Code"], failed["SenderFault"]) == ("x", "InvalidParameter", True)
    assert failed["Message"].endswith("not valid for this topic type")
    assert queue.texts == ["a"]


@pytest.mark.parametrize(
    ("batch", "refused"),
    [
        ([], ("EmptyBatchRequest", "The batch request doesn't contain any entries.")),
        (
            entries(*"abcdefghijk"),
            ("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible."),
        ),
        (
            [*entries("a"), *entries("b")],
            ("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id."),
        ),
        (
            [{"Id": "a b", "Message": "x"}],
            (
                "InvalidBatchEntryId",
                "The Id of a batch entry in the batch request contains an impermissible character: a b",
            ),
        ),
        (
            [{"Id": "a" * 81, "Message": "x"}],
            ("InvalidBatchEntryId", f"The Id of a batch entry in the batch request is too long: {'a' * 81}"),
        ),
        (
            entries(*["x" * 30_000] * 9),
            ("BatchRequestTooLong", "The length of all the messages put together is more than the limit."),
        ),
        (
            entries('{"sqs": "x"}', MessageStructure="json"),
            (
                "InvalidParameter",
                "Invalid parameter: Message Structure - No default entry in JSON message body",
            ),
        ),
    ],
)
def test_batches_that_are_refused(
    sns: Any, topic: str, error: Refusal, batch: list[Any], refused: tuple[str, str]
) -> None:
    assert error(sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=batch) == refused


def test_a_topic_that_is_not_there(sns: Any, topic: str, error: Refusal) -> None:
    refused = error(sns.publish_batch, TopicArn=f"{topic}-not", PublishBatchRequestEntries=entries("a"))
    assert refused == ("NotFound", "Topic does not exist")
