"""Wildcards: they match what a naive reader of them matches, and a hostile pattern takes no time."""

import re

from hypothesis import given
from hypothesis import strategies as st

from penstock.base.globs import compile_glob

LETTERS = st.text("ab\n", max_size=12)
PATTERNS = st.text("ab\n*?", max_size=12)


@given(PATTERNS, LETTERS)
def test_a_pattern_matches_what_its_plain_regular_expression_matches(pattern: str, text: str) -> None:
    plain = "".join({"*": ".*", "?": "."}.get(char) or re.escape(char) for char in pattern)
    assert bool(compile_glob(pattern).fullmatch(text)) is bool(re.fullmatch(plain, text, re.DOTALL))


def test_what_is_special_in_a_regular_expression_stands_for_itself() -> None:
    assert compile_glob("a.(b|c)*[d]").fullmatch("a.(b|c)...[d]")
    assert not compile_glob("a.c*").fullmatch("abc")


def test_many_wildcards_on_a_long_text_are_done_in_one_pass() -> None:
    assert not compile_glob("*a" * 20 + "*b").fullmatch("a" * 100_000)  # tried at every place, this never ends
