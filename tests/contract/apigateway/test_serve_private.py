"""Private integrations of REST APIs: through a VPC link to a network load balancer, and what stands behind it."""

import pytest


@pytest.fixture
def private(api):
    """`private(uri, link)`: a proxy of everything, deployed."""

    def build(uri, link, variables=None, **settings):
        integration = {"type": "HTTP_PROXY", "integrationHttpMethod": "ANY", "uri": uri, "connectionType": "VPC_LINK"}
        mapping = {"integration.request.path.proxy": "method.request.path.proxy"}
        whole = {**integration, "connectionId": link, "requestParameters": mapping, **settings}
        api.method("/{proxy+}", "ANY", whole, requestParameters={"method.request.path.proxy": True})
        api.deploy(variables=variables or {})
        return api

    return build


@pytest.fixture
def link(api):
    return lambda balancer: api.client.create_vpc_link(name="link", targetArns=[balancer.arn])["id"]


def test_a_request_reaches_what_is_behind_the_load_balancer(private, link, balanced, backend):
    balancer = balanced("network", port=18080)
    balancer.register(backend)
    api = private("http://orders.internal:18080/base/{proxy}", link(balancer))
    answer = api.call("/a%20b/c?q=1", "POST", b"hello", {"X-A": "1"})
    seen = answer.json
    assert (seen["method"], seen["path"], seen["body"]) == ("POST", "/base/a%20b/c?q=1", "hello")
    assert (seen["headers"]["host"], seen["headers"]["x-a"]) == ("orders.internal:18080", "1")


def test_the_link_may_be_a_stage_variable(private, link, balanced, backend):
    balancer = balanced("network")
    balancer.register(backend)
    api = private(f"http://{balancer.name}/{{proxy}}", "${stageVariables.vpcLinkId}", {"vpcLinkId": link(balancer)})
    assert api.call("/a").json["path"] == "/a"


def test_a_mapped_integration_goes_through_the_link_too(api, link, balanced, backend):
    balancer = balanced("network")
    balancer.register(backend)
    integration = {"type": "HTTP", "integrationHttpMethod": "POST", "uri": "http://a/x", "connectionType": "VPC_LINK"}
    template = {"requestTemplates": {"application/json": '{"id": 7}'}}
    api.method("/a", "GET", {**integration, **template, "connectionId": link(balancer)})
    api.client.put_method_response(**api.where("/a", "GET"), statusCode="200")
    api.client.put_integration_response(**api.where("/a", "GET"), statusCode="200")
    api.deploy()
    seen = api.call("/a").json
    assert (seen["method"], seen["path"], seen["body"]) == ("POST", "/x", '{"id": 7}')


def test_a_link_of_version_2_names_its_target_in_the_integration(private, functions, balanced, backend):
    balancer = balanced("application")
    balancer.register(backend)
    second = functions.client("apigatewayv2").create_vpc_link(Name="second", SubnetIds=["subnet-1"])["VpcLinkId"]
    api = private("http://orders/{proxy}", second, integrationTarget=balancer.listener)
    assert api.call("/a").json["path"] == "/a"


def test_a_stream_through_the_link(private, link, balanced, backend):
    balancer = balanced("network")
    balancer.register(backend)
    backend.go.set()
    api = private("http://a/{proxy}", link(balancer), responseTransferMode="STREAM")
    assert api.call("/stream").body.endswith(b"data: two\n\n")


def test_a_port_that_nothing_listens_on_is_500(private, link, balanced):
    api = private("http://a:18099/{proxy}", link(balanced("network")))
    assert (api.call("/a").status, api.call("/a").json) == (500, {"message": "Internal server error"})


def test_a_load_balancer_that_is_gone_is_500_until_it_is_back(private, link, balanced, backend):
    balancer = balanced("network")
    balancer.register(backend)
    api = private("http://a/{proxy}", link(balancer))
    assert api.call("/a").status == 200
    balancer.client.delete_listener(ListenerArn=balancer.listener)
    assert api.call("/a").status == 500
    balancer.listen(80, "TCP")
    assert api.call("/a").status == 200


def test_killing_one_of_two_loses_nothing(private, link, balanced, make_backend):
    one, two = make_backend(name="one"), make_backend(name="two")
    balancer = balanced("network")
    balancer.register(one, two)
    api = private("http://a/{proxy}", link(balancer))
    assert api.call("/a").status == 200
    two.kill()
    assert {api.call("/a").json["server"] for _ in range(20)} == {"one"}
