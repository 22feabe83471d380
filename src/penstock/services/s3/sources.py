"""What a copy is made of: the object that `x-amz-copy-source` names, or a range of it.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
"""

import re
from typing import NamedTuple
from urllib.parse import unquote

from penstock.call import Context
from penstock.services.s3 import conditions
from penstock.services.s3.describing import check_customer_key
from penstock.services.s3.errors import error, invalid_argument, invalid_request
from penstock.services.s3.state import Bucket, bucket_of
from penstock.services.s3.versions import Version, find
from penstock.wire.model import Json

_RANGE = re.compile(r"bytes=(\d+)-(\d+)")
MAX_COPY = 5 * 1024**3


class Source(NamedTuple):
    bucket: Bucket
    version: Version
    document: Json
    named: bool  # by a version's id

    @property
    def version_member(self) -> Json:
        return {"CopySourceVersionId": self.version.version_id} if self.bucket.versioning else {}


def source_of(ctx: Context, request: Json) -> Source:
    """Raises what GET would raise, and PreconditionFailed."""
    wanted = _location(request["CopySource"])
    if "ExpectedSourceBucketOwner" in request:
        wanted["ExpectedBucketOwner"] = request["ExpectedSourceBucketOwner"]
    bucket = bucket_of(ctx, wanted)
    version = find(ctx, bucket, wanted)
    conditions.check_copy(request, version.etag, version.modified_at)
    if version.size > MAX_COPY:
        raise invalid_request(
            f"The specified copy source is larger than the maximum allowable size for a copy source: {MAX_COPY}"
        )
    document = version.document
    check_customer_key(document, request, "CopySource")
    return Source(bucket, version, document, "VersionId" in wanted)


def _location(text: str) -> Json:
    """`bucket/key?versionId=...`, percent-encoded, with or without a slash in front; or an ARN's resource."""
    path, _, version = text.partition("?versionId=")
    bucket, _, key = unquote(path).removeprefix("arn:aws:s3:::").lstrip("/").partition("/")
    if not bucket or not key:
        raise invalid_argument(
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey", "x-amz-copy-source", text
        )
    return {"Bucket": bucket, "Key": key, **({"VersionId": version} if version else {})}


def stretch(request: Json, size: int) -> tuple[int, int]:
    """Start and length of what UploadPartCopy copies."""
    header = request.get("CopySourceRange")
    if header is None:
        return 0, size
    match = _RANGE.fullmatch(header)
    if match is None:
        text = (
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
            "zero-based offsets of the first and last bytes to copy"
        )
        raise invalid_argument(text, "x-amz-copy-source-range", header)
    first, last = int(match[1]), int(match[2])
    if last < first or last >= size:
        text = f"Range specified is not valid for source object of size: {size}"
        raise invalid_argument(text, "x-amz-copy-source-range", header) if last >= first else error("InvalidRange")
    return first, last - first + 1
