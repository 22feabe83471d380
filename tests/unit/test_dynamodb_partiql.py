"""PartiQL's grammar: what a statement means, and what is said of one that means nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.base.errors import AwsError
from penstock.services.dynamodb.expressions.tree import Logic, Operation, Path, Placeholder
from penstock.services.dynamodb.partiql.parser import parse
from penstock.services.dynamodb.partiql.tree import Insert, Select, Update

NOT_WELL_FORMED = "Statement wasn't well formed, can't be processed: "
LEFTOVER = f"{NOT_WELL_FORMED}Unexpected token after expression"
ALIAS = "Aliasing is not supported"
OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"
UNDERFLOW = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
ONE_PLACE = "FROM clause may only contain a single table name in data manipulation statements"


def fault(statement: str) -> str:
    with pytest.raises(AwsError) as error:
        parse(statement)
    assert error.value.code == "ValidationException"
    return error.value.message


def where(condition: str) -> Select:
    found = parse(f'SELECT * FROM "tab" WHERE {condition}')
    assert isinstance(found, Select)
    return found


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("SLECT * FROM \"tbl\" WHERE pk = 'a'", f"{NOT_WELL_FORMED}Expected data manipulation"),
        ('SELECT * FROM "tbl" WHERE pk = 1 foo', LEFTOVER),
        ('SELECT * FROM "tbl" WHERE pk = 1 e5', LEFTOVER),
        ('SELECT * FROM "tbl" WHERE pk = 1)', LEFTOVER),
        ('SELECT * FROM "tbl" ORDER BY pk WHERE pk = 1', LEFTOVER),
        ("INSERT INTO \"tbl\" VALUE {'pk': 1} foo", LEFTOVER),
        ("INSERT INTO \"tbl\" x VALUE {'pk': 1}", LEFTOVER),
        ('DELETE FROM "tbl" WHERE pk = 1 ORDER BY pk', LEFTOVER),
        ('FROM "tbl" SET c = 1 WHERE pk = 1', LEFTOVER),
        ('SELECT * FROM "tbl" WHERE pk = 1e2147483648', NOT_WELL_FORMED),
        ('SELECT * FROM "tbl" WHERE pk = 1.5e-2147483647', NOT_WELL_FORMED),
        ('SELECT * FROM "tbl" WHERE pk = 1 # note', NOT_WELL_FORMED),
        ('SELECT * FROM "tbl" WHERE pk = 1 /* note', NOT_WELL_FORMED),
        ('SELECT * FROM "tbl', NOT_WELL_FORMED),
        ("SELECT * FROM \"tbl\" a WHERE pk = 'x'", ALIAS),
        ("SELECT * FROM \"tbl\" AS a WHERE pk = 'x'", ALIAS),
        ("UPDATE \"tbl\" a SET b = 3 WHERE pk = 'x'", ALIAS),
        ("DELETE FROM \"tbl\" a WHERE pk = 'x'", ALIAS),
        ('SELECT * FROM "tbl" WHERE pk = 1e126', f"{OVERFLOW} under root"),
        ("INSERT INTO \"tbl\" VALUE {'pk': 1, 'm': {'x': 1e-131}}", f"{UNDERFLOW} under root.x"),
        ("INSERT INTO \"tbl\" VALUE {'pk': 1, 'l': [1, 1e126]}", f"{OVERFLOW} under root[1]"),
        ('SELECT * FROM "tbl" WHERE', f"{NOT_WELL_FORMED}Unexpected term"),
        ('SELECT * FROM "tbl" WHERE;', f"{NOT_WELL_FORMED}Unexpected term"),
        ('SELECT * FROM "tbl" WHERE NOT', f"{NOT_WELL_FORMED}Unexpected term"),
        ('SELECT * FROM "tbl" WHERE (', f"{NOT_WELL_FORMED}Unexpected term"),
        ("SELECT * FROM", f"{NOT_WELL_FORMED}Unexpected term"),
        ("DELETE FROM", f"{NOT_WELL_FORMED}Expected identifier for simple path"),
        ("DELETE FROM WHERE pk = 'a'", f"{NOT_WELL_FORMED}Expected identifier for simple path"),
        ('SELECT * FROM "tbl" WHERE a = 1 AND',
         f"{NOT_WELL_FORMED}Missing right-hand side expression of infix operator"),
        ('SELECT * FROM "tbl" WHERE ORDER BY pk', f"{NOT_WELL_FORMED}Unexpected keyword"),
        ('SELECT * FROM "tbl" WHERE a IS FOO', f"{NOT_WELL_FORMED}Expected type name"),
        ('SELECT * FROM "tbl" WHERE IS NULL', f"{NOT_WELL_FORMED}Unexpected operator"),
        ('SELECT * FROM "tbl" WHERE a = LIKE', f"{NOT_WELL_FORMED}Unexpected operator"),
        ('SELECT * FROM "ab"',
         "Table name should be within the length [3, 255] and only contain 'a-z', 'A-Z', '0-9', '-', '_', '.'."),
        ("x IS INT4", "Unsupported operation: IsType"),
        ('SELECT * FROM "tbl" WHERE attribute_exists(m.inner)', f"{NOT_WELL_FORMED}Invalid path dot component"),
        ('SELECT * FROM "tbl" WHERE attribute_exists()',
         "Incorrect number of operands for operator or function; operator or function: attribute_exists, "
         "number of operands: 0"),
        ('SELECT * FROM "tbl" WHERE EXISTS(ss)', "Unrecognized function: exists at 1:27:6"),
        ('SELECT attribute_exists(a) FROM "tbl"', "Unexpected path component at 1:8:16"),
        ('SELECT * FROM "tbl"."i"."x"', "A path may contain at most 2 components in the FROM clause"),
        ('SELECT * FROM ""', "Path component cannot be an empty string"),
        ('SELECT a, b.a FROM "tbl"', "Duplicate identifiers in select clause: a"),
        ('SELECT *, a FROM "tbl"', "Other attributes should not be present in the projection when '*' is used."),
        ('SELECT * FROM "tbl" LIMIT 5', "Unsupported clause: LIMIT"),
        ('SELECT * FROM "tbl" GROUP BY a', "Unsupported clause: GROUP BY"),
        ('SELECT DISTINCT a FROM "tbl"', "Unsupported token in expression: DISTINCT"),
        ("INSERT INTO \"tbl\".\"i\" VALUE {'pk': 1}", ONE_PLACE),
        ("INSERT INTO \"tbl\" VALUE {'pk': 1, 'pk': 2}", "Duplicate keys in tuple. Key: pk under root"),
        ("INSERT INTO \"tbl\" VALUE {'ss': set_add(<<'a'>>, <<'b'>>)}",
         "Unsupported data type: set_add under key root at 1:32:7"),
        ('UPDATE "tbl" SET s = <<>>', "Empty bags are not supported"),
        ("UPDATE \"tbl\" SET a = set_add(b, <<'x'>>)",
         "The first argument to SET_ADD must equal the assignment value at 1:22:7"),
        ("UPDATE \"tbl\" SET b = set_add(b, ['x'])",
         "The second argument to SET_ADD must be a value with type SET at 1:30:1"),
        ('UPDATE "tbl" SET b = set_delete(b)', "SET_DELETE must have exactly two arguments at 1:22:10"),
        ('UPDATE "tbl" SET a = 1 RETURNING ALL',
         "Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause"),
    ],
)  # fmt: skip
def test_what_is_refused(statement: str, message: str) -> None:
    assert fault(statement) == message


def test_limits() -> None:
    too_many = "The expression contains too many operators; operator count: 301"
    assert fault('SELECT * FROM "tbl" WHERE ' + " AND ".join(["a = 1"] * 302)) == too_many
    assert fault('SELECT * FROM "tbl" WHERE ' + "NOT " * 400 + "a = 1") == too_many
    assert fault('SELECT * FROM "tbl" WHERE ' + "(" * 4000).startswith(NOT_WELL_FORMED)
    assert fault('UPDATE "tbl" SET a = ' + "[" * 5000).startswith(NOT_WELL_FORMED)


def test_precedence() -> None:
    found = where("a = 1 OR b = 2 AND NOT c = 3").where
    a, b, c = (Operation("=", (Path((name,)), Placeholder(f":{n}"))) for n, name in enumerate("abc"))
    assert found == Logic("OR", (a, Logic("AND", (b, Logic("NOT", (c,))))))


def test_comments_and_case() -> None:
    found = parse('-- first\nselect a, "B".c from tab /* here */ where x = 1 -- last')
    assert isinstance(found, Select)
    assert [column.path for column in found.columns or ()] == [("a",), ("B", "c")]
    assert found.where == Operation("=", (Path(("x",)), Placeholder(":0")))


def test_a_statement_is_parsed_once() -> None:
    assert parse('SELECT * FROM "once"') is parse('SELECT * FROM "once"')


def test_parameters_are_put_where_they_stand() -> None:
    found = parse("INSERT INTO tab VALUE {'pk': ?, 'l': [?, <<?, 'x'>>]}")
    assert isinstance(found, Insert)
    [value] = found.values.bind([{"S": "a"}, {"N": "1.0"}, {"S": "y"}]).values()
    assert value == {"M": {"pk": {"S": "a"}, "l": {"L": [{"N": "1"}, {"SS": ["x", "y"]}]}}}


names = st.text("abcxyz", min_size=1).map(lambda text: f"q{text}")
scalars = (
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"])).map(lambda text: {"S": text})
    | st.integers(-(10**30), 10**30).map(lambda number: {"N": str(number)})
    | st.booleans().map(lambda flag: {"BOOL": flag})
    | st.just({"NULL": True})
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda members: {"L": members})
        | st.dictionaries(names, inner, max_size=3).map(lambda members: {"M": members})
        | st.sets(st.integers(-99, 99), min_size=1, max_size=3).map(lambda n: {"NS": [str(m) for m in sorted(n)]})
        | st.sets(names, min_size=1, max_size=3).map(lambda texts: {"SS": sorted(texts)})
    ),
    max_leaves=8,
)


def written(value: dict[str, object]) -> str:
    """A value as a literal."""
    [(kind, content)] = value.items()
    writers = {
        "S": lambda text: "'" + text.replace("'", "''") + "'",
        "N": str,
        "BOOL": lambda flag: "true" if flag else "FALSE",
        "NULL": lambda _: "null",
        "L": lambda members: f"[{', '.join(map(written, members))}]",
        "M": lambda members: "{" + ", ".join(f"'{name}': {written(member)}" for name, member in members.items()) + "}",
        "NS": lambda members: f"<<{', '.join(members)}>>",
        "SS": lambda members: "<<" + ", ".join(f"'{member}'" for member in members) + ">>",
    }
    return writers[kind](content)


@given(values)
def test_literals_are_what_they_say(value: dict[str, object]) -> None:
    found = parse(f'UPDATE "tbl" SET a = {written(value)}')
    assert isinstance(found, Update)
    [bound] = found.values.bind([]).values()
    assert bound == value


@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    for statement in (text, f'SELECT * FROM "tbl" WHERE {text}', f'UPDATE "tbl" SET {text}'):
        try:
            parse(statement)
        except AwsError as error:
            assert error.code == "ValidationException"


words = st.sampled_from(
    [
        *"()[]{},.=<>?*-+;",
        "<<",
        ">>",
        "AND",
        "OR",
        "NOT",
        "IN",
        "IS",
        "MISSING",
        "BETWEEN",
        "a",
        '"b"',
        "'s'",
        "1",
        "size",
    ]
)


@given(st.lists(words, max_size=14).map(" ".join))
def test_any_tokens_are_parsed_or_refused(text: str) -> None:
    for statement in (
        f'SELECT * FROM "tbl" WHERE {text}',
        f'UPDATE "tbl" SET {text}',
        f'INSERT INTO "tbl" VALUE {text}',
    ):
        try:
            parse(statement)
        except AwsError as error:
            assert error.code == "ValidationException"
