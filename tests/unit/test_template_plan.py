"""Decisions, coercion, dynamic references, local URLs, recorded types, generated names."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.template import coerce, dynamic, inert
from penstock.template.document import TemplateError
from penstock.template.localize import localize, located
from penstock.template.plan import UNKNOWN, Action, Record, changes, decide
from penstock.template.provider import Assets, Properties, Resource, ResourceContext, ResourceType
from penstock.wire.model import ServiceModel

SQS = ServiceModel("sqs")
EVENTS = ServiceModel("events")


async def create(rc: ResourceContext, properties: Properties) -> Resource:
    return Resource("id")


async def update(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    return resource


async def call(service: str, operation: str, request: Any) -> dict[str, Any]:
    raise AssertionError("nothing is called here")


def context(**more: Any) -> ResourceContext:
    stack_id = "arn:aws:cloudformation:us-east-1:000000000000:stack/shop/1"
    return ResourceContext(call, "000000000000", "us-east-1", stack_id, "shop", "Thing", **more)


KIND = ResourceType("T", create, update=update, replace_on=frozenset({"Name"}))
RECORD = Record("T", "T", "id", properties={"Name": "a", "Size": 1}, assets={"b/k": "/src"})


@pytest.mark.parametrize(
    ("record", "wanted", "assets", "action"),
    [
        (None, {}, {}, Action.ADD),
        (Record("T", "T", pending="create"), {}, {}, Action.ADD),
        (RECORD, {"Name": "a", "Size": 1}, {"b/k": "/src"}, Action.KEEP),
        (RECORD, {"Name": "a", "Size": "1"}, {"b/k": "/src"}, Action.KEEP),
        (RECORD, {"Name": "a", "Size": 2}, {"b/k": "/src"}, Action.MODIFY),
        (RECORD, {"Name": "a"}, {"b/k": "/src"}, Action.MODIFY),
        (RECORD, {"Name": "a", "Size": 1}, {"b/k": "/elsewhere"}, Action.MODIFY),
        (RECORD, {"Name": "b", "Size": 1}, {"b/k": "/src"}, Action.REPLACE),
    ],
)
def test_decisions(record: Record | None, wanted: Properties, assets: dict[str, str], action: Action) -> None:
    assert decide(KIND, record, wanted, assets) is action


def test_what_lies_deeper_may_make_a_new_resource() -> None:
    kind = ResourceType("T", create, update=update, replace_on=frozenset({"Source.Start"}))
    record = replace(RECORD, properties={"Source": {"Start": "LATEST", "Size": 1}})
    assert decide(kind, record, {"Source": {"Start": "LATEST", "Size": 2}}, {}) is Action.MODIFY
    assert decide(kind, record, {"Source": {"Start": "TRIM_HORIZON", "Size": 1}}, {}) is Action.REPLACE
    assert decide(kind, record, {}, {}) is Action.REPLACE


def test_a_type_without_update_is_replaced() -> None:
    assert decide(ResourceType("T", create), RECORD, {"Size": 2}, {}) is Action.REPLACE


def test_what_is_unknown_is_a_change() -> None:
    assert UNKNOWN.attributes["Arn"] != UNKNOWN.attributes["Name"]
    assert changes({"A": "arn"}, {"A": UNKNOWN.attributes["Arn"]}) == {"A"}


documents = st.recursive(
    st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(st.dictionaries(st.text(), documents), st.dictionaries(st.text(), documents))
def test_changes_are_where_the_two_differ(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert changes(old, old) == frozenset()
    assert changes(old, new) == changes(new, old)
    assert changes(old, new) >= old.keys() ^ new.keys()


@pytest.mark.parametrize(
    ("model", "operation", "given", "expected"),
    [
        (SQS, "ReceiveMessage", {"QueueUrl": "u", "MaxNumberOfMessages": "5", "Nope": 1}, {"MaxNumberOfMessages": 5}),
        (SQS, "CreateQueue", {"Attributes": {"DelaySeconds": 5}}, {"Attributes": {"DelaySeconds": "5"}}),
        (SQS, "CreateQueue", {"Attributes": {"FifoQueue": True}}, {"Attributes": {"FifoQueue": "true"}}),
        (
            SQS,
            "CreateQueue",
            {"Attributes": {"RedrivePolicy": {"maxReceiveCount": 3}}},
            {"Attributes": {"RedrivePolicy": '{"maxReceiveCount": 3}'}},
        ),
        (SQS, "ReceiveMessage", {"MaxNumberOfMessages": "many"}, {"MaxNumberOfMessages": "many"}),
        (EVENTS, "PutRule", {"EventPattern": {"source": ["a"]}}, {"EventPattern": '{"source": ["a"]}'}),
        (
            EVENTS,
            "PutTargets",
            {"Targets": [{"Id": 1, "RetryPolicy": {"MaximumRetryAttempts": "2"}}]},
            {"Targets": [{"Id": "1", "RetryPolicy": {"MaximumRetryAttempts": 2}}]},
        ),
    ],
)
def test_coercion(model: ServiceModel, operation: str, given: dict[str, Any], expected: dict[str, Any]) -> None:
    found = coerce.request(model, operation, given)
    assert {key: found[key] for key in expected} == expected
    assert "Nope" not in found


def test_dynamic_references() -> None:
    node = {"A": ["x{{resolve:ssm:/db/host:2}}y", {"B": "{{resolve:secretsmanager:db:SecretString:user}}"}]}
    assert list(dynamic.references(node)) == ["ssm:/db/host:2", "secretsmanager:db:SecretString:user"]
    values = {"ssm:/db/host:2": "h", "secretsmanager:db:SecretString:user": "u"}
    assert dynamic.fill(node, values) == {"A": ["xhy", {"B": "u"}]}


ARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:db-AbCdEf"


@pytest.mark.parametrize(
    ("reference", "operation", "request_", "key"),
    [
        ("ssm:/db/host", "GetParameter", {"Name": "/db/host"}, ""),
        ("ssm:/db/host:3", "GetParameter", {"Name": "/db/host:3"}, ""),
        ("ssm-secure:/db/pass", "GetParameter", {"Name": "/db/pass", "WithDecryption": True}, ""),
        ("secretsmanager:db", "GetSecretValue", {"SecretId": "db"}, ""),
        ("secretsmanager:db:SecretString:user::", "GetSecretValue", {"SecretId": "db"}, "user"),
        (
            "secretsmanager:db:SecretString:user:AWSPREVIOUS",
            "GetSecretValue",
            {"SecretId": "db", "VersionStage": "AWSPREVIOUS"},
            "user",
        ),
        (f"secretsmanager:{ARN}:SecretString:user::", "GetSecretValue", {"SecretId": ARN}, "user"),
        (f"secretsmanager:{ARN}", "GetSecretValue", {"SecretId": ARN}, ""),
    ],
)
def test_lookups(reference: str, operation: str, request_: dict[str, Any], key: str) -> None:
    found = dynamic.lookup(reference)
    assert (found.operation, dict(found.request), found.json_key) == (operation, request_, key)


@pytest.mark.parametrize("reference", ["nope:x", "ssm:", "secretsmanager:db:SecretBinary"])
def test_references_of_the_wrong_form(reference: str) -> None:
    with pytest.raises(TemplateError, match="Incorrect format is used in the following dynamic reference"):
        dynamic.lookup(reference)


def test_a_key_of_a_secret() -> None:
    lookup = dynamic.lookup("secretsmanager:db:SecretString:user")
    assert lookup.value({"SecretString": '{"user": "ann"}'}) == "ann"
    with pytest.raises(TemplateError, match="Could not find a value associated with JSONKey in SecretString"):
        lookup.value({"SecretString": '{"other": 1}'})
    with pytest.raises(TemplateError):
        lookup.value({"SecretString": "no json"})


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a1.execute-api.us-east-1.amazonaws.com/prod/", "http://127.0.0.1:4566/_aws/execute-api/a1/prod/"),
        ("wss://a1.execute-api.us-east-1.amazonaws.com/prod", "ws://127.0.0.1:4566/_aws/execute-api/a1/prod"),
        ("https://f2.lambda-url.eu-west-1.on.aws/", "http://127.0.0.1:4566/_aws/lambda-url/f2/"),
        (
            "see https://a1.execute-api.cn-north-1.amazonaws.com.cn, and more",
            "see http://127.0.0.1:4566/_aws/execute-api/a1, and more",
        ),
        ("https://sqs.us-east-1.amazonaws.com/1/q", "https://sqs.us-east-1.amazonaws.com/1/q"),
        ("arn:aws:execute-api:us-east-1:1:a1/*", "arn:aws:execute-api:us-east-1:1:a1/*"),
    ],
)
def test_local_urls(url: str, expected: str) -> None:
    assert localize(url, "http://127.0.0.1:4566") == expected


def recorded(name: str, properties: Properties) -> Resource:
    kind = next(kind for kind in inert.TABLE if kind.name == name)
    assert kind.recorded
    return asyncio.run(_create(kind, properties))


async def _create(kind: ResourceType, properties: Properties) -> Resource:
    return await kind.create(context(), properties)


def test_recorded_types() -> None:
    rule = recorded("AWS::CloudWatch::InsightRule", {"RuleName": "deep"})
    assert rule == Resource("deep", {"Arn": "arn:aws:cloudwatch:us-east-1:000000000000:insight-rule/deep"})
    assert recorded("AWS::CloudWatch::InsightRule", {}).physical_id.startswith("shop-Thing-")
    vault = recorded("AWS::Backup::BackupVault", {"BackupVaultName": "safe"})
    assert vault == Resource("safe", {"BackupVaultName": "safe"})
    signing = recorded("AWS::Lambda::CodeSigningConfig", {})
    assert signing.physical_id.endswith(signing.attributes["CodeSigningConfigId"])


@pytest.mark.parametrize("kind", inert.TABLE, ids=lambda kind: kind.name)
def test_every_recorded_type_has_an_id(kind: ResourceType) -> None:
    made = asyncio.run(_create(kind, {}))
    assert made.physical_id
    assert "{" not in str(made.attributes.values())


@given(st.text(alphabet="abcXYZ", min_size=1, max_size=120), st.integers(24, 255))
def test_generated_names_fit(logical_id: str, longest: int) -> None:
    rc = ResourceContext(call, "0", "r", f"id/{logical_id}", "a-stack-with-a-long-name", logical_id)
    name = rc.physical_name(longest)
    assert len(name) <= longest
    assert name == rc.physical_name(longest)
    assert rc.physical_name(longest, lower=True) == name.lower()


def test_a_replacement_has_another_name() -> None:
    assert context().physical_name() != context(replaces="old").physical_name()


def test_tags_in_either_form() -> None:
    rc = context(tags={"team": "a", "stage": "dev"})
    assert rc.tag_map({"Tags": [{"Key": "stage", "Value": "prod"}]}) == {"team": "a", "stage": "prod"}
    assert rc.tag_list({"Tags": {"x": "y"}}) == [
        {"Key": "team", "Value": "a"},
        {"Key": "stage", "Value": "dev"},
        {"Key": "x", "Value": "y"},
    ]


def test_assets() -> None:
    rc = context(assets=Assets({("b", "k"): Path("/src")}))
    assert rc.asset("b", "k") == Path("/src")
    assert rc.asset("b", "other") is None
    assert rc.image("host/repo:tag") is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://alb-1.us-east-1.elb.localhost", "http://127.5.0.1"),
        ("https://ALB-1.us-east-1.elb.localhost:8080/a", "http://127.5.0.1:8080/a"),
        ("http://alb-1.us-east-1.elb.localhost:9090x", "http://alb-1.us-east-1.elb.localhost:9090x"),
        ("http://other.localhost/", "http://other.localhost/"),
        ("alb-1.us-east-1.elb.localhost", "alb-1.us-east-1.elb.localhost"),
    ],
)
def test_urls_of_names_in_the_network_lead_to_where_they_listen(url, expected):
    def find(name, port):
        return f"127.5.0.1:{port}" if name.lower().startswith("alb-1.") else None

    assert located(url, find) == expected
