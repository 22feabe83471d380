"""Object Lock: retention and legal holds keep versions from being deleted or overwritten for good.

A version's document holds what locks it under the model's names, so that GET and HEAD show it.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.s3 import checksums
from penstock.services.s3.errors import error, invalid_argument, invalid_request, unsupported
from penstock.services.s3.payload import Incoming
from penstock.services.s3.state import Bucket, bucket_of, change
from penstock.services.s3.versions import Version, find, rewrite
from penstock.wire.model import Json

_DAY, _YEAR = 86_400, 365 * 86_400
_MODES = ("GOVERNANCE", "COMPLIANCE")
_MODE, _UNTIL, _HOLD = "ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus"
_SAID = frozenset({_MODE, _UNTIL, _HOLD})
_PROTECTED = "Access Denied because object protected by object lock."
_NO_LOCK = "The specified object does not have a ObjectLock configuration"
_BOTH = "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"


# -- buckets ---------------------------------------------------------------------------------------------


def put_object_lock_configuration(ctx: Context, request: Json) -> Json:
    bucket = bucket_of(ctx, request)
    if "ObjectLockConfiguration" not in request:
        raise AwsError("MissingRequestBodyError", "Request Body is empty", status=400)
    if bucket.versioning != "Enabled":
        text = "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
        raise AwsError("InvalidBucketState", text, status=409)
    given = request["ObjectLockConfiguration"]
    if given.get("ObjectLockEnabled") != "Enabled":
        raise error("MalformedXML")
    if "Rule" in given:
        _check_default(given["Rule"].get("DefaultRetention", {}))
    change(ctx, bucket, "lock", given)
    return {}


def _check_default(default: Json) -> None:
    if "DefaultEventHold" in default:
        raise unsupported("event holds")
    periods = [default[name] for name in ("Days", "Years") if name in default]
    if default.get("Mode") not in _MODES or len(periods) != 1:
        raise error("MalformedXML")
    if periods[0] <= 0:
        raise invalid_argument("Default retention period must be a positive integer value.")


def get_object_lock_configuration(ctx: Context, request: Json) -> Json:
    bucket = bucket_of(ctx, request)
    if "lock" not in bucket.settings:
        raise error("ObjectLockConfigurationNotFoundError", BucketName=bucket.name)
    return {"ObjectLockConfiguration": bucket.settings["lock"]}


# -- objects ---------------------------------------------------------------------------------------------


def put_object_retention(ctx: Context, request: Json) -> Json:
    version = _lockable(ctx, request)
    wanted = request.get("Retention", {})
    if "EventHold" in wanted or "EventHoldDuration" in wanted:
        raise unsupported("event holds")
    if wanted and (wanted.get("Mode") not in _MODES or "RetainUntilDate" not in wanted):
        raise error("MalformedXML")
    if wanted:
        _check_until(ctx, wanted["RetainUntilDate"])
    document = version.document
    if _loosens(ctx, document, wanted) and not _may_bypass(document, request):
        raise error("AccessDenied", _PROTECTED)
    kept = {name: value for name, value in document.items() if name not in (_MODE, _UNTIL)}
    rewrite(ctx, version, kept | ({_MODE: wanted["Mode"], _UNTIL: wanted["RetainUntilDate"]} if wanted else {}))
    return {}


def _loosens(ctx: Context, document: Json, wanted: Json) -> bool:
    """Whether a retention that still holds would be taken away, shortened, or be of another mode."""
    if not _retained(ctx, document):
        return False
    return wanted.get("Mode") != document[_MODE] or bool(wanted["RetainUntilDate"] < document[_UNTIL])


def get_object_retention(ctx: Context, request: Json) -> Json:
    document = _lockable(ctx, request).document
    if _MODE not in document:
        raise AwsError("NoSuchObjectLockConfiguration", _NO_LOCK, status=404)
    return {"Retention": {"Mode": document[_MODE], "RetainUntilDate": document[_UNTIL]}}


def put_object_legal_hold(ctx: Context, request: Json) -> Json:
    version = _lockable(ctx, request)
    status = request.get("LegalHold", {}).get("Status")
    if status not in ("ON", "OFF"):
        raise error("MalformedXML")
    rewrite(ctx, version, version.document | {_HOLD: status})
    return {}


def get_object_legal_hold(ctx: Context, request: Json) -> Json:
    document = _lockable(ctx, request).document
    if _HOLD not in document:
        raise AwsError("NoSuchObjectLockConfiguration", _NO_LOCK, status=404)
    return {"LegalHold": {"Status": document[_HOLD]}}


def _lockable(ctx: Context, request: Json) -> Version:
    bucket = bucket_of(ctx, request)
    version = find(ctx, bucket, request)
    if "lock" not in bucket.settings:
        raise _not_configured()
    return version


def _not_configured() -> AwsError:
    return invalid_request("Bucket is missing Object Lock Configuration")


# -- what others ask -------------------------------------------------------------------------------------


def locked(ctx: Context, bucket: Bucket, request: Json) -> Json:
    """What locks the version that a request writes: its own words, or the bucket's default. Raises AwsError."""
    if "lock" not in bucket.settings:
        if not _SAID.isdisjoint(request):
            raise _not_configured()
        return {}
    said = {name: request[name] for name in _SAID if name in request}
    _check_said(ctx, said, request)
    default = bucket.settings["lock"].get("Rule", {}).get("DefaultRetention")
    if default and _MODE not in said:
        seconds = default.get("Days", 0) * _DAY + default.get("Years", 0) * _YEAR
        said |= {_MODE: default["Mode"], _UNTIL: float(int(ctx.clock.now() + seconds))}
    return said


def _check_said(ctx: Context, said: Json, request: Json) -> None:
    if not said:
        return
    if (_MODE in said) != (_UNTIL in said):
        missing = _UNTIL if _MODE in said else _MODE
        raise invalid_argument(_BOTH, _HEADERS[missing], None)
    if _UNTIL in said:
        _check_until(ctx, said[_UNTIL])
    content = request.get("Body")
    announced = isinstance(content, Incoming) and content.trailer
    if content is not None and not (announced or "ContentMD5" in request or checksums.given(request)):
        raise invalid_request(
            "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters"
        )


_HEADERS = {
    _MODE: "x-amz-object-lock-mode",
    _UNTIL: "x-amz-object-lock-retain-until-date",
}


def _check_until(ctx: Context, until: float) -> None:
    if until <= ctx.clock.now():
        raise invalid_argument("The retain until date must be in the future!", _HEADERS[_UNTIL], until)


def check_deletable(ctx: Context, version: Version, request: Json) -> None:
    """Whether a version may be deleted for good. Raises AccessDenied."""
    if is_locked(ctx, version) and not _may_bypass(version.document, request):
        raise error("AccessDenied", _PROTECTED)


def is_locked(ctx: Context, version: Version) -> bool:
    document = version.document
    return document.get(_HOLD) == "ON" or _retained(ctx, document)


def _retained(ctx: Context, document: Json) -> bool:
    return _UNTIL in document and bool(document[_UNTIL] > ctx.clock.now())


def _may_bypass(document: Json, request: Json) -> bool:
    if document.get(_HOLD) == "ON":
        return False
    return document.get(_MODE) == "GOVERNANCE" and bool(request.get("BypassGovernanceRetention"))
