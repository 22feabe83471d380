"""Sticky sessions: by the load balancer's cookie, by the application's, by group."""


def pair(elb, answer=None, **attributes):
    servers = [elb.server(answer or name) for name in ("first", "second")]
    group, balancer = elb.group(attributes=attributes), elb.balancer()
    elb.listener(balancer, elb.forward(group))
    elb.register(group, *servers)
    return group, elb.address(balancer), servers


def cookie(found):
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in found.items())}


def test_the_load_balancers_cookie_keeps_a_client_with_its_target_until_it_expires(elb, penstock):
    lasting = {"stickiness.enabled": "true", "stickiness.lb_cookie.duration_seconds": "60"}
    _, address, _ = pair(elb, **lasting)
    first = elb.call(address)
    given = first.cookies()
    assert set(given) == {"AWSALB", "AWSALBCORS"}
    assert {elb.call(address, headers=cookie(given)).body for _ in range(6)} == {first.body}
    assert {elb.call(address).body for _ in range(4)} == {b"first", b"second"}
    penstock.advance(61)
    assert {elb.call(address, headers=cookie(given)).body for _ in range(4)} == {b"first", b"second"}


def test_a_cookie_of_a_target_that_is_gone_counts_as_none(elb):
    group, address, servers = pair(elb, **{"stickiness.enabled": "true"})
    answer = elb.call(address)
    gone = servers[0] if answer.body == b"first" else servers[1]
    elb.deregister(group, gone)
    after = elb.call(address, headers=cookie(answer.cookies()))
    assert (after.status, after.body != answer.body) == (200, True)


def test_the_applications_cookie(elb):
    attributes = {
        "stickiness.enabled": "true",
        "stickiness.type": "app_cookie",
        "stickiness.app_cookie.cookie_name": "session",
    }

    def login(handler):
        name = str(handler.server.port).encode()
        handler.say(name, Set_Cookie="session=1") if handler.path == "/login" else handler.say(name)

    _, address, _ = pair(elb, login, **attributes)
    assert elb.call(address).cookies() == {}
    answer = elb.call(address, "/login")
    given = answer.cookies()
    assert set(given) == {"session", "AWSALBAPP-0"}
    assert {elb.call(address, headers=cookie(given)).body for _ in range(6)} == {answer.body}


def test_a_client_stays_with_its_group(elb):
    servers = [elb.server("first"), elb.server("second")]
    groups, balancer = [elb.group(), elb.group()], elb.balancer()
    elb.listener(balancer, elb.forward((groups[0], 1), (groups[1], 1), Enabled=True, DurationSeconds=60))
    for group, server in zip(groups, servers, strict=True):
        elb.register(group, server)
    address = elb.address(balancer)
    answer = elb.call(address)
    assert set(answer.cookies()) == {"AWSALBTG", "AWSALBTGCORS"}
    again = [elb.call(address, headers=cookie(answer.cookies())) for _ in range(6)]
    assert {each.body for each in again} == {answer.body}
    assert again[0].cookies() == {}
