"""Requests through an application load balancer to real servers."""

import http.client
import json
import threading
from collections import Counter

import pytest


def whole(elb, answer, **group):
    """A load balancer with one server behind it."""
    server = elb.server(answer)
    arn, balancer = elb.group(**group), elb.balancer()
    elb.listener(balancer, elb.forward(arn))
    elb.register(arn, server)
    return server, elb.address(balancer), arn


def echo(handler):
    handler.say(json.dumps({"body": handler.body.decode(), "method": handler.command, **handler.headers}).encode())


def test_a_request_reaches_a_target_with_what_the_load_balancer_adds(elb):
    server, address, _ = whole(elb, echo)
    answer = elb.call(address, "/a%20b?c=d", "POST", {"Host": "shop.test", "X-Mine": "1"}, b"text")
    found = answer.json = json.loads(answer.body)
    assert server.seen[0].path == "/a%20b?c=d"
    assert (found["method"], found["body"], found["X-Mine"], found["Host"]) == ("POST", "text", "1", "shop.test")
    assert found["X-Forwarded-For"] == "127.0.0.1"
    assert (found["X-Forwarded-Port"], found["X-Forwarded-Proto"]) == ("80", "http")
    assert found["X-Amzn-Trace-Id"].startswith("Root=1-")


def test_connections_on_both_sides_are_kept(elb):
    peers = set()
    _, address, _ = whole(elb, lambda handler: (peers.add(handler.client_address), handler.say(b"ok")))
    peers.clear()
    connection = http.client.HTTPConnection(address)
    for _ in range(5):
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"ok"
    connection.close()
    assert len(peers) == 1


def test_status_headers_and_cookies_come_back(elb):
    _, address, _ = whole(
        elb, lambda handler: handler.say(b"no", 201, X_Own="1", Set_Cookie="a=b"), Matcher={"HttpCode": "201"}
    )
    answer = elb.call(address)
    assert (answer.status, answer.body, answer.headers["X-Own"]) == (201, b"no", "1")
    assert answer.cookies() == {"a": "b"}


def test_head_has_a_length_and_no_body(elb):
    _, address, _ = whole(elb, lambda handler: handler.say(b"12345"))
    answer = elb.call(address, method="HEAD")
    assert (answer.headers["Content-Length"], answer.body) == ("5", b"")


def test_bodies_stream_both_ways(elb):
    middle = threading.Event()

    def chunked(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for part in (b"first", b"second"):
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
            handler.wfile.flush()
            if handler.path == "/stream":
                middle.wait(10)
        handler.wfile.write(b"0\r\n\r\n")

    _, address, _ = whole(elb, chunked)
    connection = http.client.HTTPConnection(address)
    connection.request("GET", "/stream")
    response = connection.getresponse()
    assert response.read(5) == b"first"  # while the rest is still to be made
    middle.set()
    assert response.read() == b"second"
    connection.close()


def test_large_bodies(elb):
    server, address, _ = whole(elb, lambda handler: handler.say(handler.body))
    body = bytes(range(256)) * 8192
    assert elb.call(address, method="POST", body=body).body == body
    assert len(server.seen) == 1


def test_targets_take_turns(elb):
    servers = [elb.server(name) for name in "abc"]
    group, balancer = elb.group(), elb.balancer()
    elb.listener(balancer, elb.forward(group))
    elb.register(group, *servers)
    address = elb.address(balancer)
    assert Counter(elb.call(address).body for _ in range(9)) == {b"a": 3, b"b": 3, b"c": 3}


def test_a_target_that_refuses_is_passed_over(elb):
    first, second = elb.server("first"), elb.server("second")
    group, balancer = elb.group(), elb.balancer()
    elb.listener(balancer, elb.forward(group))
    elb.register(group, first, second)
    first.end()
    address = elb.address(balancer)
    assert {elb.call(address).body for _ in range(6)} == {b"second"}


def test_least_outstanding_requests(elb):
    release, entered = threading.Event(), threading.Event()

    def slow(handler):
        if handler.path == "/slow":
            entered.set()
            release.wait(10)
        handler.say(str(handler.server.port).encode())

    servers = [elb.server(slow), elb.server(slow)]
    group = elb.group(attributes={"load_balancing.algorithm.type": "least_outstanding_requests"})
    balancer = elb.balancer()
    elb.listener(balancer, elb.forward(group))
    elb.register(group, *servers)
    address, slow_answer = elb.address(balancer), []
    thread = threading.Thread(target=lambda: slow_answer.append(elb.call(address, "/slow").body))
    thread.start()
    assert entered.wait(5)
    others = {elb.call(address).body for _ in range(4)}
    release.set()
    thread.join()
    assert len(others) == 1
    assert others != {slow_answer[0]}


def test_a_client_that_leaves_leaves_nothing_in_flight(elb):
    entered, release = threading.Event(), threading.Event()

    def slow(handler):
        if handler.path == "/slow":
            entered.set()
            release.wait(10)
        handler.say(b"ok")

    server, address, group = whole(elb, slow)
    connection = http.client.HTTPConnection(address)
    connection.request("GET", "/slow")
    assert entered.wait(5)
    elb.deregister(group, server)
    assert elb.health(group) == {server.port: "draining"}
    connection.close()
    elb.until(lambda: elb.health(group) == {})
    release.set()


def test_rules_choose_by_path_host_header_and_query(elb):
    balancer = elb.balancer()
    listener = elb.listener(balancer, elb.fixed(404, "none"))
    conditions = [
        {"Field": "path-pattern", "Values": ["/img/*"]},
        {"Field": "host-header", "Values": ["*.shop.test"]},
        {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Kind", "Values": ["gold"]}},
        {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "v", "Value": "2"}]}},
    ]
    for priority, condition in enumerate(conditions, 1):
        action = elb.fixed(200, condition["Field"])
        elb.client.create_rule(ListenerArn=listener, Priority=priority, Conditions=[condition], Actions=[action])
    address = elb.address(balancer)
    assert elb.call(address, "/img/a").body == b"path-pattern"
    assert elb.call(address, headers={"Host": "a.shop.test"}).body == b"host-header"
    assert elb.call(address, headers={"X-Kind": "gold"}).body == b"http-header"
    assert elb.call(address, "/?v=2").body == b"query-string"
    assert elb.call(address, "/?v=3").body == b"none"


def test_groups_by_weight(elb):
    first, second = elb.server("first"), elb.server("second")
    groups, balancer = [elb.group(), elb.group()], elb.balancer()
    elb.listener(balancer, elb.forward((groups[0], 3), (groups[1], 1)))
    elb.register(groups[0], first)
    elb.register(groups[1], second)
    address = elb.address(balancer)
    assert Counter(elb.call(address).body for _ in range(8)) == {b"first": 6, b"second": 2}


@pytest.mark.parametrize("mode", ["preserve", "remove"])
def test_x_forwarded_for_as_the_load_balancer_is_told(elb, mode):
    server = elb.server(echo)
    group, balancer = elb.group(), elb.balancer()
    wanted = [{"Key": "routing.http.xff_header_processing.mode", "Value": mode}]
    elb.client.modify_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"], Attributes=wanted)
    elb.listener(balancer, elb.forward(group))
    elb.register(group, server)
    found = json.loads(elb.call(elb.address(balancer), headers={"X-Forwarded-For": "1.2.3.4"}).body)
    assert found.get("X-Forwarded-For") == {"preserve": "1.2.3.4"}.get(mode)
