"""Containers and the command line: `status` shows them, `up` waits for them, and says so where they do not come."""

from pathlib import Path

import pytest

from tests.e2e.conftest import Cli

TEMPLATE = """
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}}
  Cluster: {Type: AWS::ECS::Cluster}
  Definition:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: worker
      NetworkMode: awsvpc
      RequiresCompatibilities: [FARGATE]
      Cpu: 256
      Memory: 512
      ContainerDefinitions:
        - Name: worker
          Image: python:3
          Command: [python, -c, "import pathlib, signal; FLAG or signal.pause()"]
  Service:
    Type: AWS::ECS::Service
    Properties:
      ServiceName: workers
      Cluster: !Ref Cluster
      TaskDefinition: !Ref Definition
      DesiredCount: 2
      LaunchType: FARGATE
      NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [!Ref Subnet]}}
"""


@pytest.fixture
def flag(tmp_path: Path) -> Path:
    """While it exists, the containers exit as soon as they start."""
    return tmp_path / "flag"


@pytest.fixture
def template(tmp_path: Path, flag: Path) -> Path:
    file = tmp_path / "workers.yaml"
    file.write_text(TEMPLATE.replace("FLAG", f"pathlib.Path('{flag}').exists()"))
    return file


def test_up_ends_when_the_containers_run_again(cli: Cli, template: Path) -> None:
    cli("up", "--detach", "--port", "0", template)
    before = cli.json("status")["tasks"]
    assert [(task["service"], task["status"]) for task in before] == [("workers", "RUNNING")] * 2
    cli.kill()
    cli("up", "--detach")
    after = cli.json("status")["tasks"]
    assert [(task["service"], task["status"]) for task in after] == [("workers", "RUNNING")] * 2
    assert not {task["task"] for task in before} & {task["task"] for task in after}
    assert all(task["address"] in cli("status").stdout for task in after)


def test_up_says_which_containers_do_not_come(cli: Cli, template: Path, flag: Path) -> None:
    cli("up", "--detach", "--port", "0", template)
    cli("down")
    flag.touch()
    assert "workers runs 0 of 2 tasks" in cli("up", "--detach").stderr
    flag.unlink()
    cli("clock", "advance", "15m")  # the service tries again, less and less often
    assert [task["status"] for task in cli.json("status")["tasks"]] == ["RUNNING"] * 2
