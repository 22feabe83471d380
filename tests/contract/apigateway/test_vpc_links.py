"""VPC links of version 1."""


def test_a_link(functions, refused, unique):
    client = functions.client("apigateway")
    arn = f"arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/{unique}/1"
    made = client.create_vpc_link(name=unique, description="d", targetArns=[arn], tags={"a": "1"})
    assert (made["status"], made["targetArns"], made["tags"]) == ("PENDING", [arn], {"a": "1"})
    where = {"vpcLinkId": made["id"]}
    assert client.get_vpc_link(**where)["status"] == "AVAILABLE"
    operations = [{"op": "replace", "path": "/name", "value": "other"}]
    assert client.update_vpc_link(**where, patchOperations=operations)["name"] == "other"
    assert made["id"] in [link["id"] for link in client.get_vpc_links()["items"]]
    resource = f"arn:aws:apigateway:us-east-1::/vpclinks/{made['id']}"
    client.tag_resource(resourceArn=resource, tags={"b": "2"})
    assert client.get_tags(resourceArn=resource)["tags"] == {"a": "1", "b": "2"}
    client.delete_vpc_link(**where)
    assert refused(client.get_vpc_link, **where)[0] == "NotFoundException"


def test_what_is_refused(functions, refused):
    client = functions.client("apigateway")
    two = refused(client.create_vpc_link, name="a", targetArns=["arn:a", "arn:b"])
    assert two == ("BadRequestException", "More than one target arn specified for vpc link.")
    made = client.create_vpc_link(name="a", targetArns=["arn:a"])
    operations = [{"op": "add", "path": "/targetArns", "value": "arn:b"}]
    changed = refused(client.update_vpc_link, vpcLinkId=made["id"], patchOperations=operations)
    assert changed == ("BadRequestException", "Target arns are not allowed to be changed/added.")


def test_a_link_in_use_stays(api, refused):
    link = api.client.create_vpc_link(name="a", targetArns=["arn:a"])["id"]
    integration = {"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": "http://a"}
    api.method("/a", "GET", {**integration, "connectionType": "VPC_LINK", "connectionId": link})
    api.deploy()
    code, text = refused(api.client.delete_vpc_link, vpcLinkId=link)
    assert code == "BadRequestException"
    assert f"referenced in [GET:{api.resource('/a')}:dev]" in text


def test_a_link_to_nowhere_is_500(api):
    integration = {"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": "http://a"}
    api.method("/a", "GET", {**integration, "connectionType": "VPC_LINK", "connectionId": "nolink"})
    api.deploy()
    assert (api.call("/a").status, api.call("/a").json) == (500, {"message": "Internal server error"})
