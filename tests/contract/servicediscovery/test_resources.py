"""Cloud Map in CloudFormation templates."""


def resource(type, **properties):
    return {"Type": f"AWS::ServiceDiscovery::{type}", "Properties": properties}


def app(unique, **service):
    return {
        "Namespace": resource("PrivateDnsNamespace", Name=f"{unique}.local", Vpc=f"vpc-{unique}", Description="d"),
        "Service": resource(
            "Service",
            Name="web",
            NamespaceId={"Fn::GetAtt": ["Namespace", "Id"]},
            DnsConfig={"DnsRecords": [{"Type": "A", "TTL": "60"}]},
            HealthCheckCustomConfig={"FailureThreshold": 1},
            **service,
        ),
        "Instance": resource(
            "Instance",
            ServiceId={"Ref": "Service"},
            InstanceId="i-1",
            InstanceAttributes={"AWS_INSTANCE_IPV4": "127.9.0.1", "AWS_INSTANCE_PORT": 80},
        ),
    }


def test_a_private_service_comes_changes_and_goes(sd, deploy, unique, resolve, error):
    outputs = {
        "Namespace": {"Ref": "Namespace"},
        "NamespaceArn": {"Fn::GetAtt": ["Namespace", "Arn"]},
        "Zone": {"Fn::GetAtt": ["Namespace", "HostedZoneId"]},
        "Service": {"Ref": "Service"},
        "ServiceArn": {"Fn::GetAtt": ["Service", "Arn"]},
        "ServiceName": {"Fn::GetAtt": ["Service", "Name"]},
        "Instance": {"Ref": "Instance"},
    }
    made = deploy(app(unique), **outputs)
    assert resolve("web") == ["127.9.0.1"]
    assert (made["ServiceName"], made["Instance"]) == ("web", "i-1")
    assert made["NamespaceArn"].endswith(made["Namespace"])
    assert made["ServiceArn"].endswith(made["Service"])
    assert made["Zone"].startswith("Z")
    tags = sd.list_tags_for_resource(ResourceARN=made["ServiceArn"])["Tags"]
    assert tags == [{"Key": "stack", "Value": unique}]

    resources = app(unique, ServiceAttributes={"a": "1"}, Tags=[{"Key": "own", "Value": "1"}])
    resources["Service"]["Properties"]["DnsConfig"]["DnsRecords"][0]["TTL"] = 5
    resources["Namespace"]["Properties"] |= {"Properties": {"DnsProperties": {"SOA": {"TTL": 30}}}}
    resources["Instance"]["Properties"]["InstanceAttributes"]["AWS_INSTANCE_IPV4"] = "127.9.0.2"
    assert deploy(resources, **outputs) == made
    found = sd.get_service(Id=made["Service"])["Service"]
    assert found["DnsConfig"]["DnsRecords"] == [{"Type": "A", "TTL": 5}]
    namespace = sd.get_namespace(Id=made["Namespace"])["Namespace"]
    assert namespace["Properties"]["DnsProperties"]["SOA"] == {"TTL": 30}
    attributes = sd.get_service_attributes(ServiceId=made["Service"])["ServiceAttributes"]["Attributes"]
    assert attributes == {"a": "1"}
    assert {"Key": "own", "Value": "1"} in sd.list_tags_for_resource(ResourceARN=made["ServiceArn"])["Tags"]
    assert resolve("web") == ["127.9.0.2"]

    deploy.delete()
    assert resolve("web") is None
    assert error(sd.get_namespace, Id=made["Namespace"])[0] == "NamespaceNotFound"


def test_http_and_public_namespaces(sd, deploy, unique):
    resources = {
        "Http": resource("HttpNamespace", Name=unique),
        "Public": resource("PublicDnsNamespace", Name=f"{unique}.example"),
        "Service": resource("Service", NamespaceId={"Ref": "Http"}),
    }
    made = deploy(resources, Http={"Ref": "Http"}, Public={"Ref": "Public"}, Service={"Ref": "Service"})
    assert sd.get_namespace(Id=made["Http"])["Namespace"]["Type"] == "HTTP"
    assert sd.get_namespace(Id=made["Public"])["Namespace"]["Type"] == "DNS_PUBLIC"
    assert sd.get_service(Id=made["Service"])["Service"]["Name"].startswith(unique)
    resources["Http"]["Properties"]["Description"] = "d"
    assert deploy(resources, Http={"Ref": "Http"})["Http"] == made["Http"]
    assert sd.get_namespace(Id=made["Http"])["Namespace"]["Description"] == "d"
