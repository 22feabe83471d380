"""Checksums: which one a request gives or wants, reckoned while a body passes, and of parts together.

An object that was sent without one gets CRC64NVME, as AWS adds it. Those of a multipart upload are of the whole object
(CRCs can be combined) or of the parts' checksums, with their number behind.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable
from typing import Any, Protocol

import anycrc  # type: ignore[import-untyped]

from penstock.base.errors import AwsError
from penstock.services.s3.errors import error, invalid_request, unsupported
from penstock.wire.model import Json

DEFAULT = "CRC64NVME"
FULL, COMPOSITE = "FULL_OBJECT", "COMPOSITE"

_CRC32 = anycrc.Model("CRC32-ISO-HDLC")
_CRC32C = anycrc.Model("CRC32-ISCSI")
_CRC64 = anycrc.Model("CRC64-NVME")
_MODELS = {"CRC32": (_CRC32, 4), "CRC32C": (_CRC32C, 4), "CRC64NVME": (_CRC64, 8)}
_UPDATES: dict[str, Callable[[bytes, int], int]] = {
    "CRC32": zlib.crc32,
    "CRC32C": lambda data, crc: int(_CRC32C.calc(data, crc)),
    "CRC64NVME": lambda data, crc: int(_CRC64.calc(data, crc)),
}
_HASHES: dict[str, Callable[[], Any]] = {
    "SHA1": lambda: hashlib.sha1(usedforsecurity=False),
    "SHA256": hashlib.sha256,
    "SHA512": hashlib.sha512,
    "MD5": lambda: hashlib.md5(usedforsecurity=False),
}
ALGORITHMS = (*_UPDATES, *_HASHES)
MEMBERS = {name: f"Checksum{name}" for name in ALGORITHMS}
_BY_HEADER = {f"x-amz-checksum-{name.lower()}": name for name in ALGORITHMS}
_FOREIGN = ("ChecksumXXHASH64", "ChecksumXXHASH3", "ChecksumXXHASH128")
_SAID = frozenset((*MEMBERS.values(), *_FOREIGN))


class Sum(Protocol):
    def update(self, data: bytes) -> object: ...

    def digest(self) -> bytes: ...


class _Crc:
    def __init__(self, name: str) -> None:
        self._update, self._size, self._value = _UPDATES[name], _MODELS[name][1], 0

    def update(self, data: bytes) -> None:
        self._value = self._update(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size)


def new(name: str) -> Sum:
    if name in _UPDATES:
        return _Crc(name)
    if name not in _HASHES:
        raise unsupported(f"the checksum algorithm {name}")
    made: Sum = _HASHES[name]()
    return made


def text(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def given(request: Json) -> dict[str, str]:
    """The checksums that a request holds, by algorithm. Raises AwsError where one cannot be one, or for two."""
    if _SAID.isdisjoint(request):
        return {}
    found = {name: request[member] for name, member in MEMBERS.items() if request.get(member)}
    if any(member in request for member in _FOREIGN):
        raise unsupported("XXHASH checksums")
    if len(found) > 1:
        raise invalid_request("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
    for name, value in found.items():
        if not _fits(name, value):
            raise invalid_request(f"Value for x-amz-checksum-{name.lower()} header is invalid.")
    return found


def _fits(name: str, value: str) -> bool:
    try:
        return len(base64.b64decode(value, validate=True)) == len(new(name).digest())
    except binascii.Error:
        return False


def of_trailer(header: str) -> str:
    """The algorithm that `x-amz-trailer` announces; empty where there is none."""
    return _BY_HEADER.get(header.strip().lower(), "")


class Digest:
    """What is reckoned of a body while it passes: size, MD5, one checksum, and SHA-256 where it was signed."""

    __slots__ = ("_further", "_md5", "_sha256", "_signed", "_sum", "algorithm", "size")

    def __init__(self, algorithm: str, signed: str = "") -> None:
        self.algorithm = algorithm
        self.size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sum = new(algorithm)
        self._further: dict[str, Sum] = {}
        self._signed = signed
        self._sha256 = hashlib.sha256() if signed else None

    def update(self, data: bytes) -> None:
        self.size += len(data)
        self._md5.update(data)
        self._sum.update(data)
        for total in self._further.values():
            total.update(data)
        if self._sha256 is not None:
            self._sha256.update(data)

    def also(self, algorithm: str) -> None:
        """Has another checksum reckoned, which nobody is shown."""
        if algorithm != self.algorithm:
            self._further[algorithm] = new(algorithm)

    @property
    def sums(self) -> dict[str, str]:
        """All of them, under the model's names."""
        every = {self.algorithm: self._sum, **self._further}
        return {MEMBERS[name]: text(total.digest()) for name, total in every.items()}

    @property
    def etag(self) -> str:
        return self._md5.hexdigest()

    @property
    def checksum(self) -> str:
        return text(self._sum.digest())

    def check(self, md5: str | None, sums: dict[str, str]) -> None:
        """Holds the body against what its sender said of it. Raises AwsError."""
        if self._sha256 is not None and self._sha256.hexdigest() != self._signed:
            raise sha256_mismatch(self._signed, self._sha256.hexdigest())
        if md5 is not None:
            check_md5(md5, self._md5.digest())
        for name, value in sums.items():
            if name == self.algorithm and value != self.checksum:
                raise mismatch(name)


def mismatch(name: str) -> AwsError:
    return error("BadDigest", f"The {name} you specified did not match the calculated checksum.")


def sha256_mismatch(said: str, computed: str) -> AwsError:
    return error("XAmzContentSHA256Mismatch", ClientComputedContentSHA256=said, S3ComputedContentSHA256=computed)


def check_md5(said: str, computed: bytes) -> None:
    try:
        wanted = base64.b64decode(said, validate=True)
    except binascii.Error:
        wanted = b""
    if len(wanted) != 16:
        raise error("InvalidDigest", **{"Content-MD5": said})
    if wanted != computed:
        raise error("BadDigest", ExpectedDigest=said, CalculatedDigest=text(computed))


def default_type(algorithm: str) -> str:
    """What a multipart upload makes of its parts' checksums, where it was not told."""
    return FULL if algorithm == DEFAULT else COMPOSITE


def combined(algorithm: str, kind: str, parts: list[tuple[str, int]]) -> str:
    """The checksum of an object from its parts' (checksum, size)."""
    raw = [base64.b64decode(value) for value, _ in parts]
    if kind == COMPOSITE:
        total = new(algorithm)
        for digest in raw:
            total.update(digest)
        return f"{text(total.digest())}-{len(parts)}"
    model, size = _MODELS[algorithm]
    value = 0
    for digest, (_, length) in zip(raw, parts, strict=True):
        value = int(model.combine(value, int.from_bytes(digest), length))
    return text(value.to_bytes(size))
