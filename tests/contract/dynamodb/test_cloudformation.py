"""AWS::DynamoDB::Table and AWS::DynamoDB::GlobalTable, made and changed by stacks."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from penstock.services import cloudformation
from penstock.services import dynamodb as service
from penstock.testing import TestRuntime, running

PK = {"AttributeName": "pk", "KeyType": "HASH"}
STRING = {"AttributeType": "S"}
Apply = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def runtime() -> Iterator[TestRuntime]:
    with running(services=(service.SERVICE, cloudformation.SERVICE)) as started:
        yield started


@pytest.fixture
def apply(runtime: TestRuntime, unique: str) -> Apply:
    """`apply(kind, **properties)` brings the test's one resource to this; its outputs and the table."""
    client, tables = runtime.client("cloudformation"), runtime.client("dynamodb")
    made: list[str] = []

    def bring(kind: str, attribute: str = "Arn", **properties: Any) -> dict[str, Any]:
        outputs = {"Name": {"Value": {"Ref": "T"}}, "Got": {"Value": {"Fn::GetAtt": ["T", attribute]}}}
        template = {"Resources": {"T": {"Type": kind, "Properties": properties}}, "Outputs": outputs}
        operation = client.update_stack if made else client.create_stack
        operation(StackName=unique, TemplateBody=json.dumps(template))
        made.append(unique)
        runtime.settle()
        [stack] = client.describe_stacks(StackName=unique)["Stacks"]
        assert stack["StackStatus"].endswith("_COMPLETE") and "ROLLBACK" not in stack["StackStatus"], stack
        found = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        return {**found, "Table": tables.describe_table(TableName=found["Name"])["Table"]}

    return bring


def definitions(*names: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, **STRING} for name in names]


def index(name: str, key: str, **more: Any) -> dict[str, Any]:
    schema = [{"AttributeName": key, "KeyType": "HASH"}]
    return {"IndexName": name, "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}, **more}


def test_a_table_with_its_settings(runtime: TestRuntime, apply: Apply, unique: str) -> None:
    made = apply(
        "AWS::DynamoDB::Table",
        "StreamArn",
        KeySchema=[PK],
        AttributeDefinitions=definitions("pk", "color"),
        ProvisionedThroughput={"ReadCapacityUnits": "3", "WriteCapacityUnits": 4},
        GlobalSecondaryIndexes=[
            index("by-color", "color", ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})
        ],
        StreamSpecification={"StreamViewType": "NEW_IMAGE"},
        SSESpecification={"SSEEnabled": True},
        TimeToLiveSpecification={"AttributeName": "ttl", "Enabled": True},
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        Tags=[{"Key": "team", "Value": "a"}],
    )
    table, client = made["Table"], runtime.client("dynamodb")
    assert made["Name"].startswith(f"{unique}-T-")
    assert made["Got"] == table["LatestStreamArn"]
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 3
    assert table["SSEDescription"]["Status"] == "ENABLED"
    assert table["GlobalSecondaryIndexes"][0]["IndexName"] == "by-color"
    ttl = client.describe_time_to_live(TableName=made["Name"])["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}
    backups = client.describe_continuous_backups(TableName=made["Name"])["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    tags = client.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
    assert {"Key": "team", "Value": "a"} in tags


def test_changes_in_place_keep_the_items(runtime: TestRuntime, apply: Apply) -> None:
    base = {"KeySchema": [PK], "BillingMode": "PAY_PER_REQUEST"}
    made = apply(
        "AWS::DynamoDB::Table",
        **base,
        AttributeDefinitions=definitions("pk", "old"),
        GlobalSecondaryIndexes=[index("by-old", "old")],
    )
    client = runtime.client("dynamodb")
    client.put_item(TableName=made["Name"], Item={"pk": {"S": "a"}, "new": {"S": "x"}, "more": {"S": "y"}})
    changed = apply(
        "AWS::DynamoDB::Table",
        **base,
        AttributeDefinitions=definitions("pk", "new", "more"),
        GlobalSecondaryIndexes=[index("by-new", "new"), index("by-more", "more")],
        StreamSpecification={"StreamViewType": "KEYS_ONLY"},
        TimeToLiveSpecification={"AttributeName": "ttl", "Enabled": True},
        Tags=[{"Key": "team", "Value": "b"}],
    )
    assert changed["Name"] == made["Name"]
    assert {given["IndexName"] for given in changed["Table"]["GlobalSecondaryIndexes"]} == {"by-new", "by-more"}
    assert [given["ItemCount"] for given in changed["Table"]["GlobalSecondaryIndexes"]] == [1, 1]
    assert changed["Table"]["StreamSpecification"]["StreamViewType"] == "KEYS_ONLY"
    bare = apply("AWS::DynamoDB::Table", **base, AttributeDefinitions=definitions("pk"))
    assert "GlobalSecondaryIndexes" not in bare["Table"]
    assert "StreamSpecification" not in bare["Table"]
    assert client.scan(TableName=made["Name"])["Count"] == 1


def test_changes_that_do_not_go_together_are_made_one_by_one(apply: Apply) -> None:
    base: dict[str, Any] = {"KeySchema": [PK]}
    units = {"ReadCapacityUnits": 3, "WriteCapacityUnits": 2}

    def provisioned(name: str) -> dict[str, Any]:
        return {**index(f"by-{name}", name), "ProvisionedThroughput": units}

    base["AttributeDefinitions"] = definitions("pk", "old", "kept")
    indexes = [index("by-old", "old"), index("by-kept", "kept")]
    apply("AWS::DynamoDB::Table", **base, BillingMode="PAY_PER_REQUEST", GlobalSecondaryIndexes=indexes)
    base["AttributeDefinitions"] = definitions("pk", "kept", "new")
    changed = apply(
        "AWS::DynamoDB::Table",
        **base,
        BillingMode="PROVISIONED",
        ProvisionedThroughput=units,
        GlobalSecondaryIndexes=[provisioned("kept"), provisioned("new")],
        TableClass="STANDARD_INFREQUENT_ACCESS",
        SSESpecification={"SSEEnabled": True},
        StreamSpecification={"StreamViewType": "KEYS_ONLY"},
    )["Table"]
    given = {one["IndexName"]: one["ProvisionedThroughput"] for one in changed["GlobalSecondaryIndexes"]}
    assert {name: one["ReadCapacityUnits"] for name, one in given.items()} == {"by-kept": 3, "by-new": 3}
    assert changed["TableClassSummary"] == {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
    assert (changed["SSEDescription"]["Status"], changed["StreamSpecification"]["StreamEnabled"]) == ("ENABLED", True)


def test_another_key_is_another_table(runtime: TestRuntime, apply: Apply) -> None:
    base = {"BillingMode": "PAY_PER_REQUEST"}
    first = apply("AWS::DynamoDB::Table", **base, KeySchema=[PK], AttributeDefinitions=definitions("pk"))
    key = [{"AttributeName": "id", "KeyType": "HASH"}]
    second = apply("AWS::DynamoDB::Table", **base, KeySchema=key, AttributeDefinitions=definitions("id"))
    assert second["Name"] != first["Name"]
    assert first["Name"] not in runtime.client("dynamodb").list_tables()["TableNames"]


def test_a_global_table_is_a_table_with_its_replicas_settings(runtime: TestRuntime, apply: Apply) -> None:
    replica = {
        "Region": {"Ref": "AWS::Region"},
        "DeletionProtectionEnabled": False,
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "Tags": [{"Key": "team", "Value": "a"}],
    }
    made = apply(
        "AWS::DynamoDB::GlobalTable",
        KeySchema=[PK],
        AttributeDefinitions=definitions("pk", "color"),
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[index("by-color", "color")],
        StreamSpecification={"StreamViewType": "NEW_AND_OLD_IMAGES"},
        Replicas=[replica],
    )
    assert made["Got"] == made["Table"]["TableArn"]
    assert made["Table"]["TableClassSummary"] == {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
    assert made["Table"]["GlobalSecondaryIndexes"][0]["IndexName"] == "by-color"
    tags = runtime.client("dynamodb").list_tags_of_resource(ResourceArn=made["Table"]["TableArn"])["Tags"]
    assert {"Key": "team", "Value": "a"} in tags


def test_scaled_throughput_starts_at_its_least(apply: Apply) -> None:
    def scaling(kind: str, least: int) -> dict[str, Any]:
        return {f"{kind}CapacityAutoScalingSettings": {"MinCapacity": least, "MaxCapacity": 100}}

    made = apply(
        "AWS::DynamoDB::GlobalTable",
        KeySchema=[PK],
        AttributeDefinitions=definitions("pk"),
        BillingMode="PROVISIONED",
        WriteProvisionedThroughputSettings=scaling("Write", 5),
        Replicas=[{"Region": "us-east-1", "ReadProvisionedThroughputSettings": scaling("Read", 7)}],
    )
    units = made["Table"]["ProvisionedThroughput"]
    assert (units["ReadCapacityUnits"], units["WriteCapacityUnits"]) == (7, 5)
