"""What was acknowledged is there after a restart: load balancers listen again, targets are asked anew."""

from penstock.call import Config
from penstock.testing import running


def test_a_load_balancer_listens_again(tmp_path, make_elb, unique):
    config = Config(data=tmp_path, port=0)
    with running(config) as runtime:
        elb = make_elb(runtime, unique, owned=False)
        server = elb.server("hello")
        group, balancer = elb.group(), elb.balancer()
        elb.listener(balancer, elb.forward(group), port=7700)
        elb.register(group, server)
        before = elb.address(balancer, 7700)
    with running(Config(data=tmp_path, port=0)) as runtime:
        again = make_elb(runtime, unique, owned=False)
        assert again.address(balancer, 7700) == before
        again.wait(group, {"healthy"})
        assert again.call(before).body == b"hello"
    server.end()
