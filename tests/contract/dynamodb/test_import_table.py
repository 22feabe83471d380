"""Tables made of files in S3."""

import gzip
import json

import pytest


@pytest.fixture
def bucket(client, unique):
    client("s3").create_bucket(Bucket=f"{unique}-files")
    return f"{unique}-files"


@pytest.fixture
def bring(client, dynamodb, penstock, bucket, unique):
    """Imports files; how it went."""

    def run(files, kind="DYNAMODB_JSON", keys="S", **more):
        for key, body in files.items():
            client("s3").put_object(Bucket=bucket, Key=f"in/{key}", Body=body)
        table = {
            "TableName": unique,
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": keys}],
            "BillingMode": "PAY_PER_REQUEST",
        }
        source = {"S3BucketSource": {"S3Bucket": bucket, "S3KeyPrefix": "in/"}, **more}
        answer = dynamodb.import_table(InputFormat=kind, TableCreationParameters=table, **source)
        made = answer["ImportTableDescription"]
        assert made["ImportStatus"] == "IN_PROGRESS"
        penstock.settle()
        return dynamodb.describe_import(ImportArn=made["ImportArn"])["ImportTableDescription"]

    return run


def line(item):
    return json.dumps({"Item": item})


def test_json(bring, dynamodb, unique):
    many = "\n".join(line({"pk": {"S": f"n{n}"}, "n": {"N": str(n)}}) for n in range(1100))
    more = line({"pk": {"S": "b"}, "b": {"B": "AP8="}, "m": {"M": {"x": {"L": [{"BOOL": True}]}}}}) + "\n\n"
    done = bring({"1.json": many, "2.json": more})
    assert (done["ImportStatus"], done["ErrorCount"]) == ("COMPLETED", 0)
    assert (done["ProcessedItemCount"], done["ImportedItemCount"]) == (1101, 1101)
    assert done["ProcessedSizeBytes"] == len(many) + len(more)
    assert dynamodb.describe_table(TableName=unique)["Table"]["ItemCount"] == 1101
    assert dynamodb.get_item(TableName=unique, Key={"pk": {"S": "b"}})["Item"]["b"] == {"B": b"\x00\xff"}


def test_compressed(bring, dynamodb, unique):
    done = bring({"1.json.gz": gzip.compress(line({"pk": {"S": "a"}}).encode())}, InputCompressionType="GZIP")
    assert done["ImportStatus"] == "COMPLETED"
    assert dynamodb.scan(TableName=unique)["Items"] == [{"pk": {"S": "a"}}]


def test_csv(bring, dynamodb, unique):
    done = bring(
        {"1.csv": 'pk;name;note\n1;"a; b";x\n2;c;\n'},
        "CSV",
        "N",
        InputFormatOptions={"Csv": {"Delimiter": ";"}},
    )
    assert done["ImportStatus"] == "COMPLETED"
    assert sorted(dynamodb.scan(TableName=unique)["Items"], key=lambda item: item["pk"]["N"]) == [
        {"pk": {"N": "1"}, "name": {"S": "a; b"}, "note": {"S": "x"}},
        {"pk": {"N": "2"}, "name": {"S": "c"}},
    ]


def test_what_is_no_item_is_counted(bring, dynamodb, unique):
    lines = [line({"pk": {"S": "a"}}), "no json", line({"other": {"S": "x"}}), "[]"]
    done = bring({"1.json": "\n".join(lines)})
    assert (done["ImportStatus"], done["FailureCode"]) == ("FAILED", "ItemValidationError")
    assert (done["ImportedItemCount"], done["ErrorCount"]) == (1, 3)
    assert dynamodb.scan(TableName=unique)["Count"] == 1


def test_items_with_nothing_between_them(bring, dynamodb, unique):
    done = bring(
        {"1.json": line({"pk": {"S": "a"}}) + line({"pk": {"S": "b"}}) + "\n" + line({"pk": {"S": "c"}}) + "}"}
    )
    assert (done["ImportedItemCount"], done["ErrorCount"]) == (3, 1)
    assert {item["pk"]["S"] for item in dynamodb.scan(TableName=unique)["Items"]} == {"a", "b", "c"}


def test_a_bucket_that_is_not_there(bring, dynamodb, unique):
    done = bring({}, S3BucketSource={"S3Bucket": f"{unique}-gone"})
    assert (done["ImportStatus"], done["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    with pytest.raises(dynamodb.exceptions.ResourceNotFoundException):
        dynamodb.describe_table(TableName=unique)


def test_lists(bring, dynamodb):
    done = bring({"1.json": line({"pk": {"S": "a"}})})
    [listed] = dynamodb.list_imports(TableArn=done["TableArn"])["ImportSummaryList"]
    assert (listed["ImportArn"], listed["ImportStatus"]) == (done["ImportArn"], "COMPLETED")
    first = dynamodb.list_imports(PageSize=1)
    while "NextToken" in first:
        first = dynamodb.list_imports(PageSize=1, NextToken=first["NextToken"])
    assert len(first["ImportSummaryList"]) == 1


def test_what_is_refused(dynamodb, unique, refused, hash_table):
    table = {
        "TableName": hash_table,
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    request = {"S3BucketSource": {"S3Bucket": "b-1"}, "InputFormat": "CSV", "TableCreationParameters": table}
    assert refused(dynamodb.import_table, **request) == (
        "ResourceInUseException",
        f"Table already exists: {hash_table}",
    )
    assert refused(dynamodb.import_table, **{**request, "InputFormat": "ION"})[0] == "ValidationException"
    gone = f"arn:aws:dynamodb:us-east-1:000000000000:table/{unique}/import/1-1"
    assert refused(dynamodb.describe_import, ImportArn=gone)[0] == "ImportNotFoundException"
