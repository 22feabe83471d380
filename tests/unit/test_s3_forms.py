"""Forms that come in pieces, wherever they are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.base.errors import AwsError
from penstock.services.s3.form_parts import Form

KIND = 'multipart/form-data; boundary="b0"'
FIELD = b'--b0\r\nContent-Disposition: form-data; name="Key"\r\n\r\nk/1\r\n'
HEAD = FIELD + b'--b0\r\nContent-Disposition: form-data; name="file"'


def whole(data: bytes) -> bytes:
    return HEAD + b'; filename="a.txt"\r\nContent-Type: a/b\r\n\r\n' + data + b"\r\n--b0--\r\n"


@given(data=st.lists(st.sampled_from([b"\r\n", b"--", b"b0", b"-", b"x", b"\r", b"\n"])).map(b"".join), cuts=st.data())
def test_the_file_is_what_was_sent(data: bytes, cuts: st.DataObject) -> None:
    if b"\r\n--b0" in b"\r\n" + data:
        return
    text, form, found = whole(data), Form(KIND), b""
    at = 0
    while at < len(text):
        step = cuts.draw(st.integers(1, 40))
        found += form.feed(text[at : at + step])
        at += step
    form.finish()
    assert (found, form.fields, form.filename) == (data, {"key": "k/1"}, "a.txt")


def test_a_form_that_ends_early() -> None:
    form = Form(KIND)
    form.feed(whole(b"hello")[:-12])
    with pytest.raises(AwsError, match="MalformedPOSTRequest"):
        form.finish()


def test_too_much_before_the_file() -> None:
    with pytest.raises(AwsError, match="MaxPostPreDataLengthExceeded"):
        Form(KIND).feed(b"x" * 20_001)
