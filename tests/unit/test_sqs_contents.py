"""Messages' contents: what is allowed, digests, the form in which attributes are kept."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.base.errors import AwsError
from penstock.services.sqs import contents

ALLOWED = st.characters(
    codec="utf-8", exclude_categories=["Cs"], exclude_characters=[*map(chr, range(32)), "\ufffe", "\uffff"]
) | st.sampled_from("\t\n\r")
TEXT = st.text(ALLOWED, min_size=1)
VALUES = (
    st.builds(lambda value: {"DataType": "String", "StringValue": value}, TEXT)
    | st.builds(lambda value: {"DataType": "Number.int", "StringValue": str(value)}, st.integers())
    | st.builds(lambda value: {"DataType": "Number", "StringValue": repr(value)}, st.floats(-1e100, 1e100))
    | st.builds(lambda value: {"DataType": "Binary.png", "BinaryValue": value}, st.binary(min_size=1))
)
NAMES = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=20)
ATTRIBUTES = st.dictionaries(NAMES, VALUES, max_size=10)


@given(TEXT)
def test_every_allowed_character_is_allowed(body):
    contents.check_body(body, 1, 1)


@given(TEXT, st.sampled_from([*map(chr, range(9)), "\x0b", "\x0c", "\x0e", "\x1f", "\ufffe", "\uffff"]), TEXT)
def test_one_forbidden_character_is_enough(before, forbidden, after):
    with pytest.raises(AwsError, match="InvalidMessageContents"):
        contents.check_body(before + forbidden + after, 1, 1)


@given(ATTRIBUTES)
def test_attributes_that_are_well_formed_are_accepted(attributes):
    contents.check_attributes(attributes)


@given(ATTRIBUTES)
def test_attributes_are_kept_as_they_are(attributes):
    assert contents.unpacked(contents.packed(attributes)) == attributes


@given(ATTRIBUTES)
def test_the_digest_does_not_depend_on_the_order(attributes):
    reverse = dict(reversed(attributes.items()))
    assert contents.md5_of_attributes(reverse) == contents.md5_of_attributes(attributes)


@given(ATTRIBUTES, NAMES, TEXT)
def test_the_digest_depends_on_every_value(attributes, name, value):
    attributes.pop(name, None)
    one, other = ({**attributes, name: {"DataType": "String", "StringValue": v}} for v in (value, value + "!"))
    assert contents.md5_of_attributes(one) != contents.md5_of_attributes(other)


@given(TEXT, ATTRIBUTES)
def test_the_size_is_that_of_all_parts(body, attributes):
    parts = [body.encode()]
    for name, attribute in attributes.items():
        value = attribute.get("BinaryValue") or attribute["StringValue"].encode()
        parts += [name.encode(), attribute["DataType"].encode(), value]
    assert contents.message_size(body.encode(), attributes) == len(b"".join(parts))
