"""A client, tables of the usual shapes, and what a refusal says."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Refused = Callable[..., tuple[str, str]]


@pytest.fixture(scope="session")
def dynamodb(client: Callable[..., Any]) -> Any:
    return client("dynamodb")


@pytest.fixture(scope="session")
def refused() -> Refused:
    """`refused(call, **request)`: the code and message of the error that the call answers."""

    def call(operation: Callable[..., Any], **request: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as error:
            operation(**request)
        answer = error.value.response["Error"]
        return answer["Code"], answer["Message"]

    return call


def create(dynamodb: Any, name: str, keys: dict[str, str], attributes: dict[str, str], **more: Any) -> str:
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)],
        AttributeDefinitions=[
            {"AttributeName": key, "AttributeType": kind} for key, kind in {**keys, **attributes}.items()
        ],
        BillingMode="PAY_PER_REQUEST",
        **more,
    )
    return name


@pytest.fixture
def hash_table(dynamodb: Any, unique: str) -> str:
    """A table with the partition key `pk` (S)."""
    return create(dynamodb, unique, {"pk": "S"}, {})


@pytest.fixture
def table(dynamodb: Any, unique: str) -> str:
    """A table with the keys `pk` (S) and `sk` (N)."""
    return create(dynamodb, unique, {"pk": "S", "sk": "N"}, {})


@pytest.fixture
def indexed(dynamodb: Any, unique: str) -> str:
    """Keys `pk` (S) and `sk` (S); `gsi` by `g` (S), including `proj`; `lsi` by `l` (S), everything."""
    global_index = {
        "IndexName": "gsi",
        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["proj"]},
    }
    local_index = {
        "IndexName": "lsi",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "l", "KeyType": "RANGE"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    return create(
        dynamodb,
        f"{unique}-indexed",
        {"pk": "S", "sk": "S"},
        {"g": "S", "l": "S"},
        GlobalSecondaryIndexes=[global_index],
        LocalSecondaryIndexes=[local_index],
    )


@pytest.fixture
def put(dynamodb: Any) -> Callable[..., Any]:
    """`put(table, pk="a", n=1, deep={"M": ...})`: strings and whole numbers in short."""

    def write(name: str, **attributes: Any) -> dict[str, Any]:
        item = {attribute: short(value) for attribute, value in attributes.items()}
        dynamodb.put_item(TableName=name, Item=item)
        return item

    return write


def short(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    return {"S": value} if isinstance(value, str) else {"N": str(value)}
