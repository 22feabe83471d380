"""What S3 refuses, in its own words, and what it says of configurations that a bucket does not have."""

from collections.abc import Callable
from typing import Any

import pytest

Error = Callable[..., tuple[str, str]]
NOT_HERE = "A header you provided implies functionality that is not implemented"


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({"IfNoneMatch": '"x"'}, ("NotImplemented", NOT_HERE)),
        ({"IfNoneMatch": "*", "IfMatch": '"x"'}, ("NotImplemented", NOT_HERE)),
        ({"StorageClass": "NOPE"}, ("InvalidStorageClass", "The storage class you specified is not valid")),
    ],
)
def test_what_an_upload_must_not_say(
    s3: Any, bucket: str, error: Error, said: dict[str, str], wanted: tuple[str, str]
) -> None:
    assert error(s3.put_object, Bucket=bucket, Key="k", **said) == wanted


def test_what_is_not_there_is_said_first(s3: Any, bucket: str, error: Error) -> None:
    code, message = error(s3.select_object_content, Bucket=bucket, Key="k", Expression="select 1", ExpressionType="SQL")
    assert (code, message) == ("NotImplemented", "Penstock does not implement s3.SelectObjectContent.")


def test_a_copy_s_condition_is_named(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="a")
    with pytest.raises(s3.exceptions.ClientError) as caught:
        s3.copy_object(Bucket=bucket, Key="b", CopySource=f"{bucket}/a", CopySourceIfMatch='"x"')
    assert caught.value.response["Error"]["Condition"] == "x-amz-copy-source-If-Match"


@pytest.mark.parametrize("query", ["versioning", "cors", "lifecycle"])
def test_xml_that_is_none(raw: Any, bucket: str, query: str) -> None:
    answer = raw("PUT", f"/{bucket}?{query}", b"<x")
    assert answer.status == 400
    assert b"<Code>MalformedXML</Code><Message>The XML you provided was not well-formed or did not" in answer.body


def test_a_hash_that_is_none(raw: Any, bucket: str) -> None:
    answer = raw("PUT", f"/{bucket}/k", b"x", **{"x-amz-content-sha256": "none"})
    assert (answer.status, b"x-amz-content-sha256 must be UNSIGNED-PAYLOAD" in answer.body) == (400, True)


def test_signed_twice(s3: Any, raw: Any, bucket: str) -> None:
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    answer = raw("GET", f"/{bucket}/k?{url.partition('?')[2]}")
    assert (answer.status, b"Only one auth mechanism allowed" in answer.body) == (400, True)


def test_completing_without_parts(s3: Any, bucket: str, error: Error) -> None:
    upload = {"Bucket": bucket, "Key": "k", "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]}
    nothing = ("InvalidRequest", "You must specify at least one part")
    assert error(s3.complete_multipart_upload, **upload) == nothing
    assert error(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": []})[0] == "MalformedXML"


def test_an_upload_that_began_without_a_checksum_has_one_of_the_whole(s3: Any, bucket: str) -> None:
    upload = {"Bucket": bucket, "Key": "k", "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]}
    etag = s3.upload_part(**upload, PartNumber=1, Body=b"hello")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    done = s3.complete_multipart_upload(**upload, MultipartUpload=parts)
    assert (done["ChecksumCRC64NVME"], done["ChecksumType"]) == ("M3eFcAZSQlc=", "FULL_OBJECT")
    wanted = ["Checksum", "ObjectParts"]
    found = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=wanted)
    assert found["Checksum"] == {"ChecksumCRC64NVME": "M3eFcAZSQlc=", "ChecksumType": "FULL_OBJECT"}
    assert found["ObjectParts"] == {"TotalPartsCount": 1}


def test_what_a_bucket_never_has(s3: Any, bucket: str, error: Error) -> None:
    assert error(s3.get_bucket_replication, Bucket=bucket) == (
        "ReplicationConfigurationNotFoundError",
        "The replication configuration was not found",
    )
    for kind in ("analytics", "intelligent_tiering", "inventory", "metrics"):
        assert getattr(s3, f"list_bucket_{kind}_configurations")(Bucket=bucket)["IsTruncated"] is False
    assert error(s3.list_bucket_metrics_configurations, Bucket=f"{bucket}-not")[0] == "NoSuchBucket"


@pytest.mark.parametrize("condition", [{"IfMatchSize": 1}, {"IfMatchLastModifiedTime": "2026-01-01T00:00:00Z"}])
def test_conditions_of_directory_buckets_do_not_delete(
    s3: Any, bucket: str, error: Error, condition: dict[str, Any]
) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert error(s3.delete_object, Bucket=bucket, Key="k", **condition) == ("NotImplemented", NOT_HERE)
    [refused] = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k", "Size": 1}]})["Errors"]
    assert (refused["Key"], refused["Code"]) == ("k", "NotImplemented")
    assert s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == 1


def test_attributes_that_no_object_has(s3: Any, bucket: str, error: Error) -> None:
    assert error(s3.get_object_attributes, Bucket=bucket, Key="k", ObjectAttributes=["Colour"]) == (
        "InvalidArgument",
        "Invalid attribute name specified.",
    )


def test_an_acl_that_says_nothing(s3: Any, bucket: str, error: Error) -> None:
    missing = ("MissingSecurityHeader", "Your request was missing a required header")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert error(s3.put_bucket_acl, Bucket=bucket) == missing
    assert error(s3.put_object_acl, Bucket=bucket, Key="k") == missing


def test_an_encryption_that_is_none(s3: Any, bucket: str, error: Error) -> None:
    refused = ("InvalidArgument", "The encryption method specified is not supported")
    assert error(s3.put_object, Bucket=bucket, Key="k", ServerSideEncryption="rot13") == refused


def test_buckets_of_a_region_that_is_none(s3: Any, error: Error) -> None:
    assert error(s3.list_buckets, BucketRegion="mars") == (
        "InvalidArgument",
        "Argument value mars is not a valid AWS Region",
    )
