"""Conditions: the keys that requests have, and what follows from those that they have not."""

from typing import Any

import pytest
from tests.contract.iam.enforced import ACCOUNT, Enforced, allow, refused


def table(enforced: Enforced, name: str) -> str:
    arn: str = enforced.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )["TableDescription"]["TableArn"]
    return arn


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, True),
        ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}, True),
        ({"StringEquals": {"aws:ResourceAccount": ACCOUNT}}, True),
        ({"StringEquals": {"aws:ResourceAccount": "111122223333"}}, False),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/r-*"}}, True),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/other"}}, False),
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
        ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, False),
        # Keys that this request does not have.
        ({"StringEquals": {"aws:SourceVpce": "vpce-1"}}, False),
        ({"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}, True),
        ({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, True),
        ({"Null": {"aws:MultiFactorAuthAge": "true"}}, True),
        ({"StringEquals": {"penstock:Nonsense": "x"}}, False),
        ({"ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:000000000000:t"}}, False),
    ],
)
def test_global_keys(enforced: Enforced, condition: Any, allowed: bool) -> None:
    url, arn = enforced.queue()
    role = enforced.acting(allow("sqs:SendMessage", arn, Condition=condition))
    if allowed:
        assert role("sqs").send_message(QueueUrl=url, MessageBody="x")["MessageId"]
    else:
        assert refused(role("sqs").send_message, QueueUrl=url, MessageBody="x")[0] == "AccessDenied"


def test_the_clock_of_conditions_is_the_virtual_one(enforced: Enforced) -> None:
    url, arn = enforced.queue()
    until = {"NumericLessThan": {"aws:EpochTime": str(int(enforced.runtime.now()) + 600)}}
    role = enforced.acting(allow("sqs:SendMessage", arn, Condition=until))
    assert role("sqs").send_message(QueueUrl=url, MessageBody="x")["MessageId"]
    enforced.runtime.advance(900)
    assert refused(role("sqs").send_message, QueueUrl=url, MessageBody="x")[0] == "AccessDenied"


def test_leading_keys_of_a_table(enforced: Enforced, unique: str) -> None:
    own = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "red#*"}}
    role = enforced.acting(allow("dynamodb:*", table(enforced, unique), Condition=own))
    dynamodb = role("dynamodb")
    assert dynamodb.put_item(TableName=unique, Item={"id": {"S": "red#1"}})
    assert refused(dynamodb.put_item, TableName=unique, Item={"id": {"S": "blue#1"}})[0] == "AccessDeniedException"
    keys = {"KeyConditionExpression": "#i = :i", "ExpressionAttributeNames": {"#i": "id"}}
    assert dynamodb.query(TableName=unique, **keys, ExpressionAttributeValues={":i": {"S": "red#1"}})["Count"] == 1
    blue = {":i": {"S": "blue#1"}}
    assert refused(dynamodb.query, TableName=unique, **keys, ExpressionAttributeValues=blue)[0].startswith("Access")
    batch = {unique: [{"PutRequest": {"Item": {"id": {"S": key}}}} for key in ("red#2", "blue#2")]}
    assert refused(dynamodb.batch_write_item, RequestItems=batch)[0] == "AccessDeniedException"


def test_a_transaction_is_asked_about_part_by_part(enforced: Enforced, unique: str) -> None:
    role = enforced.acting(allow("dynamodb:PutItem", table(enforced, unique)))
    put = {"Put": {"TableName": unique, "Item": {"id": {"S": "1"}}}}
    delete = {"Delete": {"TableName": unique, "Key": {"id": {"S": "2"}}}}
    assert role("dynamodb").transact_write_items(TransactItems=[put])
    _, message = refused(role("dynamodb").transact_write_items, TransactItems=[put, delete])
    assert "dynamodb:DeleteItem on resource" in message


def test_a_statement_of_partiql_is_asked_about_as_what_it_is(enforced: Enforced, unique: str) -> None:
    role = enforced.acting(allow("dynamodb:PartiQLSelect", table(enforced, unique)))
    statement = f"SELECT * FROM \"{unique}\" WHERE id = '1'"
    assert role("dynamodb").execute_statement(Statement=statement)["Items"] == []
    insert = f"INSERT INTO \"{unique}\" VALUE {{'id': '1'}}"
    assert "dynamodb:PartiQLInsert" in refused(role("dynamodb").execute_statement, Statement=insert)[1]


def test_the_prefix_of_a_list_of_objects(enforced: Enforced, unique: str) -> None:
    enforced.client("s3").create_bucket(Bucket=unique)
    own = {"StringLike": {"s3:prefix": "mine/*"}}
    role = enforced.acting(allow("s3:ListBucket", f"arn:aws:s3:::{unique}", Condition=own))
    assert role("s3").list_objects_v2(Bucket=unique, Prefix="mine/")["KeyCount"] == 0
    assert refused(role("s3").list_objects_v2, Bucket=unique, Prefix="theirs/")[0] == "AccessDenied"
    assert refused(role("s3").list_objects_v2, Bucket=unique)[0] == "AccessDenied"


def test_the_protocol_of_a_subscription(enforced: Enforced, unique: str) -> None:
    topic = enforced.client("sns").create_topic(Name=unique)["TopicArn"]
    _, queue = enforced.queue()
    queues = {"StringEquals": {"sns:Protocol": "sqs"}}
    role = enforced.acting(allow("sns:Subscribe", topic, Condition=queues))
    assert role("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)["SubscriptionArn"]
    email = {"TopicArn": topic, "Protocol": "email", "Endpoint": "a@example.com"}
    assert refused(role("sns").subscribe, **email)[0].startswith("AuthorizationError")


def test_tags_of_resources_and_of_requests(enforced: Enforced, unique: str) -> None:
    sqs, (url, arn) = enforced.client("sqs"), enforced.queue()
    red = {"StringEquals": {"aws:ResourceTag/team": "red"}}
    role = enforced.acting(allow("sqs:SendMessage", arn, Condition=red))
    assert refused(role("sqs").send_message, QueueUrl=url, MessageBody="x")[0] == "AccessDenied"
    sqs.tag_queue(QueueUrl=url, Tags={"team": "red"})
    assert role("sqs").send_message(QueueUrl=url, MessageBody="x")["MessageId"]
    sqs.untag_queue(QueueUrl=url, TagKeys=["team"])
    assert refused(role("sqs").send_message, QueueUrl=url, MessageBody="x")[0] == "AccessDenied"
    only = {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}, "StringEquals": {"aws:RequestTag/team": "red"}}
    maker = enforced.acting(allow("sns:*", Condition=only))
    assert refused(maker("sns").create_topic, Name=unique, Tags=[{"Key": "team", "Value": "blue"}])[0]
    assert maker("sns").create_topic(Name=unique, Tags=[{"Key": "team", "Value": "red"}])["TopicArn"]


def test_policy_variables(enforced: Enforced, unique: str) -> None:
    enforced.client("s3").create_bucket(Bucket=unique)
    home = f"arn:aws:s3:::{unique}/${{aws:PrincipalTag/team}}/*"
    name = enforced.role(allow("s3:PutObject", home))
    red = enforced.session(name, Tags=[{"Key": "team", "Value": "red"}])("s3")
    assert red.put_object(Bucket=unique, Key="red/a", Body=b"x")["ETag"]
    assert refused(red.put_object, Bucket=unique, Key="blue/a", Body=b"x")[0] == "AccessDenied"
