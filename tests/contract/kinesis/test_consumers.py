"""Registered consumers, tags and policies."""

import json
import re

import pytest
from tests.contract.kinesis.conftest import Kinesis


def register(kinesis: Kinesis, name: str, consumer: str = "c") -> str:
    answer = kinesis.client.register_stream_consumer(StreamARN=kinesis.arn(name), ConsumerName=consumer)
    return answer["Consumer"]["ConsumerARN"]


def test_a_consumer_from_beginning_to_end(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    arn = kinesis.arn(name)
    made = kinesis.client.register_stream_consumer(StreamARN=arn, ConsumerName="c")["Consumer"]
    assert made["ConsumerStatus"] == "CREATING"
    assert re.fullmatch(re.escape(arn) + r"/consumer/c:\d{10}", made["ConsumerARN"])
    by_arn = kinesis.client.describe_stream_consumer(ConsumerARN=made["ConsumerARN"])["ConsumerDescription"]
    by_name = kinesis.client.describe_stream_consumer(StreamARN=arn, ConsumerName="c")["ConsumerDescription"]
    assert by_arn == by_name
    assert (by_arn["ConsumerStatus"], by_arn["StreamARN"]) == ("ACTIVE", arn)
    assert kinesis.summary(name)["ConsumerCount"] == 1
    kinesis.client.deregister_stream_consumer(ConsumerARN=made["ConsumerARN"])
    code, message = kinesis.refused("describe_stream_consumer", StreamARN=arn, ConsumerName="c")
    assert (code, message) == ("ResourceNotFoundException", "Consumer c, account 000000000000 not found.")


def test_a_name_is_taken_once(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    register(kinesis, name)
    code, _ = kinesis.refused("register_stream_consumer", StreamARN=kinesis.arn(name), ConsumerName="c")
    assert code == "ResourceInUseException"


def test_twenty_of_a_stream_page_by_page(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    arn = kinesis.arn(name)
    for number in range(20):
        register(kinesis, name, f"c{number:02d}")
    assert kinesis.refused("register_stream_consumer", StreamARN=arn, ConsumerName="one-more")[0] == (
        "LimitExceededException"
    )
    pages = kinesis.client.get_paginator("list_stream_consumers").paginate(
        StreamARN=arn, PaginationConfig={"PageSize": 7}
    )
    names = [consumer["ConsumerName"] for page in pages for consumer in page["Consumers"]]
    assert names == [f"c{number:02d}" for number in range(20)]


def test_tags_of_a_stream(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    kinesis.client.add_tags_to_stream(StreamName=name, Tags={"b": "2", "a": "1", "c": "3"})
    first = kinesis.client.list_tags_for_stream(StreamName=name, Limit=2)
    assert ([tag["Key"] for tag in first["Tags"]], first["HasMoreTags"]) == (["a", "b"], True)
    rest = kinesis.client.list_tags_for_stream(StreamName=name, ExclusiveStartTagKey="b")
    assert (rest["Tags"], rest["HasMoreTags"]) == ([{"Key": "c", "Value": "3"}], False)
    kinesis.client.remove_tags_from_stream(StreamName=name, TagKeys=["a", "unknown"])
    kinesis.client.tag_resource(ResourceARN=kinesis.arn(name), Tags={"b": "two"})
    kinesis.client.untag_resource(ResourceARN=kinesis.arn(name), TagKeys=["c"])
    found = kinesis.client.list_tags_for_resource(ResourceARN=kinesis.arn(name))["Tags"]
    assert found == [{"Key": "b", "Value": "two"}]


def test_at_most_fifty_tags_of_allowed_characters(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    kinesis.client.add_tags_to_stream(StreamName=name, Tags={str(number): "" for number in range(50)})
    assert kinesis.refused("add_tags_to_stream", StreamName=name, Tags={"one more": ""})[0] == (
        "InvalidArgumentException"
    )
    code, message = kinesis.refused("add_tags_to_stream", StreamName=name, Tags={"a": ";"})
    assert (code, message) == (
        "InvalidArgumentException",
        "Some tags contain invalid characters. Valid characters: "
        "Unicode letters, digits, white space, _ . / = + - % @ :.",
    )


def test_tags_of_a_consumer(kinesis: Kinesis) -> None:
    arn = register(kinesis, kinesis.stream())
    kinesis.client.tag_resource(ResourceARN=arn, Tags={"a": "1"})
    assert kinesis.client.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "1"}]


@pytest.mark.parametrize("of_consumer", [False, True])
def test_a_policy(kinesis: Kinesis, of_consumer: bool) -> None:
    name = kinesis.stream()
    arn = register(kinesis, name) if of_consumer else kinesis.arn(name)
    assert kinesis.client.get_resource_policy(ResourceARN=arn)["Policy"] == "{}"
    statement = {"Effect": "Allow", "Principal": "*", "Action": "kinesis:DescribeStream", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    kinesis.client.put_resource_policy(ResourceARN=arn, Policy=policy)
    assert kinesis.client.get_resource_policy(ResourceARN=arn)["Policy"] == policy
    kinesis.client.delete_resource_policy(ResourceARN=arn)
    assert kinesis.refused("delete_resource_policy", ResourceARN=arn) == (
        "ResourceNotFoundException",
        f"No resource policy found for resource ARN {arn}.",
    )


def test_a_policy_that_is_none(kinesis: Kinesis) -> None:
    arn = kinesis.arn(kinesis.stream())
    for text in ("", "[]", "no"):
        assert kinesis.refused("put_resource_policy", ResourceARN=arn, Policy=text)[0] == "InvalidArgumentException"
