"""Versions, delete markers, DeleteObjects, ListObjectVersions."""

from typing import Any

import pytest
from botocore.exceptions import ClientError


def versions(s3: Any, bucket: str, **said: Any) -> list[tuple[str, str, bool]]:
    found = s3.list_object_versions(Bucket=bucket, **said)
    lines = [*found.get("Versions", []), *found.get("DeleteMarkers", [])]
    return [(each["Key"], each["VersionId"], each["IsLatest"]) for each in lines]


def test_each_put_is_a_version(s3: Any, versioned: str, error: Any) -> None:
    one = s3.put_object(Bucket=versioned, Key="k", Body=b"1")["VersionId"]
    two = s3.put_object(Bucket=versioned, Key="k", Body=b"2")["VersionId"]
    assert s3.get_object(Bucket=versioned, Key="k")["VersionId"] == two
    assert s3.get_object(Bucket=versioned, Key="k", VersionId=one)["Body"].read() == b"1"
    assert versions(s3, versioned) == [("k", two, True), ("k", one, False)]
    assert error(s3.get_object, Bucket=versioned, Key="k", VersionId="0" * 32)[0] == "NoSuchVersion"


def test_ids_that_no_version_ever_had(s3: Any, versioned: str, error: Any) -> None:
    """DeleteObjects takes them for versions that are gone."""
    s3.put_object(Bucket=versioned, Key="k", Body=b"1")
    wrong = {"Bucket": versioned, "Key": "k", "VersionId": "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD"}
    for operation in (s3.get_object, s3.delete_object, s3.get_object_tagging):
        assert error(operation, **wrong) == ("InvalidArgument", "Invalid version id specified")
    assert error(s3.head_object, **wrong)[0] == "400"
    item = {"Key": "k", "VersionId": wrong["VersionId"]}
    assert s3.delete_objects(Bucket=versioned, Delete={"Objects": [item]})["Errors"] == [
        {**item, "Code": "NoSuchVersion", "Message": "The specified version does not exist."}
    ]


def test_delete_markers_have_no_tags(s3: Any, versioned: str) -> None:
    marker = {"Bucket": versioned, "Key": "k", "VersionId": s3.delete_object(Bucket=versioned, Key="k")["VersionId"]}
    newest = {"Bucket": versioned, "Key": "k"}
    for method, operation, more in (
        ("PUT", s3.put_object_tagging, {"Tagging": {"TagSet": []}}),
        ("GET", s3.get_object_tagging, {}),
        ("DELETE", s3.delete_object_tagging, {}),
    ):
        for target in (marker, newest):
            with pytest.raises(ClientError) as refused:
                operation(**target, **more)
            found = refused.value.response["Error"]
            assert (found["Code"], found["Method"], found["ResourceType"]) == (
                "MethodNotAllowed",
                method,
                "DeleteMarker",
            )


def test_a_marker_hides_and_can_be_taken_away(s3: Any, versioned: str, error: Any) -> None:
    one = s3.put_object(Bucket=versioned, Key="k", Body=b"1")["VersionId"]
    deleted = s3.delete_object(Bucket=versioned, Key="k")
    assert deleted["DeleteMarker"] is True
    assert error(s3.get_object, Bucket=versioned, Key="k")[0] == "NoSuchKey"
    assert error(s3.get_object, Bucket=versioned, Key="k", VersionId=deleted["VersionId"])[0] == "MethodNotAllowed"
    assert "Contents" not in s3.list_objects_v2(Bucket=versioned)
    assert s3.delete_object(Bucket=versioned, Key="k", VersionId=deleted["VersionId"])["DeleteMarker"] is True
    assert s3.get_object(Bucket=versioned, Key="k")["VersionId"] == one


def test_deleting_the_newest_version_brings_back_the_one_before(s3: Any, versioned: str) -> None:
    one = s3.put_object(Bucket=versioned, Key="k", Body=b"1")["VersionId"]
    two = s3.put_object(Bucket=versioned, Key="k", Body=b"2")["VersionId"]
    s3.delete_object(Bucket=versioned, Key="k", VersionId=two)
    assert s3.get_object(Bucket=versioned, Key="k")["Body"].read() == b"1"
    assert versions(s3, versioned) == [("k", one, True)]


def test_suspended_versioning_replaces_only_null(s3: Any, versioned: str) -> None:
    one = s3.put_object(Bucket=versioned, Key="k", Body=b"1")["VersionId"]
    s3.put_bucket_versioning(Bucket=versioned, VersioningConfiguration={"Status": "Suspended"})
    assert s3.put_object(Bucket=versioned, Key="k", Body=b"2")["VersionId"] == "null"
    s3.put_object(Bucket=versioned, Key="k", Body=b"3")
    assert versions(s3, versioned) == [("k", "null", True), ("k", one, False)]
    assert s3.delete_object(Bucket=versioned, Key="k")["VersionId"] == "null"
    assert sorted(versions(s3, versioned)) == sorted([("k", one, False), ("k", "null", True)])


def test_versions_are_listed_in_pages(s3: Any, versioned: str) -> None:
    made = [("a", s3.put_object(Bucket=versioned, Key="a")["VersionId"]) for _ in range(3)]
    made += [("b", s3.put_object(Bucket=versioned, Key="b")["VersionId"]) for _ in range(2)]
    found, said = [], {}
    while True:
        page = s3.list_object_versions(Bucket=versioned, MaxKeys=2, **said)
        found += [(each["Key"], each["VersionId"]) for each in page["Versions"]]
        if not page["IsTruncated"]:
            break
        said = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
    assert found == made[2::-1] + made[:2:-1]


def test_many_are_deleted_at_once(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="a")
    wanted = [{"Key": "a"}, {"Key": "never"}, {"Key": "x" * 1025}]
    result = s3.delete_objects(Bucket=bucket, Delete={"Objects": wanted})
    assert result["Deleted"] == [{"Key": "a"}, {"Key": "never"}]
    assert [each["Code"] for each in result["Errors"]] == ["KeyTooLongError"]
    assert "Deleted" not in s3.delete_objects(Bucket=bucket, Delete={"Objects": wanted[:2], "Quiet": True})


def test_a_batch_has_1000_keys_at_most(s3: Any, bucket: str, error: Any) -> None:
    wanted = [{"Key": str(number)} for number in range(1001)]
    assert error(s3.delete_objects, Bucket=bucket, Delete={"Objects": wanted})[0] == "MalformedXML"


def test_deleting_on_a_condition(s3: Any, bucket: str, error: Any) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["ETag"]
    assert error(s3.delete_object, Bucket=bucket, Key="k", IfMatch='"other"')[0] == "PreconditionFailed"
    s3.delete_object(Bucket=bucket, Key="k", IfMatch=etag)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
