"""S3's errors, with AWS's texts and the members that stand in their XML.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from typing import Any

from penstock.base.errors import AwsError
from penstock.wire.constraints import Faults
from penstock.wire.model import Json, OperationModel

# code -> (status, text)
_KNOWN: dict[str, tuple[int, str]] = {
    "AccessDenied": (403, "Access Denied"),
    "AccessForbidden": (403, "CORSResponse: This CORS request is not allowed."),
    "BadDigest": (400, "The Content-MD5 you specified did not match what we received."),
    "BucketAlreadyExists": (
        409,
        "The requested bucket name is not available. The bucket namespace is shared by all users of the system. "
        "Please select a different name and try again.",
    ),
    "BucketAlreadyOwnedByYou": (
        409,
        "Your previous request to create the named bucket succeeded and you already own it.",
    ),
    "BucketNotEmpty": (409, "The bucket you tried to delete is not empty"),
    "ConditionalRequestConflict": (
        409,
        "The conditional request cannot succeed due to a conflicting operation against this resource.",
    ),
    "EntityTooLarge": (400, "Your proposed upload exceeds the maximum allowed size"),
    "EntityTooSmall": (400, "Your proposed upload is smaller than the minimum allowed size"),
    "IncompleteBody": (400, "The request body terminated unexpectedly"),
    "InvalidBucketName": (400, "The specified bucket is not valid."),
    "InvalidDigest": (400, "The Content-MD5 you specified was invalid."),
    "InvalidLocationConstraint": (400, "The specified location-constraint is not valid"),
    "InvalidPart": (
        400,
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the "
        "specified entity tag may not match the part's entity tag.",
    ),
    "InvalidPartNumber": (416, "The requested partnumber is not satisfiable"),
    "InvalidPartOrder": (400, "The list of parts was not in ascending order. Parts must be ordered by part number."),
    "InvalidRange": (416, "The requested range is not satisfiable"),
    "InvalidStorageClass": (400, "The storage class you specified is not valid"),
    "InvalidTag": (400, "The TagValue you have provided is invalid"),
    "InvalidTargetBucketForLogging": (400, "The target bucket for logging does not exist"),
    "InvalidURI": (400, "Couldn't parse the specified URI."),
    "KeyTooLongError": (400, "Your key is too long"),
    "MalformedACLError": (
        400,
        "The XML you provided was not well-formed or did not validate against our published schema",
    ),
    "MalformedXML": (400, "The XML you provided was not well-formed or did not validate against our published schema"),
    "MetadataTooLarge": (400, "Your metadata headers exceed the maximum allowed metadata size"),
    "MethodNotAllowed": (405, "The specified method is not allowed against this resource."),
    "MissingSecurityHeader": (400, "Your request was missing a required header"),
    "NoSuchBucket": (404, "The specified bucket does not exist"),
    "NoSuchBucketPolicy": (404, "The bucket policy does not exist"),
    "NoSuchCORSConfiguration": (404, "The CORS configuration does not exist"),
    "NoSuchKey": (404, "The specified key does not exist."),
    "NoSuchLifecycleConfiguration": (404, "The lifecycle configuration does not exist"),
    "NoSuchPublicAccessBlockConfiguration": (404, "The public access block configuration was not found"),
    "NoSuchTagSet": (404, "The TagSet does not exist"),
    "NoSuchUpload": (
        404,
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or "
        "completed.",
    ),
    "NoSuchVersion": (404, "The specified version does not exist."),
    "NoSuchWebsiteConfiguration": (404, "The specified bucket does not have a website configuration"),
    "NotModified": (304, "Not Modified"),
    "ObjectLockConfigurationNotFoundError": (404, "Object Lock configuration does not exist for this bucket"),
    "OwnershipControlsNotFoundError": (404, "The bucket ownership controls were not found"),
    "PreconditionFailed": (412, "At least one of the pre-conditions you specified did not hold"),
    "ReplicationConfigurationNotFoundError": (404, "The replication configuration was not found"),
    "ServerSideEncryptionConfigurationNotFoundError": (404, "The server side encryption configuration was not found"),
    "XAmzContentSHA256Mismatch": (
        400,
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
    ),
}


# Arguments of which AWS says in its own words that they are none it knows: member -> header, text
_REFUSED = {
    "serverSideEncryption": ("x-amz-server-side-encryption", "The encryption method specified is not supported"),
    "objectLockMode": ("x-amz-object-lock-mode", "Unknown wormMode directive."),
    "objectAttributes": ("x-amz-object-attributes", "Invalid attribute name specified."),
    "objectLockLegalHoldStatus": ("x-amz-object-lock-legal-hold", "Legal Hold must be either of 'ON' or 'OFF'"),
}


# Checksums that there are none of: member -> header -> text, else that the header's value is invalid
_NO_CHECKSUM: dict[str, dict[str, str]] = {
    "checksumAlgorithm": {
        "x-amz-checksum-algorithm": "Checksum algorithm provided is unsupported. Please try again with any of the "
        "valid types: [CRC32, CRC32C, CRC64NVME, MD5, SHA1, SHA256, SHA512, XXHASH128, XXHASH3, XXHASH64]"
    },
    "checksumType": {},
}


def error(code: str, message: str = "", **fields: Any) -> AwsError:
    """One of the known errors; `headers` among the fields are headers of the response."""
    status, text = _KNOWN.get(code, (400, ""))
    return AwsError(code, message or text, status=status, **fields)


def invalid_argument(message: str, name: str = "", value: Any = None) -> AwsError:
    fields = {"ArgumentName": name, "ArgumentValue": value} if name else {}
    return AwsError("InvalidArgument", message, status=400, **fields)


def whole(value: int, name: str) -> int:
    """A number of a listing's query. Raises InvalidArgument for one that is negative, or of more than 31 bits."""
    if value < 0:
        raise invalid_argument(f"Argument {name} must be an integer between 0 and 2147483647", name, value)
    if value >= 2**31:
        raise invalid_argument(f"Provided {name} not an integer or within integer range", name, value)
    return value


def invalid_request(message: str) -> AwsError:
    return AwsError("InvalidRequest", message, status=400)


def unsupported(what: str) -> AwsError:
    return AwsError("NotImplemented", f"Penstock does not implement {what}.", status=501)


def no_bucket(name: str) -> AwsError:
    return error("NoSuchBucket", BucketName=name)


def _header(shape: Json, path: str) -> str:
    """The name on the wire of a member that a fault names with a small letter."""
    members: Json = shape["members"]
    return str(members.get(f"{path[:1].upper()}{path[1:]}", {}).get("locationName", path))


def refuse(operation: OperationModel, faults: Faults) -> AwsError:
    """A violated constraint: in an XML body the schema is named, elsewhere the argument."""
    fault = faults[0]
    shape: Json = operation.service.shapes[operation.input or ""]
    payload = shape.get("payload", "")
    if fault.path.split(".")[0].lower() == payload.lower():
        return error("MalformedXML")
    if fault.value is None:
        return invalid_request(f"Missing required header for this request: {_header(shape, fault.path)}")
    if fault.path in _NO_CHECKSUM:
        header = _header(shape, fault.path)
        return invalid_request(_NO_CHECKSUM[fault.path].get(header, f"Value for {header} header is invalid."))
    if fault.path == "storageClass":
        return error("InvalidStorageClass", StorageClassRequested=fault.value)
    name, text = _REFUSED.get(fault.path, (fault.path, "Invalid argument"))
    return invalid_argument(text, name, fault.value)
