"""What a bucket is told about itself, given back as it was put."""

import json
from typing import Any

import pytest

# setting -> (put, its argument, value, get, where it stands in the answer, error where there is none)
SETTINGS: dict[str, tuple[str, str, Any, str, str | None, str]] = {
    "cors": (
        "put_bucket_cors",
        "CORSConfiguration",
        {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["http://a"], "MaxAgeSeconds": 5}]},
        "get_bucket_cors",
        None,
        "NoSuchCORSConfiguration",
    ),
    "public access": (
        "put_public_access_block",
        "PublicAccessBlockConfiguration",
        {
            "BlockPublicAcls": True,
            "IgnorePublicAcls": False,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": False,
        },
        "get_public_access_block",
        "PublicAccessBlockConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
    ),
    "website": (
        "put_bucket_website",
        "WebsiteConfiguration",
        {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"}},
        "get_bucket_website",
        None,
        "NoSuchWebsiteConfiguration",
    ),
    "lifecycle": (
        "put_bucket_lifecycle_configuration",
        "LifecycleConfiguration",
        {"Rules": [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "a/"}, "Expiration": {"Days": 3}}]},
        "get_bucket_lifecycle_configuration",
        None,
        "NoSuchLifecycleConfiguration",
    ),
    "tags": (
        "put_bucket_tagging",
        "Tagging",
        {"TagSet": [{"Key": "a", "Value": "b"}]},
        "get_bucket_tagging",
        None,
        "NoSuchTagSet",
    ),
}
DELETE = {
    "cors": "delete_bucket_cors",
    "public access": "delete_public_access_block",
    "website": "delete_bucket_website",
    "lifecycle": "delete_bucket_lifecycle",
    "tags": "delete_bucket_tagging",
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_is_put_got_and_deleted(s3: Any, bucket: str, error: Any, setting: str) -> None:
    put, argument, value, get, member, missing = SETTINGS[setting]
    if setting != "public access":  # which is blocked where nothing was ever said of it
        assert error(getattr(s3, get), Bucket=bucket)[0] == missing
    getattr(s3, put)(Bucket=bucket, **{argument: value})
    found = getattr(s3, get)(Bucket=bucket)
    found = found[member] if member else {name: found[name] for name in value}
    assert found == value
    getattr(s3, DELETE[setting])(Bucket=bucket)
    assert error(getattr(s3, get), Bucket=bucket)[0] == missing


def test_policies(s3: Any, bucket: str, error: Any) -> None:
    assert error(s3.get_bucket_policy, Bucket=bucket) == ("NoSuchBucketPolicy", "The bucket policy does not exist")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == policy
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is True
    assert error(s3.put_bucket_policy, Bucket=bucket, Policy="{")[0] == "MalformedPolicy"
    other = json.dumps({"Statement": [{**statement, "Resource": "arn:aws:s3:::other/*"}]})
    assert error(s3.put_bucket_policy, Bucket=bucket, Policy=other) == (
        "MalformedPolicy",
        "Policy has invalid resource",
    )
    s3.delete_bucket_policy(Bucket=bucket)
    assert error(s3.get_bucket_policy, Bucket=bucket)[0] == "NoSuchBucketPolicy"


def test_encryption_has_a_default_that_objects_take(s3: Any, bucket: str) -> None:
    [rule] = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    wanted = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "key"}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [wanted]})
    put = s3.put_object(Bucket=bucket, Key="k")
    assert (put["ServerSideEncryption"], put["SSEKMSKeyId"]) == ("aws:kms", "key")


def test_ownership_and_lists(s3: Any, bucket: str, error: Any) -> None:
    assert error(s3.put_bucket_acl, Bucket=bucket, ACL="public-read") == (
        "AccessControlListNotSupported",
        "The bucket does not allow ACLs",
    )
    [own] = s3.get_bucket_acl(Bucket=bucket)["Grants"]
    assert own["Permission"] == "FULL_CONTROL"
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    assert [grant["Permission"] for grant in s3.get_bucket_acl(Bucket=bucket)["Grants"]] == ["FULL_CONTROL", "READ"]
    s3.put_object(Bucket=bucket, Key="k", ACL="public-read")
    everybody = s3.get_object_acl(Bucket=bucket, Key="k")["Grants"][1]["Grantee"]
    assert everybody["URI"] == "http://acs.amazonaws.com/groups/global/AllUsers"
    s3.put_object_acl(Bucket=bucket, Key="k", ACL="private")
    assert len(s3.get_object_acl(Bucket=bucket, Key="k")["Grants"]) == 1


def test_logging_wants_a_bucket_that_is_there(s3: Any, bucket: str, error: Any) -> None:
    wanted = {"LoggingEnabled": {"TargetBucket": bucket, "TargetPrefix": "logs/"}}
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus=wanted)
    assert s3.get_bucket_logging(Bucket=bucket)["LoggingEnabled"] == wanted["LoggingEnabled"]
    nowhere = {"LoggingEnabled": {"TargetBucket": "nobody-has-it", "TargetPrefix": ""}}
    assert (
        error(s3.put_bucket_logging, Bucket=bucket, BucketLoggingStatus=nowhere)[0] == "InvalidTargetBucketForLogging"
    )


def test_payment_and_acceleration(s3: Any, bucket: str) -> None:
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "Requester"})
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "Requester"
    s3.put_bucket_accelerate_configuration(Bucket=bucket, AccelerateConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_accelerate_configuration(Bucket=bucket)["Status"] == "Enabled"


def test_tags_of_objects(s3: Any, bucket: str, error: Any) -> None:
    s3.put_object(Bucket=bucket, Key="k", Tagging="a=1&b=two+words")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [
        {"Key": "a", "Value": "1"},
        {"Key": "b", "Value": "two words"},
    ]
    many = [{"Key": str(number), "Value": ""} for number in range(11)]
    assert error(s3.put_object_tagging, Bucket=bucket, Key="k", Tagging={"TagSet": many}) == (
        "BadRequest",
        "Object tags cannot be greater than 10",
    )
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    twice = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
    assert error(s3.put_object_tagging, Bucket=bucket, Key="k", Tagging={"TagSet": twice}) == (
        "InvalidTag",
        "Cannot provide multiple Tags with the same key",
    )


def test_tags_of_what_is_not_there(s3: Any, bucket: str) -> None:
    with pytest.raises(s3.exceptions.NoSuchKey) as caught:
        s3.get_object_tagging(Bucket=bucket, Key="missing")
    assert caught.value.response["Error"]["Key"] == "missing"


def test_system_tags_are_not_given_by_users(s3: Any, bucket: str, unique: str, error: Any) -> None:
    tags = [{"Key": "mine", "Value": "v"}, {"Key": "aws:mine", "Value": "v"}]
    refused = ("InvalidTag", "System tags cannot be added/updated by requester")
    assert error(s3.put_bucket_tagging, Bucket=bucket, Tagging={"TagSet": tags}) == refused
    assert error(s3.create_bucket, Bucket=f"{unique}-2", CreateBucketConfiguration={"Tags": tags}) == refused


def test_what_is_not_there_says_so(s3: Any, bucket: str, error: Any) -> None:
    code, message = error(s3.get_object_torrent, Bucket=bucket, Key="k")
    assert (code, message) == ("NotImplemented", "Penstock does not implement s3.GetObjectTorrent.")


def test_a_new_bucket_blocks_public_access(s3: Any, bucket: str) -> None:
    assert set(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == {True}


def test_settings_that_say_nothing(s3: Any, bucket: str, error: Any) -> None:
    assert error(s3.put_public_access_block, Bucket=bucket, PublicAccessBlockConfiguration={}) == (
        "InvalidRequest",
        "Must specify at least one configuration.",
    )
    assert error(s3.put_object_lock_configuration, Bucket=bucket) == (
        "MissingRequestBodyError",
        "Request Body is empty",
    )


def test_statuses_that_the_model_does_not_say(s3: Any, bucket: str) -> None:
    tagged = s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert tagged["ResponseMetadata"]["HTTPStatusCode"] == 204
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    first = s3.head_object(Bucket=bucket, Key="k", PartNumber=1)
    assert (first["ResponseMetadata"]["HTTPStatusCode"], first["ContentRange"]) == (206, "bytes 0-4/5")


@pytest.mark.parametrize(
    "rule",
    [
        {"Filter": {"Prefix": "x"}, "Prefix": "", "Expiration": {"Days": 1}},
        {"Filter": {}, "NoncurrentVersionTransitions": [{"StorageClass": "GLACIER"}]},
        {"Filter": {}, "NoncurrentVersionTransitions": [{"NoncurrentDays": 4}]},
    ],
)
def test_lifecycle_rules_against_the_schema(s3: Any, bucket: str, error: Any, rule: dict[str, Any]) -> None:
    rules = {"Rules": [{"ID": "a", "Status": "Enabled", **rule}]}
    assert (
        error(s3.put_bucket_lifecycle_configuration, Bucket=bucket, LifecycleConfiguration=rules)[0] == "MalformedXML"
    )
