"""TagResource, UntagResource, ListTags."""

from typing import Any


def test_tags(functions: Any, lam: Any) -> None:
    arn = functions.create(Tags={"a": "1"})["FunctionArn"]
    lam.tag_resource(Resource=arn, Tags={"b": "2", "a": "3"})
    assert lam.list_tags(Resource=arn)["Tags"] == {"a": "3", "b": "2"}
    lam.untag_resource(Resource=arn, TagKeys=["a", "none"])
    assert lam.list_tags(Resource=arn)["Tags"] == {"b": "2"}


def test_what_is_refused(functions: Any, lam: Any, refused: Any) -> None:
    arn = functions.create()["FunctionArn"]
    assert refused(lam.tag_resource, Resource=f"{arn}:1", Tags={"a": "1"}) == (
        "InvalidParameterValueException",
        "Tags on function aliases and versions are not supported. Please specify a function ARN.",
    )
    many = {str(number): "" for number in range(51)}
    assert refused(lam.tag_resource, Resource=arn, Tags=many)[1] == "Number of tags exceeds resource tag limit."
    assert refused(lam.tag_resource, Resource=f"{arn}-none", Tags={"a": "1"})[0] == "ResourceNotFoundException"
    assert refused(lam.tag_resource, Resource="arn:aws:s3:::b", Tags={"a": "1"})[0] == "ValidationException"
