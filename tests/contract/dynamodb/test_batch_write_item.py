import pytest


def put_request(name, **attributes):
    return {"PutRequest": {"Item": {"pk": {"S": name}, **attributes}}}


def delete_request(name):
    return {"DeleteRequest": {"Key": {"pk": {"S": name}}}}


def test_puts_and_deletes(dynamodb, hash_table, put):
    put(hash_table, pk="old")
    answer = dynamodb.batch_write_item(
        RequestItems={hash_table: [put_request("a"), put_request("b", x={"N": "1.0"}), delete_request("old")]}
    )
    assert answer["UnprocessedItems"] == {}
    items = dynamodb.scan(TableName=hash_table)["Items"]
    assert sorted(items, key=str) == [{"pk": {"S": "a"}}, {"pk": {"S": "b"}, "x": {"N": "1"}}]


@pytest.mark.parametrize(
    ("writes", "message"),
    [
        ([put_request("a"), delete_request("a")], "Provided list of item keys contains duplicates"),
        ([put_request("a"), put_request("a")], "Provided list of item keys contains duplicates"),
        ([{}],
         "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported "
         "datatypes"),
        ([put_request("")],
         "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
         "string value. Key: pk"),
        ([{"PutRequest": {"Item": {"pk": {"N": "5"}}}}], "The provided key element does not match the schema"),
        ([{"PutRequest": {"Item": {"other": {"S": "x"}}}}], "The provided key element does not match the schema"),
        ([put_request("a"), put_request("b", big={"S": "x" * 409_600})],
         "Item size has exceeded the maximum allowed size"),
        ([put_request("a"), put_request("b", s={"SS": []})],
         "One or more parameter values were invalid: An string set  may not be empty"),
    ],
)  # fmt: skip
def test_one_bad_write_refuses_all(dynamodb, hash_table, refused, writes, message):
    assert refused(dynamodb.batch_write_item, RequestItems={hash_table: writes}) == ("ValidationException", message)
    assert dynamodb.scan(TableName=hash_table)["Count"] == 0


def test_at_most_25_writes(dynamodb, hash_table, indexed, refused):
    writes = [put_request(str(number)) for number in range(26)]
    code, message = refused(dynamodb.batch_write_item, RequestItems={hash_table: writes})
    assert code == "ValidationException"
    assert "Member must have length less than or equal to 25" in message
    others = [{"PutRequest": {"Item": {"pk": {"S": str(n)}, "sk": {"S": "x"}}}} for n in range(13)]
    assert refused(dynamodb.batch_write_item, RequestItems={hash_table: writes[:13], indexed: others}) == (
        "ValidationException",
        "Too many items requested for the BatchWriteItem call",
    )


def test_a_table_that_is_not_there(dynamodb, hash_table, unique, refused):
    request = {hash_table: [put_request("a")], f"{unique}-gone": [put_request("a")]}
    assert refused(dynamodb.batch_write_item, RequestItems=request) == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )
    assert dynamodb.scan(TableName=hash_table)["Count"] == 0
