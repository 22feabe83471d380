"""Object Lock: retention, legal holds, defaults, and who may pass them by."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from penstock.testing import TestRuntime

DAY = 86_400
PROTECTED = ("AccessDenied", "Access Denied because object protected by object lock.")


@pytest.fixture
def locked(s3: Any, unique: str) -> str:
    """A bucket with Object Lock."""
    s3.create_bucket(Bucket=unique, ObjectLockEnabledForBucket=True)
    return unique


def _in(penstock: TestRuntime, days: int) -> datetime:
    return datetime.fromtimestamp(int(penstock.now()), UTC) + timedelta(days=days)


def _put(s3: Any, bucket: str, **said: Any) -> dict[str, str]:
    return {"Bucket": bucket, "Key": "k", "VersionId": s3.put_object(Bucket=bucket, Key="k", **said)["VersionId"]}


def test_a_bucket_with_lock_keeps_versions(s3: Any, locked: str, error: Callable[..., tuple[str, str]]) -> None:
    assert s3.get_bucket_versioning(Bucket=locked)["Status"] == "Enabled"
    found = s3.get_object_lock_configuration(Bucket=locked)["ObjectLockConfiguration"]
    assert found == {"ObjectLockEnabled": "Enabled"}
    suspended = {"Status": "Suspended"}
    assert error(s3.put_bucket_versioning, Bucket=locked, VersioningConfiguration=suspended)[0] == "InvalidBucketState"


def test_what_a_bucket_without_lock_says(s3: Any, bucket: str, error: Callable[..., tuple[str, str]]) -> None:
    s3.put_object(Bucket=bucket, Key="k")
    assert error(s3.get_object_lock_configuration, Bucket=bucket) == (
        "ObjectLockConfigurationNotFoundError",
        "Object Lock configuration does not exist for this bucket",
    )
    configuration = {"ObjectLockEnabled": "Enabled"}
    assert error(s3.put_object_lock_configuration, Bucket=bucket, ObjectLockConfiguration=configuration) == (
        "InvalidBucketState",
        "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
    )
    missing = ("InvalidRequest", "Bucket is missing Object Lock Configuration")
    assert error(s3.put_object, Bucket=bucket, Key="k", ObjectLockLegalHoldStatus="ON") == missing
    assert error(s3.put_object_legal_hold, Bucket=bucket, Key="k", LegalHold={"Status": "ON"}) == missing
    assert error(s3.get_object_retention, Bucket=bucket, Key="k") == missing


def test_governance_can_be_passed_by(
    s3: Any, locked: str, penstock: TestRuntime, error: Callable[..., tuple[str, str]]
) -> None:
    until = _in(penstock, 2)
    version = _put(s3, locked, ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until)
    head = s3.head_object(**version)
    assert (head["ObjectLockMode"], head["ObjectLockRetainUntilDate"]) == ("GOVERNANCE", until)
    assert error(s3.delete_object, **version) == PROTECTED
    shorter = {"Mode": "GOVERNANCE", "RetainUntilDate": _in(penstock, 1)}
    assert error(s3.put_object_retention, **version, Retention=shorter) == PROTECTED
    s3.put_object_retention(**version, Retention=shorter, BypassGovernanceRetention=True)
    assert s3.get_object_retention(**version)["Retention"] == shorter
    batch = {"Objects": [{"Key": "k", "VersionId": version["VersionId"]}]}
    assert s3.delete_objects(Bucket=locked, Delete=batch)["Errors"][0]["Code"] == "AccessDenied"
    assert "Errors" not in s3.delete_objects(Bucket=locked, Delete=batch, BypassGovernanceRetention=True)


def test_compliance_lasts_as_long_as_it_was_said(
    s3: Any, locked: str, penstock: TestRuntime, error: Callable[..., tuple[str, str]]
) -> None:
    version = _put(s3, locked, ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=_in(penstock, 1))
    assert error(s3.delete_object, **version, BypassGovernanceRetention=True) == PROTECTED
    longer = {"Mode": "COMPLIANCE", "RetainUntilDate": _in(penstock, 2)}
    s3.put_object_retention(**version, Retention=longer)
    marker = s3.delete_object(Bucket=locked, Key="k")
    assert marker["DeleteMarker"] is True
    penstock.advance(2 * DAY + 1)
    s3.delete_object(**version)
    assert error(s3.get_object, **version)[0] == "NoSuchVersion"


def test_a_legal_hold_is_there_until_it_is_taken_away(
    s3: Any, locked: str, error: Callable[..., tuple[str, str]]
) -> None:
    version = _put(s3, locked)
    assert error(s3.get_object_legal_hold, **version) == (
        "NoSuchObjectLockConfiguration",
        "The specified object does not have a ObjectLock configuration",
    )
    s3.put_object_legal_hold(**version, LegalHold={"Status": "ON"})
    assert s3.get_object_legal_hold(**version)["LegalHold"] == {"Status": "ON"}
    assert error(s3.delete_object, **version, BypassGovernanceRetention=True) == PROTECTED
    s3.put_object_legal_hold(**version, LegalHold={"Status": "OFF"})
    s3.delete_object(**version)


def test_the_bucket_s_default_locks_what_says_nothing(s3: Any, locked: str, penstock: TestRuntime) -> None:
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 3}}
    configuration = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    s3.put_object_lock_configuration(Bucket=locked, ObjectLockConfiguration=configuration)
    assert s3.get_object_lock_configuration(Bucket=locked)["ObjectLockConfiguration"] == configuration
    found = s3.get_object_retention(**_put(s3, locked))["Retention"]
    assert found == {"Mode": "GOVERNANCE", "RetainUntilDate": _in(penstock, 3)}
    upload = s3.create_multipart_upload(Bucket=locked, Key="m")["UploadId"]
    part = s3.upload_part(Bucket=locked, Key="m", UploadId=upload, PartNumber=1, Body=b"x")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket=locked, Key="m", UploadId=upload, MultipartUpload=parts)
    assert s3.get_object_retention(Bucket=locked, Key="m")["Retention"]["Mode"] == "GOVERNANCE"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"ObjectLockMode": "GOVERNANCE"}, "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both"),
        ({"ObjectLockMode": "X", "ObjectLockRetainUntilDate": datetime(2090, 1, 1)}, "Unknown wormMode directive."),
        (
            {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": datetime(2020, 1, 1)},
            "The retain until date must be in the future!",
        ),
    ],
)
def test_locks_that_are_none(
    s3: Any, locked: str, error: Callable[..., tuple[str, str]], said: dict[str, Any], message: str
) -> None:
    code, text = error(s3.put_object, Bucket=locked, Key="k", **said)
    assert (code, text.startswith(message)) == ("InvalidArgument", True)


def test_a_locked_upload_needs_a_checksum(locked: str, raw: Any) -> None:
    answer = raw("PUT", f"/{locked}/k", b"x", **{"x-amz-object-lock-legal-hold": "ON"})
    assert answer.status == 400
    assert b"Content-MD5 OR x-amz-checksum- HTTP header is required" in answer.body
