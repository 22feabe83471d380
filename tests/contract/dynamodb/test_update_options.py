"""UpdateTable makes one change at a time, and refuses those that change nothing, in AWS's words of October 2026."""

import pytest

INVALID = "One or more parameter values were invalid: "
UNITS = {"ReadCapacityUnits": 2, "WriteCapacityUnits": 1}
STREAM = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
PK = {"AttributeName": "pk", "AttributeType": "S"}
KEYS = [{"AttributeName": "pk", "KeyType": "HASH"}]
INDEX = {"IndexName": "gsi", "KeySchema": KEYS, "Projection": {"ProjectionType": "ALL"}}
NEW = {"AttributeDefinitions": [PK], "GlobalSecondaryIndexUpdates": [{"Create": {**INDEX, "IndexName": "new"}}]}
ALONE = "must be the only operation in the request"


@pytest.fixture
def provisioned(dynamodb, unique):
    one = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    index = {**INDEX, "ProvisionedThroughput": one}
    dynamodb.create_table(
        TableName=unique,
        KeySchema=KEYS,
        AttributeDefinitions=[PK],
        ProvisionedThroughput=one,
        GlobalSecondaryIndexes=[index],
    )
    return unique


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"SSESpecification": {"Enabled": True}, "TableClass": "STANDARD"},
         f"Server-Side Encryption modification {ALONE}"),
        ({"TableClass": "STANDARD", "DeletionProtectionEnabled": True}, f"TableClass modification {ALONE}"),
        ({"DeletionProtectionEnabled": True, "BillingMode": "PAY_PER_REQUEST"},
         f"DeletionProtection modification {ALONE}"),
        ({"WarmThroughput": {"ReadUnitsPerSecond": 13000}, "StreamSpecification": STREAM}, f"WarmThroughput {ALONE}"),
        ({"OnDemandThroughput": {"MaxReadRequestUnits": 5}, "StreamSpecification": STREAM},
         "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request"),
        ({"ProvisionedThroughput": UNITS, "StreamSpecification": STREAM},
         "You cannot modify stream status while updating table IOPS"),
        ({"ProvisionedThroughput": UNITS, **NEW}, "You cannot create or delete index while updating table IOPS"),
        ({"WarmThroughput": {"ReadUnitsPerSecond": 13000}, **NEW},
         "Create global secondary index cannot be specified when updating WarmThroughput"),
        ({"GlobalSecondaryIndexUpdates": [], "DeletionProtectionEnabled": True},
         "List of GlobalSecondaryIndexUpdates is empty"),
        ({"StreamSpecification": STREAM, **NEW}, "You cannot create or delete index while changing stream status"),
        ({"GlobalSecondaryIndexUpdates": NEW["GlobalSecondaryIndexUpdates"]},
         "AttributeDefinitions is not specified for index: new"),
        (NEW, "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: new"),
        ({"OnDemandThroughput": {"MaxReadRequestUnits": 5}},
         "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED"),
        ({"SSESpecification": {"Enabled": False}}, "Table is already encrypted by default"),
        ({"SSESpecification": {"Enabled": True, "SSEType": "AES256"}}, "SSEType AES256 is not supported"),
        ({"StreamSpecification": {"StreamEnabled": True}},
         "If stream is being enabled then UpdateViewType is required"),
        ({"StreamSpecification": {"StreamEnabled": False, "StreamViewType": "KEYS_ONLY"}},
         "If stream is being disabled, then UpdateViewType must not be specified"),
        ({"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "gsi"}, "Create": INDEX}]},
         "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object"),
    ],
)  # fmt: skip
def test_what_does_not_go_together(dynamodb, provisioned, refused, changes, message):
    before = dynamodb.describe_table(TableName=provisioned)["Table"]
    assert refused(dynamodb.update_table, TableName=provisioned, **changes) == (
        "ValidationException",
        INVALID + message,
    )
    assert dynamodb.describe_table(TableName=provisioned)["Table"] == before


def test_an_index_whose_throughput_stays(dynamodb, provisioned, refused):
    update = {"IndexName": "gsi", "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}
    updates = [{"Update": update}]
    code, message = refused(dynamodb.update_table, TableName=provisioned, GlobalSecondaryIndexUpdates=updates)
    assert (code, message.partition(" The")[0]) == (
        "ValidationException",
        "The provisioned throughput for the index gsi will not change.",
    )
    assert "provisioned for the index: 1. Requested ReadCapacityUnits: 1." in message


def test_a_table_that_becomes_provisioned_brings_its_indexes_along(dynamodb, provisioned, refused):
    dynamodb.update_table(TableName=provisioned, BillingMode="PAY_PER_REQUEST", StreamSpecification=STREAM)
    updates = [{"Update": {"IndexName": "gsi", "ProvisionedThroughput": UNITS}}]
    assert refused(dynamodb.update_table, TableName=provisioned, GlobalSecondaryIndexUpdates=updates) == (
        "ValidationException",
        f"{INVALID}The only Updates for index: gsi when TableThroughputMode is PAY_PER_REQUEST can be to "
        "OnDemandThroughput, WarmThroughput",
    )
    changes = {"TableName": provisioned, "BillingMode": "PROVISIONED", "ProvisionedThroughput": UNITS}
    assert refused(dynamodb.update_table, **changes) == (
        "ValidationException",
        f"{INVALID}ProvisionedThroughput must be specified for index: gsi",
    )
    dynamodb.update_table(**changes, GlobalSecondaryIndexUpdates=updates)
    table = dynamodb.describe_table(TableName=provisioned)["Table"]
    assert table["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["ReadCapacityUnits"] == 2


def test_limits_of_an_on_demand_table_come_and_go(dynamodb, hash_table, refused):
    def limits(**given):
        return dynamodb.update_table(TableName=hash_table, OnDemandThroughput=given)["TableDescription"]

    assert limits(MaxReadRequestUnits=1000, MaxWriteRequestUnits=500)["TableStatus"] == "ACTIVE"
    assert limits(MaxWriteRequestUnits=-1)["OnDemandThroughput"] == {
        "MaxReadRequestUnits": 1000,
        "MaxWriteRequestUnits": -1,
    }
    outside = f"{INVALID}Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range"
    for units in (0, -2):
        assert refused(limits, MaxReadRequestUnits=units) == ("ValidationException", outside)


def test_a_table_is_warmed_up_but_not_down(dynamodb, hash_table, refused):
    def warm(units):
        return dynamodb.update_table(TableName=hash_table, WarmThroughput={"ReadUnitsPerSecond": units})

    assert warm(13000)["TableDescription"]["WarmThroughput"]["ReadUnitsPerSecond"] == 13000
    warm(13000)
    message = "decreasing WarmThroughput is not supported"
    code, text = refused(warm, units=12999)
    assert (code, text.rpartition(", ")[2]) == ("ValidationException", message)


def test_the_key_that_a_table_is_encrypted_with(dynamodb, hash_table, refused):
    encrypted = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/aws/dynamodb"}
    table = dynamodb.update_table(TableName=hash_table, SSESpecification=encrypted)["TableDescription"]
    again = {**encrypted, "KMSMasterKeyId": table["SSEDescription"]["KMSMasterKeyArn"]}
    code, message = refused(dynamodb.update_table, TableName=hash_table, SSESpecification=again)
    assert (code, "already encrypted with given KMSMasterKeyId" in message) == ("ValidationException", True)
    dynamodb.update_table(TableName=hash_table, SSESpecification={"Enabled": False})
    assert "SSEDescription" not in dynamodb.describe_table(TableName=hash_table)["Table"]


def test_a_change_of_an_index_that_is_none(dynamodb, provisioned, refused):
    def update(**given):
        return refused(dynamodb.update_table, TableName=provisioned, GlobalSecondaryIndexUpdates=[{"Update": given}])

    assert update(IndexName="ghost", ProvisionedThroughput=UNITS) == (
        "ResourceNotFoundException",
        f"Requested resource not found: Index ghost for table {provisioned}",
    )
    assert update(IndexName="gsi", WarmThroughput={}) == (
        "ValidationException",
        f"{INVALID}WarmThroughput must have at least one of ReadUnitsPerSecond or WriteUnitsPerSecond specified "
        "for index: gsi",
    )
    dynamodb.update_table(TableName=provisioned, WarmThroughput={}, TableClass="STANDARD")
