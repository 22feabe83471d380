"""Where load balancers are found: names in the network, hosts and paths of the runtime's own port."""

import pytest


def runtime_address(elb):
    return elb.runtime.endpoint.removeprefix("http://")


@pytest.mark.parametrize("form", ["host", "path"])
def test_under_the_runtimes_own_port(elb, form):
    balancer = elb.balancer()
    elb.listener(balancer, {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_302", "Path": "/x/#{path}"}})
    label = balancer["DNSName"].partition(".")[0]
    host = {"Host": f"{balancer['DNSName']}:4566"} if form == "host" else {}
    path = "/a?b=c" if form == "host" else f"/_aws/elb/{label}/a?b=c"
    answer = elb.call(runtime_address(elb), path, headers=host)
    assert answer.status == 302
    assert answer.headers["Location"].endswith("/x/a?b=c")


def test_a_path_may_name_a_port(elb):
    balancer = elb.balancer()
    elb.listener(balancer, elb.fixed(200, "first"), port=7600)
    elb.listener(balancer, elb.fixed(200, "second"), port=7601)
    label = balancer["DNSName"].partition(".")[0]
    assert elb.call(runtime_address(elb), f"/_aws/elb/{label}/").body == b"first"
    assert elb.call(runtime_address(elb), f"/_aws/elb/{label}:7601/").body == b"second"
    assert elb.call(runtime_address(elb), f"/_aws/elb/{label}:7602/").status == 403


def test_a_network_load_balancer_under_the_runtimes_own_port(elb):
    server = elb.server("behind")
    group, balancer = elb.group("TCP"), elb.balancer("network")
    elb.listener(balancer, elb.forward(group), port=7603, protocol="TCP")
    elb.register(group, server)
    label = balancer["DNSName"].partition(".")[0]
    assert elb.call(runtime_address(elb), f"/_aws/elb/{label}/").body == b"behind"


def test_names_resolve_until_the_load_balancer_is_deleted(elb):
    balancer = elb.balancer()
    network = elb.runtime.runtime.network
    [address] = network.resolve(balancer["DNSName"].upper())
    assert network.inside(address)
    elb.client.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])
    elb.until(lambda: network.resolve(balancer["DNSName"]) is None)


def test_an_internal_load_balancer_answers_to_members_of_the_network_only(elb):
    balancer = elb.balancer(Scheme="internal")
    elb.listener(balancer, elb.fixed(200, "inside"))
    inside = elb.runtime.runtime.network.gateway
    assert elb.call(elb.address(balancer), source=inside).body == b"inside"
    assert elb.call(elb.address(balancer)).status == 403
    nobody = inside.rpartition(".")[0] + ".99"  # within the network's block, and nobody's
    assert elb.call(elb.address(balancer), source=nobody).status == 403
    pretended = {"X-Forwarded-For": inside, "Forwarded": f"for={inside}", "Host": f"{inside}:80"}
    assert elb.call(elb.address(balancer), headers=pretended).status == 403
    label = balancer["DNSName"].partition(".")[0]
    assert elb.call(runtime_address(elb), f"/_aws/elb/{label}/").status == 403


def test_an_internal_network_load_balancer_resets_strangers(elb):
    server = elb.server("inside")
    group, balancer = elb.group("TCP"), elb.balancer("network", Scheme="internal")
    elb.listener(balancer, elb.forward(group), port=7604, protocol="TCP")
    elb.register(group, server)
    inside = elb.runtime.runtime.network.gateway
    assert elb.call(elb.address(balancer, 7604), source=inside).body == b"inside"
    with pytest.raises(ConnectionError):
        elb.call(elb.address(balancer, 7604))
