"""What no well-behaved client sends, and what no well-behaved target answers: by bare sockets."""

import contextlib
import socket
import threading

import pytest

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Bare:
    """A target that answers each request's head with fixed bytes, and then may hang up. `seen`: the heads."""

    def __init__(self):
        self.answer, self.closes, self.seen = OK, False, []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.serve, args=self.socket.accept()[:1], daemon=True).start()

    def serve(self, connection):
        data = b""
        with connection, contextlib.suppress(OSError):
            while chunk := connection.recv(65536):
                data += chunk
                while b"\r\n\r\n" in data:
                    head, _, data = data.partition(b"\r\n\r\n")
                    checked = b"HealthChecker" in head
                    if not checked:
                        self.seen.append(head.decode())
                    connection.sendall(OK if checked else self.answer)
                    if self.closes and not checked:
                        return

    def end(self):
        self.socket.close()


@pytest.fixture
def target(elb):
    target = Bare()
    elb.servers.append(target)
    group, balancer = elb.group(), elb.balancer()
    target.listener = elb.listener(balancer, elb.forward(group))
    elb.register(group, target)
    host, _, port = elb.address(balancer).partition(":")
    target.address = host, int(port)
    return target


def say(address, *parts, until=b"</html>\r\n"):
    """What is answered to raw bytes, up to `until` or the connection's end."""
    with socket.create_connection(address, timeout=10) as client:
        for part in parts:
            client.sendall(part)
        answered = b""
        while until not in answered and (data := client.recv(65536)):
            answered += data
        return answered


def status(answered):
    return int(answered.split(b" ", 2)[1])


def request(*lines, body=b""):
    return b"\r\n".join((b"POST / HTTP/1.1", *lines, b"", body))


CHUNKED, CHUNKS = b"Transfer-Encoding: chunked", b"3\r\nabc\r\n0\r\n\r\n"

REFUSED = {
    "two lengths": (400, request(b"Host: h", b"Content-Length: 1", b"Content-Length: 3", body=b"abc")),
    "a length and chunks": (400, request(b"Host: h", b"Content-Length: 5", CHUNKED, body=b"0\r\n\r\n")),
    "a length with a sign": (400, request(b"Host: h", b"Content-Length: +3", body=b"abc")),
    "a space before the colon": (400, request(b"Host: h", b"Transfer-Encoding : chunked", body=CHUNKS)),
    "a folded header": (400, request(b"Host: h", b"X: a", b" b", b"Content-Length: 0")),
    "bare line feeds": (400, b"GET / HTTP/1.1\nHost: h\n\n"),
    "a null byte": (400, request(b"Host: h", b"X: a\0b", b"Content-Length: 0")),
    "chunks of no size": (400, request(b"Host: h", CHUNKED, body=b"zz\r\nabc\r\n0\r\n\r\n")),
    "chunks twice": (400, request(b"Host: h", CHUNKED, CHUNKED, body=CHUNKS)),
    "no host": (400, b"GET / HTTP/1.1\r\n\r\n"),
    "two hosts": (400, b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
    "another coding": (501, request(b"Host: h", b"Transfer-Encoding: gzip, chunked", body=CHUNKS)),
    "no coding that there is": (501, request(b"Host: h", b"Transfer-Encoding: xchunked", body=CHUNKS)),
    "HTTP/0.9": (400, b"GET /\r\n\r\n"),
    "HTTP/2.0": (505, b"GET / HTTP/2.0\r\nHost: h\r\n\r\n"),
    "no HTTP": (400, b"\x16\x03\x01\x02\x00\x01"),
    "a long target": (414, b"GET /" + b"a" * 16_400 + b" HTTP/1.1\r\nHost: h\r\n\r\n"),
    "a long header": (400, request(b"Host: h", b"X: " + b"a" * 16_400, b"Content-Length: 0")),
    "a long head": (400, request(b"Host: h", *(b"X%d: " % n + b"a" * 8000 for n in range(9)), b"Content-Length: 0")),
    "a head without end": (400, b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 70_000),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(target, name):
    expected, sent = REFUSED[name]
    answered = say(target.address, sent)
    assert status(answered) == expected
    assert b"Server: awselb/2.0\r\n" in answered and b"Connection: close\r\n" in answered
    assert target.seen == []


def test_a_refusal_waits_for_its_turn(target):
    answered = say(target.address, GET, b"GET / HTTP/1.1\r\nHost: h\r\n\r\nNONSENSE\r\n\r\n")
    assert [part[:3] for part in answered.split(b"HTTP/1.1 ")[1:]] == [b"200", b"200", b"400"]
    assert len(target.seen) == 2


def test_a_body_that_turns_out_malformed_ends_the_connection(target):
    target.answer = b""  # nothing yet
    head = request(b"Host: h", CHUNKED)
    answered = say(target.address, head + b"3\r\nabc\r\n", b"zz\r\n")
    assert status(answered) == 400


def test_trailers_do_not_pass_for_headers(target):
    sent = request(b"Host: h", CHUNKED, body=b"3\r\nabc\r\n0\r\nX-Forwarded-For: 1.2.3.4\r\nX-Mine: 1\r\n\r\n")
    assert status(say(target.address, sent, until=b"ok")) == 200
    assert "X-Mine" not in target.seen[0]
    assert "X-Forwarded-For: 127.0.0.1\r\n" in target.seen[0]


def test_headers_for_the_next_hop_are_not_passed_on(target):
    hop = b"Connection: X-Mine, host, x-forwarded-for, keep-alive\r\nX-Mine: 1\r\nTE: trailers\r\nUpgrade: h2c\r\n"
    say(target.address, b"GET / HTTP/1.1\r\nHost: shop.test\r\n" + hop + b"\r\n", until=b"ok")
    names = {line.partition(":")[0] for line in target.seen[0].split("\r\n")[1:]}
    assert names == {"Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Amzn-Trace-Id"}
    assert "Host: shop.test" in target.seen[0]


def test_thousands_of_requests_at_once(target, elb):
    elb.client.create_rule(
        ListenerArn=target.listener,
        Priority=1,
        Conditions=[{"Field": "path-pattern", "Values": ["/fixed"]}],
        Actions=[elb.fixed(200, "fixed")],
    )
    last = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    answered = say(target.address, GET + b"GET /fixed HTTP/1.1\r\nHost: h\r\n\r\n" * 3000 + last, until=b"never")
    assert answered.count(b"HTTP/1.1 200 OK\r\n") == 3002


def test_a_client_of_http_1_0_gets_no_chunks(target):
    target.answer = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1ffff\r\n" + b"x" * 0x1FFFF + b"\r\n0\r\n\r\n"
    )
    answered = say(target.address, b"GET / HTTP/1.0\r\nHost: h\r\n\r\n", until=b"never")
    head, _, body = answered.partition(b"\r\n\r\n")
    assert b"Transfer-Encoding" not in head
    assert body == b"x" * 0x1FFFF


def test_the_answer_to_head_keeps_how_its_body_would_come(target):
    target.answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    answered = say(target.address, b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", until=b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked\r\n" in answered
    assert b"Content-Length" not in answered


BAD_ANSWERS = {
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 3\r\n\r\nabc",
    "a length and chunks": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "bare line feeds": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "a status below 100": b"HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n",
    "no HTTP": b"hello\r\n\r\n",
    "large headers": b"HTTP/1.1 200 OK\r\n" + b"X: %b\r\n" % (b"a" * 9000) * 4 + b"Content-Length: 0\r\n\r\n",
    "headers without end": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000,
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_answers_that_are_502(target, name):
    target.answer = BAD_ANSWERS[name]
    assert status(say(target.address, GET)) == 502


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n"]
)
def test_what_has_no_body_is_followed_by_the_next_answer(target, answer):
    target.answer = answer
    last = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    assert say(target.address, GET + last).split(b"\r\n")[0] == answer.split(b"\r\n")[0]
    assert len(target.seen) == 2


def test_a_request_is_sent_twice_only_if_that_is_safe(target):
    """The target hangs up as soon as it has answered, at the moment that the connection is used again."""
    for method, tries in ((b"GET", 2), (b"POST", 1)):
        target.closes, target.answer = False, OK
        assert say(target.address, GET, until=b"ok")
        target.seen.clear()
        target.closes, target.answer = True, b""
        assert status(say(target.address, method + b" / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")) == 502
        assert len(target.seen) == tries
