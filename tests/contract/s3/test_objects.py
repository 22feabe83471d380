"""PutObject, GetObject, HeadObject: bodies, metadata, ranges, conditions."""

import datetime
import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from penstock.testing import TestRuntime

LARGE = bytes(range(256)) * 4096 * 3  # 3 MiB: more than the server takes whole


@pytest.mark.parametrize("body", [b"", b"hello", b"x" * 65_536, b"y" * 65_537, LARGE], ids=len)
def test_what_was_put_is_got(s3: Any, bucket: str, body: bytes) -> None:
    put = s3.put_object(Bucket=bucket, Key="k", Body=body)
    got = s3.get_object(Bucket=bucket, Key="k")
    assert put["ETag"] == got["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    assert got["Body"].read() == body
    assert got["ContentLength"] == len(body)


@pytest.mark.parametrize("key", ["a/b//c", "/lead", "trail/", "ü €", "a+b c", "100%", "a?b#c", "..", "./x", "k\\"])
def test_keys_are_any_text(s3: Any, bucket: str, key: str) -> None:
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]


def test_a_key_is_at_most_1024_bytes(s3: Any, bucket: str, error: Any) -> None:
    s3.put_object(Bucket=bucket, Key="k" * 1024)
    assert error(s3.put_object, Bucket=bucket, Key="k" * 1025) == ("KeyTooLongError", "Your key is too long")


def test_what_is_said_of_an_object_is_kept(s3: Any, bucket: str) -> None:
    said = {
        "CacheControl": "no-store",
        "ContentDisposition": "inline",
        "ContentEncoding": "gzip",
        "ContentLanguage": "de",
        "ContentType": "text/plain",
        "Metadata": {"one": "1", "two": "2"},
        "StorageClass": "STANDARD_IA",
        "WebsiteRedirectLocation": "/elsewhere",
    }
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", **said)
    head = s3.head_object(Bucket=bucket, Key="k")
    assert {name: head[name] for name in said} == said
    assert head["ServerSideEncryption"] == "AES256"
    assert head["AcceptRanges"] == "bytes"


def test_the_type_is_binary_where_nothing_was_said(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert s3.head_object(Bucket=bucket, Key="k")["ContentType"] == "binary/octet-stream"


def test_metadata_has_a_limit(s3: Any, bucket: str, error: Any) -> None:
    code, message = error(s3.put_object, Bucket=bucket, Key="k", Metadata={"a": "b" * 2048})
    assert (code, message) == ("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size")


def test_a_get_may_say_how_it_wants_to_be_answered(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    got = s3.get_object(Bucket=bucket, Key="k", ResponseContentType="a/b", ResponseCacheControl="no-cache")
    assert (got["ContentType"], got["CacheControl"]) == ("a/b", "no-cache")


@pytest.mark.parametrize(
    ("wanted", "shown", "body"),
    [
        ("bytes=0-0", "bytes 0-0/10", b"0"),
        ("bytes=2-4", "bytes 2-4/10", b"234"),
        ("bytes=7-", "bytes 7-9/10", b"789"),
        ("bytes=-3", "bytes 7-9/10", b"789"),
        ("bytes=-99", "bytes 0-9/10", b"0123456789"),
        ("bytes=8-99", "bytes 8-9/10", b"89"),
    ],
)
def test_ranges(s3: Any, bucket: str, wanted: str, shown: str, body: bytes) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    got = s3.get_object(Bucket=bucket, Key="k", Range=wanted)
    assert (got["ResponseMetadata"]["HTTPStatusCode"], got["ContentRange"], got["Body"].read()) == (206, shown, body)


@pytest.mark.parametrize("wanted", ["bytes=5-2", "bytes=", "lines=1-2", "bytes=0-1,3-4", "bytes=a-b"])
def test_a_range_that_cannot_be_read_is_the_whole(s3: Any, bucket: str, wanted: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    got = s3.get_object(Bucket=bucket, Key="k", Range=wanted)
    assert (got["ResponseMetadata"]["HTTPStatusCode"], got["Body"].read()) == (200, b"0123456789")


def test_a_range_behind_the_end(s3: Any, bucket: str, error: Any) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    assert error(s3.get_object, Bucket=bucket, Key="k", Range="bytes=10-") == (
        "InvalidRange",
        "The requested range is not satisfiable",
    )


def test_ranges_of_files(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=LARGE)
    got = s3.get_object(Bucket=bucket, Key="k", Range="bytes=300000-900001")
    assert got["Body"].read() == LARGE[300_000:900_002]


def test_what_is_not_there(s3: Any, bucket: str, unique: str, error: Any) -> None:
    assert error(s3.get_object, Bucket=bucket, Key="k") == ("NoSuchKey", "The specified key does not exist.")
    assert error(s3.head_object, Bucket=bucket, Key="k") == ("404", "Not Found")
    assert error(s3.get_object, Bucket=f"{unique}-no", Key="k")[0] == "NoSuchBucket"


def test_conditions_of_reading(s3: Any, bucket: str, error: Any) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    past, future = (
        datetime.datetime(2001, 1, 1, tzinfo=datetime.UTC),
        datetime.datetime(2101, 1, 1, tzinfo=datetime.UTC),
    )
    target = {"Bucket": bucket, "Key": "k"}
    assert error(s3.get_object, **target, IfMatch='"other"')[0] == "PreconditionFailed"
    assert error(s3.get_object, **target, IfNoneMatch=etag)[0] == "304"
    assert error(s3.head_object, **target, IfModifiedSince=future)[0] == "304"
    assert error(s3.head_object, **target, IfUnmodifiedSince=past)[0] == "412"
    for passing in (
        {"IfMatch": etag, "IfUnmodifiedSince": past},
        {"IfNoneMatch": '"other"', "IfModifiedSince": future},
        {"IfModifiedSince": past},
        {"IfMatch": "*"},
    ):
        assert s3.get_object(**target, **passing)["Body"].read() == b"x"


def test_not_modified_says_what_it_is(raw: Callable[..., Any], s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    answer = raw("GET", f"/{bucket}/k", If_None_Match=etag)
    assert (answer.status, answer.headers["etag"], answer.body) == (304, etag, b"")


@pytest.mark.parametrize("body", [b"small", LARGE], ids=["small", "large"])
def test_conditions_of_writing(s3: Any, bucket: str, error: Any, body: bytes) -> None:
    target = {"Bucket": bucket, "Key": "k", "Body": body}
    assert error(s3.put_object, **target, IfMatch="*")[0] == "NoSuchKey"
    etag = s3.put_object(**target, IfNoneMatch="*")["ETag"]
    assert error(s3.put_object, **target, IfNoneMatch="*") == (
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
    )
    assert error(s3.put_object, **target, IfMatch='"other"')[0] == "PreconditionFailed"
    assert s3.put_object(**target, IfMatch=etag)["ETag"] == etag


def test_a_customers_key_is_needed_again(s3: Any, bucket: str, error: Any) -> None:
    key = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", **key)
    assert error(s3.get_object, Bucket=bucket, Key="k")[0] == "InvalidRequest"
    assert s3.get_object(Bucket=bucket, Key="k", **key)["Body"].read() == b"x"


def test_attributes(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ChecksumAlgorithm="SHA256")
    found = s3.get_object_attributes(
        Bucket=bucket, Key="k", ObjectAttributes=["ETag", "Checksum", "StorageClass", "ObjectSize", "ObjectParts"]
    )
    assert (found["ETag"], found["ObjectSize"], found["StorageClass"]) == (hashlib.md5(b"x").hexdigest(), 1, "STANDARD")
    assert found["Checksum"]["ChecksumSHA256"]
    assert "ObjectParts" not in found


@pytest.mark.parametrize("host", ["{}.s3.localhost:4566", "{}.s3.eu-west-1.localhost", "{}.localhost:4566"])
def test_the_bucket_may_stand_in_the_host(s3: Any, bucket: str, raw: Callable[..., Any], host: str) -> None:
    assert raw("PUT", "/a/b", b"hello", Host=host.format(bucket)).status == 200
    assert raw("GET", f"/{bucket}/a/b", Host="s3.localhost:4566").body == b"hello"
    assert raw("GET", "/a/b", Host=host.format(bucket), Authorization=None).body == b"hello"
    assert b"<Key>a/b</Key>" in raw("GET", "/?list-type=2", Host=host.format(bucket)).body


def test_large_bodies_are_files_that_go_with_their_object(s3: Any, bucket: str, penstock: TestRuntime) -> None:
    folder = penstock.runtime.config.scratch / "s3"

    def files() -> int:
        return sum(1 for path in folder.rglob("*") if path.is_file())

    before = files()
    s3.put_object(Bucket=bucket, Key="k", Body=LARGE)
    assert files() == before + 1
    s3.put_object(Bucket=bucket, Key="k", Body=LARGE[1:])
    assert files() == before + 1
    s3.delete_object(Bucket=bucket, Key="k")
    assert files() == before
    assert penstock.runtime.store.all("SELECT * FROM s3_files") == []
