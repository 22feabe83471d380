"""CreateBucket, HeadBucket, ListBuckets, DeleteBucket, GetBucketLocation, versioning."""

from collections.abc import Callable
from typing import Any

import pytest


def test_a_bucket_is_there_until_it_is_deleted(s3: Any, bucket: str, error: Any) -> None:
    assert s3.head_bucket(Bucket=bucket)["BucketRegion"] == "us-east-1"
    assert bucket in [each["Name"] for each in s3.list_buckets()["Buckets"]]
    s3.delete_bucket(Bucket=bucket)
    assert error(s3.head_bucket, Bucket=bucket)[0] == "404"
    assert error(s3.delete_bucket, Bucket=bucket) == ("NoSuchBucket", "The specified bucket does not exist")


def test_in_us_east_1_the_owner_may_create_it_again(s3: Any, bucket: str) -> None:
    assert s3.create_bucket(Bucket=bucket)["Location"] == f"/{bucket}"


def test_elsewhere_it_is_already_owned(client: Callable[..., Any], unique: str, error: Any) -> None:
    west = client("s3", region="eu-west-1")
    west.create_bucket(Bucket=unique, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    code, message = error(
        west.create_bucket, Bucket=unique, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    assert code == "BucketAlreadyOwnedByYou"
    assert message == "Your previous request to create the named bucket succeeded and you already own it."
    assert west.get_bucket_location(Bucket=unique)["LocationConstraint"] == "eu-west-1"


def test_another_account_cannot_have_the_name(client: Callable[..., Any], bucket: str, error: Any) -> None:
    assert error(client("s3", account="111111111111").create_bucket, Bucket=bucket)[0] == "BucketAlreadyExists"


def test_elsewhere_the_region_has_to_be_said(client: Callable[..., Any], unique: str, error: Any) -> None:
    code, message = error(client("s3", region="eu-west-1").create_bucket, Bucket=unique)
    assert code == "IllegalLocationConstraintException"
    assert message.startswith("The unspecified location constraint is incompatible")


@pytest.mark.parametrize("wanted", ["us-east-1", "us-east-2", "us-gov-east-2"])
def test_elsewhere_another_region_cannot_be_said(
    client: Callable[..., Any], unique: str, error: Any, wanted: str
) -> None:
    west = client("s3", region="us-west-2")
    assert error(west.create_bucket, Bucket=unique, CreateBucketConfiguration={"LocationConstraint": wanted}) == (
        "IllegalLocationConstraintException",
        f"The {wanted} location constraint is incompatible for the region specific endpoint this request was sent to.",
    )


@pytest.mark.parametrize("wanted", ["us-east-1", "nowhere", ""])
def test_in_us_east_1_what_is_no_constraint(s3: Any, bucket: str, unique: str, error: Any, wanted: str) -> None:
    said = {"LocationConstraint": wanted}
    refused = error(s3.create_bucket, Bucket=f"{unique}-2", CreateBucketConfiguration=said)
    assert refused == ("InvalidLocationConstraint", "The specified location-constraint is not valid")
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None


@pytest.mark.parametrize("name", ["ab", "Upper", "a..b", "-ab", "ab-", "10.0.0.1", "x" * 64, "under_score", "xn--abc"])
def test_names_that_no_bucket_has(raw: Callable[..., Any], name: str) -> None:
    answer = raw("PUT", f"/{name}")
    assert answer.status == 400
    assert b"<Code>InvalidBucketName</Code>" in answer.body


def test_a_bucket_with_something_in_it_stays(s3: Any, bucket: str, error: Any) -> None:
    s3.put_object(Bucket=bucket, Key="k")
    assert error(s3.delete_bucket, Bucket=bucket)[0] == "BucketNotEmpty"


def test_buckets_are_listed_in_pages(s3: Any, bucket: str, unique: str) -> None:
    s3.create_bucket(Bucket=f"{unique}-b")
    first = s3.list_buckets(Prefix=unique, MaxBuckets=1)
    rest = s3.list_buckets(Prefix=unique, ContinuationToken=first["ContinuationToken"])
    assert [each["Name"] for each in first["Buckets"] + rest["Buckets"]] == [unique, f"{unique}-b"]


def test_versioning_is_off_until_it_is_on(s3: Any, bucket: str, error: Any) -> None:
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Suspended"
    wrong = {"Bucket": bucket, "VersioningConfiguration": {}}
    assert error(s3.put_bucket_versioning, **wrong)[0] == "IllegalVersioningConfigurationException"


def test_another_owner_is_refused(s3: Any, bucket: str, error: Any) -> None:
    assert error(s3.list_objects_v2, Bucket=bucket, ExpectedBucketOwner="999999999999")[0] == "AccessDenied"
