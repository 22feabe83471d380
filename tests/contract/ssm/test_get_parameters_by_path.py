import pytest


@pytest.fixture
def tree(put, unique):
    for name in ("a", "b", "c/d", "c/e/f", "cc"):
        put(f"/{unique}/{name}", name, **({"Type": "StringList"} if name == "b" else {}))
    return f"/{unique}"


@pytest.fixture
def names(ssm):
    def found(path, **more):
        return [item["Value"] for item in ssm.get_parameters_by_path(Path=path, **more)["Parameters"]]

    return found


def test_one_level_or_all(tree, names):
    assert names(tree) == names(f"{tree}/") == ["a", "b", "cc"]
    assert names(tree, Recursive=True) == ["a", "b", "c/d", "c/e/f", "cc"]
    assert names(f"{tree}/c", Recursive=True) == ["c/d", "c/e/f"]
    assert names(f"{tree}/nothing") == []


def test_names_without_a_hierarchy_stand_at_its_root(client, unique):
    ssm = client("ssm", region="eu-north-1")
    for name in ("a", "/b", "/c/d"):
        ssm.put_parameter(Name=name, Value=name, Type="String")
    found = [ssm.get_parameters_by_path(Path="/", Recursive=deep)["Parameters"] for deep in (False, True)]
    assert [[item["Value"] for item in items] for items in found] == [["/b", "a"], ["/b", "/c/d", "a"]]


def test_pages(ssm, tree):
    pages = ssm.get_paginator("get_parameters_by_path").paginate(
        Path=tree, Recursive=True, PaginationConfig={"PageSize": 2}
    )
    assert [[item["Value"] for item in page["Parameters"]] for page in pages] == [["a", "b"], ["c/d", "c/e/f"], ["cc"]]


def test_filters_by_type_and_label(ssm, tree, names):
    assert names(tree, ParameterFilters=[{"Key": "Type", "Values": ["StringList"]}]) == ["b"]
    ssm.label_parameter_version(Name=f"{tree}/a", Labels=["x"])
    assert names(tree, ParameterFilters=[{"Key": "Label", "Values": ["x"]}]) == ["a"]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"Path": "a"}, "ValidationException"),
        ({"Path": "/a//b"}, "ValidationException"),
        ({"Path": "/a", "MaxResults": 11}, "ValidationException"),
        ({"Path": "/a", "NextToken": "x"}, "InvalidNextToken"),
        ({"Path": "/a", "ParameterFilters": [{"Key": "Name", "Values": ["x"]}]}, "InvalidFilterKey"),
        ({"Path": "/a", "ParameterFilters": [{"Key": "Key", "Values": ["x"]}]}, "ValidationException"),
    ],
)
def test_refuses(ssm, error, request_, code):
    assert error(ssm.get_parameters_by_path, **request_)[0] == code
