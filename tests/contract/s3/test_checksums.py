"""Checksums in headers and trailers, Content-MD5, chunked uploads."""

import base64
import hashlib
import zlib
from collections.abc import Callable
from typing import Any

import anycrc
import pytest

BODY = b"The quick brown fox jumps over the lazy dog"
LARGE = BODY * 4096


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def crc32(data: bytes) -> str:
    return b64(zlib.crc32(data).to_bytes(4))


def crc64(data: bytes) -> str:
    return b64(int(anycrc.Model("CRC64-NVME").calc(data)).to_bytes(8))


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
@pytest.mark.parametrize("body", [BODY, LARGE], ids=["small", "large"])
def test_a_checksum_is_kept_and_shown_to_who_wants_it(s3: Any, bucket: str, algorithm: str, body: bytes) -> None:
    put = s3.put_object(Bucket=bucket, Key="k", Body=body, ChecksumAlgorithm=algorithm)
    member = f"Checksum{algorithm}"
    expected = {
        "CRC32": crc32(body),
        "SHA1": b64(hashlib.sha1(body).digest()),
        "SHA256": b64(hashlib.sha256(body).digest()),
    }
    assert put[member] == expected[algorithm]
    assert s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")[member] == expected[algorithm]
    assert member not in s3.head_object(Bucket=bucket, Key="k")


def test_without_one_it_is_crc64nvme(raw: Callable[..., Any], bucket: str) -> None:
    answer = raw("PUT", f"/{bucket}/k", BODY)
    assert answer.headers["x-amz-checksum-crc64nvme"] == crc64(BODY)
    assert answer.headers["x-amz-checksum-type"] == "FULL_OBJECT"


def test_crc32c_is_checked(raw: Callable[..., Any], bucket: str) -> None:
    right = b64(int(anycrc.Model("CRC32-ISCSI").calc(BODY)).to_bytes(4))
    assert raw("PUT", f"/{bucket}/k", BODY, x_amz_checksum_crc32c=right).status == 200
    answer = raw("PUT", f"/{bucket}/k", BODY, x_amz_checksum_crc32c=b64(b"1234"))
    assert (answer.status, b"<Code>BadDigest</Code>" in answer.body) == (400, True)


@pytest.mark.parametrize("body", [BODY, LARGE], ids=["small", "large"])
def test_a_wrong_md5_leaves_nothing(s3: Any, bucket: str, error: Any, body: bytes) -> None:
    right = b64(hashlib.md5(body).digest())
    assert error(s3.put_object, Bucket=bucket, Key="k", Body=body, ContentMD5=b64(b"x" * 16))[0] == "BadDigest"
    assert error(s3.put_object, Bucket=bucket, Key="k", Body=body, ContentMD5="short")[0] == "InvalidDigest"
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    assert s3.put_object(Bucket=bucket, Key="k", Body=body, ContentMD5=right)["ETag"]


@pytest.mark.parametrize("body", [BODY, LARGE], ids=["small", "large"])
def test_a_body_that_is_not_what_was_signed(raw: Callable[..., Any], bucket: str, body: bytes) -> None:
    answer = raw("PUT", f"/{bucket}/k", body, x_amz_content_sha256="0" * 64)
    assert (answer.status, b"<Code>XAmzContentSHA256Mismatch</Code>" in answer.body) == (400, True)


def chunked(body: bytes, size: int, signed: bool, **trailers: str) -> bytes:
    mark = b";chunk-signature=" + b"0" * 64 if signed else b""
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    text = b"".join(b"%x%b\r\n%b\r\n" % (len(part), mark, part) for part in parts) + b"0%b\r\n" % mark
    return (
        text + b"".join(f"{name.replace('_', '-')}:{value}\r\n".encode() for name, value in trailers.items()) + b"\r\n"
    )


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("body", [BODY, LARGE], ids=["small", "large"])
def test_chunks_and_trailers(raw: Callable[..., Any], s3: Any, bucket: str, signed: bool, body: bytes) -> None:
    kind = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" if signed else "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    headers = {
        "x_amz_content_sha256": kind,
        "Content_Encoding": "aws-chunked",
        "x_amz_decoded_content_length": str(len(body)),
        "x_amz_trailer": "x-amz-checksum-crc32",
    }
    sent = chunked(body, 8192, signed, x_amz_checksum_crc32=crc32(body))
    assert raw("PUT", f"/{bucket}/k", sent, **headers).headers["x-amz-checksum-crc32"] == crc32(body)
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == body
    assert "ContentEncoding" not in got
    wrong = raw("PUT", f"/{bucket}/k2", chunked(body, 8192, signed, x_amz_checksum_crc32=crc32(b"")), **headers)
    assert (wrong.status, b"<Code>BadDigest</Code>" in wrong.body) == (400, True)
    cut = raw("PUT", f"/{bucket}/k3", sent[:-20000] if len(sent) > 40000 else sent[:20], **headers)
    assert (cut.status, b"<Code>IncompleteBody</Code>" in cut.body) == (400, True)


def test_two_checksums_are_one_too_many(raw: Callable[..., Any], bucket: str) -> None:
    answer = raw("PUT", f"/{bucket}/k", BODY, x_amz_checksum_crc32=crc32(BODY), x_amz_checksum_sha1=b64(b"x" * 20))
    assert b"Expecting a single x-amz-checksum- header" in answer.body
