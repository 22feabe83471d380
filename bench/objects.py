"""Objects over raw HTTP: put and get of 1 KB from 16 connections, and of 100 MB with what the server's memory grows."""

import http.client
import time
from typing import NamedTuple

from bench import load
from bench.peers import Server

_KB = b"x" * 1024
_CHUNK = b"y" * 1_048_576
_LARGE = 100  # chunks
_AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
_HEADERS = {"Authorization": _AUTHORIZATION, "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}


class Objects(NamedTuple):
    """Rates are per second, the large object's in MB; `growth` is in MB of resident memory."""

    put: float
    get: float
    large_put: float
    large_get: float
    growth: float


def measure(server: Server, count: int = 8000) -> Objects:
    server.client("s3").create_bucket(Bucket="bench")
    puts = [load.request(server.port, _KB, _HEADERS, f"/bench/key-{n:05}", "PUT") for n in range(2000)]
    gets = [load.request(server.port, b"", _HEADERS, f"/bench/key-{n:05}", "GET") for n in range(2000)]
    put, get = (load.drive(server.port, requests, count).rate for requests in (puts, gets))
    before = server.resident()
    large_put, large_get = _put_large(server), _get_large(server)
    return Objects(put, get, large_put, large_get, server.resident() - before)


def _put_large(server: Server) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    start = time.perf_counter()
    size = str(_LARGE * len(_CHUNK))
    chunks = (_CHUNK for _ in range(_LARGE))
    connection.request("PUT", "/bench/large", chunks, {**_HEADERS, "Content-Length": size})
    _answered(connection.getresponse())
    return _LARGE / (time.perf_counter() - start)


def _get_large(server: Server) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    start = time.perf_counter()
    connection.request("GET", "/bench/large", headers=_HEADERS)
    _answered(connection.getresponse())
    return _LARGE / (time.perf_counter() - start)


def _answered(response: http.client.HTTPResponse) -> None:
    while response.read(len(_CHUNK)):
        pass
    if response.status != 200:
        raise RuntimeError(f"the server answered {response.status}")
