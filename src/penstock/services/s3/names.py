"""What buckets and keys may be called, and how long what is said of an object may be. Pure.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html and object-keys.html
"""

import re

from penstock.services.s3.errors import error

MAX_KEY = 1024  # bytes of UTF-8
MAX_METADATA = 2048

_BUCKET = re.compile(r"(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_RESERVED = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def check_bucket(name: str) -> None:
    if not _BUCKET.fullmatch(name) or ".." in name or _ADDRESS.fullmatch(name) or name.endswith(_RESERVED):
        raise error("InvalidBucketName", BucketName=name)


def check_key(key: str) -> None:
    size = len(key.encode())
    if size > MAX_KEY:
        raise error("KeyTooLongError", MaxSizeAllowed=MAX_KEY, Size=size)


def check_metadata(metadata: dict[str, str]) -> None:
    size = sum(len(name.encode()) + len(value.encode()) for name, value in metadata.items())
    if size > MAX_METADATA:
        raise error("MetadataTooLarge", MaxSizeAllowed=MAX_METADATA, Size=size)


def bucket_arn(name: str) -> str:
    return f"arn:aws:s3:::{name}"


def after_prefix(prefix: str) -> str:
    """The first text behind all that begin with `prefix`, in the order of UTF-8; empty where there is none."""
    while prefix:
        last = ord(prefix[-1])
        if last < 0x10FFFF:
            return prefix[:-1] + chr(0xE000 if last == 0xD7FF else last + 1)
        prefix = prefix[:-1]
    return ""
