"""CopyObject: directives, conditions, what a copy takes over."""

from typing import Any

import pytest

LARGE = b"0123456789" * 20_000


@pytest.mark.parametrize("body", [b"small", LARGE], ids=["small", "large"])
def test_a_copy_is_the_same_and_on_its_own(s3: Any, bucket: str, body: bytes) -> None:
    etag = s3.put_object(Bucket=bucket, Key="a b/ü", Body=body, Metadata={"m": "1"}, Tagging="t=1")["ETag"]
    result = s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "a b/ü"})
    assert result["CopyObjectResult"]["ETag"] == etag
    s3.delete_object(Bucket=bucket, Key="a b/ü")
    got = s3.get_object(Bucket=bucket, Key="copy")
    assert (got["Body"].read(), got["Metadata"], got["TagCount"]) == (body, {"m": "1"}, 1)


def test_what_is_said_may_be_replaced(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"x", ContentType="a/b", Metadata={"m": "1"}, Tagging="t=1")
    source = {"Bucket": bucket, "Key": "a"}
    s3.copy_object(Bucket=bucket, Key="b", CopySource=source, Metadata={"m": "2"}, Tagging="t=2")
    assert s3.head_object(Bucket=bucket, Key="b")["Metadata"] == {"m": "1"}
    replaced = {"MetadataDirective": "REPLACE", "TaggingDirective": "REPLACE", "Tagging": "t=2", "Metadata": {"n": "2"}}
    s3.copy_object(Bucket=bucket, Key="b", CopySource=source, ContentType="c/d", **replaced)
    head = s3.head_object(Bucket=bucket, Key="b")
    assert (head["Metadata"], head["ContentType"]) == ({"n": "2"}, "c/d")
    assert s3.get_object_tagging(Bucket=bucket, Key="b")["TagSet"] == [{"Key": "t", "Value": "2"}]


def test_onto_itself_something_has_to_change(s3: Any, bucket: str, error: Any) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    target = {"Bucket": bucket, "Key": "a", "CopySource": f"{bucket}/a"}
    code, message = error(s3.copy_object, **target)
    assert code == "InvalidRequest"
    assert message.startswith("This copy request is illegal because it is trying to copy an object to itself")
    s3.copy_object(**target, MetadataDirective="REPLACE", Metadata={"n": "1"})
    assert s3.get_object(Bucket=bucket, Key="a")["Metadata"] == {"n": "1"}
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.copy_object(**target)


def test_a_version_that_is_named_may_be_copied_onto_its_key(s3: Any, versioned: str) -> None:
    version = s3.put_object(Bucket=versioned, Key="a", Body=b"x")["VersionId"]
    copied = s3.copy_object(Bucket=versioned, Key="a", CopySource=f"{versioned}/a?versionId={version}")
    assert copied["CopySourceVersionId"] == version != copied["VersionId"]


def test_conditions_on_the_source(s3: Any, bucket: str, error: Any) -> None:
    etag = s3.put_object(Bucket=bucket, Key="a", Body=b"x")["ETag"]
    target = {"Bucket": bucket, "Key": "b", "CopySource": f"{bucket}/a"}
    assert error(s3.copy_object, **target, CopySourceIfMatch='"other"')[0] == "PreconditionFailed"
    assert error(s3.copy_object, **target, CopySourceIfNoneMatch=etag)[0] == "PreconditionFailed"
    assert s3.copy_object(**target, CopySourceIfMatch=etag)["CopyObjectResult"]["ETag"] == etag


def test_a_source_that_is_not_there(s3: Any, bucket: str, error: Any) -> None:
    assert error(s3.copy_object, Bucket=bucket, Key="b", CopySource=f"{bucket}/no")[0] == "NoSuchKey"
    assert error(s3.copy_object, Bucket=bucket, Key="b", CopySource="nobody/no")[0] == "NoSuchBucket"


def test_a_version_can_be_the_source(s3: Any, versioned: str) -> None:
    first = s3.put_object(Bucket=versioned, Key="a", Body=b"1")["VersionId"]
    s3.put_object(Bucket=versioned, Key="a", Body=b"2")
    source = {"Bucket": versioned, "Key": "a", "VersionId": first}
    result = s3.copy_object(Bucket=versioned, Key="a", CopySource=source)
    assert result["CopySourceVersionId"] == first
    assert s3.get_object(Bucket=versioned, Key="a")["Body"].read() == b"1"
