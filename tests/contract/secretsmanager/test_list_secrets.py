import pytest


@pytest.fixture
def shelf(sm, unique):
    """Three secrets whose names begin alike."""
    for name, text, tags in (
        ("a", "Database password", {"env": "dev"}),
        ("b", "Key of the API", {"env": "prod", "team": unique}),
        ("c", "", {}),
    ):
        sm.create_secret(
            Name=f"{unique}-{name}",
            SecretString=name,
            Description=text,
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )
    return unique


@pytest.fixture
def names(sm, shelf):
    def found(*filters, **more):
        everything = {"Key": "name", "Values": [shelf]}
        answer = sm.list_secrets(Filters=[everything, *filters], **more)
        return [secret["Name"].removeprefix(f"{shelf}-") for secret in answer["SecretList"]]

    return found


def test_lists_in_the_order_of_creation(sm, names, shelf):
    assert names() == ["a", "b", "c"]
    assert names(SortOrder="desc") == ["c", "b", "a"]
    [secret] = sm.list_secrets(Filters=[{"Key": "name", "Values": [f"{shelf}-a"]}])["SecretList"]
    assert list(secret["SecretVersionsToStages"].values()) == [["AWSCURRENT"]]


@pytest.mark.parametrize(
    ("key", "values", "expected"),
    [
        ("description", ["database"], ["a"]),
        ("description", ["key api"], ["b"]),
        ("description", ["pass", "of"], ["a", "b"]),
        ("tag-key", ["env"], ["a", "b"]),
        ("tag-value", ["prod"], ["b"]),
        ("tag-value", ["!prod"], ["a", "c"]),
        ("all", ["DEV"], ["a"]),
        ("owning-service", ["rds"], []),
    ],
)
def test_filters(names, key, values, expected):
    assert names({"Key": key, "Values": values}) == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"Values": ["a"]}, "Invalid filter key"),
        ({"Key": "description"}, "Invalid filter values for key: description"),
    ],
)
def test_refuses_half_a_filter(sm, error, given, message):
    assert error(sm.list_secrets, Filters=[given]) == ("InvalidParameterException", message)


def test_pages(sm, shelf):
    pages = sm.get_paginator("list_secrets").paginate(
        Filters=[{"Key": "name", "Values": [shelf]}], PaginationConfig={"PageSize": 2}
    )
    assert [len(page["SecretList"]) for page in pages] == [2, 1]


def test_deleted_secrets_are_listed_when_asked_for(sm, names, shelf):
    sm.delete_secret(SecretId=f"{shelf}-b")
    assert names() == ["a", "c"]
    assert names(IncludePlannedDeletion=True) == ["a", "b", "c"]


def test_values_in_a_batch(sm, shelf, error):
    answer = sm.batch_get_secret_value(SecretIdList=[f"{shelf}-c", f"{shelf}-x"])
    assert [value["SecretString"] for value in answer["SecretValues"]] == ["c"]
    assert answer["Errors"] == [
        {
            "SecretId": f"{shelf}-x",
            "ErrorCode": "ResourceNotFoundException",
            "Message": "Secrets Manager can't find the specified secret.",
        }
    ]
    answer = sm.batch_get_secret_value(Filters=[{"Key": "tag-value", "Values": [shelf]}])
    assert [value["SecretString"] for value in answer["SecretValues"]] == ["b"]
    assert error(sm.batch_get_secret_value) == (
        "InvalidParameterException",
        "Either 'SecretIdList' or 'Filters' must be provided, but not both.",
    )
