"""The expression language: what it refuses and how, what conditions say, what updates and projections make."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.base.errors import AwsError
from penstock.services.dynamodb.expressions import request
from penstock.services.dynamodb.values import compare

PARAMETERS = (
    "UpdateExpression",
    "ConditionExpression",
    "KeyConditionExpression",
    "FilterExpression",
    "ProjectionExpression",
)
VALUES = {
    ":s": {"S": "x"},
    ":n": {"N": "2"},
    ":one": {"N": "1"},
    ":b": {"BOOL": True},
    ":l": {"L": [{"S": "e"}]},
    ":ss": {"SS": ["a"]},
    ":dog": {"S": "DOG"},
}


def compiled(parameter: str, text: str, names: dict[str, str] | None = None) -> request.Expressions:
    """The expression with exactly those values that it uses."""
    given_values = {name: VALUES[name] for name in re.findall(r":\w+", text) if name in VALUES}
    parameters: dict[str, Any] = {parameter: text}
    if given_values:
        parameters["ExpressionAttributeValues"] = given_values
    if names:
        parameters["ExpressionAttributeNames"] = names
    return request.expressions(parameters, PARAMETERS)


def refusal(parameter: str, text: str, names: dict[str, str] | None = None) -> str:
    with pytest.raises(AwsError) as refused:
        compiled(parameter, text, names)
    assert refused.value.code == "ValidationException"
    prefix = f"Invalid {parameter}: "
    assert refused.value.message.startswith(prefix), refused.value.message
    return refused.value.message.removeprefix(prefix)


def meets(text: str, item: dict[str, Any], names: dict[str, str] | None = None) -> bool:
    predicate = compiled("ConditionExpression", text, names).predicate("ConditionExpression")
    assert predicate is not None
    return predicate(item)


def updated(text: str, item: dict[str, Any], names: dict[str, str] | None = None) -> dict[str, Any]:
    found = compiled("UpdateExpression", text, names)
    assert found.update is not None
    return found.update.apply(item, found.values)


# -- syntax ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The expression can not be empty;"),
        ("a", 'Syntax error; token: "<EOF>", near: "a"'),
        ("a = ", 'Syntax error; token: "<EOF>", near: "="'),
        ("begins_with a, :s", 'Syntax error; token: "a", near: "begins_with a,"'),
        ("!!!", 'Syntax error; token: "!", near: "!!"'),
        ("attribute_not_exists(", 'Syntax error; token: "<EOF>", near: "("'),
        ("a[x] = :s", 'Syntax error; token: "x", near: "[x]"'),
        ("a = :s b", 'Syntax error; token: "b", near: ":s b"'),
        ("(a = :s) = :s", 'Syntax error; token: "=", near: ") = :s"'),
        ("((a = :s))", "The expression has redundant parentheses;"),
        ("a = :s AND ((b = :s))", "The expression has redundant parentheses;"),
        ("a = ((b))", "The expression has redundant parentheses;"),
        ("foo(a)", "Invalid function name; function: foo"),
        ("if_not_exists(a, :s) = :s", "Invalid function name; function: if_not_exists"),
        ("size(a)", "The function is not allowed to be used this way in an expression; function: size"),
        ("a = contains(b, :s)", "The function is not allowed to be used this way in an expression; function: contains"),
        ("status = :s", "Attribute name is a reserved keyword; reserved keyword: status"),
        ("a.Year = :s", "Attribute name is a reserved keyword; reserved keyword: Year"),
        (
            "#x = :s",
            "An expression attribute name used in the document path is not defined; attribute name: #x",
        ),
        (
            "a = :missing",
            "An expression attribute value used in expression is not defined; attribute value: :missing",
        ),
        (
            "size(a, b) = :n",
            "Incorrect number of operands for operator or function; operator or function: size, number of operands: 2",
        ),
        (
            "contains(a.b[0], a.b[0])",
            "The first operand must be distinct from the remaining operands for this operator or function; "
            "operator: contains, first operand: [a, b, [0]]",
        ),
        (
            "attribute_exists(:s)",
            "Operator or function requires a document path; operator or function: attribute_exists",
        ),
        (
            "begins_with(a, :n)",
            "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
        ),
        (
            "a < :b",
            "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL",
        ),
        (
            "a BETWEEN :b AND :b",
            "Incorrect operand type for operator or function; operator or function: BETWEEN, operand type: BOOL",
        ),
        (
            "attribute_type(a, b)",
            "Incorrect operand type for operator or function; operator or function: attribute_type, "
            "operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}",
        ),
        (
            "attribute_type(a, :dog)",
            "Invalid attribute type name found; type: DOG, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
        ),
        (
            "a BETWEEN :n AND :one",
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound "
            "operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}",
        ),
        (
            "a BETWEEN :s AND :one",
            "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: "
            "AttributeValue: {S:x}, upper bound operand: AttributeValue: {N:1}",
        ),
        (
            f"a IN ({', '.join(['b'] * 101)})",
            "The IN operator is provided with too many operands; number of operands: 101",
        ),
        (" AND ".join(["a=b"] * 160), "The expression contains too many operators; operator count: 301"),
        ("a = " + "b" * 4093, "Expression size has exceeded the maximum allowed size; expression size: 4097"),
    ],
)
def test_conditions_that_are_refused(text: str, message: str) -> None:
    assert refusal("ConditionExpression", text) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("INVALID SYNTAX HERE", 'Syntax error; token: "INVALID", near: "INVALID SYNTAX"'),
        ("SET a b", 'Syntax error; token: "b", near: "a b"'),
        ("SET a = :s,", 'Syntax error; token: "<EOF>", near: ","'),
        ("SET a = a + :n + :n", 'Syntax error; token: "+", near: ":n + :n"'),
        ("ADD a b", 'Syntax error; token: "b", near: "a b"'),
        ("SET a = :s SET b = :s", 'The "SET" section can only be used once in an update expression;'),
        ("SET size = :s", "Attribute name is a reserved keyword; reserved keyword: size"),
        ("SET a = size(b)", "Invalid function name; function: size"),
        (
            "SET a = list_append(list_append(a, b), c)",
            "The function is not allowed to be used this way in an expression; function: list_append",
        ),
        (
            "SET a = :s, a = :s",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; "
            "path one: [a], path two: [a]",
        ),
        (
            "SET a.b = :s REMOVE a.b.c[1]",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; "
            "path one: [a, b], path two: [a, b, c, [1]]",
        ),
        (
            "SET a.b = :s, a[1] = :s",
            "Two document paths conflict with each other; must remove or rewrite one of these paths; "
            "path one: [a, b], path two: [a, [1]]",
        ),
        (
            "ADD a :s",
            "Incorrect operand type for operator or function; "
            "operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND",
        ),
        (
            "DELETE a :n",
            "Incorrect operand type for operator or function; "
            "operator: DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND",
        ),
        (
            "SET a = a - :s",
            "Incorrect operand type for operator or function; operator or function: -, operand type: S",
        ),
        (
            "SET a = list_append(a, :n)",
            "Incorrect operand type for operator or function; operator or function: list_append, operand type: N",
        ),
        (
            "SET a = if_not_exists(:s, :s)",
            "Operator or function requires a document path; operator or function: if_not_exists",
        ),
        (
            "SET a = list_append(a)",
            "Incorrect number of operands for operator or function; operator or function: list_append, "
            "number of operands: 1",
        ),
    ],
)
def test_updates_that_are_refused(text: str, message: str) -> None:
    assert refusal("UpdateExpression", text) == message


@pytest.mark.parametrize("text", ["a, a", "a, a.b", "a.b[2], a.b", "a[1], a[1]"])
def test_projections_must_not_overlap(text: str) -> None:
    assert refusal("ProjectionExpression", text).startswith("Two document paths overlap with each other")


def test_the_first_faulty_clause_is_reported() -> None:
    assert "operand type: N" in refusal("KeyConditionExpression", "begins_with(k, :n) AND p = :missing")
    assert ":missing" in refusal("KeyConditionExpression", "p = :missing AND begins_with(k, :n)")


def test_distinct_placeholders_of_one_attribute_are_one_attribute() -> None:
    assert "[data]" in refusal("ConditionExpression", "contains(#a, #b)", {"#a": "data", "#b": "data"})


# -- the parameters as a whole -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_parameters", "message"),
    [
        (
            {"ExpressionAttributeNames": {"#a": "a"}},
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
        ({"ExpressionAttributeValues": {}}, "ExpressionAttributeValues can only be specified when using expressions"),
        (
            {"ConditionExpression": "a = b", "ExpressionAttributeNames": {}},
            "ExpressionAttributeNames must not be empty",
        ),
        (
            {"ConditionExpression": "a = b", "ExpressionAttributeValues": {}},
            "ExpressionAttributeValues must not be empty",
        ),
        (
            {"ConditionExpression": "a = b", "ExpressionAttributeNames": {"a": "a"}},
            'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"',
        ),
        (
            {"ConditionExpression": "a = b", "ExpressionAttributeValues": {"v": {"S": ""}}},
            'ExpressionAttributeValues contains invalid key: Syntax error; key: "v"',
        ),
        (
            {"ConditionExpression": "a = b", "ExpressionAttributeNames": {"#x": "a", "#y": "b"}},
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#x, #y}",
        ),
        (
            {"ConditionExpression": "a = b", "ExpressionAttributeValues": {":v": {"S": ""}}},
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}",
        ),
        (
            {"ConditionExpression": "a = b", "Expected": {}},
            "Can not use both expression and non-expression parameters in the same request: "
            "Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}",
        ),
    ],
)
def test_parameters_that_do_not_go_together(given_parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(AwsError) as refused:
        request.expressions(given_parameters, PARAMETERS, ("Expected",))
    assert refused.value.message == message


def test_names_and_values_are_used_by_any_of_the_expressions() -> None:
    found = request.expressions(
        {
            "UpdateExpression": "SET #a = :v",
            "ConditionExpression": "#b = :w",
            "ExpressionAttributeNames": {"#a": "a", "#b": "b"},
            "ExpressionAttributeValues": {":v": {"N": "1"}, ":w": {"N": "1.0"}},
        },
        PARAMETERS,
    )
    assert found.values[":w"] == {"N": "1"}


# -- conditions --------------------------------------------------------------------------------------

ITEM: dict[str, Any] = {
    "s": {"S": "hello"},
    "n": {"N": "10"},
    "b": {"B": b"hi there"},
    "l": {"L": [{"N": "2"}, {"S": "x"}, {"SS": ["p", "q"]}]},
    "m": {"M": {"deep": {"L": [{"M": {"er": {"N": "2"}}}]}}},
    "ns": {"NS": ["2", "4"]},
    "flag": {"BOOL": True},
    "nothing": {"NULL": True},
}


@pytest.mark.parametrize(
    "text",
    [
        "n > :n", "n >= :n", "n <> :n", ":n < n", "absent <> :n", "absent <> another", "s <> :n",
        "NOT n = :n", "NOT absent = :n", "n = :n OR s <> :s AND n > :n", "(n = :n OR s <> :s) AND n > :n",
        "NOT n = :n AND s <> :s", "n BETWEEN :n AND n", "m.deep[0].er IN (:s, :n)", "m.deep[0].er = :n",
        "attribute_exists(m.deep[0])", "attribute_not_exists(m.deep[1])", "attribute_not_exists(s.x)",
        "contains(l, :n)", "contains(ns, :n)", "contains(l, l[2])", "size(s) > :n", "size(l) > :n", "size(m) = :one",
        "size(ns) = :n", "size(absent) <> :n", "attribute_exists(nothing)", "flag = :b", "(n) > (:n)",
    ],
)  # fmt: skip
def test_conditions_that_hold(text: str) -> None:
    assert meets(text, ITEM)


@pytest.mark.parametrize(
    "text",
    [
        "n < :n", "absent = another", "absent < :n", "absent = :n", "s > :n", "flag = :n", "size(n) = :n",
        "size(flag) > :n", "contains(n, :n)", "contains(ns, :s)", "begins_with(n, s)", "n IN (:n, :s)", "l[9] = :n",
        "s[0] = :n", "s.a = :n", "n BETWEEN :one AND :n", "n < :one",
    ],
)  # fmt: skip
def test_conditions_that_do_not_hold(text: str) -> None:
    assert not meets(text, ITEM)


@given(st.integers(-5, 5), st.integers(-5, 5), st.integers(-5, 5))
def test_logic_is_pythons(a: int, b: int, c: int) -> None:
    item = {name: {"N": str(number)} for name, number in {"a": a, "b": b, "c": c}.items()}
    assert meets("a < b AND b < c OR NOT a = c", item) == ((a < b and b < c) or a != c)
    assert meets("NOT (a < b OR b >= c) AND a <> c", item) == (not (a < b or b >= c) and a != c)
    if b <= c:
        assert meets("a BETWEEN b AND c", item) == (b <= a <= c)
    assert meets("a IN (b, c)", item) == (a in (b, c))


@given(st.text(max_size=4), st.text(max_size=4))
def test_comparisons_of_strings_are_those_of_their_bytes(one: str, other: str) -> None:
    item = {"a": {"S": one}, "b": {"S": other}}
    assert meets("a < b", item) == (one.encode() < other.encode())
    assert (compare(item["a"], item["b"]) == 0) == meets("a = b", item)
    assert meets("begins_with(a, b)", item) == one.startswith(other)
    assert meets("contains(a, b)", item) == (other in one)


# -- updates -----------------------------------------------------------------------------------------


def test_actions_read_the_item_as_it_was() -> None:
    item = {"a": {"N": "1"}, "b": {"N": "2"}}
    assert updated("SET a = b, b = a", item) == {"a": {"N": "2"}, "b": {"N": "1"}}
    assert item == {"a": {"N": "1"}, "b": {"N": "2"}}


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("SET a = a + :n", {"a": {"N": "1.5"}}, {"a": {"N": "3.5"}}),
        ("SET a = :n - a", {"a": {"N": "1.5"}}, {"a": {"N": "0.5"}}),
        ("SET a = if_not_exists(a, :n) + :one", {}, {"a": {"N": "3"}}),
        ("SET a = list_append(if_not_exists(a, :l), :l)", {}, {"a": {"L": [{"S": "e"}, {"S": "e"}]}}),
        ("SET a = (:n)", {}, {"a": {"N": "2"}}),
        ("SET a = (a + :n)", {"a": {"N": "1"}}, {"a": {"N": "3"}}),
        ("SET m.x = :n", {"m": {"M": {"y": {"S": "k"}}}}, {"m": {"M": {"y": {"S": "k"}, "x": {"N": "2"}}}}),
        ("SET l[9] = :n, l[7] = :s", {"l": {"L": []}}, {"l": {"L": [{"S": "x"}, {"N": "2"}]}}),
        ("SET l[0] = :n REMOVE l[1]", {"l": {"L": [{"S": "a"}, {"S": "b"}]}}, {"l": {"L": [{"N": "2"}]}}),
        ("REMOVE l[0], l[2]", {"l": {"L": [{"N": "0"}, {"N": "1"}, {"N": "2"}]}}, {"l": {"L": [{"N": "1"}]}}),
        ("REMOVE l[5], absent", {"l": {"L": []}}, {"l": {"L": []}}),
        ("REMOVE m.gone", {"m": {"M": {}}}, {"m": {"M": {}}}),
        ("ADD a :n", {}, {"a": {"N": "2"}}),
        ("ADD a :n, b :ss", {"a": {"N": "-2"}, "b": {"SS": ["b"]}}, {"a": {"N": "0"}, "b": {"SS": ["a", "b"]}}),
        ("DELETE a :ss", {"a": {"SS": ["a", "b"]}}, {"a": {"SS": ["b"]}}),
        ("DELETE a :ss", {"a": {"SS": ["a"]}}, {}),
        ("DELETE a :ss", {}, {}),
    ],
)
def test_updates(text: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    assert updated(text, before) == after


@pytest.mark.parametrize(
    ("text", "item", "message"),
    [
        ("SET a = b", {}, "The provided expression refers to an attribute that does not exist in the item"),
        ("SET a = a + :n", {}, "The provided expression refers to an attribute that does not exist in the item"),
        ("SET a.b = :n", {}, "The document path provided in the update expression is invalid for update"),
        ("SET a.b = :n", {"a": {"L": []}}, "The document path provided in the update expression is invalid for update"),
        ("REMOVE a.b", {}, "The document path provided in the update expression is invalid for update"),
        ("SET a = a + :n", {"a": {"S": "1"}}, "An operand in the update expression has an incorrect data type"),
        ("ADD a :n", {"a": {"S": "1"}}, "An operand in the update expression has an incorrect data type"),
        ("DELETE a :ss", {"a": {"NS": ["1"]}}, "An operand in the update expression has an incorrect data type"),
        (
            "SET a = list_append(a, :l)",
            {"a": {"S": ""}},
            "An operand in the update expression has an incorrect data type",
        ),
    ],
)
def test_updates_that_an_item_does_not_allow(text: str, item: dict[str, Any], message: str) -> None:
    with pytest.raises(AwsError) as refused:
        updated(text, item)
    assert refused.value.message == message


@given(st.lists(st.integers(0, 9), max_size=6, unique=True), st.integers(0, 10))
def test_removals_go_by_the_indexes_from_before(removed: list[int], length: int) -> None:
    item = {"l": {"L": [{"N": str(n)} for n in range(length)]}}
    if removed:
        after = updated("REMOVE " + ", ".join(f"l[{index}]" for index in removed), item)
        assert [element["N"] for element in after["l"]["L"]] == [str(n) for n in range(length) if n not in removed]


# -- projections -------------------------------------------------------------------------------------

DOCUMENT: dict[str, Any] = {
    "a": {"M": {"b": {"L": [{"N": "2"}, {"N": "4"}, {"M": {"x": {"S": "hi"}, "y": {"S": "yo"}}}]}, "c": {"N": "5"}}},
    "b": {"S": "hello"},
    "a.b": {"S": "dotted"},
}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a.b[0]", {"a": {"M": {"b": {"L": [{"N": "2"}]}}}}),
        ("a.b[2].y", {"a": {"M": {"b": {"L": [{"M": {"y": {"S": "yo"}}}]}}}}),
        ("a.b[1], a.b[0], b", {"a": {"M": {"b": {"L": [{"N": "2"}, {"N": "4"}]}}}, "b": {"S": "hello"}}),
        ("a.x, a.b[3], x", {}),
        ("a.b.c, a.c.d", {}),
        ("a[0]", {}),
        ("#dotted", {"a.b": {"S": "dotted"}}),
    ],
)  # fmt: skip
def test_projections(text: str, kept: dict[str, Any]) -> None:
    found = compiled("ProjectionExpression", text, {"#dotted": "a.b"} if "#" in text else None)
    assert found.projection is not None
    assert found.projection.project(DOCUMENT) == kept
