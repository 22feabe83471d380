import pytest
from botocore.exceptions import ClientError


def test_both_families_of_operations_see_the_same_tags(logs, unique):
    logs.create_log_group(logGroupName=unique, tags={"env": "testing"})
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{unique}"
    logs.tag_resource(resourceArn=arn, tags={"test1": "val1", "env": "changed"})
    logs.tag_log_group(logGroupName=unique, tags={"test2": "val2"})
    expected = {"env": "changed", "test1": "val1", "test2": "val2"}
    assert logs.list_tags_log_group(logGroupName=unique)["tags"] == expected
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == expected
    logs.untag_log_group(logGroupName=unique, tags=["test2"])
    logs.untag_resource(resourceArn=arn, tagKeys=["env", "unknown"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"test1": "val1"}


def test_fifty_tags_are_the_most(logs, group):
    logs.tag_log_group(logGroupName=group, tags={f"k{i}": "v" for i in range(50)})
    with pytest.raises(ClientError, match="TooManyTagsException"):
        logs.tag_resource(resourceArn=f"arn:aws:logs:us-east-1:000000000000:log-group:{group}", tags={"one-more": "v"})


def test_an_unknown_group_has_none(logs, unique):
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        logs.list_tags_log_group(logGroupName=unique)
