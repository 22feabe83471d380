"""Tags that stand in requests, and what AWS allows them to be. Pure.

Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
"""

from collections.abc import Iterable

from penstock.base.errors import AwsError
from penstock.services.ec2.kinds import Kind
from penstock.wire.model import Json

_MOST, _KEY, _VALUE = 50, 128, 256


def tags_for(request: Json, kind: Kind) -> list[Json]:
    """The tags of a create request's TagSpecifications.

    Raises InvalidParameter, InvalidParameterValue, TagLimitExceeded.
    """
    tags: list[Json] = []
    for specification in request.get("TagSpecifications", ()):
        named = specification.get("ResourceType", "")
        if not named:
            raise AwsError("InvalidParameter", "Tag specification resource type must have a value")
        if named != kind.type:
            message = f"'{named}' is not a valid taggable resource type for this operation."
            raise AwsError("InvalidParameterValue", message)
        if not specification.get("Tags"):
            raise AwsError("InvalidParameterValue", "Tag specification must have at least one tag")
        tags += specification["Tags"]
    keys = [tag.get("Key") for tag in tags]
    if repeated := next((key for key in keys if keys.count(key) > 1), None):
        raise AwsError("InvalidParameterValue", f"Duplicate tag key '{repeated}' specified.")
    return merged((), tags)


def merged(known: Iterable[Json], tags: Iterable[Json]) -> list[Json]:
    """`known` tags, overwritten by `tags`. Raises InvalidParameterValue, TagLimitExceeded."""
    values = {tag["Key"]: tag["Value"] for tag in known}
    for tag in tags:
        _check(tag)
        values[tag["Key"]] = tag.get("Value", "")
    if len(values) > _MOST:
        raise AwsError("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
    return [{"Key": key, "Value": value} for key, value in values.items()]


def _check(tag: Json) -> None:
    key, value = tag.get("Key", ""), tag.get("Value", "")
    if not key:
        raise AwsError("InvalidParameterValue", "Tag key cannot be null or empty.")
    if key.lower().startswith("aws:"):
        raise AwsError("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
    for noun, text, most in (("key", key, _KEY), ("value", value, _VALUE)):
        if len(text) > most:
            message = f"Tag {noun} exceeds the maximum length of {most} characters"
            raise AwsError("InvalidParameterValue", message)
