"""kill -9 at twenty random moments while 500 messages become invoices: none is lost, and none is made twice.

Lost would be an invoice whose message was acknowledged and which is not in the bucket at the end. Made twice would be a
second version of one: the bucket keeps versions, so that each PUT that had an effect is seen. How often a message was
delivered or a task was started is not asserted: both happen at least once, on AWS too. A message that was killed on all
of its three tries is in the dead-letter queue, and is put back from there, as an operator would do.
"""

import contextlib
import json
import random
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from tests.e2e.conftest import BIN, Cli

SYSTEM = Path(__file__).parents[2] / "systems" / "queue-processor"
KILLS, INVOICES = 20, 500
SHARE = INVOICES // KILLS  # comes before each kill
LEAST = INVOICES // 10  # are made between the kills, else these did not fall into the work
LONGEST = 0.3  # seconds between what is seen of the work and the kill
ENDS = 20  # more than enough rounds without a kill
NAMES = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


class Processor:
    def __init__(self, cli: Cli) -> None:
        self._cli = cli
        self._alive = threading.Event()
        self._alive.set()
        found = cli.json("outputs")["Invoices-dev"]
        self.queue, self.dead, self.bucket = (found[name] for name in ("QueueUrl", "DeadLetterQueueUrl", "BucketName"))
        self._endpoint = self.queue.rpartition("/")[0].rpartition("/")[0]
        self.sqs, self.s3, self.ecs = (self._client(name) for name in ("sqs", "s3", "ecs"))

    def _client(self, service: str) -> Any:
        secret = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        config = Config(retries={"total_max_attempts": 1})
        return boto3.client(service, endpoint_url=self._endpoint, config=config, **secret)

    def send(self, numbers: range) -> None:
        """Again until it is acknowledged, as a sender does that nobody has answered."""
        for start in range(0, len(numbers), 10):
            entries = [{"Id": str(n), "MessageBody": json.dumps(invoice(n))} for n in numbers[start : start + 10]]
            while not self._acknowledged(entries):
                assert self._alive.wait(60)

    def _acknowledged(self, entries: list[dict[str, str]]) -> bool:
        try:
            return "Failed" not in self.sqs.send_message_batch(QueueUrl=self.queue, Entries=entries)
        except BotoCoreError:
            return False

    def run_and_kill(self, steps: int, seconds: float) -> None:
        """Moves time on, so that what was interrupted comes back; kills the runtime `seconds` after `steps` of work.

        Steps, not seconds alone: on a busy machine every kill would come before the first task.
        """
        command = [str(BIN / "penstock"), "clock", "advance", "7m"]
        until = self.steps() + steps
        with subprocess.Popen(command, env=self._cli.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as on:
            while on.poll() is None and self.steps() < until:
                _wait(on, 0.02)
            _wait(on, seconds)
            self._alive.clear()
            self._cli.kill()
        self._cli("up", "--detach")
        self._alive.set()

    def steps(self) -> int:
        """Invoices that were made, and tasks that were started, as far as ECS remembers them."""
        [cluster] = self.ecs.list_clusters()["clusterArns"]
        states = ("RUNNING", "STOPPED")
        tasks = [self.ecs.list_tasks(cluster=cluster, desiredStatus=state)["taskArns"] for state in states]
        return len(self.versions()) + sum(map(len, tasks))

    def go_on(self) -> None:
        """Longer than the visibility time-out; what was given up is tried again."""
        self._cli("clock", "advance", "7m")
        if self.left(self.dead):
            attributes = self.sqs.get_queue_attributes(QueueUrl=self.dead, AttributeNames=["QueueArn"])["Attributes"]
            self.sqs.start_message_move_task(SourceArn=attributes["QueueArn"])

    def left(self, url: str) -> int:
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(NAMES))["Attributes"]
        return sum(map(int, found.values()))

    def versions(self) -> list[str]:
        """Keys, each as often as it has versions."""
        pages = self.s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket)
        return [each["Key"] for page in pages for each in page.get("Versions", ())]

    def processes(self) -> list[str]:
        """Of containers, on this machine."""
        return [each.parent.name for each in Path("/proc").glob("[0-9]*/environ") if self._is_container(each)]

    def _is_container(self, environ: Path) -> bool:
        try:
            return f"INVOICE_BUCKET={self.bucket}".encode() in environ.read_bytes()
        except OSError:  # it has ended, or is somebody else's
            return False

    def interrupted(self) -> bool:
        """Whether tasks of the last hour died with their runtime."""
        [cluster] = self.ecs.list_clusters()["clusterArns"]
        arns = self.ecs.list_tasks(cluster=cluster, desiredStatus="STOPPED")["taskArns"][:100]
        found = self.ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
        return any(task["stopCode"] == "TerminationNotice" for task in found)


def _wait(process: "subprocess.Popen[bytes]", seconds: float) -> None:
    """For its end, but no longer than that."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


def invoice(number: int) -> dict[str, Any]:
    line = {"description": "Pen", "quantity": number + 1, "unitPrice": "10.50"}
    return {"invoiceNumber": f"I-{number}", "customer": "Ada Lovelace", "lines": [line]}


def test_every_invoice_is_made_once(cli: Cli) -> None:
    cli("up", "--detach", "--port", "0", SYSTEM)
    processor = Processor(cli)
    interrupted = False
    with ThreadPoolExecutor(1) as sender:
        for turn in range(KILLS):
            sent = sender.submit(processor.send, range(turn * SHARE, (turn + 1) * SHARE))
            processor.run_and_kill(random.randrange(SHARE), random.uniform(0, LONGEST))
            interrupted |= processor.interrupted()
            sent.result()
    made = len(processor.versions())
    for _ in range(ENDS):
        if processor.left(processor.queue) == processor.left(processor.dead) == 0:
            break
        processor.go_on()
    assert sorted(processor.versions()) == sorted(f"invoices/I-{number}.pdf" for number in range(INVOICES))
    assert processor.left(processor.queue) == processor.left(processor.dead) == 0
    assert processor.processes() == []
    assert interrupted, "no task was at work when the runtime was killed"
    assert made >= LEAST, "the runtime was killed before it could do anything"
