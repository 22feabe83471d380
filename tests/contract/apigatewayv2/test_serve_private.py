"""Private integrations: HTTP APIs in front of Cloud Map services and load balancers' listeners."""

import pytest


@pytest.fixture
def link(api):
    return api.client.create_vpc_link(Name="link", SubnetIds=["subnet-1"])["VpcLinkId"]


@pytest.fixture
def private(api, link):
    """`private(uri)`: every request to the API goes there."""

    def build(uri, key="$default", **settings):
        common = {"IntegrationType": "HTTP_PROXY", "IntegrationMethod": "ANY", "ConnectionType": "VPC_LINK"}
        made = api.client.create_integration(
            ApiId=api.id, ConnectionId=link, IntegrationUri=uri, **{**common, **settings}
        )
        api.client.create_route(ApiId=api.id, RouteKey=key, Target=f"integrations/{made['IntegrationId']}")
        return api

    return build


class CloudMap:
    """One service of an HTTP namespace, and its instances."""

    def __init__(self, client, name):
        self.client = client
        operation = client.create_http_namespace(Name=name)["OperationId"]
        namespace = client.get_operation(OperationId=operation)["Operation"]["Targets"]["NAMESPACE"]
        self.service = client.create_service(Name="orders", NamespaceId=namespace)["Service"]

    @property
    def arn(self):
        return self.service["Arn"]

    def register(self, id, server, **attributes):
        host, port = server.server_address
        address = {"AWS_INSTANCE_IPV4": host, "AWS_INSTANCE_PORT": str(port)}
        self.client.register_instance(ServiceId=self.service["Id"], InstanceId=id, Attributes={**address, **attributes})

    def deregister(self, id):
        self.client.deregister_instance(ServiceId=self.service["Id"], InstanceId=id)


@pytest.fixture
def cloud_map(functions, unique):
    return CloudMap(functions.client("servicediscovery"), unique)


def test_a_cloud_map_service(private, cloud_map, backend):
    cloud_map.register("one", backend)
    answer = private(cloud_map.arn).call("/orders/7?q=1", "POST", b"hello", {"Host": "shop.localhost"})
    seen = answer.json
    assert (seen["method"], seen["path"], seen["body"]) == ("POST", "/orders/7?q=1", "hello")
    assert seen["headers"]["host"] == "shop.localhost"


def test_the_stage_is_part_of_the_path_unless_it_is_mapped(make_api, cloud_map, backend):
    cloud_map.register("one", backend)
    api = make_api(stage=False)
    link = api.client.create_vpc_link(Name="link", SubnetIds=["subnet-1"])["VpcLinkId"]
    api.client.create_stage(ApiId=api.id, StageName="dev", AutoDeploy=True)
    common = {
        "ApiId": api.id,
        "IntegrationType": "HTTP_PROXY",
        "IntegrationMethod": "ANY",
        "ConnectionType": "VPC_LINK",
    }
    for key, mapping in (("GET /a", {}), ("GET /b", {"overwrite:path": "$request.path"})):
        made = api.client.create_integration(
            **common, ConnectionId=link, IntegrationUri=cloud_map.arn, RequestParameters=mapping
        )
        api.client.create_route(ApiId=api.id, RouteKey=key, Target=f"integrations/{made['IntegrationId']}")
    assert (api.call("/dev/a").json["path"], api.call("/dev/b").json["path"]) == ("/dev/a", "/b")


def test_instances_come_and_go(private, cloud_map, make_backend):
    api = private(cloud_map.arn)
    assert (api.call("/").status, api.call("/").json) == (503, {"message": "Service Unavailable"})
    one, two = make_backend(name="one"), make_backend(name="two")
    cloud_map.register("one", one)
    cloud_map.register("two", two)
    assert {api.call("/").json["server"] for _ in range(40)} == {"one", "two"}
    cloud_map.deregister("one")
    assert {api.call("/").json["server"] for _ in range(10)} == {"two"}


def test_an_instance_that_is_gone_is_passed_over(private, cloud_map, make_backend):
    api = private(cloud_map.arn)
    gone, here = make_backend(name="gone"), make_backend(name="here")
    cloud_map.register("gone", gone)
    cloud_map.register("here", here)
    gone.kill()
    assert {api.call("/").json["server"] for _ in range(10)} == {"here"}


def test_instances_are_chosen_by_attributes(private, cloud_map, make_backend):
    cloud_map.register("blue", make_backend(name="blue"), colour="blue")
    cloud_map.register("green", make_backend(name="green"), colour="green")
    api = private(f"{cloud_map.arn}?colour=green")
    assert {api.call("/").json["server"] for _ in range(10)} == {"green"}


def test_a_stream_from_behind_the_link(private, cloud_map, backend):
    cloud_map.register("one", backend)
    backend.go.set()
    assert private(cloud_map.arn).call("/stream").body.endswith(b"data: two\n\n")


def test_a_service_that_is_not_there(private):
    api = private("arn:aws:servicediscovery:us-east-1:000000000000:service/srv-nothing")
    assert (api.call("/").status, api.call("/").json) == (503, {"message": "Service Unavailable"})


@pytest.mark.parametrize("kind", ["application", "network"])
def test_a_listener_of_a_load_balancer(private, balanced, backend, kind):
    balancer = balanced(kind)
    balancer.register(backend)
    answer = private(balancer.listener).call("/orders?q=1", "POST", b"hello", {"Host": "shop.localhost"})
    seen = answer.json
    assert (seen["method"], seen["path"], seen["body"]) == ("POST", "/orders?q=1", "hello")
    assert seen["headers"]["host"] == "shop.localhost"


def test_a_listener_without_healthy_targets_is_503(private, balanced):
    api = private(balanced("application").listener)
    assert api.call("/").status == 503


def test_a_listener_that_moves_is_found_again(private, balanced, backend):
    balancer = balanced("application", port=18081)
    balancer.register(backend)
    api = private(balancer.listener)
    assert api.call("/").status == 200
    balancer.client.modify_listener(ListenerArn=balancer.listener, Port=18082)
    assert api.call("/").status == 200
    balancer.client.delete_listener(ListenerArn=balancer.listener)
    assert (api.call("/").status, api.call("/").json) == (503, {"message": "Service Unavailable"})


def test_a_public_endpoint_may_be_a_load_balancers_name(api, balanced, backend):
    balancer = balanced("application", scheme="internet-facing")
    balancer.register(backend)
    made = api.client.create_integration(
        ApiId=api.id,
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="ANY",
        IntegrationUri=f"http://{balancer.name}/{{proxy}}",
    )
    api.client.create_route(ApiId=api.id, RouteKey="ANY /{proxy+}", Target=f"integrations/{made['IntegrationId']}")
    seen = api.call("/a/b").json
    assert (seen["path"], seen["headers"]["host"]) == ("/a/b", balancer.name)


def test_settings_that_are_refused(api, link, error):
    common = {
        "ApiId": api.id,
        "IntegrationType": "HTTP_PROXY",
        "IntegrationMethod": "ANY",
        "ConnectionType": "VPC_LINK",
    }
    code, text = error(api.client.create_integration, **common, ConnectionId=link, IntegrationUri="http://a")
    assert (code, "should be a valid ELB listener ARN" in text) == ("BadRequestException", True)
    code, text = error(api.client.create_integration, **common, ConnectionId="nolink", IntegrationUri="http://a")
    assert (code, "nolink" in text) == ("BadRequestException", True)


def test_vpc_links(functions, error, unique):
    client = functions.client("apigatewayv2")
    made = client.create_vpc_link(Name=unique, SubnetIds=["subnet-1"], SecurityGroupIds=["sg-1"], Tags={"a": "1"})
    assert (made["VpcLinkStatus"], made["VpcLinkVersion"]) == ("PENDING", "V2")
    where = {"VpcLinkId": made["VpcLinkId"]}
    found = client.get_vpc_link(**where)
    assert (found["Name"], found["VpcLinkStatus"], found["SubnetIds"]) == (unique, "AVAILABLE", ["subnet-1"])
    assert client.update_vpc_link(**where, Name="other")["Name"] == "other"
    assert made["VpcLinkId"] in [link["VpcLinkId"] for link in client.get_vpc_links()["Items"]]
    arn = f"arn:aws:apigateway:us-east-1::/vpclinks/{made['VpcLinkId']}"
    client.tag_resource(ResourceArn=arn, Tags={"b": "2"})
    assert client.get_tags(ResourceArn=arn)["Tags"] == {"a": "1", "b": "2"}
    client.delete_vpc_link(**where)
    code, text = error(client.get_vpc_link, **where)
    assert (code, text) == ("NotFoundException", f"Invalid VpcLink identifier specified {made['VpcLinkId']}")
    empty = error(client.create_vpc_link, Name="a", SubnetIds=[])
    assert empty == ("BadRequestException", "SubnetIds for a vpc link cannot be empty")
