"""With which key a state machine or an activity is to be encrypted: kept and shown; nothing is encrypted here.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_EncryptionConfiguration.html
"""

from penstock.base.errors import AwsError
from penstock.wire.model import Json

_OWNED = "AWS_OWNED_KEY"
_REUSE = 300  # seconds; AWS's default


def encryption(given: Json | None) -> Json:
    """With AWS's defaults. Raises InvalidEncryptionConfiguration."""
    given = given or {"type": _OWNED}
    if given["type"] == _OWNED:
        if "kmsKeyId" in given:
            raise _bad("kmsKeyId must not be set for AWS_OWNED_KEY.")
        return {"type": _OWNED}
    if not given.get("kmsKeyId"):
        raise _bad("kmsKeyId must be set for CUSTOMER_MANAGED_KMS_KEY.")
    return {"kmsDataKeyReusePeriodSeconds": _REUSE, **given}


def _bad(reason: str) -> AwsError:
    return AwsError("InvalidEncryptionConfiguration", f"Invalid Encryption Configuration: {reason}")
