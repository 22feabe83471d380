"""The command line: what it starts, keeps, says and refuses."""

import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import BIN, Cli

TABLE = """
Resources:
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      BillingMode: PAY_PER_REQUEST
"""
QUEUE = """
  Jobs:
    Type: AWS::SQS::Queue
    Properties: {VisibilityTimeout: 45}
Outputs:
  TableName: {Value: !Ref Orders}
  JobsUrl: {Value: !Ref Jobs}
"""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    file = tmp_path / "shop.yaml"
    file.write_text(TABLE + QUEUE)
    return file


def test_up_status_outputs_down(cli: Cli, template: Path) -> None:
    said = cli("up", "--detach", "--port", "0", template)
    status = cli.json("status")
    assert status["ready"] and status["port"] and status["pid"]
    assert status["stacks"] == [{"name": "shop", "status": "CREATE_COMPLETE", "resources": 2}]
    outputs = cli.json("outputs")["shop"]
    assert outputs["JobsUrl"] in said.stdout
    url = cli.aws("sqs", "get-queue-url", "--queue-name", outputs["JobsUrl"].rpartition("/")[2])
    assert url == {"QueueUrl": outputs["JobsUrl"]}
    cli("down")
    assert "No runtime is running" in cli("status", status=1).stderr


def test_state_survives_down_and_kill(cli: Cli, template: Path) -> None:
    cli("up", "--detach", "--port", "0", template)
    outputs = cli.json("outputs")["shop"]
    item = json.dumps({"id": {"S": "1"}})
    cli.aws("dynamodb", "put-item", "--table-name", outputs["TableName"], "--item", item)
    cli.kill()
    cli("up", "--detach")
    cli("down")
    cli("up", "--detach")
    assert cli.aws("dynamodb", "scan", "--table-name", outputs["TableName"])["Items"] == [{"id": {"S": "1"}}]
    assert cli.json("outputs")["shop"] == outputs


def test_a_second_up_applies_the_difference_and_keeps_data(cli: Cli, template: Path) -> None:
    cli("up", "--detach", "--port", "0", template)
    before = cli.json("outputs")["shop"]
    cli.aws("sqs", "send-message", "--queue-url", before["JobsUrl"], "--message-body", "kept")
    template.write_text(TABLE + QUEUE.replace("45", "50") + "  Added: {Value: new}\n")
    cli("up", "--detach", template)
    assert cli.json("outputs")["shop"] == before | {"Added": "new"}
    attributes = cli.aws("sqs", "get-queue-attributes", "--queue-url", before["JobsUrl"], "--attribute-names", "All")
    assert attributes["Attributes"]["VisibilityTimeout"] == "50"
    assert attributes["Attributes"]["ApproximateNumberOfMessages"] == "1"


def test_one_output_is_printed_alone(cli: Cli, template: Path) -> None:
    cli("up", "--detach", "--port", "0", template)
    url = cli.json("outputs")["shop"]["JobsUrl"]
    assert cli("outputs", "JobsUrl").stdout == cli("outputs", "shop.JobsUrl").stdout == f"{url}\n"
    assert "shop.JobsUrl" in cli("outputs", "Jobs", status=1).stderr


def test_urls_work_as_printed_after_a_change_of_port(cli: Cli, template: Path) -> None:
    cli("up", "--detach", "--port", "0", template)
    cli("down")
    cli("up", "--detach", "--port", "0")
    url = cli("outputs", "JobsUrl").stdout
    assert url.startswith(f"http://127.0.0.1:{cli.json('status')['port']}/000000000000/")


LOGS = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}
  Group:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: mine}
  Speaker:
    Type: AWS::Lambda::Function
    Properties:
      Code: {ZipFile: "def handler(event, context): print('said', event)"}
      Handler: index.handler
      Runtime: python3.12
      Role: !GetAtt Role.Arn
      LoggingConfig: {LogGroup: !Ref Group}
  Other:
    Type: AWS::Lambda::Function
    Properties:
      Code: {ZipFile: "def handler(event, context): print('other', event)"}
      Handler: index.handler
      Runtime: python3.12
      Role: !GetAtt Role.Arn
"""


def test_logs_follow_a_function_into_its_own_group_and_groups_that_come(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "logs.yaml"
    file.write_text(LOGS)
    cli("up", "--detach", "--port", "0", file)
    command = [str(BIN / "penstock"), "logs", "--follow"]
    with subprocess.Popen(command, env=cli.env, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        cli("invoke", "Speaker", "--payload", "1")
        while "said 1" not in following.stdout.readline():
            pass
        cli("invoke", "Other", "--payload", "2")  # its log group is made by this
        while "other 2" not in following.stdout.readline():
            pass
        following.send_signal(signal.SIGINT)
        assert following.wait(30) == 130
    said = cli("logs", "Speaker").stdout
    assert "said 1" in said and "other 2" not in said


def test_an_empty_runtime_is_provisioned_from_outside(cli: Cli) -> None:
    cli("up", "--detach", "--port", "0")
    assert cli.aws("sqs", "create-queue", "--queue-name", "mine")["QueueUrl"].endswith("/mine")
    assert [url.rpartition("/")[2] for url in cli.aws("sqs", "list-queues")["QueueUrls"]] == ["mine"]


def test_memory_keeps_nothing(cli: Cli, template: Path) -> None:
    cli("up", "--detach", "--memory", "--port", "0", template)
    assert cli.json("status")["stacks"] != []
    cli("down")
    cli("up", "--detach", "--memory")
    assert cli.json("status")["stacks"] == []


def test_the_clock_is_moved_and_stays_moved(cli: Cli) -> None:
    cli("up", "--detach", "--port", "0")
    before = cli.json("clock", "advance", "0")["now"]
    moved = cli.json("clock", "advance", "1d")["now"]
    cli("down")
    cli("up", "--detach")
    assert cli.json("clock", "advance", "0")["now"] >= moved > before


def test_in_the_foreground_it_ends_cleanly_on_ctrl_c(cli: Cli, template: Path) -> None:
    command = [str(BIN / "penstock"), "up", "--port", "0", str(template)]
    process = subprocess.Popen(command, env=cli.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert "Penstock is ready" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in errors


def test_check_lists_each_unsupported_part_by_its_logical_id(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text(
        TABLE + "  Fleet: {Type: AWS::GameLift::Fleet}\n  Odd: {Type: AWS::SQS::Queue, Properties: {Colour: red}}\n"
        "  Bus:\n    Type: AWS::Events::EventBus\n    Properties: {Name: !Frobnicate x}\n"
    )
    done = cli("check", file, "--json", status=1)
    found = {(finding["logical_id"], finding["severity"]) for finding in json.loads(done.stdout)}
    assert {"Fleet", "Odd", "Bus"} <= {logical_id for logical_id, severity in found if severity != "inert"}
    assert "Fleet" in cli("check", file, status=1).stdout


BAD = {
    "no such file": (None, "does not exist"),
    "not YAML": ("Resources: [", "bad.yaml"),
    "no resources": ("Description: nothing\n", "bad.yaml"),
    "unknown type": ("Resources:\n  Fleet: {Type: AWS::GameLift::Fleet}\n", "Fleet"),
    "unresolved reference": (
        "Resources:\n  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Nowhere}}\n",
        "Nowhere",
    ),
    "refused by the service": (
        "Resources:\n  Q: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 99999999}}\n",
        "VisibilityTimeout",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_brought_up_is_said_in_one_message(cli: Cli, tmp_path: Path, case: str) -> None:
    text, named = BAD[case]
    file = tmp_path / "bad.yaml"
    if text is not None:
        file.write_text(text)
    done = cli("up", "--detach", "--port", "0", file, status=1)
    assert named in done.stderr and "bad.yaml" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use(cli: Cli) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"Port {port}" in cli("up", "--detach", "--port", str(port), status=1).stderr


def test_a_second_runtime_on_the_same_data(cli: Cli) -> None:
    cli("up", "--detach", "--port", "0")
    for arguments in (("up",), ("up", "--detach")):
        done = cli(*arguments, status=1)
        assert "running" in done.stderr and "Traceback" not in done.stderr
    assert cli.json("status")["ready"]


def test_env_can_be_evaluated_by_a_shell(cli: Cli) -> None:
    cli("up", "--detach", "--port", "0")
    script = 'eval $(penstock env); echo "$AWS_ENDPOINT_URL ${AWS_PROFILE-none}"'
    env = {**cli.env, "PATH": f"{BIN}:{os.environ['PATH']}", "AWS_PROFILE": "work"}
    done = subprocess.run(["sh", "-c", script], env=env, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == f"http://127.0.0.1:{cli.json('status')['port']} none"


@pytest.mark.parametrize("command", ["", "up", "down", "status", "outputs", "logs", "invoke", "check", "clock", "env"])
def test_every_command_explains_itself(cli: Cli, command: str) -> None:
    said = cli(*filter(None, [command]), "--help").stdout
    assert said.startswith("Usage: penstock") and len(said.splitlines()) > 5


def test_the_environment_works_for_operations_with_a_host_prefix(cli: Cli) -> None:
    """DiscoverInstances is asked of `data-<host>`, which no name server knows."""
    cli("up", "--detach", "--port", "0")
    cli.aws("servicediscovery", "create-http-namespace", "--name", "shop")
    namespace = cli.aws("servicediscovery", "list-namespaces")["Namespaces"][0]["Id"]
    cli.aws("servicediscovery", "create-service", "--name", "basket", "--namespace-id", namespace)
    asked = ("--namespace-name", "shop", "--service-name", "basket")
    assert cli.aws("servicediscovery", "discover-instances", *asked)["Instances"] == []


MISTAKES = {
    "another directory": (("status",), "No runtime is running on /"),
    "a command that there is not": (("upp",), "There is no command 'upp'. There are: up, down, demo"),
    "no JSON": (("invoke", "F", "--payload", "{a: 1}"), 'Write it as --payload \'{"name": "value"}\''),
    "no file": (("invoke", "F", "--payload", "@none.json"), "@none.json cannot be read: No such file or directory."),
    "a time that is none": (("clock", "advance", "1.5.2m"), "'1.5.2m' is not a duration"),
    "back in time": (("clock", "advance", "-5m"), "'-5m' is not a duration"),
    "two units that are one": (("clock", "advance", "1h30"), "'1h30' is not a duration"),
    "no app": (("check", "{empty}"), "is no app: it has no cdk.json"),
    "to watch nothing": (("up", "--watch"), "name one, and leave out --detach"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_answered_by_a_sentence(cli: Cli, tmp_path: Path, mistake: str) -> None:
    arguments, said = MISTAKES[mistake]
    (tmp_path / "empty").mkdir()
    given = [argument.format(empty=tmp_path / "empty") if argument == "{empty}" else argument for argument in arguments]
    done = subprocess.run([BIN / "penstock", *given], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode in (1, 2) and "Traceback" not in done.stderr
    assert said in " ".join(done.stderr.split())


def test_a_function_is_invoked_by_its_logical_id_its_arn_and_an_alias(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "app.yaml"
    file.write_text(ALIASED)
    cli("up", "--detach", "--port", "0", file)
    arn = cli.json("outputs")["app"]["Arn"]
    assert cli("invoke", "Greet").stdout.strip() == '"$LATEST"'
    assert cli("invoke", arn).stdout.strip() == '"$LATEST"'
    assert cli("invoke", "Greet:live").stdout.strip() == '"1"'
    assert cli("invoke", f"{arn}:1").stdout.strip() == '"1"'
    assert "'Great'. There are: Greet." in cli("invoke", "Great", status=1).stderr
    assert "Greet" in cli("invoke", "Greet:none", status=1).stderr


ALIASED = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}
  Greet:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Code: {ZipFile: "def handler(event, context): return context.function_version"}
  Version: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Greet}}
  Live:
    Type: AWS::Lambda::Alias
    Properties: {FunctionName: !Ref Greet, FunctionVersion: !GetAtt Version.Version, Name: live}
Outputs:
  Arn: {Value: !GetAtt Greet.Arn}
"""


def test_a_relative_data_directory_serves_functions_too(cli: Cli, tmp_path: Path) -> None:
    """As a beginner has it: `.penstock`, where they are. Functions work in directories of their own."""
    (tmp_path / "app.yaml").write_text(ALIASED)

    def penstock(*arguments: str) -> str:
        env = {name: value for name, value in cli.env.items() if name != "PENSTOCK_DATA"}
        done = subprocess.run([BIN / "penstock", *arguments], env=env, cwd=tmp_path, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode()

    penstock("up", "--detach", "--port", "0", "app.yaml")
    try:
        assert penstock("invoke", "Greet").strip() == '"$LATEST"'
    finally:
        penstock("down")


def test_nothing_is_said_to_be_nothing(cli: Cli) -> None:
    cli("up", "--detach", "--port", "0")
    for command, said in (("logs", "Nothing has been logged"), ("outputs", "No stack that is up has outputs")):
        done = cli(command)
        assert (done.stdout, said in done.stderr) == ("", True)
