import pytest

KEY = [{"AttributeName": "pk", "KeyType": "HASH"}]
BOTH = [*KEY, {"AttributeName": "sk", "KeyType": "RANGE"}]
ALL = {"ProjectionType": "ALL"}
INVALID = "One or more parameter values were invalid: "


def attributes(*names):
    return [{"AttributeName": name, "AttributeType": "S"} for name in names]


def request(unique, **changes):
    base = {"TableName": unique, "KeySchema": KEY, "AttributeDefinitions": attributes("pk")}
    return {**base, "BillingMode": "PAY_PER_REQUEST", **changes}


def index(name, *keys, projection=ALL, **more):
    schema = [{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)]
    return {"IndexName": name, "KeySchema": schema, "Projection": projection, **more}


def test_answers_a_table_in_creation_that_is_active_afterwards(dynamodb, unique, penstock):
    created = dynamodb.create_table(**request(unique))["TableDescription"]
    assert created["TableStatus"] == "CREATING"
    assert created["TableArn"] == f"arn:aws:dynamodb:us-east-1:000000000000:table/{unique}"
    assert abs(created["CreationDateTime"].timestamp() - penstock.now()) < 5
    found = dynamodb.describe_table(TableName=unique)["Table"]
    assert found["TableStatus"] == "ACTIVE"
    assert (found["KeySchema"], found["AttributeDefinitions"]) == (KEY, attributes("pk"))
    assert (found["ItemCount"], found["TableSizeBytes"]) == (0, 0)
    assert found["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert found["ProvisionedThroughput"] == {
        "NumberOfDecreasesToday": 0,
        "ReadCapacityUnits": 0,
        "WriteCapacityUnits": 0,
    }
    assert found["TableId"] == created["TableId"]
    assert found["DeletionProtectionEnabled"] is False


def test_provisioned_is_the_default_and_needs_units(dynamodb, unique, refused):
    given = request(unique)
    del given["BillingMode"]
    message = "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
    assert refused(dynamodb.create_table, **given) == ("ValidationException", INVALID + message)
    units = {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4}
    dynamodb.create_table(**given, ProvisionedThroughput=units)
    found = dynamodb.describe_table(TableName=unique)["Table"]
    assert found["ProvisionedThroughput"] == {"NumberOfDecreasesToday": 0, **units}
    assert "BillingModeSummary" not in found


def test_a_name_is_taken_once(dynamodb, unique, refused):
    dynamodb.create_table(**request(unique))
    assert refused(dynamodb.create_table, **request(unique)) == (
        "ResourceInUseException",
        f"Table already exists: {unique}",
    )


def test_indexes_are_described(dynamodb, unique):
    dynamodb.create_table(
        **request(
            unique,
            KeySchema=BOTH,
            AttributeDefinitions=attributes("pk", "sk", "g"),
            GlobalSecondaryIndexes=[index("gsi", "g", "pk")],
            LocalSecondaryIndexes=[index("lsi", "pk", "g", projection={"ProjectionType": "KEYS_ONLY"})],
        )
    )
    found = dynamodb.describe_table(TableName=unique)["Table"]
    [gsi], [lsi] = found["GlobalSecondaryIndexes"], found["LocalSecondaryIndexes"]
    assert (gsi["IndexStatus"], gsi["ItemCount"], gsi["IndexArn"]) == ("ACTIVE", 0, f"{found['TableArn']}/index/gsi")
    assert lsi["Projection"] == {"ProjectionType": "KEYS_ONLY"}
    assert "IndexStatus" not in lsi


def test_names_are_described_in_order(dynamodb, unique):
    projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["zz", "aa", "mm"]}
    made = index("gsi", "z", "m", projection=projection)
    created = dynamodb.create_table(
        **request(unique, AttributeDefinitions=attributes("z", "m", "pk"), GlobalSecondaryIndexes=[made])
    )["TableDescription"]
    found = dynamodb.describe_table(TableName=unique)["Table"]
    assert created["AttributeDefinitions"] == found["AttributeDefinitions"] == attributes("m", "pk", "z")
    assert found["GlobalSecondaryIndexes"][0]["Projection"]["NonKeyAttributes"] == ["aa", "mm", "zz"]


def test_a_stream_has_a_label_and_an_arn(dynamodb, unique):
    view = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    created = dynamodb.create_table(**request(unique, StreamSpecification=view))["TableDescription"]
    assert created["StreamSpecification"] == view
    assert created["LatestStreamArn"] == f"{created['TableArn']}/stream/{created['LatestStreamLabel']}"


def test_tags_encryption_class_and_protection_are_kept(dynamodb, unique):
    created = dynamodb.create_table(
        **request(
            unique,
            Tags=[{"Key": "team", "Value": "a"}],
            SSESpecification={"Enabled": True},
            TableClass="STANDARD_INFREQUENT_ACCESS",
            DeletionProtectionEnabled=True,
        )
    )["TableDescription"]
    assert created["SSEDescription"]["Status"] == "ENABLED"
    assert created["SSEDescription"]["KMSMasterKeyArn"].startswith("arn:aws:kms:")
    assert created["TableClassSummary"] == {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
    assert created["DeletionProtectionEnabled"] is True
    tags = dynamodb.list_tags_of_resource(ResourceArn=created["TableArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "a"}]
    dynamodb.update_table(TableName=unique, DeletionProtectionEnabled=False)


LSI = {"KeySchema": BOTH, "AttributeDefinitions": attributes("pk", "sk", "l")}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"TableName": "ab"}, "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: "
         "Member must have length greater than or equal to 3"),
        ({"KeySchema": BOTH}, "Invalid KeySchema: Some index key attribute have no definition"),
        ({"AttributeDefinitions": attributes("other")},
         f"{INVALID}Some index key attributes are not defined in AttributeDefinitions. "
         "Keys: [pk], AttributeDefinitions: [other]"),
        ({"AttributeDefinitions": attributes("pk", "other")},
         f"{INVALID}Number of attributes in KeySchema does not exactly match number of attributes defined in "
         "AttributeDefinitions"),
        ({"KeySchema": [{"AttributeName": "pk", "KeyType": "RANGE"}]},
         "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"),
        ({"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}},
         f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
         "PAY_PER_REQUEST"),
        ({"StreamSpecification": {"StreamEnabled": True}},
         f"{INVALID}Table is being created with a stream enabled, UpdateViewType is required"),
        ({"AttributeDefinitions": attributes("pk", "pk")}, "Attribute Name is duplicated: pk"),
        ({"OnDemandThroughput": {"MaxReadRequestUnits": -1}},
         f"{INVALID}Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range"),
        ({"TableClass": "FAST"}, "Invalid table-class parameter provided. Please try again with a valid table-class "
         "value: [STANDARD, STANDARD_INFREQUENT_ACCESS]."),
        ({"SSESpecification": {"Enabled": True, "KMSMasterKeyId": "alias/mine"}},
         f"{INVALID}SSEType KMS is required if KMSMasterKeyId is specified"),
        ({"Tags": [{"Key": "aws:mine", "Value": ""}]}, "Tag Key cannot be prefixed with aws:, Key: aws:mine"),
        ({"StreamSpecification": {"StreamEnabled": False, "StreamViewType": "KEYS_ONLY"}},
         f"{INVALID}Table is being created with a stream disabled, UpdateViewType should not be specified"),
        ({"GlobalSecondaryIndexes": []}, f"{INVALID}List of GlobalSecondaryIndexes is empty"),
        ({"LocalSecondaryIndexes": []}, f"{INVALID}List of LocalSecondaryIndexes is empty"),
        ({"GlobalSecondaryIndexes": [index("gsi", "g")]},
         f"{INVALID}Some index key attributes are not defined in AttributeDefinitions. "
         "Keys: [g], AttributeDefinitions: [pk]"),
        ({"GlobalSecondaryIndexes": [index("gsi", "pk")], "AttributeDefinitions": attributes("pk", "unused")},
         f"{INVALID}Some AttributeDefinitions are not used. AttributeDefinitions: [pk, unused], keys used: [pk]"),
        ({"GlobalSecondaryIndexes": [index("gsi", "pk", projection={})], "AttributeDefinitions": attributes("pk", "x")},
         f"{INVALID}Some AttributeDefinitions are not used. AttributeDefinitions: [pk, x], keys used: [pk]"),
        ({"GlobalSecondaryIndexes": [index("gsi", "pk"), index("gsi", "pk")]},
         f"{INVALID}Duplicate index name: gsi"),
        ({"GlobalSecondaryIndexes": [index("gsi", "pk", projection={**ALL, "NonKeyAttributes": ["a"]})]},
         f"{INVALID}ProjectionType is ALL, but NonKeyAttributes is specified"),
        ({"GlobalSecondaryIndexes": [index("gsi", "pk", projection={})]},
         f"{INVALID}Unknown ProjectionType: null"),
        ({"LocalSecondaryIndexes": [index("lsi", "pk", "sk")]},
         f"{INVALID}Table KeySchema does not have a range key, which is required when specifying a "
         "LocalSecondaryIndex"),
        ({**LSI, "LocalSecondaryIndexes": [index("lsi", "l", "sk")]},
         f"{INVALID}Index KeySchema does not have the same leading hash key as table KeySchema for index: lsi. "
         "index hash key: l, table hash key: pk"),
        ({**LSI, "LocalSecondaryIndexes": [index("lsi", "pk")]},
         f"{INVALID}Index KeySchema does not have a range key for index: lsi"),
        ({**LSI, "LocalSecondaryIndexes": [index(f"lsi{i}", "pk", "l") for i in range(6)]},
         f"{INVALID}Number of LocalSecondaryIndexes exceeds per-table limit of 5"),
        ({"GlobalSecondaryIndexes": [index(f"gsi{i}", "pk") for i in range(21)]},
         f"{INVALID}GlobalSecondaryIndex count exceeds the per-table limit of 20"),
    ],
)  # fmt: skip
def test_what_is_refused(dynamodb, unique, refused, changes, message):
    assert refused(dynamodb.create_table, **request(unique, **changes)) == ("ValidationException", message)


def test_a_key_has_at_most_two_attributes(dynamodb, unique, refused):
    keys = [*BOTH, {"AttributeName": "tk", "KeyType": "RANGE"}]
    given = request(unique, KeySchema=keys, AttributeDefinitions=attributes("pk", "sk", "tk"))
    code, message = refused(dynamodb.create_table, **given)
    assert code == "ValidationException"
    assert message.endswith(
        "at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2"
    )


def test_constraints_of_the_model_are_reported_together(dynamodb, unique, refused):
    keys = [{"AttributeName": "pk", "KeyType": "BOTH"}]
    code, message = refused(dynamodb.create_table, **request(unique, KeySchema=keys, BillingMode="FREE"))
    assert code == "ValidationException"
    assert message.startswith("2 validation errors detected: ")
    assert "Member must satisfy enum value set: [HASH, RANGE]" in message
