"""TagResource, UntagResource, ListTagsForResource."""

from collections.abc import Callable
from typing import Any

Refusal = Callable[..., tuple[str, str]]


def test_tags_come_and_go(sns: Any, topic: str) -> None:
    sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "k1", "Value": "v1"}, {"Key": "k2", "Value": "v2"}])
    sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "k2", "Value": "v2b"}])
    sns.untag_resource(ResourceArn=topic, TagKeys=["k1", "no-such-key"])
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == [{"Key": "k2", "Value": "v2b"}]


def test_tags_that_are_refused(sns: Any, topic: str, error: Refusal) -> None:
    twice = [{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}]
    assert error(sns.tag_resource, ResourceArn=topic, Tags=twice) == (
        "InvalidParameter",
        "Invalid parameter: Duplicated keys are not allowed.",
    )
    many = [{"Key": f"k{number}", "Value": "v"} for number in range(51)]
    assert error(sns.tag_resource, ResourceArn=topic, Tags=many) == (
        "TagLimitExceeded",
        "Could not complete request: tag quota of per resource exceeded",
    )
    missing = f"{topic}-not"
    assert error(sns.list_tags_for_resource, ResourceArn=missing) == ("ResourceNotFound", "Resource does not exist")
