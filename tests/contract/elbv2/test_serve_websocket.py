"""WebSockets through an application load balancer."""

import hashlib
import socket
from base64 import b64encode

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def chat(handler):
    """Shakes hands, then says back in capitals what it hears (bytes: frames do not concern a load balancer)."""
    if handler.path == "/":
        handler.say(b"ok")
        return
    accept = b64encode(hashlib.sha1((handler.headers["Sec-WebSocket-Key"] + GUID).encode()).digest()).decode()
    handler.send_response(101)
    for name, value in {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept}.items():
        handler.send_header(name, value)
    handler.end_headers()
    while data := handler.connection.recv(100):
        handler.connection.sendall(data.upper())
    handler.close_connection = True


def test_a_websocket_is_handed_on(elb):
    server = elb.server(chat)
    group, balancer = elb.group(), elb.balancer()
    elb.listener(balancer, elb.forward(group))
    elb.register(group, server)
    host, _, port = elb.address(balancer).partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(
            b"GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(1000)
        assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
        client.sendall(b"hello")
        assert client.recv(100) == b"HELLO"
        elb.deregister(group, server)
        assert elb.health(group) == {server.port: "draining"}
    elb.until(lambda: elb.health(group) == {})
