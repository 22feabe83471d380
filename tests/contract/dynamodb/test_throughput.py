"""Throughput: what tables and indexes are ready for, how often it is decreased, and how much there may be."""

import pytest

INVALID = "One or more parameter values were invalid: "
PK = {"AttributeName": "pk", "AttributeType": "S"}
KEYS = [{"AttributeName": "pk", "KeyType": "HASH"}]


def units(read, write=None):
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write or read}


def index(**more):
    return {"IndexName": "gsi", "KeySchema": KEYS, "Projection": {"ProjectionType": "ALL"}, **more}


@pytest.fixture
def make(dynamodb, unique):
    def create(**more):
        dynamodb.create_table(TableName=unique, KeySchema=KEYS, AttributeDefinitions=[PK], **more)
        return unique

    return create


@pytest.fixture
def update(dynamodb, unique):
    def change(**changes):
        return dynamodb.update_table(TableName=unique, **changes)["TableDescription"]

    return change


@pytest.fixture
def described(dynamodb, unique):
    return lambda: dynamodb.describe_table(TableName=unique)["Table"]


def warm(found):
    return found["WarmThroughput"]["ReadUnitsPerSecond"], found["WarmThroughput"]["WriteUnitsPerSecond"]


def test_a_table_stays_warm_for_what_it_was_provisioned_for(make, update, described, refused):
    make(ProvisionedThroughput=units(5, 6), GlobalSecondaryIndexes=[index(ProvisionedThroughput=units(1))])
    assert (warm(described()), warm(described()["GlobalSecondaryIndexes"][0])) == ((5, 6), (1, 1))
    update(ProvisionedThroughput=units(9))
    update(ProvisionedThroughput=units(2))
    assert warm(described()) == (9, 9)
    colder = (
        f"{INVALID}Requested ReadUnitsPerSecond for WarmThroughput for table is lower than current WarmThroughput, "
    )
    assert refused(update, WarmThroughput={"ReadUnitsPerSecond": 8}) == (
        "ValidationException",
        f"{colder}decreasing WarmThroughput is not supported",
    )
    update(BillingMode="PAY_PER_REQUEST")
    assert warm(described()) == (12000, 4000)
    changed = [{"Update": {"IndexName": "gsi", "ProvisionedThroughput": units(1)}}]
    update(BillingMode="PROVISIONED", ProvisionedThroughput=units(1), GlobalSecondaryIndexUpdates=changed)
    assert (warm(described()), warm(described()["GlobalSecondaryIndexes"][0])) == ((12000, 4000), (12000, 4000))


def test_after_four_decreases_a_day_they_are_an_hour_apart(make, update, described, refused, penstock):
    make(ProvisionedThroughput=units(100), GlobalSecondaryIndexes=[index(ProvisionedThroughput=units(9))])
    midnight = 86400
    penstock.advance(midnight - penstock.now() % midnight + 3600)
    for read in (90, 80, 70, 60):
        update(ProvisionedThroughput=units(read))
    assert described()["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 4
    code, message = refused(update, ProvisionedThroughput=units(50))
    assert (code, message.partition(" Last decrease at ")[0]) == (
        "LimitExceededException",
        "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After the "
        "first 4 decreases, each subsequent decrease in the same UTC day can be performed at most once every 3600 "
        "seconds. Number of decreases today: 4.",
    )
    assert message.endswith("AM Coordinated Universal Time")
    changed = [{"Update": {"IndexName": "gsi", "ProvisionedThroughput": units(8)}}]
    found = update(GlobalSecondaryIndexUpdates=changed)["GlobalSecondaryIndexes"][0]
    assert found["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 1  # its own
    update(ProvisionedThroughput=units(60, 61))
    penstock.advance(3601)
    update(ProvisionedThroughput=units(50))
    assert described()["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 5
    penstock.advance(midnight)
    assert described()["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 0
    update(ProvisionedThroughput=units(40))


def test_quotas(make, update, refused):
    more = "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
    above = f"for the account in us-east-1. Per table maximum: 40000. {more}"
    assert refused(make, ProvisionedThroughput=units(40001, 1)) == (
        "LimitExceededException",
        f"The requested ReadCapacityUnits, 40001, is above the per table maximum {above}",
    )
    large = [index(ProvisionedThroughput=units(1, 40001))]
    assert refused(make, ProvisionedThroughput=units(40000), GlobalSecondaryIndexes=large) == (
        "LimitExceededException",
        f"The requested WriteCapacityUnits for index gsi, 40001, is above the per index maximum {above}",
    )
    make(BillingMode="PAY_PER_REQUEST", GlobalSecondaryIndexes=[index()])
    assert refused(update, OnDemandThroughput={"MaxReadRequestUnits": 40001}) == (
        "LimitExceededException",
        "Subscriber limit exceeded: Requested MaxReadRequestUnits for OnDemandThroughput for table exceeds "
        "TableMaxReadCapacityUnits of the account in region us-east-1",
    )
    hot = [{"Update": {"IndexName": "gsi", "WarmThroughput": {"WriteUnitsPerSecond": 40001}}}]
    assert refused(update, GlobalSecondaryIndexUpdates=hot) == (
        "LimitExceededException",
        "Subscriber limit exceeded: Requested WriteUnitsPerSecond for WarmThroughput for index gsi exceeds "
        "TableMaxWriteCapacityUnits of the account in region us-east-1",
    )


def test_limits_go_with_the_on_demand_mode(make, update, described, refused):
    make(BillingMode="PAY_PER_REQUEST", GlobalSecondaryIndexes=[index(OnDemandThroughput={"MaxReadRequestUnits": 7})])
    update(OnDemandThroughput={"MaxReadRequestUnits": 9, "MaxWriteRequestUnits": 5})
    update(OnDemandThroughput={"MaxReadRequestUnits": -1})
    assert described()["OnDemandThroughput"] == {"MaxWriteRequestUnits": 5}
    changed = [{"Update": {"IndexName": "gsi", "ProvisionedThroughput": units(1)}}]
    update(BillingMode="PROVISIONED", ProvisionedThroughput=units(1), GlobalSecondaryIndexUpdates=changed)
    found = described()
    assert "OnDemandThroughput" not in found
    assert "OnDemandThroughput" not in found["GlobalSecondaryIndexes"][0]
    assert refused(update, BillingMode="PROVISIONED") == (
        "ValidationException",
        f"{INVALID}ProvisionedThroughput must be specified when BillingMode is PROVISIONED",
    )


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"ProvisionedThroughput": units(1), "OnDemandThroughput": {"MaxReadRequestUnits": 5}},
         "MaxReadRequestUnits for OnDemandThroughput cannot be specified when table BillingMode is PROVISIONED."),
        ({"BillingMode": "PAY_PER_REQUEST",
          "GlobalSecondaryIndexes": [index(OnDemandThroughput={"MaxReadRequestUnits": -1})]},
         "Requested MaxReadRequestUnits for OnDemandThroughput for index : gsi is outside of valid range"),
    ],
)  # fmt: skip
def test_what_a_new_table_is_refused(make, refused, more, message):
    assert refused(make, **more) == ("ValidationException", INVALID + message)


def test_a_new_index_is_at_least_as_warm_as_any(make, refused):
    cold = index(WarmThroughput={"ReadUnitsPerSecond": 1, "WriteUnitsPerSecond": 5000})
    code, message = refused(make, BillingMode="PAY_PER_REQUEST", GlobalSecondaryIndexes=[cold])
    assert code == "ValidationException"
    assert message.startswith(
        f"{INVALID}Requested ReadUnitsPerSecond for WarmThroughput for index gsi is lower than initial throughput"
    )
