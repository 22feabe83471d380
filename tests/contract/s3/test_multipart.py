"""Multipart uploads."""

import base64
import hashlib
import zlib
from typing import Any

import pytest

from penstock.testing import TestRuntime

MB5 = bytes(range(256)) * 20_480


def upload(s3: Any, bucket: str, parts: list[bytes], **said: Any) -> tuple[str, list[dict[str, Any]]]:
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key="k", **said)["UploadId"]
    done = []
    for number, body in enumerate(parts, 1):
        put = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=number, Body=body)
        done.append({"PartNumber": number, "ETag": put["ETag"]})
    return upload_id, done


def complete(s3: Any, bucket: str, upload_id: str, parts: list[dict[str, Any]], **said: Any) -> Any:
    return s3.complete_multipart_upload(
        Bucket=bucket, Key="k", UploadId=upload_id, MultipartUpload={"Parts": parts}, **said
    )


def test_parts_become_an_object(s3: Any, bucket: str) -> None:
    upload_id, parts = upload(s3, bucket, [MB5, MB5[1:] + b"x", b"tail"], Metadata={"m": "1"}, ContentType="a/b")
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    result = complete(s3, bucket, upload_id, parts)
    digests = b"".join(hashlib.md5(part).digest() for part in (MB5, MB5[1:] + b"x", b"tail"))
    assert result["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-3"'
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == MB5 + MB5[1:] + b"xtail"
    assert (got["Metadata"], got["ContentType"], got["ETag"]) == ({"m": "1"}, "a/b", result["ETag"])
    around = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={len(MB5) - 2}-{len(MB5) + 1}")
    assert around["Body"].read() == MB5[-2:] + MB5[1:3]


def test_one_part_of_an_object(s3: Any, bucket: str, error: Any) -> None:
    upload_id, parts = upload(s3, bucket, [MB5, b"tail"])
    complete(s3, bucket, upload_id, parts)
    got = s3.get_object(Bucket=bucket, Key="k", PartNumber=2)
    assert (got["Body"].read(), got["PartsCount"], got["ContentRange"]) == (b"tail", 2, "bytes 5242880-5242883/5242884")
    assert error(s3.get_object, Bucket=bucket, Key="k", PartNumber=3)[0] == "InvalidPartNumber"


def test_what_cannot_be_completed(s3: Any, bucket: str, error: Any) -> None:
    upload_id, parts = upload(s3, bucket, [b"small", b"tail"])
    target = {"Bucket": bucket, "Key": "k", "UploadId": upload_id}

    def refused(wanted: list[dict[str, Any]]) -> str:
        return str(error(s3.complete_multipart_upload, **target, MultipartUpload={"Parts": wanted})[0])

    assert refused(parts) == "EntityTooSmall"
    assert refused(parts[::-1]) == "InvalidPartOrder"
    assert refused([{"PartNumber": 7, "ETag": parts[0]["ETag"]}]) == "InvalidPart"
    assert refused([{"PartNumber": 1, "ETag": parts[1]["ETag"]}]) == "InvalidPart"
    assert refused([]) == "MalformedXML"
    done = complete(s3, bucket, upload_id, parts[1:])
    assert done["ETag"].endswith('-1"')
    again = s3.complete_multipart_upload(**target, MultipartUpload={"Parts": parts[1:]}, IfNoneMatch="*")
    assert (again["ETag"], again["ChecksumCRC64NVME"]) == (done["ETag"], done["ChecksumCRC64NVME"])
    s3.put_object(Bucket=bucket, Key="k", Body=b"later")
    assert refused(parts[1:]) == "NoSuchUpload"


@pytest.mark.parametrize(("name", "member"), [("max-parts", "MaxParts"), ("part-number-marker", "PartNumberMarker")])
def test_numbers_of_a_list_of_parts(s3: Any, bucket: str, error: Any, name: str, member: str) -> None:
    upload_id, _ = upload(s3, bucket, [b"one"])
    target = {"Bucket": bucket, "Key": "k", "UploadId": upload_id}
    for value, text in (
        (-1, f"Argument {name} must be an integer between 0 and 2147483647"),
        (2**31, f"Provided {name} not an integer or within integer range"),
    ):
        assert error(s3.list_parts, **target, **{member: value}) == ("InvalidArgument", text)


def test_an_aborted_upload_leaves_nothing(s3: Any, bucket: str, error: Any, penstock: TestRuntime) -> None:
    upload_id, _ = upload(s3, bucket, [MB5])
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload_id)
    assert error(s3.list_parts, Bucket=bucket, Key="k", UploadId=upload_id)[0] == "NoSuchUpload"
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    assert penstock.runtime.store.all("SELECT * FROM s3_files") == []


def test_parts_are_listed_in_pages_and_can_be_put_again(s3: Any, bucket: str) -> None:
    upload_id, _ = upload(s3, bucket, [b"one", b"two", b"three"])
    s3.upload_part(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=2, Body=b"second")
    first = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload_id, MaxParts=2)
    assert [(part["PartNumber"], part["Size"]) for part in first["Parts"]] == [(1, 3), (2, 6)]
    rest = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload_id, PartNumberMarker=first["NextPartNumberMarker"])
    assert (first["IsTruncated"], rest["IsTruncated"], len(rest["Parts"])) == (True, False, 1)


def test_a_part_number_has_bounds(s3: Any, bucket: str, error: Any) -> None:
    upload_id, _ = upload(s3, bucket, [])
    target = {"Bucket": bucket, "Key": "k", "UploadId": upload_id, "Body": b"x"}
    for number in (0, 10_001):
        assert error(s3.upload_part, **target, PartNumber=number) == (
            "InvalidArgument",
            "Part number must be an integer between 1 and 10000, inclusive",
        )


def test_parts_can_be_copied(s3: Any, bucket: str, error: Any) -> None:
    s3.put_object(Bucket=bucket, Key="source", Body=MB5)
    upload_id, _ = upload(s3, bucket, [])
    target = {"Bucket": bucket, "Key": "k", "UploadId": upload_id, "CopySource": f"{bucket}/source"}
    copied = s3.upload_part_copy(**target, PartNumber=1)["CopyPartResult"]
    range_ = s3.upload_part_copy(**target, PartNumber=2, CopySourceRange="bytes=1-3")["CopyPartResult"]
    assert error(s3.upload_part_copy, **target, PartNumber=3, CopySourceRange="bytes=9-")[0] == "InvalidArgument"
    parts = [{"PartNumber": 1, "ETag": copied["ETag"]}, {"PartNumber": 2, "ETag": range_["ETag"]}]
    complete(s3, bucket, upload_id, parts)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == MB5 + MB5[1:4]


@pytest.mark.parametrize("kind", ["COMPOSITE", "FULL_OBJECT"])
def test_checksums_of_parts_make_one(s3: Any, bucket: str, kind: str) -> None:
    upload_id, parts = upload(s3, bucket, [MB5, b"tail"], ChecksumAlgorithm="CRC32", ChecksumType=kind)
    sums = [zlib.crc32(part).to_bytes(4) for part in (MB5, b"tail")]
    said = [
        {**part, "ChecksumCRC32": base64.b64encode(value).decode()} for part, value in zip(parts, sums, strict=True)
    ]
    result = complete(s3, bucket, upload_id, said)
    whole = zlib.crc32(MB5 + b"tail").to_bytes(4)
    expected = {
        "COMPOSITE": base64.b64encode(zlib.crc32(b"".join(sums)).to_bytes(4)).decode() + "-2",
        "FULL_OBJECT": base64.b64encode(whole).decode(),
    }
    assert (result["ChecksumCRC32"], result["ChecksumType"]) == (expected[kind], kind)
    found = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["Checksum", "ObjectParts"])
    assert found["Checksum"]["ChecksumCRC32"] == expected[kind].removesuffix("-2")
    assert [part["Size"] for part in found["ObjectParts"]["Parts"]] == [len(MB5), 4]


def test_parts_are_announced_with_the_checksum_that_the_upload_began_with(s3: Any, bucket: str, error: Any) -> None:
    upload_id, [part] = upload(s3, bucket, [b"x"], ChecksumAlgorithm="CRC32")
    target = {"Bucket": bucket, "Key": "k", "UploadId": upload_id}

    def refused(part: dict[str, Any], **said: Any) -> Any:
        return error(s3.complete_multipart_upload, **target, MultipartUpload={"Parts": [part]}, **said)

    assert refused(part) == (
        "InvalidRequest",
        "The upload was created using a crc32 checksum. The complete request must include the checksum for each part. "
        "It was missing for part 1 in the request.",
    )
    assert refused({**part, "ChecksumSHA1": "x"}) == (
        "BadDigest",
        "The sha1 you specified for part 1 did not match what we received.",
    )
    assert refused({**part, "ChecksumCRC32": "AAAAAA=="})[0] == "InvalidPart"
    assert refused(part, ChecksumType="FULL_OBJECT") == (
        "InvalidRequest",
        "The upload was created using the COMPOSITE checksum mode. The complete request must use the same checksum "
        "mode.",
    )


def test_an_upload_without_an_algorithm_takes_no_checksums_of_parts(s3: Any, bucket: str, error: Any) -> None:
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    target = {"Bucket": bucket, "Key": "k", "UploadId": upload_id}
    put = s3.upload_part(**target, PartNumber=1, Body=b"x", ChecksumAlgorithm="CRC32")
    part = {"PartNumber": 1, "ETag": put["ETag"]}
    said = {"Parts": [{**part, "ChecksumCRC32": put["ChecksumCRC32"]}]}
    assert error(s3.complete_multipart_upload, **target, MultipartUpload=said)[0] == "InvalidPart"
    assert complete(s3, bucket, upload_id, [part])["ChecksumType"] == "FULL_OBJECT"


def test_checksums_that_there_are_none_of(s3: Any, bucket: str, error: Any) -> None:
    code, message = error(s3.create_multipart_upload, Bucket=bucket, Key="k", ChecksumAlgorithm="TEST")
    assert code == "InvalidRequest"
    assert message.startswith(
        "Checksum algorithm provided is unsupported. Please try again with any of the valid types"
    )
    said = {"ChecksumAlgorithm": "CRC32", "ChecksumType": "SOME"}
    assert error(s3.create_multipart_upload, Bucket=bucket, Key="k", **said) == (
        "InvalidRequest",
        "Value for x-amz-checksum-type header is invalid.",
    )


def test_uploads_are_listed(s3: Any, bucket: str) -> None:
    made = {key: s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"] for key in ("a/1", "a/2", "b")}
    found = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [(each["Key"], each["UploadId"]) for each in found["Uploads"]] == [("b", made["b"])]
    assert found["CommonPrefixes"] == [{"Prefix": "a/"}]
    first = s3.list_multipart_uploads(Bucket=bucket, MaxUploads=1)
    rest = s3.list_multipart_uploads(
        Bucket=bucket, KeyMarker=first["NextKeyMarker"], UploadIdMarker=first["NextUploadIdMarker"]
    )
    assert [each["Key"] for each in first["Uploads"] + rest["Uploads"]] == ["a/1", "a/2", "b"]


def test_a_condition_on_completing(s3: Any, bucket: str, error: Any) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"there")
    upload_id, parts = upload(s3, bucket, [b"x"])
    target = {"Bucket": bucket, "Key": "k", "UploadId": upload_id, "MultipartUpload": {"Parts": parts}}
    assert error(s3.complete_multipart_upload, **target, IfNoneMatch="*")[0] == "PreconditionFailed"


def test_what_is_deleted_while_it_is_read_is_read_to_its_end(s3: Any, bucket: str, penstock: TestRuntime) -> None:
    upload_id, parts = upload(s3, bucket, [MB5, MB5, b"tail"])
    complete(s3, bucket, upload_id, parts)
    body = s3.get_object(Bucket=bucket, Key="k")["Body"]
    start = body.read(10)
    s3.delete_object(Bucket=bucket, Key="k")
    assert start + body.read() == MB5 + MB5 + b"tail"
    penstock.settle()
    state = penstock.runtime.kernel.states["s3"]
    assert not state.readers and not state.doomed


def test_what_happens_during_an_upload_is_a_conflict_with_its_condition(s3: Any, bucket: str, error: Any) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"there")["ETag"]
    upload_id, parts = upload(s3, bucket, [b"x"])
    target = {"Bucket": bucket, "Key": "k", "UploadId": upload_id, "MultipartUpload": {"Parts": parts}}
    conflict = (
        "ConditionalRequestConflict",
        "The conditional request cannot succeed due to a conflicting operation against this resource.",
    )
    s3.put_object(Bucket=bucket, Key="k", Body=b"there")
    assert error(s3.complete_multipart_upload, **target, IfMatch=etag) == conflict
    s3.delete_object(Bucket=bucket, Key="k")
    assert error(s3.complete_multipart_upload, **target, IfNoneMatch="*") == conflict
    assert error(s3.complete_multipart_upload, **target, IfMatch=etag)[0] == "NoSuchKey"
    s3.complete_multipart_upload(**target)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
