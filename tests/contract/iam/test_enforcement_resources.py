"""The word of resources themselves: within an account, across accounts, and for nobody in particular."""

import urllib.error
import urllib.request
from typing import Any

import pytest
from tests.contract.iam.enforced import (
    ACCOUNT,
    Enforced,
    Json,
    allow,
    arn_of_role,
    deny,
    document,
    refused,
)

OTHER = "111122223333"


def to(principal: str | Json, statement: Json) -> str:
    return document({**statement, "Principal": principal})


# -- within an account -------------------------------------------------------------------------------


def test_a_queues_policy_lets_a_role_in_by_itself(enforced: Enforced) -> None:
    role, (url, arn) = enforced.acting(), enforced.queue()
    policy = to({"AWS": arn_of_role(role.name)}, allow("sqs:SendMessage", arn))
    enforced.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    assert role("sqs").send_message(QueueUrl=url, MessageBody="x")["MessageId"]
    assert refused(role("sqs").receive_message, QueueUrl=url)[0] == "AccessDenied"


def test_the_account_as_principal_leaves_it_to_its_identities(enforced: Enforced) -> None:
    role, (url, arn) = enforced.acting(), enforced.queue()
    enforced.client("sqs").set_queue_attributes(
        QueueUrl=url, Attributes={"Policy": to({"AWS": ACCOUNT}, allow("sqs:*", arn))}
    )
    assert refused(role("sqs").send_message, QueueUrl=url, MessageBody="x")[0] == "AccessDenied"


def test_a_resources_deny_wins_over_a_roles_allow(enforced: Enforced) -> None:
    role, (url, arn) = enforced.acting(allow("*")), enforced.queue()
    assert role("sqs").send_message(QueueUrl=url, MessageBody="x")["MessageId"]
    enforced.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": to("*", deny("sqs:*", arn))})
    _, message = refused(role("sqs").send_message, QueueUrl=url, MessageBody="x")
    assert message.endswith("with an explicit deny in a resource-based policy")
    assert enforced.client("sqs").send_message(QueueUrl=url, MessageBody="the root is not locked out")["MessageId"]


def test_calls_over_loopback_count_as_encrypted(enforced: Enforced) -> None:
    """What the CDK writes for `enforce_ssl=True` is about HTTPS, which the same client speaks to AWS."""
    url, arn = enforced.queue()
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    policy = to({"AWS": "*"}, deny("sqs:*", arn, Condition=insecure))
    enforced.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    role = enforced.acting(allow("sqs:SendMessage", arn))
    assert role("sqs").send_message(QueueUrl=url, MessageBody="x")["MessageId"]


def grant_topic(enforced: Enforced, name: str, role: str) -> tuple[str, str, Json]:
    arn = enforced.client("sns").create_topic(Name=name)["TopicArn"]
    policy = to({"AWS": role}, allow("sns:Publish", arn))
    enforced.client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    return "sns", "publish", {"TopicArn": arn, "Message": "x"}


def grant_bucket(enforced: Enforced, name: str, role: str) -> tuple[str, str, Json]:
    enforced.client("s3").create_bucket(Bucket=name)
    policy = to({"AWS": role}, allow("s3:PutObject", f"arn:aws:s3:::{name}/*"))
    enforced.client("s3").put_bucket_policy(Bucket=name, Policy=policy)
    return "s3", "put_object", {"Bucket": name, "Key": "a", "Body": b"x"}


def grant_secret(enforced: Enforced, name: str, role: str) -> tuple[str, str, Json]:
    enforced.client("secretsmanager").create_secret(Name=name, SecretString="x")
    policy = to({"AWS": role}, allow("secretsmanager:GetSecretValue"))
    enforced.client("secretsmanager").put_resource_policy(SecretId=name, ResourcePolicy=policy)
    return "secretsmanager", "get_secret_value", {"SecretId": name}


def grant_stream(enforced: Enforced, name: str, role: str) -> tuple[str, str, Json]:
    enforced.client("kinesis").create_stream(StreamName=name, ShardCount=1)
    arn = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/{name}"
    policy = to({"AWS": role}, allow("kinesis:PutRecord", arn))
    enforced.client("kinesis").put_resource_policy(ResourceARN=arn, Policy=policy)
    return "kinesis", "put_record", {"StreamARN": arn, "Data": b"x", "PartitionKey": "1"}


def grant_table(enforced: Enforced, name: str, role: str) -> tuple[str, str, Json]:
    arn = enforced.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )["TableDescription"]["TableArn"]
    policy = to({"AWS": role}, allow("dynamodb:PutItem", arn))
    enforced.client("dynamodb").put_resource_policy(ResourceArn=arn, Policy=policy)
    return "dynamodb", "put_item", {"TableName": name, "Item": {"id": {"S": "1"}}}


def grant_bus(enforced: Enforced, name: str, role: str) -> tuple[str, str, Json]:
    arn = enforced.client("events").create_event_bus(Name=name)["EventBusArn"]
    enforced.client("events").put_permission(
        EventBusName=name, Policy=to({"AWS": role}, allow("events:PutEvents", arn))
    )
    return "events", "put_events", {"Entries": [{"EventBusName": name, "Source": "a", "DetailType": "b"}]}


@pytest.mark.parametrize("grant", [grant_topic, grant_bucket, grant_secret, grant_stream, grant_table, grant_bus])
def test_resources_have_policies_of_their_own(enforced: Enforced, unique: str, grant: Any) -> None:
    role, stranger = enforced.acting(), enforced.acting()
    service, operation, request = grant(enforced, unique, arn_of_role(role.name))
    assert getattr(role(service), operation)(**request)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert "not authorized to perform" in refused(getattr(stranger(service), operation), **request)[1]


def test_objects_are_asked_about_one_by_one(enforced: Enforced, unique: str) -> None:
    s3 = enforced.client("s3")
    s3.create_bucket(Bucket=unique)
    s3.put_object(Bucket=unique, Key="mine/a", Body=b"x")
    role = enforced.acting(allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], f"arn:aws:s3:::{unique}/mine/*"))
    assert role("s3").get_object(Bucket=unique, Key="mine/a")["Body"].read() == b"x"
    code, message = refused(role("s3").get_object, Bucket=unique, Key="theirs/a")
    assert (code, f'on resource: "arn:aws:s3:::{unique}/theirs/a" because' in message) == ("AccessDenied", True)
    copied = {"Bucket": unique, "Key": "mine/b", "CopySource": f"{unique}/theirs/a"}
    assert 's3:GetObject on resource: "arn:aws:s3:::' in refused(role("s3").copy_object, **copied)[1]
    assert role("s3").copy_object(**copied | {"CopySource": f"{unique}/mine/a"})["CopyObjectResult"]


# -- across accounts ---------------------------------------------------------------------------------


def test_another_account_needs_the_word_of_both(enforced: Enforced) -> None:
    url, arn = enforced.queue()
    stranger = enforced.client("sqs", account=OTHER)
    _, message = refused(stranger.send_message, QueueUrl=url, MessageBody="x")
    assert message.endswith(f"{arn} because no resource-based policy allows the sqs:sendmessage action")
    enforced.client("sqs").add_permission(QueueUrl=url, Label="other", AWSAccountIds=[OTHER], Actions=["SendMessage"])
    assert stranger.send_message(QueueUrl=url, MessageBody="x")["MessageId"]
    assert refused(stranger.receive_message, QueueUrl=url)[0] == "AccessDenied"


def test_a_bucket_belongs_to_whom_made_it(enforced: Enforced, unique: str) -> None:
    s3, stranger = enforced.client("s3"), enforced.client("s3", account=OTHER)
    s3.create_bucket(Bucket=unique)
    s3.put_object(Bucket=unique, Key="a", Body=b"x")
    assert refused(stranger.get_object, Bucket=unique, Key="a")[0] == "AccessDenied"
    s3.put_bucket_policy(Bucket=unique, Policy=to({"AWS": OTHER}, allow("s3:GetObject", f"arn:aws:s3:::{unique}/*")))
    assert stranger.get_object(Bucket=unique, Key="a")["Body"].read() == b"x"


def test_a_role_of_another_account_is_assumed_with_its_trust(enforced: Enforced, unique: str) -> None:
    mine = enforced.acting(allow("sts:AssumeRole"))
    trusting = document({**allow("sts:AssumeRole"), "Principal": {"AWS": ACCOUNT}}).replace(', "Resource": "*"', "")
    enforced.client("iam", account=OTHER).create_role(RoleName=unique, AssumeRolePolicyDocument=trusting)
    asked = {"RoleArn": f"arn:aws:iam::{OTHER}:role/{unique}", "RoleSessionName": "test"}
    assert mine("sts").assume_role(**asked)["AssumedRoleUser"]["Arn"].startswith(f"arn:aws:sts::{OTHER}:")
    assert refused(enforced.acting()("sts").assume_role, **asked)[0] == "AccessDenied"


# -- without a signature -----------------------------------------------------------------------------


def test_who_does_not_sign_sees_what_is_for_everybody(enforced: Enforced, unique: str) -> None:
    s3 = enforced.client("s3")
    s3.create_bucket(Bucket=unique)
    s3.put_object(Bucket=unique, Key="public/a", Body=b"hello")
    s3.put_object(Bucket=unique, Key="b", Body=b"secret")
    s3.delete_public_access_block(Bucket=unique)
    s3.put_bucket_policy(Bucket=unique, Policy=to("*", allow("s3:GetObject", f"arn:aws:s3:::{unique}/public/*")))
    with urllib.request.urlopen(f"{enforced.runtime.endpoint}/{unique}/public/a") as answer:
        assert answer.read() == b"hello"
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{enforced.runtime.endpoint}/{unique}/b")
    assert caught.value.code == 403


def test_moving_messages_is_to_take_them_and_to_send_them(enforced: Enforced) -> None:
    (_, dead), (_, target) = enforced.queue(), enforced.queue()
    enforced.queue(RedrivePolicy=f'{{"deadLetterTargetArn": "{dead}", "maxReceiveCount": 1}}')
    role, moving = enforced.role(allow("sqs:StartMessageMoveTask")), {"SourceArn": dead, "DestinationArn": target}
    move = enforced.session(role)("sqs").start_message_move_task
    assert "sqs:receivemessage" in refused(move, **moving)[1]
    enforced.grant(role, allow("sqs:*", dead))
    assert f"sqs:sendmessage on resource: {target}" in refused(move, **moving)[1]
    enforced.grant(role, allow("sqs:*", dead), allow("sqs:SendMessage", target))
    assert move(**moving)["TaskHandle"]
