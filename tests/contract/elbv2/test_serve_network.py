"""Network load balancers: connections handed on as they are."""

import contextlib
import socket
import threading

import pytest


def echo_server(name=b""):
    """Says its name, then back what it hears."""
    listening = socket.create_server(("127.0.0.1", 0))

    def talk(connection):
        with contextlib.suppress(OSError):
            connection.sendall(name)
            while data := connection.recv(65536):
                connection.sendall(data)
            connection.close()

    def serve():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=talk, args=(connection,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    return listening


def end(server):
    server.shutdown(socket.SHUT_RDWR)  # wakes whoever accepts
    server.close()


def connect(elb, balancer, port):
    host, _, actual = elb.address(balancer, port).partition(":")
    return socket.create_connection((host, int(actual)), timeout=5)


@pytest.fixture
def network(elb):
    group, balancer = elb.group("TCP", Port=9), elb.balancer("network")
    elb.listener(balancer, elb.forward(group), port=7500, protocol="TCP")
    return balancer, group


def test_bytes_pass_both_ways(elb, network):
    balancer, group = network
    server = echo_server()
    elb.register(group, server.getsockname()[1])
    with connect(elb, balancer, 7500) as client:
        body = bytes(range(256)) * 4096
        threading.Thread(target=lambda: (client.sendall(body), client.shutdown(socket.SHUT_WR)), daemon=True).start()
        received = b""
        while data := client.recv(65536):
            received += data
    assert received == body
    end(server)


def test_http_reaches_a_target_unchanged(elb, network):
    balancer, group = network
    server = elb.server(lambda handler: handler.say(str("X-Forwarded-For" in handler.headers).encode()))
    elb.register(group, server)
    assert elb.call(elb.address(balancer, 7500)).body == b"False"


def test_flows_take_turns_and_pass_over_who_refuses(elb, network):
    balancer, group = network
    servers = [echo_server(b"first"), echo_server(b"other")]
    elb.register(group, *[server.getsockname()[1] for server in servers])

    def greeting():
        with connect(elb, balancer, 7500) as client:
            return client.recv(5)

    assert {greeting() for _ in range(4)} == {b"first", b"other"}
    end(servers[0])
    assert {greeting() for _ in range(4)} == {b"other"}
    end(servers[1])


def test_a_flow_without_targets_is_reset(elb, network):
    balancer, _ = network
    with pytest.raises(ConnectionResetError), connect(elb, balancer, 7500) as client:
        client.recv(1)


def test_a_target_drains_until_its_flow_ends(elb, network):
    balancer, group = network
    server = echo_server(b"hi")
    port = server.getsockname()[1]
    elb.register(group, port)
    with connect(elb, balancer, 7500) as client:
        assert client.recv(2) == b"hi"
        elb.client.deregister_targets(TargetGroupArn=group, Targets=[{"Id": "127.0.0.1", "Port": port}])
        assert elb.health(group) == {port: "draining"}
        client.sendall(b"still")
        assert client.recv(5) == b"still"
    elb.until(lambda: elb.health(group) == {})
    end(server)


def test_an_application_load_balancer_as_target(elb):
    application = elb.balancer()
    elb.listener(application, elb.fixed(200, "through both"), port=7502)
    group, balancer = elb.group("TCP", "alb", Port=7502), elb.balancer("network")
    elb.client.register_targets(TargetGroupArn=group, Targets=[{"Id": application["LoadBalancerArn"]}])
    elb.listener(balancer, elb.forward(group), port=7501, protocol="TCP")
    elb.wait(group, {"healthy"})
    assert elb.call(elb.address(balancer, 7501)).body == b"through both"
    elb.client.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])
    elb.client.delete_target_group(TargetGroupArn=group)
