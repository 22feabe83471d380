"""Backups, and tables made of them."""

import pytest
from tests.contract.dynamodb.conftest import create


@pytest.fixture
def backup(dynamodb):
    def make(table, name="kept"):
        return dynamodb.create_backup(TableName=table, BackupName=name)["BackupDetails"]

    return make


def test_a_backup(dynamodb, indexed, put, backup):
    put(indexed, pk="a", sk="1", g="red")
    made = backup(indexed)
    assert (made["BackupName"], made["BackupStatus"], made["BackupType"]) == ("kept", "CREATING", "USER")
    table = dynamodb.describe_table(TableName=indexed)["Table"]
    assert made["BackupArn"].startswith(f"{table['TableArn']}/backup/0")
    found = dynamodb.describe_backup(BackupArn=made["BackupArn"])["BackupDescription"]
    assert found["BackupDetails"] == {**made, "BackupStatus": "AVAILABLE"}
    source = found["SourceTableDetails"]
    assert (source["TableName"], source["ItemCount"], source["TableId"]) == (indexed, 1, table["TableId"])
    assert source["TableSizeBytes"] == made["BackupSizeBytes"] > 0
    [index] = found["SourceTableFeatureDetails"]["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "gsi"


def test_a_restored_table(dynamodb, indexed, put, backup, unique):
    for n in range(5):
        put(indexed, pk="a", sk=str(n), g="red", l="x", n=n)
    made = backup(indexed)
    put(indexed, pk="a", sk="later")
    dynamodb.delete_item(TableName=indexed, Key={"pk": {"S": "a"}, "sk": {"S": "0"}})
    target = f"{unique}-restored"
    answer = dynamodb.restore_table_from_backup(TargetTableName=target, BackupArn=made["BackupArn"])
    summary = answer["TableDescription"]["RestoreSummary"]
    assert (summary["SourceBackupArn"], summary["RestoreInProgress"]) == (made["BackupArn"], True)
    table = dynamodb.describe_table(TableName=target)["Table"]
    assert (table["TableStatus"], table["ItemCount"]) == ("ACTIVE", 5)
    assert "RestoreSummary" not in table
    scanned = dynamodb.scan(TableName=target)["Items"]
    assert sorted(item["n"]["N"] for item in scanned) == ["0", "1", "2", "3", "4"]
    key = {"KeyConditionExpression": "g = :g", "ExpressionAttributeValues": {":g": {"S": "red"}}}
    assert dynamodb.query(TableName=target, IndexName="gsi", **key)["Count"] == 5
    assert dynamodb.scan(TableName=target, IndexName="lsi")["Count"] == 5
    put(target, pk="a", sk="9", g="red")
    assert dynamodb.query(TableName=target, IndexName="gsi", **key)["Count"] == 6


def test_a_backup_outlives_its_table(dynamodb, hash_table, put, backup, refused):
    put(hash_table, pk="a")
    made = backup(hash_table)
    dynamodb.delete_table(TableName=hash_table)
    dynamodb.restore_table_from_backup(TargetTableName=hash_table, BackupArn=made["BackupArn"])
    assert dynamodb.scan(TableName=hash_table)["Count"] == 1
    assert refused(dynamodb.restore_table_from_backup, TargetTableName=hash_table, BackupArn=made["BackupArn"]) == (
        "TableAlreadyExistsException",
        f"Table already exists: {hash_table}",
    )


def test_items_of_a_backup_do_not_expire(dynamodb, hash_table, put, backup, penstock, unique):
    ttl = {"AttributeName": "ttl", "Enabled": True}
    dynamodb.update_time_to_live(TableName=hash_table, TimeToLiveSpecification=ttl)
    put(hash_table, pk="a", ttl=int(penstock.now()) + 60)
    made = backup(hash_table)
    penstock.advance(120)
    assert dynamodb.scan(TableName=hash_table)["Count"] == 0
    target = f"{unique}-restored"
    dynamodb.restore_table_from_backup(TargetTableName=target, BackupArn=made["BackupArn"])
    penstock.advance(120)
    assert dynamodb.scan(TableName=target)["Count"] == 1


def test_restoring_otherwise(dynamodb, unique, put, backup):
    index = {
        "IndexName": "by-g",
        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    table = create(dynamodb, unique, {"pk": "S"}, {"g": "S"}, GlobalSecondaryIndexes=[index])
    made = backup(table)
    answer = dynamodb.restore_table_from_backup(
        TargetTableName=f"{unique}-restored",
        BackupArn=made["BackupArn"],
        BillingModeOverride="PROVISIONED",
        ProvisionedThroughputOverride={"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
        GlobalSecondaryIndexOverride=[],
    )["TableDescription"]
    assert answer["ProvisionedThroughput"]["WriteCapacityUnits"] == 6
    assert "GlobalSecondaryIndexes" not in answer
    assert [one["AttributeName"] for one in answer["AttributeDefinitions"]] == ["pk"]


def test_what_cannot_be_restored_otherwise(dynamodb, unique, backup, refused):
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}
    index = {
        "IndexName": "gsi",
        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    table = create(dynamodb, unique, {"pk": "S"}, {"g": "S"}, GlobalSecondaryIndexes=[index])
    on_demand = backup(table)["BackupArn"]
    changed = [{"Update": {"IndexName": "gsi", "ProvisionedThroughput": units}}]
    dynamodb.update_table(
        TableName=table, BillingMode="PROVISIONED", ProvisionedThroughput=units, GlobalSecondaryIndexUpdates=changed
    )
    provisioned = backup(table)["BackupArn"]

    def message(arn, **overrides):
        target = f"{unique}-other"
        code, text = refused(dynamodb.restore_table_from_backup, TargetTableName=target, BackupArn=arn, **overrides)
        assert (code, text.partition(": ")[0]) == ("ValidationException", "Invalid Request")
        return text.partition(": ")[2]

    assert message(on_demand, ProvisionedThroughputOverride=units) == (
        "Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED"
    )
    assert message(on_demand, BillingModeOverride="PROVISIONED") == (
        "Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED"
    )
    assert message(provisioned, BillingModeOverride="PAY_PER_REQUEST", ProvisionedThroughputOverride=units) == (
        "Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST"
    )
    assert message(provisioned, OnDemandThroughputOverride={"MaxReadRequestUnits": 5}) == (
        "Cannot override MaxReadRequestUnits for OnDemandThroughput unless BillingModeOverride is PAY_PER_REQUEST"
    )
    assert message(provisioned, GlobalSecondaryIndexOverride=[index]) == (
        "Must specify provisioned throughput for index gsi"
    )
    by_pk = {**index, "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}
    assert message(on_demand, GlobalSecondaryIndexOverride=[by_pk]) == (
        "Index gsi does not match a secondary index that existed in the source table and cannot be created during "
        "the restore operation"
    )
    renamed = {**index, "IndexName": "another"}
    made = dynamodb.restore_table_from_backup(
        TargetTableName=f"{unique}-new", BackupArn=on_demand, GlobalSecondaryIndexOverride=[renamed]
    )["TableDescription"]
    assert [given["IndexName"] for given in made["GlobalSecondaryIndexes"]] == ["another"]


def test_encryption_is_restored_and_the_class_is_not(dynamodb, hash_table, unique, backup):
    dynamodb.update_table(TableName=hash_table, SSESpecification={"Enabled": True, "SSEType": "KMS"})
    dynamodb.update_table(TableName=hash_table, TableClass="STANDARD_INFREQUENT_ACCESS")
    ttl = {"AttributeName": "ttl", "Enabled": True}
    dynamodb.update_time_to_live(TableName=hash_table, TimeToLiveSpecification=ttl)
    arn = backup(hash_table)["BackupArn"]
    features = dynamodb.describe_backup(BackupArn=arn)["BackupDescription"]["SourceTableFeatureDetails"]
    assert features["TimeToLiveDescription"] == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}
    made = dynamodb.restore_table_from_backup(TargetTableName=f"{unique}-new", BackupArn=arn)["TableDescription"]
    assert made["SSEDescription"] == features["SSEDescription"]
    assert "TableClassSummary" not in made


def test_lists(dynamodb, hash_table, backup, penstock):
    first = backup(hash_table, "one-1")
    penstock.advance(60)
    second = backup(hash_table, "two-2")

    def listed(**more):
        page = dynamodb.list_backups(TableName=hash_table, **more)
        return [found["BackupName"] for found in page["BackupSummaries"]], page.get("LastEvaluatedBackupArn")

    assert listed() == (["one-1", "two-2"], None)
    assert listed(Limit=1) == (["one-1"], first["BackupArn"])
    assert listed(ExclusiveStartBackupArn=first["BackupArn"]) == (["two-2"], None)
    assert listed(TimeRangeLowerBound=second["BackupCreationDateTime"]) == (["two-2"], None)
    assert listed(BackupType="SYSTEM") == ([], None)
    everything = dynamodb.list_backups()["BackupSummaries"]
    assert {first["BackupArn"], second["BackupArn"]} <= {found["BackupArn"] for found in everything}


def test_a_deleted_backup(dynamodb, hash_table, backup, refused):
    arn = backup(hash_table)["BackupArn"]
    gone = dynamodb.delete_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]
    assert gone["BackupStatus"] == "DELETED"
    missing = ("BackupNotFoundException", f"Backup not found: {arn}")
    assert refused(dynamodb.describe_backup, BackupArn=arn) == missing
    assert refused(dynamodb.delete_backup, BackupArn=arn) == missing
    assert refused(dynamodb.restore_table_from_backup, BackupArn=arn, TargetTableName="any-table") == missing


def test_a_table_that_is_not_there(dynamodb, unique, refused):
    gone = ("TableNotFoundException", f"Table not found: {unique}")
    assert refused(dynamodb.create_backup, TableName=unique, BackupName="x-1") == gone


def test_points_in_time(dynamodb, hash_table, put, refused, unique, penstock):
    put(hash_table, pk="a")
    restore = {"SourceTableName": hash_table, "TargetTableName": f"{unique}-then", "UseLatestRestorableTime": True}
    assert refused(dynamodb.restore_table_to_point_in_time, **restore) == (
        "PointInTimeRecoveryUnavailableException",
        f"Point in time recovery is not enabled for table '{hash_table}'",
    )
    enabled = {"PointInTimeRecoveryEnabled": True}
    dynamodb.update_continuous_backups(TableName=hash_table, PointInTimeRecoverySpecification=enabled)
    made = dynamodb.restore_table_to_point_in_time(**restore)["TableDescription"]
    assert made["RestoreSummary"]["SourceTableArn"].endswith(hash_table)
    assert dynamodb.scan(TableName=f"{unique}-then")["Count"] == 1
    within = dynamodb.describe_continuous_backups(TableName=hash_table)["ContinuousBackupsDescription"]
    earliest = within["PointInTimeRecoveryDescription"]["EarliestRestorableDateTime"]
    del restore["UseLatestRestorableTime"]
    penstock.advance(1)
    code, message = refused(dynamodb.restore_table_to_point_in_time, **restore, RestoreDateTime=earliest)
    assert (code, "keeps no earlier states" in message) == ("ValidationException", True)
    code, message = refused(dynamodb.restore_table_to_point_in_time, **restore, RestoreDateTime=1000000000)
    assert (code, message.partition(" EarliestRestorableDateTime")[0]) == (
        "InvalidRestoreTimeException",
        "RestoreDateTime '2001-09-09T01:46:40Z' must be within",
    )
    assert refused(dynamodb.restore_table_to_point_in_time, **restore) == (
        "ValidationException",
        "Invalid Request: Either one of RestoreDateTime or UseLatestRestorableTime must be specified, but not both",
    )


def test_what_is_refused(dynamodb, hash_table, refused):
    def message(operation, **request):
        code, text = refused(operation, **request)
        assert code == "ValidationException"
        return text

    no_arn = "no-arn-of-a-backup-is-this-that-is-too-short-for-one"
    assert message(dynamodb.describe_backup, BackupArn=no_arn) == "Invalid Backup ARN"
    assert message(dynamodb.list_backups, TimeRangeLowerBound=2000, TimeRangeUpperBound=1000) == (
        "One or more parameter values were invalid: Time range lower bound must be less than or equal to upper bound"
    )
    disabled = {"PointInTimeRecoveryEnabled": False, "RecoveryPeriodInDays": 7}
    request = {"TableName": hash_table, "PointInTimeRecoverySpecification": disabled}
    assert message(dynamodb.update_continuous_backups, **request) == (
        "Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery."
    )
    elsewhere = "arn:aws-cn:dynamodb:us-east-1:000000000000:table/abc/backup/01791504762511-2779fadd"
    assert message(dynamodb.describe_backup, BackupArn=elsewhere) == "Invalid Request: BackupArn is not valid"
    both = {"TargetTableName": "some-table", "SourceTableName": hash_table, "SourceTableArn": hash_table}
    assert message(dynamodb.restore_table_to_point_in_time, **both) == (
        "Invalid Request: Must provide exactly one of: sourceTableArn, sourceTableName"
    )


def test_a_limit_that_is_none_is_not_restored(dynamodb, hash_table, backup, refused, unique):
    limits = {"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": -1}
    dynamodb.update_table(TableName=hash_table, OnDemandThroughput=limits)
    request = {"BackupArn": backup(hash_table)["BackupArn"], "TargetTableName": f"{unique}-limited"}
    made = dynamodb.restore_table_from_backup(**request)["TableDescription"]
    assert made["OnDemandThroughput"] == {"MaxReadRequestUnits": 10}
    request |= {"TargetTableName": f"{unique}-none", "OnDemandThroughputOverride": {"MaxReadRequestUnits": 0}}
    message = "Invalid Request: Requested MaxReadRequestUnits for OnDemandThroughput is outside of valid range"
    assert refused(dynamodb.restore_table_from_backup, **request) == ("ValidationException", message)
