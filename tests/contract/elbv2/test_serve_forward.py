"""Requests through an application load balancer to real servers."""


def test_a_request_reaches_a_target(elb):
    server = elb.server("hello")
    group, balancer = elb.group(), elb.balancer()
    elb.listener(balancer, elb.forward(group))
    elb.register(group, server)
    answer = elb.call(elb.address(balancer), "/a?b=c")
    assert (answer.status, answer.body) == (200, b"hello")
    assert server.seen[0].path == "/a?b=c"
