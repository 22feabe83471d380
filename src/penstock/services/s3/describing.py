"""What is said of an object: what an upload may say, how it is kept, and how GET and HEAD show it.

Kept is a document of the model's member names, ready to be shown; `Tags`, `Sums` and `Acl` in it are shown otherwise.
"""

from penstock.base.errors import AwsError
from penstock.services.s3 import checksums, names, tags
from penstock.services.s3.acls import canned
from penstock.services.s3.bodies import PARTS
from penstock.services.s3.errors import invalid_argument, invalid_request, unsupported
from penstock.services.s3.state import Bucket
from penstock.services.s3.versions import Version
from penstock.wire.model import Json
from penstock.wire.timestamps import http_date

DEFAULT_TYPE = "binary/octet-stream"
_HEADERS = (
    "CacheControl",
    "ContentDisposition",
    "ContentLanguage",
    "ContentType",
    "Expires",
    "WebsiteRedirectLocation",
)
_CLASSES = frozenset(
    {"STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE",
     "GLACIER_IR"}
)  # fmt: skip
_REFUSED = {
    "WriteOffsetBytes": "appending to objects",
}
# What most uploads consist of; they say nothing of their object.
_SILENT = frozenset({"Bucket", "Key", "Body", "ContentLength", "ContentMD5", "ChecksumAlgorithm"})
_RESPONSES = {
    "ResponseCacheControl": "CacheControl",
    "ResponseContentDisposition": "ContentDisposition",
    "ResponseContentEncoding": "ContentEncoding",
    "ResponseContentLanguage": "ContentLanguage",
    "ResponseContentType": "ContentType",
}
_ENCRYPTION = ("ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled", "SSECustomerAlgorithm", "SSECustomerKeyMD5")
_SHOWN_ON_WRITE = (*_ENCRYPTION, "ChecksumType")


def described(bucket: Bucket, request: Json) -> Json:
    """The document of an object that a request writes. Raises AwsError for what it must not say."""
    if request.keys() <= _SILENT and "encryption" not in bucket.settings:
        return {"ContentType": DEFAULT_TYPE, "ServerSideEncryption": "AES256"}
    if not _REFUSED.keys().isdisjoint(request):
        raise unsupported(next(what for name, what in _REFUSED.items() if name in request))
    document: Json = {name: request[name] for name in _HEADERS if name in request}
    if "ContentEncoding" in request:
        encoding = [part.strip() for part in request["ContentEncoding"].split(",")]
        if kept := ",".join(part for part in encoding if part and part != "aws-chunked"):
            document["ContentEncoding"] = kept
    document.setdefault("ContentType", DEFAULT_TYPE)
    if metadata := request.get("Metadata"):
        names.check_metadata(metadata)
        document["Metadata"] = metadata
    if "Tagging" in request:
        document["Tags"] = tags.from_header(request["Tagging"])
    if acl := canned(bucket, request):
        document["Acl"] = acl
    return document | stored_as(request) | encrypted(bucket, request)


def stored_as(request: Json) -> Json:
    storage = request.get("StorageClass", "STANDARD")
    if storage not in _CLASSES:
        raise AwsError("InvalidStorageClass", "The storage class you specified is not valid", status=400)
    return {"StorageClass": storage} if storage != "STANDARD" else {}


def encrypted(bucket: Bucket, request: Json) -> Json:
    """What is said of encryption; nothing is encrypted on this machine."""
    if "SSECustomerKey" in request or "SSECustomerAlgorithm" in request:
        return _customer_key(request)
    if "ServerSideEncryption" in request:
        return {name: request[name] for name in _ENCRYPTION if name in request}
    if "encryption" not in bucket.settings:
        return {"ServerSideEncryption": "AES256"}
    rules = bucket.settings.get("encryption", {}).get("Rules", [])
    default: Json = rules[0].get("ApplyServerSideEncryptionByDefault", {}) if rules else {}
    found = {"ServerSideEncryption": default.get("SSEAlgorithm", "AES256")}
    if key := default.get("KMSMasterKeyID"):
        found["SSEKMSKeyId"] = key
    if found["ServerSideEncryption"] != "AES256" and rules[0].get("BucketKeyEnabled"):
        found["BucketKeyEnabled"] = True
    return found


def _customer_key(request: Json) -> Json:
    algorithm, key = request.get("SSECustomerAlgorithm"), request.get("SSECustomerKey", "")
    if algorithm != "AES256":
        text = "The encryption request you specified is not valid. Supported value: AES256."
        raise AwsError("InvalidEncryptionAlgorithmError", text, status=400)
    if "SSECustomerKeyMD5" not in request or not key:
        raise invalid_argument(
            "Requests specifying Server Side Encryption with Customer provided keys must provide the client calculated "
            "MD5 of the secret key."
        )
    return {"SSECustomerAlgorithm": algorithm, "SSECustomerKeyMD5": request["SSECustomerKeyMD5"]}


def check_customer_key(document: Json, request: Json, prefix: str = "") -> None:
    """An object that came with a key is given to whoever has it."""
    kept, given = document.get("SSECustomerKeyMD5"), request.get(f"{prefix}SSECustomerKeyMD5")
    if kept == given:
        return
    if kept is None:
        raise invalid_request("The encryption parameters are not applicable to this object.")
    if given is None:
        raise invalid_request(
            "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to "
            "retrieve the object."
        )
    raise AwsError("AccessDenied", "Access Denied", status=403)


def summed(document: Json, algorithm: str, value: str, kind: str = checksums.FULL) -> Json:
    """The document with an object's checksum in it."""
    return document | {"Sums": {checksums.MEMBERS[algorithm]: value}, "ChecksumType": kind}


def written(bucket: Bucket, version: Version, document: Json) -> Json:
    """What PutObject says of what it wrote."""
    result: Json = {"ETag": version.quoted_etag, **document.get("Sums", {})}
    for name in _SHOWN_ON_WRITE:
        if name in document:
            result[name] = document[name]
    if bucket.versioning:
        result["VersionId"] = version.version_id
    return result


def shown(bucket: Bucket, version: Version, request: Json, whole: bool) -> Json:
    """What GET and HEAD say of a version; checksums are of whole objects, for who wants them."""
    result = version.document
    result.pop("Acl", None)
    if version.kind == PARTS:
        result.pop("Upload", None)
    sums, kind, tagged = result.pop("Sums", {}), result.pop("ChecksumType", None), result.pop("Tags", None)
    if request.get("ChecksumMode") == "ENABLED" and whole and sums:
        result |= sums | {"ChecksumType": kind}
    if tagged:
        result["TagCount"] = len(tagged)
    result["ETag"] = version.quoted_etag
    result["LastModified"] = version.modified_at
    result["AcceptRanges"] = "bytes"
    if not _RESPONSES.keys().isdisjoint(request):
        result |= {member: request[name] for name, member in _RESPONSES.items() if name in request}
    if "ResponseExpires" in request:
        result["Expires"] = http_date(request["ResponseExpires"])
    if bucket.versioning:
        result["VersionId"] = version.version_id
    return result
