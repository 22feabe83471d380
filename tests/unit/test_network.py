"""The network on loopback: real processes, with the hooks of Python and Node, and a real resolver."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.web.network import Network

NAME = "receiver.dev.test.local"
PORT = 18080

SERVERS = {
    "http.server": f"""
import http.server, json, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps([os.environ["WHO"], self.client_address[0]]).encode()
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
server = http.server.ThreadingHTTPServer(("0.0.0.0", {PORT}), Handler)
print("up", flush=True)
server.serve_forever()
""",
    "asyncio": f"""
import asyncio, json, os
async def answer(reader, writer):
    await reader.readuntil(b"\\r\\n\\r\\n")
    body = json.dumps([os.environ["WHO"], writer.get_extra_info("peername")[0]]).encode()
    writer.write(b"HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
    await writer.drain(); writer.close()
async def main():
    await asyncio.start_server(answer, None, {PORT})
    print("up", flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
""",
}
SERVERS["uvloop"] = SERVERS["asyncio"].replace("asyncio.run(", "import uvloop; uvloop.run(")
NODE_SERVER = f"""
const http = require('http');
http.createServer((request, response) => {{
  const body = JSON.stringify([process.env.WHO, request.socket.remoteAddress]);
  response.writeHead(200, {{'Content-Length': body.length, Connection: 'close'}}); response.end(body);
}}).listen({PORT}, () => console.log('up'));
"""

PYTHON_CLIENTS = {
    "urllib": "import urllib.request; print(urllib.request.urlopen(URL, timeout=10).read().decode())",
    "urllib3": "import urllib3; print(urllib3.request('GET', URL, timeout=10).data.decode())",
    "httpx2": "import httpx2; print(httpx2.get(URL, timeout=10).text)",
    "httpx2, asynchronous": """
import asyncio, httpx2, uvloop
async def main():
    async with httpx2.AsyncClient(timeout=10) as client:
        print((await client.get(URL)).text)
uvloop.run(main())
""",
    "botocore": """
import botocore.awsrequest, botocore.httpsession
request = botocore.awsrequest.AWSRequest("GET", URL).prepare()
print(botocore.httpsession.URLLib3Session().send(request).text)
""",
    "socket": """
import socket
with socket.socket() as s:
    s.connect((HOST, PORT)); s.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
    print(b"".join(iter(lambda: s.recv(4096), b"")).partition(b"\\r\\n\\r\\n")[2].decode())
""",
    "asyncio": """
import asyncio
async def main():
    reader, writer = await asyncio.open_connection(HOST, PORT)
    writer.write(b"GET / HTTP/1.0\\r\\n\\r\\n")
    print((await reader.read()).partition(b"\\r\\n\\r\\n")[2].decode())
asyncio.run(main())
""",
}
PYTHON_CLIENTS["uvloop"] = PYTHON_CLIENTS["asyncio"].replace("asyncio.run(", "import uvloop; uvloop.run(")
NODE_CLIENTS = {
    "fetch": "fetch(PAGE).then((r) => r.text()).then(console.log)",
    "http": "require('http').get(PAGE, (r) => r.on('data', (d) => console.log(d.toString())))",
    "lookup": "require('dns').promises.lookup(HOST).then((found) => console.log(JSON.stringify(found)))",
}


RECORDS = {"A": ["127.9.9.9"], "SRV": ["1:1:8080:i-1.a.rec.local"], "CNAME": ["b.rec.local"]}
NODE_RECORDS = """
const dns = require('dns');
const asked = [
  new Promise((done) => dns.resolve4('a.rec.local', (error, found) => done(found))),
  new Promise((done) => dns.resolve4('a.rec.local', { ttl: true }, (error, found) => done(found))),
  new Promise((done) => dns.resolve('a.rec.local', (error, found) => done(found))),
  new Promise((done) => dns.resolve('a.rec.local', 'CNAME', (error, found) => done(found))),
  new Promise((done) => new dns.Resolver().resolveSrv('a.rec.local', (error, found) => done(found))),
  dns.promises.resolveSrv('a.rec.local'),
  new dns.promises.Resolver().resolve('a.rec.local', 'A'),
  dns.promises.resolve6('a.rec.local').catch((error) => error.code),
  dns.promises.resolve4('none.rec.local').catch((error) => `${error.code} ${error.syscall}`),
  dns.promises.lookup('none.rec.local').catch((error) => error.code),
];
Promise.all(asked).then((found) => console.log(JSON.stringify(found)));
"""


class Place:
    """A network on a loop of its own, and processes that are members of it."""

    def __init__(self) -> None:
        self.network = Network()
        self.names: dict[str, list[str]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._children: list[subprocess.Popen[str]] = []

    def __enter__(self) -> "Place":
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.network.open("", 4566), self._loop).result(10)
        self.network.zone("test.local", lambda name, vpc: self.names.get(name) if vpc == "vpc-1" else None)
        self.network.zone(
            "rec.local",
            lambda name, vpc: [] if vpc else None,
            lambda name, type, vpc: RECORDS.get(type, []) if name == "a.rec.local" else None,
        )
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children:
            child.kill()
            child.communicate()
        asyncio.run_coroutine_threadsafe(self.network.stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def serve(self, who: str, source: str, *, node: bool = False, kind: str = "task") -> str:
        """The address of a task that serves; returns when it listens."""
        address = self.network.address(who, "vpc-1")
        child = self._start(source, address, kind, node, who)
        assert child.stdout is not None and child.stdout.readline() == "up\n"
        return address

    def ask(self, source: str, *, vpc: str = "vpc-1", node: bool = False, host: str = NAME) -> str:
        """What a function in `vpc` prints."""
        address = self.network.address(f"function in {vpc}", vpc) if vpc else ""
        url = f"http://{host}:{PORT}/"
        head = f"const PAGE='{url}', HOST='{host}';" if node else f"URL, HOST, PORT = '{url}', '{host}', {PORT}"
        output, _ = self._start(f"{head}\n{source}", address, "function", node).communicate(timeout=60)
        return output.strip()

    def _start(self, source: str, address: str, kind: str, node: bool, who: str = "") -> "subprocess.Popen[str]":
        own = {"PATH": os.environ["PATH"], "WHO": who}
        child = subprocess.Popen(
            ["node", "-e", source] if node else [sys.executable, "-c", source],
            env=self.network.guest(own, address, kind),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._children.append(child)
        return child


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with Place() as place:
        place.names[NAME] = [place.serve("shared", SERVERS["http.server"])]
        place.names["none.test.local"] = []
        yield place


@pytest.mark.parametrize("client", PYTHON_CLIENTS)
def test_a_private_name_resolves_for_every_client_of_python(place: Place, client: str) -> None:
    answer = place.ask(PYTHON_CLIENTS[client])
    assert json.loads(answer) == ["shared", place.network.address("function in vpc-1")]


@pytest.mark.parametrize("client", ["fetch", "http"])
def test_a_private_name_resolves_for_every_client_of_node(place: Place, client: str) -> None:
    answer = place.ask(NODE_CLIENTS[client], node=True)
    assert json.loads(answer) == ["shared", place.network.address("function in vpc-1")]


def test_node_looks_the_name_up(place: Place) -> None:
    assert json.loads(place.ask(NODE_CLIENTS["lookup"], node=True)) == {
        "address": place.names[NAME][0],
        "family": 4,
    }


@pytest.mark.parametrize("server", [*SERVERS, "node"])
def test_a_listener_is_at_its_own_address_and_answers_members_only(place: Place, server: str) -> None:
    node = server == "node"
    address = place.serve(server, NODE_SERVER if node else SERVERS[server], node=node)
    assert address != place.names[NAME][0]  # two of them on the same port
    answer = place.ask(PYTHON_CLIENTS["urllib"], host=address)
    assert json.loads(answer) == [server, place.network.address("function in vpc-1")]
    assert _from_outside(address) == b""


def test_a_public_task_answers_everybody(place: Place) -> None:
    address = place.serve("public", SERVERS["http.server"], kind="public-task")
    assert _from_outside(address).endswith(b'["public", "127.0.0.1"]')


def test_a_function_outside_the_vpc_does_not_know_the_name(place: Place) -> None:
    assert "Name or service not known" in place.ask(PYTHON_CLIENTS["urllib"], vpc="")
    assert "Name or service not known" in place.ask(PYTHON_CLIENTS["urllib"], vpc="vpc-2")
    assert "ENOTFOUND" in place.ask(NODE_CLIENTS["fetch"], vpc="", node=True)


def test_a_name_without_an_address_is_not_found(place: Place) -> None:
    for client in ("urllib", "uvloop"):
        assert "Name or service not known" in place.ask(PYTHON_CLIENTS[client], host="none.test.local")


def test_a_change_is_seen_by_the_next_lookup(place: Place) -> None:
    place.names["moving.test.local"] = [place.serve("old", SERVERS["http.server"])]
    assert json.loads(place.ask(PYTHON_CLIENTS["urllib"], host="moving.test.local"))[0] == "old"
    place.names["moving.test.local"] = [place.serve("new", SERVERS["http.server"])]
    assert json.loads(place.ask(PYTHON_CLIENTS["urllib"], host="moving.test.local"))[0] == "new"


def test_localhost_inside_a_task_is_the_task(place: Place) -> None:
    source = SERVERS["http.server"].replace(
        "server.serve_forever()",
        f"""
import threading, urllib.request
threading.Thread(target=server.serve_forever, daemon=True).start()
for host in ("localhost", "127.0.0.1"):
    print(urllib.request.urlopen(f"http://{{host}}:{PORT}/").read().decode(), flush=True)
""",
    )
    address = place.network.address("self", "vpc-1")
    child = place._start(source, address, "task", False, "self")
    output, _ = child.communicate(timeout=60)
    assert [json.loads(line) for line in output.split("\n")[1:3]] == [["self", address]] * 2


@pytest.mark.parametrize("server", ["http.server", "uvloop", "node"])
def test_a_port_that_may_not_be_bound_is_another_one_by_its_own_number(server: str) -> None:
    with Place() as place:
        place.network._shift = 10_000  # as for a user who may not bind ports below 1024
        source = (NODE_SERVER if server == "node" else SERVERS[server]).replace(str(PORT), "81")
        address = place.serve("low", source, node=server == "node")
        place.names["low.test.local"] = [address]
        for client in ("urllib", "uvloop"):
            asked = PYTHON_CLIENTS[client].replace("URL", "'http://low.test.local:81/'").replace("PORT", "81")
            assert json.loads(place.ask(asked, host="low.test.local"))[0] == "low"
        asked = NODE_CLIENTS["fetch"].replace("PAGE", "'http://low.test.local:81/'")
        assert json.loads(place.ask(asked, node=True))[0] == "low"
        assert place.network.port(address, 81) == 10_081


def test_records_by_the_functions_of_node(place: Place) -> None:
    srv = [{"name": "i-1.a.rec.local", "port": 8080, "priority": 1, "weight": 1}]
    assert json.loads(place.ask(NODE_RECORDS, node=True)) == [
        ["127.9.9.9"],
        [{"address": "127.9.9.9", "ttl": 1}],
        ["127.9.9.9"],
        ["b.rec.local"],
        srv,
        srv,
        ["127.9.9.9"],
        "ENODATA",
        "ENOTFOUND queryA",
        "ENOTFOUND",
    ]


def test_two_networks_have_different_blocks() -> None:
    with Place() as one, Place() as two:
        assert one.network.address("a")[:8] != two.network.address("a")[:8]
        assert not one.network.inside(two.network.address("a"))


def test_addresses_are_stable_and_distinct(place: Place) -> None:
    addresses = {place.network.address(f"owner {number}") for number in range(2000)}
    assert len(addresses) == 2000
    assert place.network.address("owner 7") in addresses
    for number in range(2000):
        place.network.release(f"owner {number}")


def test_another_sitecustomize_still_runs(place: Place, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('mine too')")
    environment = place.network.guest({"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)})
    done = subprocess.run([sys.executable, "-c", "pass"], env=environment, capture_output=True, text=True)
    assert done.stdout == "mine too\n"


def _from_outside(address: str) -> bytes:
    """What somebody who is no member gets from a listener."""
    with (
        contextlib.closing(socket.create_connection((address, PORT), timeout=10)) as stranger,
        contextlib.suppress(ConnectionResetError, BrokenPipeError),
    ):
        stranger.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return b"".join(iter(lambda: stranger.recv(4096), b""))
    return b""
