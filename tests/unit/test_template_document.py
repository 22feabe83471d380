"""Reading templates: two notations, the same dicts, and the line of everything."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.base.errors import PenstockError
from penstock.template.document import Document, TemplateError, parse, read
from penstock.template.model import template

YAML = """\
AWSTemplateFormatVersion: 2010-09-09
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub "${AWS::StackName}-q"
      RedrivePolicy:
        deadLetterTargetArn: !GetAtt Dead.Arn
        maxReceiveCount: 3
      Tags:
        - Key: stage
          Value: !If [IsDev, dev, !Ref Stage]
        - !Ref AWS::NoValue
  Policy:
    Type: AWS::IAM::Policy
    Properties:
      PolicyDocument:
        Version: 2012-10-17
"""


def test_short_forms_become_long_ones() -> None:
    properties = parse(YAML)["Resources"]["Queue"]["Properties"]
    assert properties["QueueName"] == {"Fn::Sub": "${AWS::StackName}-q"}
    assert properties["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["Dead", "Arn"]}
    assert properties["Tags"][0]["Value"] == {"Fn::If": ["IsDev", "dev", {"Ref": "Stage"}]}


def test_keys_are_text() -> None:
    assert parse("Mappings: {Accounts: {012345678901: {Yes: 1}}}") == {
        "Mappings": {"Accounts": {"012345678901": {"Yes": 1}}}
    }
    assert parse("a: &x {b: 1}\nc: {<<: *x, d: 2}")["c"] == {"b": 1, "d": 2}


def test_dates_stay_text() -> None:
    data = parse(YAML)
    assert data["AWSTemplateFormatVersion"] == "2010-09-09"
    assert data["Resources"]["Policy"]["Properties"]["PolicyDocument"]["Version"] == "2012-10-17"


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("Resources", "Queue"), 3),
        (("Resources", "Queue", "Properties", "RedrivePolicy", "maxReceiveCount"), 9),
        (("Resources", "Queue", "Properties", "Tags", 0, "Value", "Fn::If", 2, "Ref"), 12),
        (("Resources", "Queue", "Properties", "Nope"), 5),
        (("Outputs", "Nope"), 1),
    ],
)
def test_lines(path: tuple[str | int, ...], line: int) -> None:
    assert Document(parse(YAML), YAML).line(path) == line


def test_lines_of_json() -> None:
    text = '{\n "Resources": {\n  "Queue": {\n   "Type": "AWS::SQS::Queue"\n  }\n }\n}'
    assert Document(parse(text), text).line(("Resources", "Queue", "Type")) == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"Resources": ', "JSON not well-formed. (line 1, column 15)"),
        ("Resources:\n\tQueue: 1", "YAML not well-formed. (line 2, column 1)"),
        ("Resources:\n  A: 1\n  A: 2", "(line 3, column 3): duplicate key 'A'"),
        ("? [a]\n: 1", "a key must be text"),
        ("a: *nowhere", "YAML not well-formed."),
        ("- 1", "unsupported structure."),
        ("", "unsupported structure."),
    ],
)
def test_unreadable(text: str, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parse(text)
    assert caught.value.message.startswith("Template format error: ")
    assert message in caught.value.message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PenstockError, match=r"cannot read the template .*nope\.yaml"):
        read(tmp_path / "nope.yaml")


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("a: b: c")
    with pytest.raises(PenstockError, match=r"broken\.yaml: Template format error: YAML not well-formed"):
        read(tmp_path / "broken.yaml")


def test_an_error_is_explained_with_its_place() -> None:
    document = Document(parse(YAML), YAML, Path("app.yaml"))
    error = document.explain(TemplateError("it is wrong", ("Resources", "Queue", "Properties", "QueueName")))
    assert str(error) == "app.yaml:6 (Resources/Queue/Properties/QueueName): it is wrong"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Resources: {}", "At least one Resources member must be defined."),
        ("Resources: {A: {Properties: {}}}", "Every Resources object must contain a Type member."),
        ("Resources: {A-B: {Type: X}}", "Resource name A-B is non alphanumeric."),
        ("Resources: {A: {Type: X, Propertes: {}}}", "Invalid template resource property 'Propertes'"),
        ("Resources: {A: {Type: X, Properties: []}}\nResource: {}", "Invalid template property or properties"),
        ("Resources: {A: {Type: X, Properties: [1]}}", "[/Resources/A/Properties] must be an object"),
        ("Resources: {A: {Type: X}}\nOutputs: {O: {}}", "Every Outputs member must contain a Value object"),
        ("Resources: {A: {Type: X}}\nParameters: {P: {}}", "Every Parameters object must contain a Type member."),
    ],
)
def test_structure(text: str, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        template(Document(parse(text), text))
    assert message in caught.value.message


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert isinstance(parse(text), dict)
    except TemplateError as error:
        assert error.message.startswith("Template format error: ")


def test_aliases_are_what_they_stand_for() -> None:
    assert parse("Resources: &r {A: {Type: X}}\nMetadata: *r\n")["Metadata"] == {"A": {"Type": "X"}}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)), "too much"),
        ("Resources: &r {A: {Type: X, Properties: *r}}\n", "stands for itself"),
    ],
)
def test_aliases_without_end_are_refused(text: str, why: str) -> None:
    with pytest.raises(TemplateError, match=why):
        parse(text)
