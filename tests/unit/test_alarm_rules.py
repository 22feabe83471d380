"""The rules of composite alarms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.services.cloudwatch.rules import RuleError, parse

STATES = {
    "on": "ALARM",
    "also on": "ALARM",
    "off": "OK",
    "new": "INSUFFICIENT_DATA",
    "arn:aws:cloudwatch:e:1:alarm:x": "OK",
}


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("ALARM(on)", True),
        ('ALARM("also on") AND OK(off)', True),
        ("ALARM(off) OR INSUFFICIENT_DATA(new)", True),
        ("NOT ALARM(on)", False),
        ("NOT (ALARM(on) AND ALARM(off))", True),
        ("ALARM(off) AND ALARM(off) OR ALARM(on)", True),
        ("ALARM(off) AND (ALARM(off) OR ALARM(on))", False),
        ("OK(arn:aws:cloudwatch:e:1:alarm:x)", True),
        ("TRUE", True),
        ("false", False),
        ("AT_LEAST(2, ALARM, (on, also on, off))", True),
        ("AT_LEAST(3, ALARM, (on, also on, off))", False),
        ("AT_LEAST(50%, NOT ALARM, (on, off))", True),
        ("  ALARM ( on )\n", True),
    ],
)
def test_what_holds(rule, holds):
    assert parse(rule).holds(STATES.__getitem__) is holds


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ("()", "Unsupported token ')' at char 1"),
        ("ALARM(a) XOR ALARM(b)", "Unsupported token 'XOR' at char 9"),
        ("ALARM(a", "Unsupported token 'a' at char 6"),
        ("ALARM(a) AND", "Unexpected end of expression"),
        ("", "Unexpected end of expression"),
        ("AT_LEAST(x, ALARM, (a))", "Unsupported token '(' at char 8"),
    ],
)
def test_what_is_no_rule(rule, fault):
    with pytest.raises(RuleError, match="^" + fault.replace("(", r"\(").replace(")", r"\)")):
        parse(rule)


def test_names_are_listed_once():
    assert parse('ALARM("a b") OR OK("a b") OR AT_LEAST(1, OK, (c, d))').names == ("a b", "c", "d")


RULES = st.recursive(
    st.builds("{}({})".format, st.sampled_from(["ALARM", "OK"]), st.sampled_from(["on", "off"])),
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["AND", "OR"]), inner) | st.builds("NOT {}".format, inner)
    ),
)


@given(RULES)
def test_a_rule_is_as_python_has_it(rule):
    names = {"ALARM": lambda name: STATES[name] == "ALARM", "OK": lambda name: STATES[name] == "OK"}
    python = rule.replace("AND", "and").replace("OR", "or").replace("NOT", "not").replace("(on)", "('on')")
    expected = eval(python.replace("(off)", "('off')"), names)
    assert parse(rule).holds(STATES.__getitem__) is expected
