"""Words, variables, here-documents, .dockerignore: properties, and the cases that BuildKit's own tests name."""

import shlex
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.compute.containers import dockerfile, ignore, shell, words
from penstock.compute.containers.dockerfile import DockerfileError, parse

PLAIN = st.text(string.ascii_letters + string.digits + "_./:-", min_size=1, max_size=12)
NEEDS_A_SHELL = ["if true; then x; fi", "x=$(date)", "curl x | sh", "(cd a && b)", "for i in 1; do x; done"]
TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\0"), max_size=30
)


@given(st.lists(TEXT, max_size=5))
def test_what_the_shell_would_quote_comes_back(texts: list[str]) -> None:
    quoted = " ".join(map(shlex.quote, texts))
    assert [words.expand(word, {}) for word in words.split(quoted)] == texts


@given(TEXT)
def test_splitting_loses_nothing_but_white_space(text: str) -> None:
    joined = "".join(words.split(text))
    assert "".join(joined.split()) == "".join(text.split())


@given(TEXT, TEXT)
def test_double_quotes_keep_everything_and_replace_variables(value: str, text: str) -> None:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("`", "\\`")
    assert words.expand(f'"{escaped}${{v}}"', {"v": value}) == text + value


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("$a/b", "A/b"),
        ("${a}b", "Ab"),
        ("'$a'", "$a"),
        (r"\$a", "$a"),
        ("${none}", ""),
        ("${none:-x}", "x"),
        ("${empty:-x}", "x"),
        ("${empty-x}", ""),
        ("${a:+x}", "x"),
        ("${empty:+x}", ""),
        ("${none:-${a}}", "A"),
        ("${none:-${none:-${a}}}", "A"),
        ("${a:?needed}", "A"),
        ("a$", "a$"),
        ("it's", "it's"),
        ('"a\\b"', "a\\b"),
    ],
)
def test_substitution(word: str, expected: str) -> None:
    assert words.expand(word, {"a": "A", "empty": ""}) == expected


@pytest.mark.parametrize("word", ["${a!b}", "${none:?is needed}"])
def test_substitutions_that_cannot_be(word: str) -> None:
    with pytest.raises(words.BadSubstitution):
        words.expand(word, {})


@given(st.lists(st.tuples(st.sampled_from(sorted(dockerfile.INSTRUCTIONS - {"FROM"})), PLAIN), max_size=8))
def test_instructions_come_back_in_order(body: list[tuple[str, str]]) -> None:
    text = "\n# a comment\n".join(["FROM scratch", *(f"{name.lower()} {value}" for name, value in body)])
    (stage,) = parse(text).stages
    assert [(each.name, each.value) for each in stage.instructions] == body


@given(st.lists(PLAIN, min_size=1, max_size=6).filter(lambda parts: not parts[0].startswith("--")))  # a flag
def test_a_continued_line_is_one_line(parts: list[str]) -> None:
    text = "FROM scratch\nRUN " + " \\\n  # why\n\n ".join(parts)
    assert parse(text).stages[0].instructions[0].value.split() == parts


@given(TEXT)
def test_whatever_is_written_it_is_read_or_refused(text: str) -> None:
    try:
        parse(f"FROM a\n{text}")
    except DockerfileError as error:
        assert str(error)


def test_stages_flags_and_forms() -> None:
    found = parse(
        "# syntax=docker/dockerfile:1\n"
        "ARG V=3.12\n"
        "FROM --platform=linux/amd64 python:${V} AS build\n"
        'CMD ["a", "b c"]\n'
        "CMD a 'b c'\n"
        "CMD [not json]\n"
        "from build\n"
        "COPY --from=build --chown=1:1 /x /y/\n"
        'ENV A=1 B="two words"\n'
        "ENV OLD form of it\n"
    )
    first, second = found.stages
    assert (first.base, first.name, second.base) == ("python:${V}", "build", "build")
    assert [each.argv for each in first.instructions] == [("a", "b c"), None, None]
    copy, new, old = second.instructions
    assert (copy.flag("from"), copy.flag("chown"), copy.flag("link"), copy.value) == ("build", "1:1", None, "/x /y/")
    assert dockerfile.pairs(new.value) == [("A", "1"), ("B", '"two words"')]
    assert dockerfile.pairs(old.value) == [("OLD", "form of it")]
    assert found.find("BUILD") is first
    assert found.find("1") is second


def test_here_documents() -> None:
    text = "FROM a\nRUN <<EOF\nmkdir x\n# kept\nEOF\nCOPY <<-'A' <<B /to/\n\tone $x\n\tA\ntwo\nB\nCMD x"
    run, copy, command = parse(text).stages[0].instructions
    assert [(h.name, h.content) for h in run.heredocs] == [("EOF", "mkdir x\n# kept\n")]
    assert [(h.name, h.content, h.literal) for h in copy.heredocs] == [("A", "one $x\n", True), ("B", "two\n", False)]
    assert command.value == "x"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no FROM"),
        ("RUN x", "no build stage"),
        ("FROM a\nFETCH x", "line 2: unknown instruction: FETCH"),
        ("FROM a\nCOPY", "COPY requires at least one argument"),
        ("FROM a b c", "either one or three"),
        ("FROM a\nRUN <<EOF\nx", "line 2: unterminated heredoc EOF"),
        ("# escape=`\nFROM a", "Windows"),
    ],
)
def test_what_is_no_dockerfile(text: str, message: str) -> None:
    with pytest.raises(DockerfileError, match=message):
        parse(text)


@given(PLAIN.filter(lambda name: not set(name) <= set("./")))
def test_a_plain_pattern_ignores_itself_and_what_is_below(name: str) -> None:
    ignored = ignore.matcher([name])
    path = "/".join(part for part in name.split("/") if part not in ("", "."))
    if ".." not in name.split("/"):
        assert ignored(path)
        assert ignored(f"{path}/below/it")
        assert not ignore.matcher([name, f"!{name}"])(path)


@pytest.mark.parametrize(
    ("lines", "ignored", "kept"),
    [
        (["*.pyc"], ["a.pyc"], ["d/a.pyc", "a.py"]),
        (["**/*.pyc"], ["a.pyc", "d/e/a.pyc"], ["a.py"]),
        (["/dist/"], ["dist", "dist/x"], ["src/dist"]),
        (["*", "!src"], ["x", "y/z"], ["src", "src/a.py"]),
        (["doc?", "[ab].txt"], ["docs", "a.txt"], ["doc", "c.txt"]),
        (["# comment", ""], [], ["# comment"]),
    ],
)
def test_dockerignore(lines: list[str], ignored: list[str], kept: list[str]) -> None:
    matches = ignore.matcher(lines)
    assert [path for path in [*ignored, *kept] if matches(path)] == ignored


def test_commands_of_a_run() -> None:
    text = "set -e; pip install -r 'a b.txt' && mkdir -p $D/x || true\nA=1 python x.py 2>/dev/null"
    found = list(shell.commands(text, {"D": "/data"}))
    assert [command.argv for command in found] == [
        ("set", "-e"),
        ("pip", "install", "-r", "a b.txt"),
        ("mkdir", "-p", "/data/x"),
        ("python", "x.py"),
    ]
    assert found[3].assignments == (("A", "1"),)
    assert not found[3].writes


@pytest.mark.parametrize(
    "text", ["if true; then x; fi", "x=$(date)", "curl x | sh", "(cd a && b)", "for i in 1; do x; done"]
)
def test_what_only_a_shell_could_do_has_no_argv(text: str) -> None:
    assert [command.argv for command in shell.commands(text, {})] == [()]


@given(TEXT)
def test_any_run_can_be_looked_at(text: str) -> None:
    for command in shell.commands(text, {}):
        assert command.text or command.argv
