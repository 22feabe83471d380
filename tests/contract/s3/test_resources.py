"""CloudFormation's bucket and bucket policy."""

import json
from typing import Any

from penstock.testing import TestRuntime


def test_a_bucket_with_all_that_it_may_have(s3: Any, deploy: Any, unique: str, penstock: TestRuntime) -> None:
    properties: dict[str, Any] = {
        "BucketName": unique,
        "VersioningConfiguration": {"Status": "Enabled"},
        "CorsConfiguration": {"CorsRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAge": "30"}]},
        "LifecycleConfiguration": {
            "Rules": [{"Id": "r", "Status": "Enabled", "ExpirationInDays": "7", "Prefix": "a/"}]
        },
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
        "PublicAccessBlockConfiguration": {"BlockPublicAcls": True},
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]},
        "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    bucket = {"Type": "AWS::S3::Bucket", "Properties": properties}
    outputs = deploy({"B": bucket}, Name={"Ref": "B"}, Arn={"Fn::GetAtt": ["B", "Arn"]})
    assert outputs == {"Name": unique, "Arn": f"arn:aws:s3:::{unique}"}
    assert s3.get_bucket_versioning(Bucket=unique)["Status"] == "Enabled"
    assert s3.get_bucket_cors(Bucket=unique)["CORSRules"][0]["MaxAgeSeconds"] == 30
    [rule] = s3.get_bucket_lifecycle_configuration(Bucket=unique)["Rules"]
    assert (rule["Expiration"], rule["Filter"]) == ({"Days": 7}, {"Prefix": "a/"})
    assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=unique)
    assert {"Key": "a", "Value": "b"} in s3.get_bucket_tagging(Bucket=unique)["TagSet"]
    del properties["LifecycleConfiguration"], properties["VersioningConfiguration"]
    deploy({"B": bucket})
    assert s3.get_bucket_versioning(Bucket=unique)["Status"] == "Suspended"


def test_a_policy(s3: Any, deploy: Any) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": {"Fn::Sub": "${B.Arn}/*"},
    }
    policy = {"Bucket": {"Ref": "B"}, "PolicyDocument": {"Statement": [statement]}}
    resources = {
        "B": {"Type": "AWS::S3::Bucket"},
        "P": {"Type": "AWS::S3::BucketPolicy", "Properties": policy},
    }
    name = deploy(resources, Name={"Ref": "B"})["Name"]
    kept = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])
    assert kept["Statement"][0]["Resource"] == f"arn:aws:s3:::{name}/*"


def test_a_bucket_that_empties_itself(s3: Any, deploy: Any, error: Any) -> None:
    resources = {
        "B": {"Type": "AWS::S3::Bucket"},
        "Empty": {
            "Type": "Custom::S3AutoDeleteObjects",
            "Properties": {
                "ServiceToken": "arn:aws:lambda:us-east-1:000000000000:function:none",
                "BucketName": {"Ref": "B"},
            },
        },
    }
    name = deploy(resources, Name={"Ref": "B"})["Name"]
    s3.put_object(Bucket=name, Key="k")
    deploy.delete()
    assert error(s3.head_bucket, Bucket=name)[0] == "404"


def test_notifications_as_the_cdk_puts_them(s3: Any, client: Any, deploy: Any, penstock: Any) -> None:
    queue = {"Id": "q", "QueueArn": {"Fn::GetAtt": ["Q", "Arn"]}, "Events": ["s3:ObjectCreated:*"]}
    resources = {
        "B": {"Type": "AWS::S3::Bucket"},
        "Q": {"Type": "AWS::SQS::Queue"},
        "Told": {
            "Type": "Custom::S3BucketNotifications",
            "Properties": {
                "ServiceToken": "arn:aws:lambda:us-east-1:000000000000:function:none",
                "BucketName": {"Ref": "B"},
                "NotificationConfiguration": {"QueueConfigurations": [queue]},
                "Managed": True,
                "SkipDestinationValidation": False,
            },
        },
    }
    made = deploy(resources, Name={"Ref": "B"}, Url={"Ref": "Q"})
    s3.put_object(Bucket=made["Name"], Key="k", Body=b"x")
    penstock.settle()
    [message] = client("sqs").receive_message(QueueUrl=made["Url"])["Messages"]
    assert json.loads(message["Body"])["Records"][0]["s3"]["object"]["key"] == "k"


def test_a_bucket_with_object_lock(s3: Any, deploy: Any) -> None:
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    lock = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    properties = {"ObjectLockEnabled": True, "ObjectLockConfiguration": lock}
    name = deploy({"B": {"Type": "AWS::S3::Bucket", "Properties": properties}}, Name={"Ref": "B"})["Name"]
    assert s3.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"] == lock
