"""Violated constraints and bad values in each operation's own words: the newer, the older, and inside what."""

import http.client
import json

import pytest

ONE = "1 validation error detected: "
INVALID = "One or more parameter values were invalid: "
RETURN_VALUES = (
    "Failed to satisfy constraint: Member must satisfy enum value set: "
    "[ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]"
)
CAPACITY = (
    "Value 'NO' at 'returnConsumedCapacity' failed to satisfy constraint: "
    "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"
)
METRICS = (
    "Value 'NO' at 'returnItemCollectionMetrics' failed to satisfy constraint: "
    "Member must satisfy enum value set: [SIZE, NONE]"
)
NO_NAME = f"{ONE}Value at 'TableName' failed to satisfy constraint: Member must have length greater than or equal to 1"
EMPTY_NAME = "Value '' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 1"
NO_KEY = "Value null at 'key' failed to satisfy constraint: Member must not be null"
NULL = "Value null at '{}' failed to satisfy constraint: Member must not be null"
SHORT = "Value '' at '{}' failed to satisfy constraint: Member must have length greater than or equal to 3"
PATTERN = (
    "Value '' at '{}' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
)
KEY = {"pk": {"S": "a"}}


@pytest.fixture
def says(penstock):
    """`says(operation, **members)`: the message of the refusal, whatever a client would have checked itself."""

    def call(operation, **members):
        connection = http.client.HTTPConnection("127.0.0.1", penstock.runtime.config.port, timeout=30)
        scope = "Credential=000000000000/20261121/eu-west-1/dynamodb/aws4_request"
        headers = {
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            "Content-Type": "application/x-amz-json-1.0",
            "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0",
        }
        connection.request("POST", "/", json.dumps(members), headers)
        answer = json.loads(connection.getresponse().read())
        assert answer["__type"].endswith("#ValidationException"), answer
        return answer["message"]

    return call


@pytest.mark.parametrize(
    ("operation", "members", "message"),
    [
        ("PutItem", {"TableName": "", "Item": {}, "ReturnValues": "NO"}, NO_NAME),
        ("DeleteItem", {"TableName": "", "Key": {}}, NO_NAME),
        ("UpdateItem", {"TableName": "", "Key": {}}, NO_NAME),
        ("UpdateItem", {"TableName": "", "UpdateExpression": "REMOVE a"},
         f"2 validation errors detected: {EMPTY_NAME}; {NO_KEY}"),
        ("PutItem", {"TableName": "tbl", "Item": KEY, "ReturnItemCollectionMetrics": "NO", "ReturnValues": "NO",
                     "ReturnConsumedCapacity": "NO"},
         f"3 validation errors detected: {CAPACITY}; {RETURN_VALUES}; {METRICS}"),
        ("DeleteItem", {"TableName": "tbl", "Key": KEY, "ReturnValues": "NO"}, ONE + RETURN_VALUES),
        ("UpdateItem", {"TableName": "tbl", "Key": KEY, "ReturnConsumedCapacity": "NO", "ReturnValues": "NO"},
         ONE + RETURN_VALUES),
        ("Query", {"TableName": "tbl", "ConditionalOperator": "XOR", "Select": "NO"},
         "Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]"),
        ("Scan", {"TableName": "tbl", "Limit": 0},
         f"{ONE}Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"),
        ("CreateTable", {"KeySchema": []}, "The parameter 'TableName' is required but was not present in the request"),
        ("DescribeTable", {"TableName": ""},
         f"2 validation errors detected: {SHORT.format('tableName')}; {PATTERN.format('tableName')}"),
        ("CreateBackup", {"TableName": "tbl", "BackupName": ""},
         f"2 validation errors detected: {PATTERN.format('backupName')}; {SHORT.format('backupName')}"),
        ("CreateTable", {"TableName": "tbl", "KeySchema": [], "AttributeDefinitions": [{}]},
         f"3 validation errors detected: {NULL.format('attributeDefinitions.1.member.attributeType')}; "
         f"{NULL.format('attributeDefinitions.1.member.attributeName')}; Value '[]' at 'keySchema' failed to satisfy "
         "constraint: Member must have length greater than or equal to 1"),
        ("UpdateTable", {"TableName": "tbl", "ProvisionedThroughput": {}},
         f"2 validation errors detected: {NULL.format('provisionedThroughput.writeCapacityUnits')}; "
         f"{NULL.format('provisionedThroughput.readCapacityUnits')}"),
        ("UpdateTimeToLive", {"TableName": "tbl", "TimeToLiveSpecification": {}},
         f"2 validation errors detected: {NULL.format('timeToLiveSpecification.attributeName')}; "
         f"{NULL.format('timeToLiveSpecification.enabled')}"),
        ("UpdateTable", {"TableName": "tbl", "StreamSpecification": {"StreamEnabled": True, "StreamViewType": ""}},
         f"{ONE}Value '' at 'streamSpecification.streamViewType' failed to satisfy constraint: Member must satisfy "
         "enum value set: [OLD_IMAGE, KEYS_ONLY, NEW_AND_OLD_IMAGES, NEW_IMAGE]"),
        ("BatchGetItem", {"RequestItems": {}},
         f"{ONE}Value at 'RequestItems' failed to satisfy constraint: "
         "Member must have length greater than or equal to 1"),
        ("BatchGetItem", {"RequestItems": {"tbl": {"Keys": []}}},
         f"{ONE}Value at 'RequestItems.tbl.member.Keys' failed to satisfy constraint: "
         "Member must have length greater than or equal to 1"),
        ("BatchGetItem", {"RequestItems": {"a!c": {"Keys": [{"pk": {"S": "a"}}]}}},
         f"{ONE}Value '{{\"a!c\":{{\"Keys\":[{{\"pk\":{{\"S\":\"a\"}}}}]}}}}' at 'requestItems' failed to satisfy "
         "constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 255, Member "
         "must have length greater than or equal to 3, Member must satisfy regular expression pattern: "
         "[a-zA-Z0-9_.-]+]"),
        ("BatchWriteItem", {"RequestItems": {}}, "The requestItems parameter is required for BatchWriteItem"),
        ("BatchWriteItem", {"RequestItems": {"tbl": []}},
         f"{ONE}Value '{{tbl=[]}}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: "
         "[Member must have length less than or equal to 25, Member must have length greater than or equal to 1]"),
    ],
)  # fmt: skip
def test_what_violates_the_model(says, operation, members, message):
    assert says(operation, **members) == message


def test_a_batch_names_the_writes_to_a_table_that_cannot_be(says):
    message = says(
        "BatchWriteItem", RequestItems={"a!c": [{"PutRequest": {"Item": KEY}}, {"DeleteRequest": {"Key": KEY}}]}
    )
    assert message.startswith(
        f"{ONE}Value '{{a!c=[WriteRequest(putRequest=PutRequest(item={{pk={{S=a}}}}), deleteRequest=null), "
        "WriteRequest(putRequest=null, deleteRequest=DeleteRequest(key={pk={S=a}}))]}' at 'requestItems'"
    )


# -- values ------------------------------------------------------------------------------------------

UNREADABLE = "The parameter cannot be converted to a numeric value"
OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"
UNDERFLOW = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
# A bad value, what the single-item operations and Query say of it, and what all others do.
VALUES = [
    ({"N": "abc"}, f"{UNREADABLE}: abc", f"{UNREADABLE}: abc"),
    ({"N": ""}, f"{UNREADABLE}: ", UNREADABLE),
    ({"N": "1e126"}, OVERFLOW, OVERFLOW),
    ({"N": "1e2147483647"}, OVERFLOW, UNDERFLOW),
    ({"N": "1e2147483648"}, OVERFLOW, f"{UNREADABLE}: 1e2147483648"),
    ({"N": "1.5e-2147483647"}, UNDERFLOW, f"{UNREADABLE}: 1.5e-2147483647"),
    ({"SS": ["b", "a", "b"]}, f'{INVALID}Input collection ["a", "b", "b"] contains duplicates.',
     f"{INVALID}Input collection [b, a, b] contains duplicates."),
    ({"BS": ["/w==", "AA==", "AA=="]},
     f'{INVALID}Input collection ["AA==","/w==","AA=="]of type BS contains duplicates.',
     f"{INVALID}Input collection [/w==, AA==, AA==]of type BS contains duplicates."),
    ({"NS": ["2", "1", "2"]}, f"{INVALID}Input collection contains duplicates.",
     "Input collection contains duplicates"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "newer", "older"), VALUES)
def test_a_bad_value_in_the_words_of_the_operation(says, hash_table, value, newer, older):
    item = {**KEY, "v": value}
    read = {"TableName": hash_table, "FilterExpression": "v = :v", "ExpressionAttributeValues": {":v": value}}
    assert says("PutItem", TableName=hash_table, Item=item) == ONE + newer
    assert says("GetItem", TableName=hash_table, Key={"pk": value}) == newer
    key = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":v": value, ":p": {"S": "a"}}}
    assert says("Query", **(read | key)) == newer
    assert says("Scan", **read) == f"ExpressionAttributeValues contains invalid value: {older} for key :v"
    assert says("BatchWriteItem", RequestItems={hash_table: [{"PutRequest": {"Item": item}}]}) == older
    assert says("TransactWriteItems", TransactItems=[{"Put": {"TableName": hash_table, "Item": item}}]) == older
    assert says("TransactGetItems", TransactItems=[{"Get": {"TableName": hash_table, "Key": {"pk": value}}}]) == older
    statement = f'SELECT * FROM "{hash_table}" WHERE v = ?'
    assert says("ExecuteStatement", Statement=statement, Parameters=[value]) == older


def test_a_transactions_values_are_named(says, hash_table):
    update = {"UpdateExpression": "SET v = :v", "ExpressionAttributeValues": {":v": {"N": "abc"}}}
    message = says("TransactWriteItems", TransactItems=[{"Update": {"TableName": hash_table, "Key": KEY, **update}}])
    assert message == f"ExpressionAttributeValues contains invalid value: {UNREADABLE}: abc for key :v"


def test_an_update_expression_does_not_tell_its_size(says, hash_table):
    long = "SET " + ", ".join(f"a{number} = :v" for number in range(500))
    said = "Expression size has exceeded the maximum allowed size"
    given = {"TableName": hash_table, "Key": KEY, "ExpressionAttributeValues": {":v": {"S": "x"}}}
    assert says("UpdateItem", **given, UpdateExpression=long) == f"{ONE}Invalid UpdateExpression: {said};"
    message = says("DeleteItem", **given, ConditionExpression="a = :v" + " AND a = :v" * 373)
    assert message == f"{ONE}Invalid ConditionExpression: {said}; expression size: 4109"


def test_members_that_no_value_has_are_ignored(says, dynamodb, hash_table):
    empty = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
    assert says("PutItem", TableName=hash_table, Item={**KEY, "v": {"Q": "x"}}) == ONE + empty
    assert says("GetItem", TableName=hash_table, Key={"pk": {"Q": "x"}}) == empty
    item = {**KEY, "v": {"Q": "x", "S": "y"}}
    several = (
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
    )
    assert says("PutItem", TableName=hash_table, Item={**item, "w": {"S": "a", "N": "1"}}) == ONE + several
