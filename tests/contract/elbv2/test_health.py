"""RegisterTargets, DeregisterTargets, DescribeTargetHealth, and the checks behind them."""

import http.client
import threading

import pytest


def descriptions(elb, group, **more):
    found = elb.client.describe_target_health(TargetGroupArn=group, **more)["TargetHealthDescriptions"]
    return [each["TargetHealth"] for each in found]


def served(elb, server, **settings):
    group, balancer = elb.group(**settings), elb.balancer()
    elb.listener(balancer, elb.forward(group))
    elb.register(group, server, healthy=False)
    return group, elb.address(balancer)


def test_a_group_that_nobody_uses_is_not_checked(elb):
    server = elb.server("ok")
    group = elb.group()
    elb.register(group, server, healthy=False)
    assert descriptions(elb, group) == [
        {
            "State": "unused",
            "Reason": "Target.NotInUse",
            "Description": "Target group is not configured to receive traffic from the load balancer",
        }
    ]
    elb.listener(elb.balancer(), elb.forward(group))
    elb.wait(group, {"healthy"})
    elb.client.get_waiter("target_in_service").wait(TargetGroupArn=group)


def test_targets_are_described_with_their_ports(elb):
    server = elb.server("ok")
    group, _ = served(elb, server)
    elb.wait(group, {"healthy"})
    [found] = elb.client.describe_target_health(TargetGroupArn=group, Include=["AnomalyDetection"])[
        "TargetHealthDescriptions"
    ]
    assert found == {
        "Target": {"Id": "127.0.0.1", "Port": server.port},
        "HealthCheckPort": str(server.port),
        "TargetHealth": {"State": "healthy"},
        "AdministrativeOverride": {
            "State": "no_override",
            "Reason": "AdministrativeOverride.NoOverride",
            "Description": "No override is currently active on target",
        },
        "AnomalyDetection": {"Result": "normal", "MitigationInEffect": "no"},
    }
    stranger = [{"Id": "127.0.0.9", "Port": 9}]
    assert descriptions(elb, group, Targets=stranger) == [
        {
            "State": "unused",
            "Reason": "Target.NotRegistered",
            "Description": "Target is not registered to the target group",
        }
    ]


def test_a_target_that_comes_up_late_is_found_at_once(elb):
    ready = threading.Event()
    server = elb.server(lambda handler: handler.say(b"", 200 if ready.is_set() else 503))
    group, _ = served(elb, server)
    elb.until(lambda: descriptions(elb, group)[0].get("Reason") == "Elb.InitialHealthChecking")
    ready.set()
    elb.wait(group, {"healthy"})


def test_a_healthy_target_fails_and_recovers_at_its_intervals(elb, penstock):
    status = [200]
    server = elb.server(lambda handler: handler.say(b"", status[0]))
    settings = {"HealthCheckIntervalSeconds": 10, "UnhealthyThresholdCount": 2, "HealthyThresholdCount": 3}
    group, _ = served(elb, server, Matcher={"HttpCode": "200-299"}, **settings)
    elb.wait(group, {"healthy"})
    status[0] = 500
    penstock.advance(11)
    assert descriptions(elb, group) == [{"State": "healthy"}]
    penstock.advance(10)
    assert descriptions(elb, group) == [
        {
            "State": "unhealthy",
            "Reason": "Target.ResponseCodeMismatch",
            "Description": "Health checks failed with these codes: [500]",
        }
    ]
    status[0] = 204
    penstock.advance(31)
    assert descriptions(elb, group) == [{"State": "healthy"}]


def test_a_new_target_that_never_answers_is_unhealthy_in_the_end(elb, penstock):
    server = elb.server("ok")
    server.end()
    group, _ = served(elb, server, HealthCheckIntervalSeconds=10)
    assert descriptions(elb, group)[0]["State"] == "initial"
    penstock.advance(21)
    elb.wait(group, {"unhealthy"})
    assert descriptions(elb, group)[0]["Reason"] == "Target.FailedHealthChecks"


def test_an_unhealthy_target_gets_nothing_while_another_is_healthy(elb, penstock):
    status = [200]
    weak = elb.server(lambda handler: handler.say(b"weak", status[0] if handler.path == "/" else 200))
    strong = elb.server("strong")
    group, address = served(elb, weak, HealthCheckIntervalSeconds=10)
    elb.register(group, strong)
    status[0] = 500
    penstock.advance(21)
    assert sorted(elb.health(group).values()) == ["healthy", "unhealthy"]
    assert {elb.call(address, "/x").body for _ in range(4)} == {b"strong"}


def test_all_get_requests_where_none_is_healthy(elb, penstock):
    server = elb.server(lambda handler: handler.say(b"still here", 500 if handler.path == "/" else 200))
    group, address = served(elb, server, HealthCheckIntervalSeconds=10)
    penstock.advance(21)
    elb.wait(group, {"unhealthy"})
    assert elb.call(address, "/x").body == b"still here"


def test_a_check_may_have_a_port_of_its_own(elb):
    server, checked = elb.server("server"), elb.server("checked")
    group, address = served(elb, server, HealthCheckPort=str(checked.port), HealthCheckPath="/up")
    elb.wait(group, {"healthy"})
    assert elb.call(address).body == b"server"


def test_changes_are_signalled(elb, penstock):
    server = elb.server("ok")
    group = elb.group()
    signals = penstock.runtime.kernel.signals

    async def listen():
        elb_listening.set()
        return await signals.wait(("elbv2", group), 30)

    elb_listening = threading.Event()
    heard = []
    thread = threading.Thread(target=lambda: heard.append(penstock.run(listen())))
    elb.register(group, server, healthy=False)
    thread.start()
    assert elb_listening.wait(5)
    elb.listener(elb.balancer(), elb.forward(group))
    thread.join(10)
    assert heard == [True]


# -- leaving -------------------------------------------------------------------------------------------------


def test_a_target_with_nothing_in_flight_is_gone_at_once(elb):
    server = elb.server("ok")
    group, address = served(elb, server)
    elb.wait(group, {"healthy"})
    elb.deregister(group, server)
    assert descriptions(elb, group) == []
    assert elb.call(address).status == 503
    waiter = elb.client.get_waiter("target_deregistered")
    waiter.wait(TargetGroupArn=group, Targets=[{"Id": "127.0.0.1", "Port": server.port}])
    elb.deregister(group, server)  # once more is no error


@pytest.mark.parametrize("how", ["finishes", "is given up"])
def test_a_target_drains_what_is_in_flight(elb, penstock, how):
    entered, release = threading.Event(), threading.Event()

    def slow(handler):
        if handler.path == "/slow":
            entered.set()
            release.wait(10)
        handler.say(b"done")

    server, other = elb.server(slow), elb.server("other")
    group, address = served(elb, server)
    elb.wait(group, {"healthy"})
    connection = http.client.HTTPConnection(address)
    connection.request("GET", "/slow")
    assert entered.wait(5)
    elb.deregister(group, server)
    assert descriptions(elb, group) == [
        {
            "State": "draining",
            "Reason": "Target.DeregistrationInProgress",
            "Description": "Target deregistration is in progress",
        }
    ]
    elb.register(group, other, healthy=False)
    assert elb.call(address).body == b"other"
    if how == "is given up":
        penstock.advance(301)
        assert list(elb.health(group)) == [other.port]
    release.set()
    assert connection.getresponse().read() == b"done"
    connection.close()
    elb.until(lambda: list(elb.health(group)) == [other.port])


def test_a_draining_target_can_be_taken_back(elb):
    entered, release = threading.Event(), threading.Event()

    def slow(handler):
        if handler.path == "/slow":
            entered.set()
            release.wait(10)
        handler.say(b"done")

    server = elb.server(slow)
    group, address = served(elb, server)
    elb.wait(group, {"healthy"})
    connection = http.client.HTTPConnection(address)
    connection.request("GET", "/slow")
    assert entered.wait(5)
    elb.deregister(group, server)
    elb.register(group, server)
    release.set()
    assert connection.getresponse().read() == b"done"
    connection.close()
    assert elb.health(group) == {server.port: "healthy"}


# -- what may be registered ----------------------------------------------------------------------------------


def test_registrations_that_are_refused(elb, error):
    register = elb.client.register_targets
    assert error(register, TargetGroupArn=elb.group(), Targets=[{"Id": "localhost"}]) == (
        "ValidationError",
        "The IP address 'localhost' is not a valid IPv4 address",
    )
    assert error(register, TargetGroupArn=elb.group(kind="instance"), Targets=[{"Id": "i-0123456789abcdef0"}]) == (
        "InvalidTarget",
        "Instance ID 'i-0123456789abcdef0' is not valid",
    )
    missing = elb.group() + "0"
    assert error(register, TargetGroupArn=missing, Targets=[{"Id": "127.0.0.1"}]) == (
        "TargetGroupNotFound",
        f"Target groups '{missing}' not found",
    )


def test_a_deregistered_target_gets_nothing_even_before_that_is_durable(elb, penstock):
    """A request between the two would be on a target that nobody knows, and whose task may be ended."""
    server = elb.server("ok")
    group, _ = served(elb, server)
    elb.wait(group, {"healthy"})
    targets = [{"Id": "127.0.0.1", "Port": server.port}]

    async def deregister():
        kernel = penstock.runtime.kernel
        at_work = kernel.states["elbv2"].plane._fleet.groups[group]
        before = len(at_work.routable)
        kernel.context().call_now("elbv2", "DeregisterTargets", {"TargetGroupArn": group, "Targets": targets})
        return before, len(at_work.routable)

    assert penstock.run(deregister()) == (1, 0)
    assert elb.health(group) == {}
