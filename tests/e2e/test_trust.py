"""Trust: who may drive a runtime, what a function sees of its user, and that nothing outlives the runtime."""

import gzip
import http.client
import ipaddress
import json
import os
import select
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from penstock.testing import TestRuntime, running
from tests.e2e.conftest import Cli

APP = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}
  Family:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: family, Code: src, Handler: index.family, Runtime: python3.12, Role: !GetAtt Role.Arn}
  Seen:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: seen, Code: src, Handler: index.seen, Runtime: python3.12, Role: !GetAtt Role.Arn}
  Url:
    Type: AWS::Lambda::Url
    Properties: {TargetFunctionArn: !GetAtt Seen.Arn, AuthType: NONE}
Outputs:
  Url: {Value: !GetAtt Url.FunctionUrl}
"""
CODE = """
import os, pathlib, subprocess

def family(event, context):
    return [os.getppid(), os.getpid(), subprocess.Popen(["sleep", "600"], start_new_session=True).pid]

def seen(event, context):
    return {"variables": dict(os.environ), "profile": (pathlib.Path.home() / ".aws").exists()}
"""
CREDENTIALS = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "index.py").write_text(CODE)
    (folder / "template.yaml").write_text(APP)
    return folder


@pytest.fixture(scope="module")
def runtime() -> Iterator[TestRuntime]:
    with running() as started:
        yield started


def send(
    endpoint: str, method: str, path: str, headers: dict[str, str], body: bytes = b""
) -> tuple[int, dict[str, str], bytes]:
    place = urlsplit(endpoint)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read()
    connection.close()
    return found


def test_no_process_outlives_a_runtime_that_was_killed(cli: Cli, app: Path) -> None:
    cli("up", "--detach", "--port", "0", app)
    pids = cli.json("invoke", "family")["payload"]
    handles = [os.pidfd_open(pid) for pid in pids]
    cli.kill()
    for handle in handles:
        assert select.select([handle], [], [], 30)[0], "it still lives"  # readable when the process has ended
        os.close(handle)


def test_a_runtime_listens_on_loopback_only(cli: Cli, app: Path) -> None:
    cli("up", "--detach", "--port", "0", app)
    warm, function, _ = cli.json("invoke", "family")["payload"]
    addresses = [host for pid in (cli.json("status")["pid"], warm, function) for host in listening(pid)]
    assert addresses and all(address.is_loopback for address in addresses)


def listening(pid: int) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """The addresses on which a process listens, by its open files and the kernel's table (state 0A)."""
    files = [str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir() if file.is_symlink()]
    found: list[ipaddress.IPv4Address | ipaddress.IPv6Address] = []
    for table in ("tcp", "tcp6"):
        for row in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *rest = row.split()
            if state == "0A" and f"socket:[{rest[5]}]" in files:
                words = bytes.fromhex(local.partition(":")[0])
                packed = b"".join(words[at : at + 4][::-1] for at in range(0, len(words), 4))
                found.append(ipaddress.ip_address(packed))
    return found


def test_nobody_else_on_this_machine_reads_what_a_runtime_keeps(cli: Cli, app: Path) -> None:
    cli("up", "--detach", "--port", "0", app)
    assert cli.data.stat().st_mode & 0o077 == 0
    for name in ("state.db", "state.db-wal", "state.db-shm", "runtime.log"):
        assert (cli.data / name).stat().st_mode & 0o077 == 0, name


def test_a_function_sees_nothing_of_its_user(cli: Cli, app: Path, tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("[default]\naws_access_key_id = AKIAMINE\n")
    mine = {"AWS_PROFILE": "mine", "AWS_ACCESS_KEY_ID": "AKIAMINE", "AWS_SECRET_ACCESS_KEY": "mine-too"}
    cli.env |= {**mine, "AWS_SESSION_TOKEN": "mine-as-well", "HOME": str(tmp_path)}
    cli("up", "--detach", "--port", "0", app)
    seen = cli.json("invoke", "seen")["payload"]
    assert not seen["profile"]
    assert not [name for name, value in seen["variables"].items() if "mine" in value.lower() or name == "AWS_PROFILE"]
    assert seen["variables"]["AWS_ACCESS_KEY_ID"].startswith("ASIA")


FOREIGN_NAME = {"Host": "evil.example:4566"}
FOREIGN_PAGE = {"Origin": "https://evil.example"}
SANDBOXED_PAGE = {"Origin": "null"}
UNREADABLE_PAGE = {"Origin": "http://[evil.example"}
FOREIGN_IMAGE = {"Sec-Fetch-Site": "cross-site"}  # a GET of another page's has no Origin
QUERY = "/?Action=CreateQueue&QueueName=from-a-page"


@pytest.mark.parametrize("headers", [FOREIGN_NAME, FOREIGN_PAGE, SANDBOXED_PAGE, UNREADABLE_PAGE, FOREIGN_IMAGE])
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", QUERY), ("POST", QUERY), ("GET", "/_penstock/status"), ("POST", "/_penstock/shutdown")],
)
def test_a_web_page_cannot_drive_the_runtime(
    runtime: TestRuntime, method: str, path: str, headers: dict[str, str]
) -> None:
    assert send(runtime.endpoint, method, path, headers)[0] == 403
    assert "QueueUrls" not in runtime.client("sqs").list_queues(QueueNamePrefix="from-a-page")


def test_a_custom_domain_name_leads_to_its_apis_and_to_nothing_else(runtime: TestRuntime) -> None:
    runtime.client("apigateway").create_domain_name(domainName="api.evil.example")
    for path in (QUERY, "/_penstock/status", "/_aws/sns/x", "/restapis/a/b/_user_request_/"):
        assert send(runtime.endpoint, "POST", path, {"Host": "api.evil.example"})[0] == 403
    assert "QueueUrls" not in runtime.client("sqs").list_queues(QueueNamePrefix="from-a-page")


def test_a_web_socket_from_elsewhere_is_not_answered(runtime: TestRuntime) -> None:
    asked = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "eA==",
    }
    for path in ("/", "/_penstock/logs"):
        assert send(runtime.endpoint, "GET", path, {**asked, **FOREIGN_PAGE})[0] == 403


def test_a_post_that_needs_no_preflight_does_not_command(runtime: TestRuntime) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        assert send(runtime.endpoint, "POST", "/_penstock/shutdown", {"Content-Type": kind})[0] == 415


def test_foreign_names_do_not_reach_functions(runtime: TestRuntime, app: Path) -> None:
    url = urlsplit(runtime.up(app).outputs[app.name]["Url"])
    assert send(runtime.endpoint, "GET", url.path, {})[0] == 200
    assert send(runtime.endpoint, "GET", url.path, FOREIGN_NAME)[0] == 403
    id = url.path.rstrip("/").rpartition("/")[2]
    assert send(runtime.endpoint, "GET", "/", {"Host": f"{id}.lambda-url.evil.example"})[0] == 403


# What clients of each protocol never send. A test of the answers' form: 4xx in AWS's way, never a 5xx.
BODIES = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"5",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"a":' * 5_000,
    b'{"QueueName": "\\ud800"}',
    b'{"QueueName": {}}',
    b'{"Limit": 1e999}',
    b"\xbf\x61a",
    b"\x9f" * 50_000,
    b"<a",
    b"Action=SendMessage&QueueUrl=%ff",
]
TARGETS = {
    "sqs": ("AmazonSQS.CreateQueue", "application/x-amz-json-1.0"),
    "dynamodb": ("DynamoDB_20120810.PutItem", "application/x-amz-json-1.0"),
    "events": ("AWSEvents.PutRule", "application/x-amz-json-1.1"),
    "logs": ("Logs_20140328.CreateLogGroup", "application/x-amz-json-1.1"),
    "ssm": ("AmazonSSM.PutParameter", "application/x-amz-json-1.1"),
    "secretsmanager": ("secretsmanager.CreateSecret", "application/x-amz-json-1.1"),
    "monitoring": ("GraniteServiceVersion20100801.PutMetricData", "application/x-amz-json-1.0"),
}


@pytest.mark.parametrize("service", TARGETS)
@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_malformed_json_is_the_callers_error(runtime: TestRuntime, service: str, body: bytes) -> None:
    target, kind = TARGETS[service]
    headers = {"X-Amz-Target": target, "Content-Type": kind, "Authorization": CREDENTIALS.format(service)}
    status, _, answer = send(runtime.endpoint, "POST", "/", headers, body)
    assert 400 <= status < 500
    assert json.loads(answer)["__type"]


DEEP = b'{"M": {"a": ' * 500 + b'{"S": "x"}' + b"}}" * 500
DEEP_ITEM = b'{"TableName": "t", "Item": {"id": {"S": "1"}, "v": ' + DEEP + b"}}"
EVENT = b'{"Entries": [{"Source": "a", "DetailType": "b", "Detail": "{}", "Time": %s}]}'


@pytest.mark.parametrize(
    ("service", "target", "body"),
    [
        ("dynamodb", "DynamoDB_20120810.PutItem", DEEP_ITEM),
        ("events", "AWSEvents.PutEvents", EVENT % b"1e300"),
        ("events", "AWSEvents.PutEvents", EVENT % b'"nan"'),
        ("states", "AWSStepFunctions.ValidateStateMachineDefinition", b'{"definition": "%s"}' % (b"[" * 90_000)),
    ],
)
def test_what_is_too_deep_or_too_far_is_the_callers_error(
    runtime: TestRuntime, service: str, target: str, body: bytes
) -> None:
    headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0"}
    status, _, answer = send(
        runtime.endpoint, "POST", "/", {**headers, "Authorization": CREDENTIALS.format(service)}, body
    )
    assert status in (200, 400), answer
    assert b"InternalFailure" not in answer


def test_a_small_body_that_unpacks_to_a_huge_one_is_refused(runtime: TestRuntime) -> None:
    target, kind = TARGETS["monitoring"]
    headers = {"X-Amz-Target": target, "Content-Type": kind, "Content-Encoding": "gzip"}
    bomb = gzip.compress(b'{"Namespace":"' + b"x" * 80_000_000 + b'"}')
    headers["Authorization"] = CREDENTIALS.format("monitoring")
    status, _, answer = send(runtime.endpoint, "POST", "/", headers, bomb)
    assert status == 400
    assert b"decompressed" in answer


def test_a_secret_that_is_refused_is_not_quoted(runtime: TestRuntime) -> None:
    client = runtime.client("secretsmanager")
    with pytest.raises(client.exceptions.ClientError) as caught:
        client.create_secret(Name="long", SecretString="hunter2" * 10_000)
    assert "Value at 'secretString' failed to satisfy constraint" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("service", ["iam", "sts", "cloudformation", "sqs", "monitoring"])
@pytest.mark.parametrize("action", ["", "Action=", "Action=%ff", "Action=Nothing", "Action=CreateRole&RoleName=%00"])
def test_malformed_queries_are_the_callers_error(runtime: TestRuntime, service: str, action: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": CREDENTIALS.format(service)}
    assert 400 <= send(runtime.endpoint, "POST", "/", headers, action.encode())[0] < 500


@pytest.mark.parametrize(
    "attributes",
    [
        "MessageAttributes.entry.1=.Value",
        "MessageAttributes.entry.1.Name..=x",
        "MessageAttributes.entry.99999999999999999999999.Name=x",
        "MessageAttributes.entry.%C2%B2.Name=x",
        "MessageAttributes.entry." + "9" * 5_000 + ".Name=x",
    ],
)
def test_malformed_members_of_queries_are_the_callers_error(runtime: TestRuntime, attributes: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": CREDENTIALS.format("sns")}
    body = f"Action=Publish&Message=x&TopicArn=arn:aws:sns:us-east-1:000000000000:none&{attributes}"
    assert 400 <= send(runtime.endpoint, "POST", "/", headers, body.encode())[0] < 500


@pytest.mark.parametrize("since", ["Thu, 01 Jan 1970 0099999999999999999999:00:00 GMT", "nan", "1e300", "x"])
def test_a_date_that_is_none_is_no_failure(runtime: TestRuntime, since: str) -> None:
    headers = {"If-Modified-Since": since, "Authorization": CREDENTIALS.format("s3")}
    assert send(runtime.endpoint, "GET", "/no-such-bucket/key", headers)[0] == 404


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
@pytest.mark.parametrize(
    ("service", "method", "path"),
    [("lambda", "POST", "/2015-03-31/functions"), ("apigateway", "POST", "/restapis")],
)
def test_malformed_rest_requests_are_the_callers_error(
    runtime: TestRuntime, service: str, method: str, path: str, body: bytes
) -> None:
    headers = {"Content-Type": "application/json", "Authorization": CREDENTIALS.format(service)}
    assert 400 <= send(runtime.endpoint, method, path, headers, body)[0] < 500


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_malformed_cbor_is_the_callers_error(runtime: TestRuntime, body: bytes) -> None:
    path = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
    headers = {"smithy-protocol": "rpc-v2-cbor", "Authorization": CREDENTIALS.format("monitoring")}
    assert 400 <= send(runtime.endpoint, "POST", path, headers, body)[0] < 500


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/?fooX-Amz-Credential=a", {}),
        ("/?X-Amz-Credential=a/b/c", {}),
        ("/%ff%fe", {}),
        ("/_aws/execute-api/nobody/%zz", {}),
        ("/", {"Authorization": CREDENTIALS.format('a"b')}),
        ("/", {"X-Amz-Target": 'a"b\\'}),
        ("/", {"X-Amz-Target": "."}),
        ("/", {"X-Amzn-Trace-Id": "Root=;=;Parent"}),
    ],
)
def test_requests_that_mean_nothing_get_an_error_that_can_be_read(
    runtime: TestRuntime, path: str, headers: dict[str, str]
) -> None:
    status, said, answer = send(runtime.endpoint, "GET", path, headers)
    assert 400 <= status < 500 or status == 501
    assert "json" not in said.get("Content-Type", "") or json.loads(answer)


def test_an_error_in_xml_can_be_read_whatever_it_quotes(runtime: TestRuntime) -> None:
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Authorization": CREDENTIALS.format("cloudformation"),
    }
    body = b"Action=DescribeStacks&StackName=%00%0D%3C%22&Version=2010-05-15"
    status, _, answer = send(runtime.endpoint, "POST", "/", headers, body)
    assert status == 400
    message = ElementTree.fromstring(answer).findtext(".//{*}Message") or ""
    assert '\ufffd\r<"' in message
