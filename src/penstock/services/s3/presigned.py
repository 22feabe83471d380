"""How long a presigned URL is good for, on the runtime's clock. Signatures themselves are not checked.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from datetime import UTC, datetime

from penstock.base.errors import AwsError
from penstock.services.s3.errors import error, invalid_argument
from penstock.wire.message import Request
from penstock.wire.timestamps import iso8601

_TWICE = (
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or "
    "the Authorization header should be specified"
)
_SIGNATURE = frozenset(
    {"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-signedheaders", "x-amz-signature"}
    | {"x-amz-security-token", "x-amz-content-sha256"}
)
_LONGEST = 604_800
_DATE = "%Y%m%dT%H%M%SZ"


def check(request: Request, now: float) -> None:
    """Raises AccessDenied for a URL that has expired, AuthorizationQueryParametersError for a wrong one."""
    query = request.query_string
    if "authorization" in request.headers:
        raise invalid_argument(_TWICE, "Authorization", request.headers["authorization"])
    if "X-Amz-Signature=" in query:
        _check_v4(dict(request.query), now)
    elif "Signature=" in query and "AWSAccessKeyId=" in query:
        expires = dict(request.query).get("Expires", "")
        if not expires.isdigit():
            text = "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
            raise error("AccessDenied", text)
        _check(float(expires), now)


def hoisted(request: Request) -> None:
    """S3's own headers may stand in the query of a signed URL: SDKs put metadata, storage classes and such there."""
    for name, value in request.query:
        header = name.lower()
        if header.startswith("x-amz-") and header not in _SIGNATURE:
            request.headers.setdefault(header, value)


def _check_v4(query: dict[str, str], now: float) -> None:
    if "X-Amz-Expires" not in query or "X-Amz-Date" not in query:
        raise _wrong(
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
            "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
        )
    lifetime = query["X-Amz-Expires"]
    if not lifetime.isdigit():
        raise _wrong("X-Amz-Expires should be a number")
    if int(lifetime) > _LONGEST:
        raise _wrong(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than "
            "604800 seconds"
        )
    try:
        signed = datetime.strptime(query["X-Amz-Date"], _DATE).replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise _wrong("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"") from None
    _check(signed + int(lifetime), now, lifetime)


def _check(expires: float, now: float, lifetime: str = "") -> None:
    if now > expires:
        said = {"X-Amz-Expires": lifetime} if lifetime else {}
        raise error(
            "AccessDenied", "Request has expired", **said, Expires=iso8601(expires), ServerTime=iso8601(int(now))
        )


def _wrong(message: str) -> AwsError:
    return AwsError("AuthorizationQueryParametersError", message, status=400)
