"""DescribeTable, ListTables and DeleteTable."""


def test_a_table_that_is_not_there(dynamodb, unique, refused):
    expected = ("ResourceNotFoundException", f"Requested resource not found: Table: {unique} not found")
    assert refused(dynamodb.describe_table, TableName=unique) == expected
    assert refused(dynamodb.delete_table, TableName=unique) == expected


def test_counts_follow_the_items(dynamodb, indexed, put):
    put(indexed, pk="a", sk="1", g="x", proj="p", l="l1")
    put(indexed, pk="a", sk="2", big="x" * 100)
    put(indexed, pk="a", sk="2", big="x" * 50)
    found = dynamodb.describe_table(TableName=indexed)["Table"]
    size = len("pkask1gxprojpll1") + len("pkask2big") + 50
    assert (found["ItemCount"], found["TableSizeBytes"]) == (2, size)
    [gsi], [lsi] = found["GlobalSecondaryIndexes"], found["LocalSecondaryIndexes"]
    assert (gsi["ItemCount"], gsi["IndexSizeBytes"]) == (1, len("pkask1gxprojp"))
    assert lsi["ItemCount"] == 1
    dynamodb.delete_item(TableName=indexed, Key={"pk": {"S": "a"}, "sk": {"S": "1"}})
    found = dynamodb.describe_table(TableName=indexed)["Table"]
    assert (found["ItemCount"], found["GlobalSecondaryIndexes"][0]["ItemCount"]) == (1, 0)
    assert found["GlobalSecondaryIndexes"][0]["IndexSizeBytes"] == 0


def test_an_arn_names_a_table_too(dynamodb, hash_table, put):
    put(hash_table, pk="a")
    arn = dynamodb.describe_table(TableName=hash_table)["Table"]["TableArn"]
    assert dynamodb.describe_table(TableName=arn)["Table"]["TableName"] == hash_table
    assert dynamodb.get_item(TableName=arn, Key={"pk": {"S": "a"}})["Item"] == {"pk": {"S": "a"}}


def test_an_arn_is_one_of_a_table_of_the_region(dynamodb, hash_table, refused):
    arn = dynamodb.describe_table(TableName=hash_table)["Table"]["TableArn"]

    def message(named):
        code, text = refused(dynamodb.describe_table, TableName=named)
        assert (code, text.partition(": ")[0]) == ("ValidationException", "1 validation error detected")
        return text.partition(": ")[2]

    elsewhere = arn.replace("us-east-1", "eu-west-1")
    assert message(elsewhere) == f"Invalid AWS region in '{elsewhere}'"
    partition = arn.replace("arn:aws:", "arn:aws-cn:")
    assert message(partition) == f"Invalid AWS partition in '{partition}'"
    stream = arn.replace(":table/", ":stream/")
    assert message(stream) == f"Invalid resource type in '{stream}'"
    assert "Valid ARN format is 'arn:<awsPartition>" in message(f"{arn}/index/gsi")


def test_deletes_the_table_and_its_items(dynamodb, unique, hash_table, put, refused):
    put(hash_table, pk="a")
    assert dynamodb.delete_table(TableName=hash_table)["TableDescription"]["TableStatus"] == "DELETING"
    assert refused(dynamodb.get_item, TableName=hash_table, Key={"pk": {"S": "a"}}) == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )
    dynamodb.create_table(
        TableName=hash_table,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    assert dynamodb.scan(TableName=hash_table)["Count"] == 0


def test_a_large_table_is_emptied_beside_other_requests(dynamodb, hash_table, put, penstock):
    for start in range(0, 4500, 25):
        puts = [{"PutRequest": {"Item": {"pk": {"S": str(n)}}}} for n in range(start, start + 25)]
        dynamodb.batch_write_item(RequestItems={hash_table: puts})
    dynamodb.delete_table(TableName=hash_table)
    penstock.settle()
    store = penstock.runtime.store
    [left] = store.one("SELECT count(*) FROM dynamodb_jobs")
    assert left == 0


def test_protection_keeps_a_table(dynamodb, hash_table, refused):
    dynamodb.update_table(TableName=hash_table, DeletionProtectionEnabled=True)
    message = "Resource cannot be deleted as it is currently protected against deletion."
    assert refused(dynamodb.delete_table, TableName=hash_table) == (
        "ValidationException",
        f"{message} Disable deletion protection first.",
    )
    dynamodb.update_table(TableName=hash_table, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=hash_table)


def test_lists_names_in_order_and_pages(client, dynamodb, unique):
    elsewhere = client("dynamodb", region="eu-west-3")
    names = [f"{unique}-{letter}" for letter in "cab"]
    for name in names:
        elsewhere.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    assert [name for name in elsewhere.list_tables()["TableNames"] if name in names] == sorted(names)
    page = elsewhere.list_tables(ExclusiveStartTableName=unique, Limit=2)
    assert page["TableNames"] == sorted(names)[:2]
    assert page["LastEvaluatedTableName"] == sorted(names)[1]
    rest = elsewhere.list_tables(ExclusiveStartTableName=page["LastEvaluatedTableName"], Limit=1)
    assert rest["TableNames"] == sorted(names)[2:]
    assert not set(names) & set(dynamodb.list_tables()["TableNames"])


def test_limits_and_endpoints(dynamodb, penstock):
    assert dynamodb.describe_limits()["TableMaxReadCapacityUnits"] == 40000
    [endpoint] = dynamodb.describe_endpoints()["Endpoints"]
    assert endpoint["Address"] == f"127.0.0.1:{penstock.runtime.config.port}"
