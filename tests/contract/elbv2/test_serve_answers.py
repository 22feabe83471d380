"""What an application load balancer answers by itself: fixed responses, redirects, 502, 503, 504."""

import socket
import threading

import pytest


def test_a_fixed_response(elb):
    balancer = elb.balancer()
    elb.listener(balancer, elb.fixed(418, '{"a": 1}', "application/json"))
    answer = elb.call(elb.address(balancer))
    assert (answer.status, answer.body) == (418, b'{"a": 1}')
    assert (answer.headers["Server"], answer.headers["Content-Type"]) == ("awselb/2.0", "application/json")


@pytest.mark.parametrize(
    ("config", "location"),
    [
        ({"Protocol": "HTTPS", "Port": "443"}, "https://shop.test:443/a/b?c=d"),
        ({"Host": "www.#{host}"}, "http://www.shop.test:80/a/b?c=d"),
        ({"Path": "/new/#{path}", "Query": "x=1&#{query}"}, "http://shop.test:80/new/a/b?x=1&c=d"),
        ({"Path": "/fixed", "Query": ""}, "http://shop.test:80/fixed"),
    ],
)
def test_redirects_keep_what_they_do_not_name(elb, config, location):
    balancer = elb.balancer()
    action = {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", **config}}
    elb.listener(balancer, action)
    answer = elb.call(elb.address(balancer), "/a/b?c=d", headers={"Host": "shop.test"})
    assert (answer.status, answer.headers["Location"]) == (301, location)


def test_503_where_nobody_is_registered(elb):
    balancer = elb.balancer()
    elb.listener(balancer, elb.forward(elb.group()))
    answer = elb.call(elb.address(balancer))
    assert answer.status == 503
    assert answer.headers["Server"] == "awselb/2.0"
    assert answer.headers["Content-Type"] == "text/html"
    assert b"<title>503 Service Temporarily Unavailable</title>" in answer.body


def unused_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_502_where_the_connection_is_refused(elb):
    group, balancer = elb.group(), elb.balancer()
    elb.listener(balancer, elb.forward(group))
    elb.register(group, unused_port(), healthy=False)
    answer = elb.call(elb.address(balancer))
    assert (answer.status, b"<h1>502 Bad Gateway</h1>" in answer.body) == (502, True)


@pytest.mark.parametrize("sent", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-"])
def test_502_where_the_answer_is_none(elb, sent):
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            client.recv(65536)
            client.sendall(sent)
            client.close()

    threading.Thread(target=serve, daemon=True).start()
    group, balancer = elb.group(), elb.balancer()
    elb.listener(balancer, elb.forward(group))
    elb.register(group, listening.getsockname()[1], healthy=False)
    assert elb.call(elb.address(balancer)).status == 502
    listening.close()


def test_504_after_the_idle_timeout(elb):
    release = threading.Event()
    server = elb.server(lambda handler: handler.say(b"") if handler.path == "/ok" else release.wait(10))
    group, balancer = elb.group(HealthCheckPath="/ok"), elb.balancer()
    one = [{"Key": "idle_timeout.timeout_seconds", "Value": "1"}]
    elb.client.modify_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"], Attributes=one)
    elb.listener(balancer, elb.forward(group))
    elb.register(group, server)
    answer = elb.call(elb.address(balancer), "/slow")
    assert (answer.status, b"504 Gateway Time-out" in answer.body) == (504, True)
    release.set()


def test_nothing_leaves_the_machine(elb):
    group, balancer = elb.group(), elb.balancer()
    elb.listener(balancer, elb.forward(group))
    elb.client.register_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.0.1"}])
    assert elb.call(elb.address(balancer)).status == 504


def test_trace_is_not_allowed(elb):
    balancer = elb.balancer()
    elb.listener(balancer, elb.fixed(200))
    assert elb.call(elb.address(balancer), method="TRACE").status == 405


def test_response_headers_that_a_listener_sets(elb):
    balancer = elb.balancer()
    arn = elb.listener(balancer, elb.fixed(200))
    attributes = {
        "routing.http.response.strict_transport_security.header_value": "max-age=1",
        "routing.http.response.server.enabled": "false",
    }
    pairs = [{"Key": key, "Value": value} for key, value in attributes.items()]
    elb.client.modify_listener_attributes(ListenerArn=arn, Attributes=pairs)
    answer = elb.call(elb.address(balancer))
    assert (answer.headers["Strict-Transport-Security"], answer.headers["Server"]) == ("max-age=1", None)
