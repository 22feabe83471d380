"""What the README and its pages tell a reader to type, typed as it stands there."""

import json
import os
import re
import subprocess
from pathlib import Path
from textwrap import dedent

import pytest

from tests.e2e.conftest import BIN, Cli

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^( *)```\w*\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)


def block(page: str, about: str) -> str:
    """The one block of commands on a page in which `about` occurs."""
    [found] = [text for _, text in _BLOCK.findall((ROOT / page).read_text()) if about in text]
    return dedent(found)


def typed(cli: Cli, commands: str) -> str:
    """What the commands print; each of them has to go well."""
    env = {**cli.env, "PATH": f"{BIN}:{os.environ['PATH']}", "AWS_PAGER": ""}
    command = ["bash", "-euo", "pipefail", "-c", commands]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def shop(cli: Cli) -> Cli:
    cli("up", "--detach", "--port", "0", "--enforce-iam", ROOT / "systems" / "shop")
    return cli


def test_a_reader_sells_something_and_looks_inside(shop: Cli) -> None:
    sold = block("README.md", "basket/checkout -H")
    typed(shop, sold)
    shop("clock", "advance", "1s")  # until the order has come through the queue
    [order] = json.loads(typed(shop, sold.strip().rpartition("\n")[2]))["items"]
    assert (order["totalPrice"], order["cardInfo"]) == (79.8, "1111")
    looked = block("README.md", "aws sqs list-queues").partition("\n\n")[0]
    assert all(found in typed(shop, looked) for found in ("OrderQueue", "CheckoutBasketRule", "REPORT RequestId"))


def test_a_reader_breaks_the_shop(shop: Cli) -> None:
    said = typed(shop, block("systems/shop/README.md", "aws events put-events"))
    assert "InvalidEvent" in said and "DeadLetterAlarm" in said


def test_a_reader_puts_a_record(cli: Cli) -> None:
    cli("up", "--detach", "--port", "0")
    assert "SequenceNumber" in typed(cli, block("docs/kinesis.md", "put-record"))
