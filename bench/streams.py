"""Kinesis over raw HTTP: records one by one, and five hundred at a time."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence

from bench import load
from bench.peers import Server

PUT = "PutRecord of 200 bytes, raw HTTP, 16 connections"
PUT_MANY = "PutRecords of 100, records, raw HTTP, 16 connections"

BATCH = 100
CONNECTIONS = 16
# A server's requests: as many as it answers in a few seconds.
COUNTS = {"penstock": 60_000, "ministack": 8_000, "moto": 1_500}


def measure(server: Server) -> dict[str, float]:
    """Records per second."""
    server.client("kinesis").create_stream(StreamName="bench", ShardCount=4)
    server.client("kinesis").get_waiter("stream_exists").wait(StreamName="bench")
    count = COUNTS[server.name]
    _drive(server, "PutRecord", [_record(number) for number in range(64)], count // 10)  # warm
    one = _drive(server, "PutRecord", [_record(number) for number in range(64)], count)
    many = _drive(server, "PutRecords", [{"Records": [_record(number) for number in range(BATCH)]}], count // 20)
    return {PUT: one, PUT_MANY: many * BATCH}


def _record(number: int) -> dict[str, str]:
    return {"Data": b64encode(b"x" * 200).decode(), "PartitionKey": f"key-{number}"}


def _drive(server: Server, operation: str, bodies: Sequence[Mapping[str, object]], count: int) -> float:
    """Requests per second."""
    headers = {
        "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/kinesis/aws4_request, "
        "SignedHeaders=host, Signature=0",
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"Kinesis_20131202.{operation}",
    }
    sent = [json.dumps({"StreamName": "bench", **body}).encode() for body in bodies]
    requests = [load.request(server.port, body, headers) for body in sent]
    if server.name == "moto":
        return load.drive_reconnecting(server.port, requests, count, CONNECTIONS)
    return load.drive(server.port, requests, count, CONNECTIONS).rate
