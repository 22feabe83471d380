"""ListObjects and ListObjectsV2."""

import re
from typing import Any

import pytest

KEYS = ["a", "b/1", "b/2", "b/c/3", "c/", "d e", "ü"]


@pytest.fixture
def filled(s3: Any, bucket: str) -> str:
    for key in KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    return bucket


def keys(page: Any) -> list[str]:
    return [each["Key"] for each in page.get("Contents", [])]


def prefixes(page: Any) -> list[str]:
    return [each["Prefix"] for each in page.get("CommonPrefixes", [])]


def test_all_in_order(s3: Any, filled: str) -> None:
    page = s3.list_objects_v2(Bucket=filled)
    assert (keys(page), page["KeyCount"], page["IsTruncated"]) == (KEYS, 7, False)
    assert keys(s3.list_objects(Bucket=filled)) == KEYS


def test_prefix_and_delimiter(s3: Any, filled: str) -> None:
    page = s3.list_objects_v2(Bucket=filled, Delimiter="/")
    assert (keys(page), prefixes(page)) == (["a", "d e", "ü"], ["b/", "c/"])
    page = s3.list_objects_v2(Bucket=filled, Delimiter="/", Prefix="b/")
    assert (keys(page), prefixes(page)) == (["b/1", "b/2"], ["b/c/"])
    assert keys(s3.list_objects_v2(Bucket=filled, Prefix="b/c")) == ["b/c/3"]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_leave_nothing_out(s3: Any, filled: str, limit: int) -> None:
    found = []
    for page in s3.get_paginator("list_objects_v2").paginate(
        Bucket=filled, Delimiter="/", PaginationConfig={"PageSize": limit}
    ):
        assert page["KeyCount"] <= limit
        found += keys(page) + prefixes(page)
    assert sorted(found) == ["a", "b/", "c/", "d e", "ü"]
    found = []
    for page in s3.get_paginator("list_objects").paginate(Bucket=filled, PaginationConfig={"PageSize": limit}):
        found += keys(page)
    assert found == KEYS


def test_start_after(s3: Any, filled: str) -> None:
    assert keys(s3.list_objects_v2(Bucket=filled, StartAfter="b/2")) == KEYS[3:]
    assert keys(s3.list_objects_v2(Bucket=filled, StartAfter="b/11")) == KEYS[2:]


def test_no_keys_wanted(s3: Any, filled: str) -> None:
    page = s3.list_objects_v2(Bucket=filled, MaxKeys=0)
    assert (page["KeyCount"], page["IsTruncated"]) == (0, False)


def test_arguments_that_are_none(s3: Any, filled: str, error: Any) -> None:
    assert error(s3.list_objects_v2, Bucket=filled, MaxKeys=-1)[0] == "InvalidArgument"
    assert error(s3.list_objects_v2, Bucket=filled, ContinuationToken="no!")[0] == "InvalidArgument"


def test_owners_are_fetched_where_wanted(s3: Any, filled: str) -> None:
    assert "Owner" not in s3.list_objects_v2(Bucket=filled)["Contents"][0]
    assert s3.list_objects_v2(Bucket=filled, FetchOwner=True)["Contents"][0]["Owner"]["ID"]


def test_times_are_whole_seconds(s3: Any, bucket: str, raw: Any) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.create_multipart_upload(Bucket=bucket, Key="m")
    for query, tag in (("", "LastModified"), ("?list-type=2", "LastModified"), ("?uploads", "Initiated")):
        answer = raw("GET", f"/{bucket}{query}").body.decode()
        assert re.search(rf"<{tag}>\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z</{tag}>", answer)
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"][0]["LastModified"]
    assert listed == s3.head_object(Bucket=bucket, Key="k")["LastModified"]
