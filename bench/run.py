"""Runs the scenarios against each server in turn and writes bench/RESULTS.md: ratios, because machines are noisy.

`python -m bench.run [--rounds N]`: the median of N rounds, each round running every server once.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from bench import checkout, containers, mapped, objects, streams, tasks, topics, workflows
from bench.load import drive, request
from bench.peers import BIN, CLEAN, Server, free_port, serving

RESULTS = Path(__file__).parent / "RESULTS.md"
SHOP = Path(__file__).parent.parent / "systems" / "shop"
console = Console(stderr=True)

# name -> (unit, larger is better, budget as text, ratio demanded of Penstock to the peer)
ROWS: dict[str, tuple[str, bool, float]] = {
    "SendMessage, raw HTTP, 16 connections": ("/s", True, 8),
    "SendMessage, one boto3 client, sequential": ("/s", True, 1.5),
    "checkout, HTTP p50": ("ms", False, 1 / 8),
    "checkout, until the order is readable, p50": ("ms", False, 1 / 5),
    "checkout, burst of 300 orders, 8 clients": ("orders/s", True, 5),
    "first request ever": ("ms", False, 1 / 2),
    "resident memory, idle, a system loaded": ("MB", False, 1),
    "PutObject of 1 KB, raw HTTP, 16 connections": ("/s", True, 5),
    "GetObject of 1 KB, raw HTTP, 16 connections": ("/s", True, 5),
    "PutObject of 100 MB": ("MB/s", True, 1),
    "GetObject of 100 MB": ("MB/s", True, 1),
    workflows.SYNC: ("/s", True, 5),
    workflows.TRANSITIONS: ("/s", True, 5),
    streams.PUT: ("/s", True, 5),
    streams.PUT_MANY: ("/s", True, 3),
    mapped.LATENCY: ("ms", False, 1 / 2),
    topics.PUBLISH: ("/s", True, 5),
    topics.FAN_OUT: ("ms", False, 1 / 2),
}


def send_message(server: Server) -> dict[str, float]:
    """Sequential, as boto3's users send."""
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName="bench")["QueueUrl"]
    for _ in range(100):
        sqs.send_message(QueueUrl=url, MessageBody="x" * 200)
    start = time.perf_counter()
    for _ in range(1500):
        sqs.send_message(QueueUrl=url, MessageBody="x" * 200)
    return {"SendMessage, one boto3 client, sequential": 1500 / (time.perf_counter() - start)}


def send_message_raw(server: Server, count: int) -> dict[str, float]:
    """Prepared bytes over keep-alive connections, which moto's server does not keep."""
    url = server.client("sqs").create_queue(QueueName="raw")["QueueUrl"]
    headers = {
        "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, "
        "SignedHeaders=host, Signature=0",
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "AmazonSQS.SendMessage",
    }
    body = json.dumps({"QueueUrl": url, "MessageBody": "x" * 200}).encode()
    message = request(server.port, body, headers)
    drive(server.port, [message], count // 10)  # warm
    return {"SendMessage, raw HTTP, 16 connections": drive(server.port, [message], count).rate}


def checkouts(server: Server) -> dict[str, float]:
    shop = checkout.provision(server)
    first = checkout.cold(shop)
    return {
        "first request ever": first,
        "checkout, HTTP p50": checkout.http_p50(shop),
        "checkout, until the order is readable, p50": checkout.stored_p50(shop),
        "checkout, burst of 300 orders, 8 clients": checkout.burst(shop),
        "resident memory, idle, a system loaded": server.resident(),
    }


GROWTH = "memory that a 100 MB object adds"
# What is held against a figure, not a peer (none of them runs containers without Docker, or brings a queue's messages
# through a pipe): name -> (unit, at most).
ALONE: dict[str, tuple[str, float | None]] = {
    GROWTH: ("MB", 20),
    containers.ALB: ("ms", 1),
    containers.REST: ("ms", 1),
    containers.SHIPMENT: ("ms", None),
    tasks.LATENCY: ("ms", None),
    tasks.ADDED: ("ms", None),
}


def store_objects(server: Server) -> dict[str, float]:
    found = objects.measure(server)
    return {
        "PutObject of 1 KB, raw HTTP, 16 connections": found.put,
        "GetObject of 1 KB, raw HTTP, 16 connections": found.get,
        "PutObject of 100 MB": found.large_put,
        "GetObject of 100 MB": found.large_get,
        GROWTH: found.growth,
    }


SCENARIOS: dict[str, list[Callable[[Server], dict[str, float]]]] = {
    "ministack": [
        lambda server: send_message_raw(server, 10_000),
        send_message,
        checkouts,
        store_objects,
        workflows.measure,
        streams.measure,
        mapped.measure,
        topics.measure,
    ],
    "penstock": [
        lambda server: send_message_raw(server, 60_000),
        send_message,
        checkouts,
        store_objects,
        workflows.measure,
        streams.measure,
        mapped.measure,
        topics.measure,
        containers.added,
        containers.shipment,
        tasks.message_to_task,
    ],
    "moto": [send_message, streams.measure, topics.measure],
}


def up_to_ready() -> float:
    """Seconds of `penstock up --detach systems/shop` on fresh data with the synthesis cached."""
    with tempfile.TemporaryDirectory(prefix="bench-up-") as data:
        base = [str(BIN / "penstock")]
        first = [*base, "up", "--detach", "--data", f"{data}/a", "--port", str(free_port()), str(SHOP)]
        subprocess.run(first, check=True, capture_output=True, env=CLEAN)
        subprocess.run([*base, "down", "--data", f"{data}/a"], check=True, capture_output=True)
        second = [*base, "up", "--detach", "--data", f"{data}/b", "--port", str(free_port()), str(SHOP)]
        start = time.perf_counter()
        subprocess.run(second, check=True, capture_output=True, env=CLEAN)
        seconds = time.perf_counter() - start
        subprocess.run([*base, "down", "--data", f"{data}/b"], check=True, capture_output=True)
    return seconds


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """Medians by row and server; each scenario has a server of its own."""
    samples: defaultdict[str, defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for number in range(rounds):
        for name, scenarios in SCENARIOS.items():
            for scenario in scenarios:
                console.print(f"round {number + 1}/{rounds}: {name}", style="dim")
                with serving(name) as server:
                    for row, value in scenario(server).items():
                        samples[row][name].append(value)
    return {row: {name: statistics.median(v) for name, v in by.items()} for row, by in samples.items()}


def report(results: dict[str, dict[str, float]], ready: float, rounds: int) -> str:
    lines = [
        "# Results",
        "",
        f"{platform.processor() or platform.machine()}, {_cores()}, Python {platform.python_version()}, "
        f"median of {rounds} rounds, the servers in turn. Made by `make bench`; ratios are Penstock to MiniStack.",
        "Where a peer has no figure it cannot follow; the scenario's module says why.",
        "",
        "| scenario | Penstock | MiniStack | moto | ratio | budget | |",
        "|---|---|---|---|---|---|---|",
    ]
    for row, (unit, larger, budget) in ROWS.items():
        mine, peer, moto = (results[row].get(name) for name in ("penstock", "ministack", "moto"))
        if mine is None or peer is None:
            continue
        ratio = mine / peer
        met = ratio >= budget if larger else ratio <= budget
        sign = "at least" if larger else "at most"
        cells = [f"{value:,.1f} {unit}" if value is not None else "" for value in (mine, peer, moto)]
        verdict = "met" if met else "**missed**"
        lines.append(f"| {row} | {' | '.join(cells)} | {ratio:.2f} | {sign} {budget:.3g} | {verdict} |")
    for row, (unit, limit) in ALONE.items():
        mine, peer = results[row]["penstock"], results[row].get("ministack")
        verdict = "|" if limit is None else f"at most {limit:g} {unit} | {'met' if mine <= limit else '**missed**'}"
        shown = f"{peer:,.1f} {unit}" if peer is not None else ""
        lines.append(f"| {row} | {mine:,.2f} {unit} | {shown} | | | {verdict} |")
    verdict = "met" if ready <= 1 else "**missed**"
    lines.append(f"| `up` to ready, template cached | {ready:.2f} s | | | | at most 1 s | {verdict} |")
    return "\n".join(lines) + "\n"


def _cores() -> str:
    model = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), ":")
    return f"{model.partition(':')[2].strip()}, {len(list(Path('/sys/devices/system/cpu').glob('cpu[0-9]*')))} cores"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    text = report(measure(rounds), up_to_ready(), rounds)
    RESULTS.write_text(text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
