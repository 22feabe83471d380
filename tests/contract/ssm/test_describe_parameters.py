import pytest


def test_describes_without_values(ssm, put, unique):
    put(unique, "v", Description="d", Tags=[{"Key": "env", "Value": unique}])
    [found] = ssm.describe_parameters(ParameterFilters=[{"Key": "tag:env", "Values": [unique]}])["Parameters"]
    assert found.pop("LastModifiedDate")
    assert found == {
        "Name": unique,
        "ARN": f"arn:aws:ssm:us-east-1:000000000000:parameter/{unique}",
        "Type": "String",
        "LastModifiedUser": "arn:aws:iam::000000000000:root",
        "Description": "d",
        "Version": 1,
        "Tier": "Standard",
        "Policies": [],
        "DataType": "text",
    }


@pytest.fixture
def names(ssm, put, unique):
    """`names({"Key": ...})`: what filters leave of the test's parameters, without the common part of the names."""
    for name in ("a", "b/c", "b/d/e"):
        put(f"/{unique}/{name}", **({"Type": "SecureString", "KeyId": unique} if name == "a" else {}))

    def found(*filters):
        below = (
            []
            if any(item["Key"] == "Path" for item in filters)
            else [{"Key": "Path", "Option": "Recursive", "Values": [f"/{unique}"]}]
        )
        answer = ssm.describe_parameters(ParameterFilters=[*filters, *below])
        return [item["Name"].removeprefix(f"/{unique}/") for item in answer["Parameters"]]

    return found


def test_filters(names, unique):
    assert names() == ["a", "b/c", "b/d/e"]
    assert names({"Key": "Path", "Values": [f"/{unique}/b"]}) == ["b/c"]
    assert names({"Key": "Name", "Option": "BeginsWith", "Values": [f"/{unique}/b"]}) == ["b/c", "b/d/e"]
    assert names({"Key": "Name", "Option": "Contains", "Values": ["/d/", "a"]}) != []
    assert names({"Key": "Name", "Values": [f"/{unique}/a"]}) == ["a"]
    assert names({"Key": "Type", "Values": ["SecureString"]}) == ["a"]
    assert names({"Key": "KeyId", "Values": [unique]}) == ["a"]
    assert names({"Key": "Tier", "Values": ["Advanced"]}) == []


def test_the_first_slash_of_a_name_does_not_matter(client):
    ssm = client("ssm", region="eu-south-1")
    for name in ("param", "/param-2", "/tangent", "tangram"):
        ssm.put_parameter(Name=name, Value="v", Type="String")

    def found(option, value):
        filters = [{"Key": "Name", "Option": option, "Values": [value]}]
        return {item["Name"] for item in ssm.describe_parameters(ParameterFilters=filters)["Parameters"]}

    assert found("Equals", "/param") == {"param"}
    assert found("Equals", "param-2") == {"/param-2"}
    assert found("BeginsWith", "param") == {"param", "/param-2"}
    assert found("Contains", "/tan") == {"/tangent", "tangram"}


def test_pages(ssm, names, unique):
    options = {"ParameterFilters": [{"Key": "Path", "Option": "Recursive", "Values": [f"/{unique}"]}], "MaxResults": 2}
    first = ssm.describe_parameters(**options)
    rest = ssm.describe_parameters(**options, NextToken=first["NextToken"])
    assert (len(first["Parameters"]), len(rest["Parameters"]), "NextToken" in rest) == (2, 1, False)


def test_the_older_filters(ssm, names, unique):
    answer = ssm.describe_parameters(Filters=[{"Key": "Name", "Values": [f"/{unique}/b"]}])
    assert [item["Name"] for item in answer["Parameters"]] == [f"/{unique}/b/c", f"/{unique}/b/d/e"]


KEY, OPTION, VALUE = "InvalidFilterKey", "InvalidFilterOption", "InvalidFilterValue"


@pytest.mark.parametrize(
    ("filters", "code", "message"),
    [
        ([{"Key": "Label", "Values": ["x"]}], KEY, "valid: Label. Valid filter keys include: [Path, Name, Type, KeyId"),
        ([{"Key": "Name"}], VALUE, "The following filter values are missing : null for filter key Name."),
        ([{"Key": "Name", "Values": ["x"]}] * 2, KEY, "The following filter is duplicated in the request: Name."),
        ([{"Key": "Path", "Option": "Equals", "Values": ["/x"]}], OPTION, "options include: [Recursive, OneLevel]."),
        ([{"Key": "Name", "Option": "Recursive", "Values": ["x"]}], OPTION, "options include: [BeginsWith, Equals]."),
        ([{"Key": "Tier", "Values": ["x"]}], OPTION, "[Standard, Advanced, Intelligent-Tiering]."),
        ([{"Key": "Path", "Values": ["/aws/x"]}], "ValidationException", "common parameters can't be prefixed"),
        ([{"Key": "Path", "Values": ["x"]}], "ValidationException", "doesn't meet the parameter name requirements."),
    ],
)
def test_refuses(ssm, error, filters, code, message):
    found = error(ssm.describe_parameters, ParameterFilters=filters)
    assert found[0] == code
    assert message in found[1]


def test_one_kind_of_filters_at_a_time(ssm, error):
    request = {
        "Filters": [{"Key": "Name", "Values": ["a"]}],
        "ParameterFilters": [{"Key": "Name", "Values": ["a"]}],
    }
    assert error(ssm.describe_parameters, **request) == (
        "ValidationException",
        "You can use either Filters or ParameterFilters in a single request.",
    )


def test_tags_are_found_by_what_they_begin_with(ssm, put, unique):
    for number in "ab":
        put(f"{unique}-{number}", Tags=[{"Key": "env", "Value": f"{unique}-{number}"}, {"Key": "n", "Value": number}])
    beginning = {"Key": "tag:env", "Option": "BeginsWith", "Values": [unique]}
    assert len(ssm.describe_parameters(ParameterFilters=[beginning])["Parameters"]) == 2
    both = [beginning, {"Key": "tag:n", "Option": "Equals", "Values": ["b"]}]
    [found] = ssm.describe_parameters(ParameterFilters=both)["Parameters"]
    assert found["Name"] == f"{unique}-b"
