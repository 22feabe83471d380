"""Synthesis: how the app is run, and when it is run again. The apps here write their assembly themselves."""

import json
import os
import shutil
from pathlib import Path

import pytest

from penstock.base.errors import PenstockError
from penstock.template.lookups import Network
from penstock.template.source import load
from penstock.template.synth import Environment, installed, synthesize

HERE = Environment("000000000000", "us-east-1")

APP = """
import json, os, pathlib, settings
out = pathlib.Path(os.environ["CDK_OUTDIR"])
with open("runs", "a") as runs:
    runs.write("x")
seen = {name: os.environ.get(name) for name in ("CDK_DEFAULT_ACCOUNT", "CDK_DEFAULT_REGION", "PENSTOCK", "AWS_PROFILE")}
seen["context"] = json.loads(os.environ["CDK_CONTEXT_JSON"])
seen["names"] = sorted(path.name for path in pathlib.Path("parts").iterdir())
(out / "T.template.json").write_text(json.dumps({
    "Metadata": seen, "Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": settings.NAME}}}}))
(out / "manifest.json").write_text(json.dumps({"version": "1", "artifacts": {
    "T": {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region",
          "properties": {"templateFile": "T.template.json"}}}}))
"""


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AWS_PROFILE", "private")
    folder = tmp_path / "app"
    (folder / "parts").mkdir(parents=True)
    (folder / "functions").mkdir()
    (folder / "parts" / "one.txt").write_text("1")
    (folder / "functions" / "index.py").write_text("def handler(event, context): return 1")
    (folder / "cdk.json").write_text(json.dumps({"app": "python app.py", "context": {"stage": "dev", "size": 1}}))
    (folder / "cdk.context.json").write_text(json.dumps({"size": 2}))
    (folder / "app.py").write_text(APP)
    (folder / "settings.py").write_text("NAME = 'orders'")
    return folder


def runs(app: Path) -> int:
    return len((app / "runs").read_text())


def synth(app: Path) -> dict[str, object]:
    stack = load(app, app.parent / "cache", HERE)[0]
    return {"file": stack.document.file, **stack.document.data["Metadata"], **stack.document.data["Resources"]}


def test_a_directory_of_apps_stands_for_all_of_them(app: Path) -> None:
    second = app.parent / "billing"
    shutil.copytree(app, second)
    (second / "settings.py").write_text("NAME = 'bills'")
    stacks = load(app.parent, app.parent / "cache", HERE)
    queues = [stack.document.data["Resources"]["Q"]["Properties"]["QueueName"] for stack in stacks]
    assert queues == ["orders", "bills"]


def test_what_the_app_sees(app: Path) -> None:
    seen = synth(app)
    assert seen["CDK_DEFAULT_ACCOUNT"] == "000000000000"
    assert seen["CDK_DEFAULT_REGION"] == "us-east-1"
    assert seen["PENSTOCK"] == "1"
    assert seen["AWS_PROFILE"] is None
    context = seen["context"]
    assert isinstance(context, dict)
    assert (context["stage"], context["size"]) == ("dev", 2)
    zones = "availability-zones:account=000000000000:region=us-east-1"
    assert context[zones] == ["us-east-1a", "us-east-1b", "us-east-1c"]


def test_it_runs_once(app: Path) -> None:
    first, second = synth(app), synth(app)
    assert first == second
    assert runs(app) == 1


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("settings.py", "NAME = 'changed'"),
        ("parts/two.txt", "2"),
        ("cdk.context.json", "{}"),
        ("cdk.json", '{"app": "python app.py", "context": {"stage": "prod"}}'),
    ],
)
def test_it_runs_again_when_what_it_read_has_changed(app: Path, file: str, text: str) -> None:
    synth(app)
    (app / file).write_text(text)
    synth(app)
    assert runs(app) == 2


def test_it_does_not_run_again_for_what_it_did_not_read(app: Path) -> None:
    synth(app)
    (app / "functions" / "index.py").write_text("def handler(event, context): return 2")
    os.utime(app / "settings.py", (1, 1))  # a checkout touches files
    synth(app)
    assert runs(app) == 1


def test_an_install_counts_and_a_compiled_module_does_not(tmp_path: Path) -> None:
    (tmp_path / "aws_cdk_lib-2.200.0.dist-info").mkdir()
    before = installed(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    assert installed(tmp_path) == before
    (tmp_path / "six-1.17.0.dist-info").mkdir()
    assert installed(tmp_path) != before


def test_an_app_that_cannot_be_traced_depends_on_all_its_files(app: Path) -> None:
    (app / "cdk.json").write_text(json.dumps({"app": "sh app.sh"}))
    (app / "app.sh").write_text("python -I app_isolated.py")
    (app / "app_isolated.py").write_text(APP.replace("settings", "types").replace("types.NAME", "'x'"))
    synth(app)
    synth(app)
    assert runs(app) == 1
    (app / "functions" / "index.py").write_text("def handler(event, context): return 2")
    synth(app)
    assert runs(app) == 2


def test_an_app_that_fails(app: Path) -> None:
    (app / "settings.py").write_text("NAME = 1 / 0")
    with pytest.raises(PenstockError) as caught:
        synth(app)
    text, thrown = str(caught.value), "ZeroDivisionError: division by zero"
    assert text.startswith(f"The CDK app {app} (`python app.py`) could not be synthesized: {thrown}.\n")
    assert text.endswith(thrown)
    (app / "settings.py").write_text("NAME = 'mended'")
    assert synth(app)["Q"] == {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "mended"}}


def test_an_app_without_the_cdk(app: Path) -> None:
    (app / "settings.py").write_text("raise ModuleNotFoundError(\"No module named 'aws_cdk'\")")
    with pytest.raises(PenstockError, match=r"the CDK is not installed: pip install 'penstock\[cdk\]'"):
        synth(app)


def test_an_app_that_writes_nothing(app: Path) -> None:
    (app / "app.py").write_text("")
    with pytest.raises(PenstockError, match="it wrote no cloud assembly"):
        synth(app)


def test_an_app_that_looks_something_up(app: Path) -> None:
    looked_up = [{"key": "ami:account=1", "provider": "ami", "props": {}}]
    more = f"(out / 'manifest.json').write_text(json.dumps({{'version': '1', 'missing': {looked_up!r}}}))"
    (app / "app.py").write_text(APP + more)
    with pytest.raises(PenstockError, match="looks up ami:account=1 in an AWS account"):
        synth(app)


QUESTION = "vpc-provider:account=000000000000:filter.isDefault=true:region=us-east-1"
# Runs as CDK does: what it does not find in its context it names in the manifest.
LOOKS_UP = """
context = json.loads(os.environ["CDK_CONTEXT_JSON"])
vpc = context.get(QUESTION, {"vpcId": "vpc-12345"})["vpcId"]
props = {"account": "000000000000", "region": "us-east-1", "filter": {"isDefault": "true"}}
missing = [] if QUESTION in context else [{"key": QUESTION, "provider": "vpc-provider", "props": props}]
group = {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "x", "VpcId": vpc}}
(out / "T.template.json").write_text(json.dumps({"Resources": {"G": group}}))
(out / "manifest.json").write_text(json.dumps({"version": "1", "missing": missing, "artifacts": {
    "T": {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region",
          "properties": {"templateFile": "T.template.json"}}}}))
"""


def networks(app: Path) -> tuple[Network, ...]:
    return load(app, app.parent / "cache", HERE)[0].networks


def test_a_vpc_that_nobody_has_looked_up_is_made_up(app: Path) -> None:
    (app / "app.py").write_text(APP + LOOKS_UP.replace("QUESTION", repr(QUESTION)))
    [network] = networks(app)
    assert (network.made_up, network.cidr, network.region) == (True, "172.31.0.0/16", "us-east-1")
    assert [subnet.zone for subnet in network.subnets] == ["us-east-1a", "us-east-1b", "us-east-1c"]
    assert all(subnet.is_public for subnet in network.subnets)
    assert networks(app) == (network,)


def test_a_vpc_of_the_context_is_taken_from_there(app: Path) -> None:
    subnet = {"subnetId": "subnet-1", "cidr": "10.0.0.0/24", "availabilityZone": "us-east-1a", "routeTableId": "rtb-1"}
    groups = [{"name": "Private", "type": "Private", "subnets": [subnet]}]
    known = {"vpcId": "vpc-0a1b2c", "vpcCidrBlock": "10.0.0.0/16", "subnetGroups": groups}
    (app / "app.py").write_text(APP + LOOKS_UP.replace("QUESTION", repr(QUESTION)))
    (app / "cdk.context.json").write_text(json.dumps({QUESTION: known}))
    [network] = networks(app)
    assert (network.made_up, network.ids) == (False, ("vpc-0a1b2c", "subnet-1"))
    assert runs(app) == 1


def test_programs_of_the_apps_own_node_modules_are_found(app: Path) -> None:
    folder = app / "node_modules" / ".bin"
    folder.mkdir(parents=True)
    (folder / "esbuild").write_text("#!/bin/sh\necho 1.2.3 > version")
    (folder / "esbuild").chmod(0o755)
    (app / "cdk.json").write_text(json.dumps({"app": "esbuild && python app.py"}))
    synth(app)
    assert (app / "version").read_text() == "1.2.3\n"


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"app": 1}'])
def test_a_cdk_json_that_is_wrong(app: Path, text: str) -> None:
    (app / "cdk.json").write_text(text)
    with pytest.raises(PenstockError, match=r"cdk\.json"):
        synthesize(app, app.parent / "cache", HERE)


def test_progress_is_told_only_when_it_runs(app: Path) -> None:
    told: list[str] = []
    for _ in range(2):
        synthesize(app, app.parent / "cache", HERE, told.append)
    assert told == ["Synthesizing app"]
