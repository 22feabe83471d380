import json

import pytest

MISSING = "Resource-based policy not found for the provided ResourceArn: "


def policy(action):
    statement = {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def arn(dynamodb, hash_table):
    return dynamodb.describe_table(TableName=hash_table)["Table"]["TableArn"]


@pytest.fixture
def put_policy(dynamodb, arn):
    def put(action="dynamodb:*", **more):
        return dynamodb.put_resource_policy(ResourceArn=arn, Policy=policy(action), **more)["RevisionId"]

    return put


def test_a_policy(dynamodb, arn, put_policy, refused):
    none = ("PolicyNotFoundException", MISSING + arn)
    assert refused(dynamodb.get_resource_policy, ResourceArn=arn) == none
    first = put_policy()
    assert put_policy() == first
    second = put_policy("dynamodb:GetItem")
    assert second > first
    found = dynamodb.get_resource_policy(ResourceArn=arn)
    assert (found["Policy"], found["RevisionId"]) == (policy("dynamodb:GetItem"), second)
    assert dynamodb.delete_resource_policy(ResourceArn=arn)["RevisionId"] == second
    assert "RevisionId" not in dynamodb.delete_resource_policy(ResourceArn=arn)
    assert refused(dynamodb.get_resource_policy, ResourceArn=arn) == none


def test_expected_revisions(dynamodb, arn, put_policy, refused, hash_table):
    first = put_policy(ExpectedRevisionId="NO_POLICY")
    second = put_policy("dynamodb:PutItem", ExpectedRevisionId=first)
    assert refused(put_policy, action="dynamodb:GetItem", ExpectedRevisionId=first) == (
        "PolicyNotFoundException",
        f"{MISSING}Requested update for policy with revision id {first}, but the policy associated to target table "
        f"{hash_table} has revision id {second}.",
    )
    assert refused(put_policy, ExpectedRevisionId="NO_POLICY") == (
        "PolicyNotFoundException",
        f"{MISSING}Requested policy update expecting none to be present for table {hash_table}, but a policy exists "
        f"with revision id {second}.",
    )
    dynamodb.delete_resource_policy(ResourceArn=arn, ExpectedRevisionId=second)


def test_what_is_refused(dynamodb, arn, refused, hash_table):
    gone = ("ResourceNotFoundException", f"Requested resource not found: Table: {hash_table}-gone not found")
    assert refused(dynamodb.get_resource_policy, ResourceArn=f"{arn}-gone") == gone
    assert refused(dynamodb.delete_resource_policy, ResourceArn=f"{arn}-gone") == gone
    for text, message in (
        ("no json", "Invalid policy document: This policy contains invalid Json"),
        ("[]", "Invalid policy document: This policy contains invalid Json"),
        ('{"Statement": []}', "Invalid policy document: Could not parse the policy: Statement is empty!"),
        ("{}", "Invalid policy document: Syntax error at position (1,3)"),
        ("null", "Invalid policy document: This text appears not to be a policy"),
        ('{"Statement": [{}]}', "Invalid policy document: Missing required field Effect"),
        ('{"Statement": {"Effect": "Allow"}}', "Invalid policy document: Missing required field Resource"),
        (policy("dynamodb:*") + " " * 20480, "Maximum policy size of 20480 bytes exceeded"),
    ):
        expected = ("ValidationException", f"One or more parameter values were invalid: {message}")
        assert refused(dynamodb.put_resource_policy, ResourceArn=arn, Policy=text) == expected


def test_a_table_made_with_one_and_its_stream(dynamodb, unique):
    table = dynamodb.create_table(
        TableName=unique,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        ResourcePolicy=policy("dynamodb:Query"),
    )["TableDescription"]
    stream = table["LatestStreamArn"]
    dynamodb.put_resource_policy(ResourceArn=stream, Policy=policy("dynamodb:GetRecords"))
    assert "GetRecords" in dynamodb.get_resource_policy(ResourceArn=stream)["Policy"]
    assert "Query" in dynamodb.get_resource_policy(ResourceArn=table["TableArn"])["Policy"]
