"""`penstock check`: every kind of finding, with its place."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.template.assembly import Stack
from penstock.template.check import Finding, check
from penstock.template.document import Document, parse
from penstock.template.provider import Assets, Properties, Resource, ResourceContext, ResourceType
from penstock.template.types import Types


async def create(rc: ResourceContext, properties: Properties) -> Resource:
    return Resource("id")


def problems(properties: Properties) -> Iterator[tuple[str, str]]:
    if properties.get("Runtime") == "cobol":
        yield "Runtime", "the runtime cobol is not supported"


KINDS = (
    ResourceType("AWS::SQS::Queue", create, frozenset({"QueueName", "Tags", "RedrivePolicy"})),
    ResourceType(
        "AWS::Lambda::Function",
        create,
        frozenset({"Runtime", "Handler", "Code.S3Bucket", "Code.S3Key", "Layers.Name"}),
        inert={"VpcConfig": "there is no network", "Code.Sign": "code is not signed"},
        problems=problems,
    ),
    ResourceType("AWS::CloudFormation::Stack", create, frozenset({"TemplateURL", "Parameters"})),
    ResourceType("Custom::Native", create, frozenset({"ServiceToken"})),
    ResourceType("AWS::CloudFormation::CustomResource", create, frozenset({"*"})),
)
TYPES = Types({kind.name: lambda: KINDS for kind in KINDS})


def findings(text: str, assets: Assets | None = None) -> list[Finding]:
    document = Document(parse(text), text, Path("app.yaml"))
    stack = Stack("app", document, "000000000000", "us-east-1", assets=assets or Assets())
    return check([stack], TYPES)


def lines(text: str) -> list[str]:
    return [str(finding) for finding in findings(text)]


def test_a_template_without_findings() -> None:
    text = """
Parameters:
  Version: {Type: "AWS::SSM::Parameter::Value<String>", Default: /cdk-bootstrap/hnb659fds/version}
  Needed: {Type: String}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Select [0, !Split ["|", !GetAtt Other.QueueName]]
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Other.Arn, maxReceiveCount: 3}
      Tags: [{Key: a, Value: !Ref Needed}]
  Other: {Type: "AWS::SQS::Queue", Properties: {QueueName: !ImportValue shared}}
  Own: {Type: "Custom::Own", Properties: {ServiceToken: x, Whatever: 1}}
Outputs:
  Url: {Value: !Ref Queue}
"""
    assert lines(text) == []


def test_a_function_of_what_is_not_known_yet_is_no_finding_inside_a_loop_either() -> None:
    text = """
Transform: AWS::LanguageExtensions
Resources:
  "Fn::ForEach::Queues":
    - Name
    - [one, two]
    - "Queue${Name}":
        Type: AWS::SQS::Queue
        Properties: {QueueName: !Select [0, !Cidr [!GetAtt Other.Block, 4, 8]]}
  Other: {Type: "AWS::SQS::Queue"}
Outputs:
  "Fn::ForEach::Blocks":
    - Name
    - [one]
    - "Block${Name}": {Value: !Select [0, !Cidr [!GetAtt Other.Block, 4, 8]]}
"""
    assert lines(text) == []


def test_types() -> None:
    text = """
Resources:
  Vault:
    Type: AWS::Nope::Vault
  Detector:
    Type: AWS::CloudWatch::AnomalyDetector
    Properties: {Anything: 1}
"""
    assert lines(text) == [
        "app.yaml:4: unsupported: Vault (AWS::Nope::Vault): the resource type is not supported",
        "app.yaml:6: inert: Detector (AWS::CloudWatch::AnomalyDetector): metrics are not searched for anomalies, nor "
        "logs for contributors",
    ]


def test_properties() -> None:
    text = """
Resources:
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: cobol
      Colour: blue
      Code:
        S3Bucket: b
        Sign: yes
        Image: i
      Layers:
        - Name: a
        - Nome: b
      VpcConfig: {Subnets: []}
"""
    assert [(each.severity, each.path, each.line) for each in findings(text)] == [
        ("unsupported", "Colour", 7),
        ("inert", "Code.Sign", 10),
        ("unsupported", "Code.Image", 11),
        ("unsupported", "Layers.1.Nome", 14),
        ("inert", "VpcConfig", 15),
        ("unsupported", "Runtime", 6),
    ]


def test_properties_inside_a_choice() -> None:
    text = """
Conditions: {Here: !Equals [a, a]}
Resources:
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Code: !If [Here, {S3Bucket: b}, {Wrong: w}]
"""
    assert [each.path for each in findings(text)] == ["Code.Fn::If.2.Wrong"]


@pytest.mark.parametrize(
    ("properties", "severity", "reason"),
    [
        ("{QueueName: !Nope x}", "unsupported", "Fn::Nope is not supported"),
        (
            "{QueueName: {'Fn::Transform': {Name: 'AWS::Include'}}}",
            "unsupported",
            "what AWS::Include makes of the template",
        ),
        ("{QueueName: !Select [3, [a]]}", "invalid", "Fn::Select cannot select nonexistent value at index 3"),
        ("{QueueName: !FindInMap [A, B, C]}", "invalid", "Unable to get mapping for A::B::C"),
    ],
)
def test_functions(properties: str, severity: str, reason: str) -> None:
    text = f"Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n    Properties: {properties}\n"
    found = findings(text)
    assert [(each.severity, each.logical_id, each.line) for each in found] == [(severity, "Queue", 4)]
    assert reason in found[0].reason


CIRCLE = "Resources: {A: {Type: 'AWS::SQS::Queue', DependsOn: B}, B: {Type: 'AWS::SQS::Queue', DependsOn: A}}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Transform: My::Macro\nResources: {}", "what My::Macro makes of the template"),
        ("Resources: {A: {Type: 'AWS::SQS::Queue', Properties: {QueueName: !Ref B}}}", "Unresolved resource dep"),
        ("Resources: {A: {Type: 'AWS::SQS::Queue', DependsOn: A}, B: {}}", "must contain a Type member"),
        (CIRCLE, "Circular dependency"),
    ],
)
def test_templates_that_cannot_be_read(text: str, reason: str) -> None:
    found = findings(text)
    assert len(found) == 1
    assert found[0].severity in ("invalid", "unsupported")
    assert reason in found[0].reason


def test_everything_is_found_at_once() -> None:
    text = """
Resources:
  A: {Type: "AWS::SQS::Queue", Properties: {QueueNam: a, RedrivePolicy: !Ref Nope}}
  B: {Type: "AWS::SQS::Queue", Properties: {QueueName: !GetAtt Nada.Arn}}
"""
    assert [(each.logical_id, each.severity) for each in findings(text)] == [
        ("A", "unsupported"),
        ("A", "invalid"),
        ("B", "invalid"),
    ]


def test_functions_of_cdks_own_that_are_never_run() -> None:
    text = """
Resources:
  Provider: {Type: "AWS::Lambda::Function", Properties: {Runtime: cobol}}
  Native: {Type: "Custom::Native", Properties: {ServiceToken: !GetAtt Provider.Arn}}
  Framework: {Type: "AWS::Lambda::Function", Properties: {Runtime: cobol, Handler: framework.onEvent}}
  Own: {Type: "Custom::Own", Properties: {ServiceToken: !GetAtt Framework.Arn}}
"""
    assert lines(text) == []


def test_attributes_of_resources() -> None:
    text = "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    CreationPolicy: {ResourceSignal: {Count: 1}}\n"
    assert lines(text) == ["app.yaml:4: inert: Q (AWS::SQS::Queue) CreationPolicy: no signals are awaited"]


def test_nested_stacks(tmp_path: Path) -> None:
    nested = tmp_path / "nested.json"
    nested.write_text('{"Resources": {"V": {"Type": "AWS::Nope::Vault"}}}')
    text = """
Resources:
  Here: {Type: "AWS::CloudFormation::Stack", Properties: {TemplateURL: !Sub "https://s3.${AWS::URLSuffix}/b/k.json"}}
  Away: {Type: "AWS::CloudFormation::Stack", Properties: {TemplateURL: "https://s3.amazonaws.com/b/other.json"}}
"""
    found = findings(text, Assets({("b", "k.json"): nested}))
    assert [(each.stack, each.logical_id, each.file) for each in found] == [
        ("app/Here", "V", str(nested)),
        ("app", "Away", "app.yaml"),
    ]
