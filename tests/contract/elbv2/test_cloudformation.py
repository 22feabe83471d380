"""AWS::ElasticLoadBalancingV2 types from templates."""

from penstock.services import SERVICES
from penstock.template.types import Types


def network(name):
    vpc = {"Ref": "Vpc"}
    subnets = {
        f"Subnet{zone}": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"VpcId": vpc, "CidrBlock": f"10.9.{number}.0/24", "AvailabilityZone": f"us-east-1{zone}"},
        }
        for number, zone in enumerate("ab")
    }
    return {"Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.9.0.0/16"}}, **subnets}


def resources(name, port, body="one", priority=1, health="/", **balancer):
    elb = "AWS::ElasticLoadBalancingV2::"
    action = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": 200, "MessageBody": body}}
    return {
        **network(name),
        "Balancer": {
            "Type": f"{elb}LoadBalancer",
            "Properties": {
                "Subnets": [{"Ref": "Subneta"}, {"Ref": "Subnetb"}],
                "Scheme": "internet-facing",
                **balancer,
            },
        },
        "Group": {
            "Type": f"{elb}TargetGroup",
            "Properties": {
                "Port": 80,
                "Protocol": "HTTP",
                "TargetType": "ip",
                "VpcId": {"Ref": "Vpc"},
                "HealthCheckPath": health,
                "TargetGroupAttributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "5"}],
            },
        },
        "Listener": {
            "Type": f"{elb}Listener",
            "Properties": {
                "LoadBalancerArn": {"Ref": "Balancer"},
                "Port": port,
                "Protocol": "HTTP",
                "DefaultActions": [{"Type": "forward", "TargetGroupArn": {"Ref": "Group"}}],
            },
        },
        "Rule": {
            "Type": f"{elb}ListenerRule",
            "Properties": {
                "ListenerArn": {"Ref": "Listener"},
                "Priority": priority,
                "Conditions": [{"Field": "path-pattern", "Values": ["/fixed"]}],
                "Actions": [action],
            },
        },
    }


def test_create_update_delete(deploy, elb, unique):
    name = {"Fn::GetAtt": ["Balancer", "DNSName"]}
    outputs = {
        "Url": {"Fn::Join": ["", ["http://", name, ":7800/fixed"]]},
        "Name": name,
        "Full": {"Fn::GetAtt": ["Balancer", "LoadBalancerFullName"]},
        "GroupFull": {"Fn::GetAtt": ["Group", "TargetGroupFullName"]},
        "Group": {"Ref": "Group"},
        "Listener": {"Ref": "Listener"},
    }
    found = deploy(resources(unique, 7800), **outputs)
    assert found["Full"].startswith("app/")
    assert found["GroupFull"].startswith("targetgroup/")
    assert found["Name"].endswith(".us-east-1.elb.localhost")
    address = found["Url"].removeprefix("http://").removesuffix("/fixed")
    assert address.startswith("127.")
    assert elb.call(address, "/fixed").body == b"one"
    assert elb.call(address, "/").status == 503
    after = deploy(resources(unique, 7800, "two", priority=9, health="/up"), **outputs)
    assert after == found
    assert elb.call(address, "/fixed").body == b"two"
    [group] = elb.client.describe_target_groups(TargetGroupArns=[found["Group"]])["TargetGroups"]
    assert group["HealthCheckPath"] == "/up"
    priorities = [rule["Priority"] for rule in elb.client.describe_rules(ListenerArn=found["Listener"])["Rules"]]
    assert priorities == ["9", "default"]
    [tags] = elb.client.describe_tags(ResourceArns=[found["Group"]])["TagDescriptions"]
    assert {"Key": "stack", "Value": deploy._name} in tags["Tags"]
    deploy.delete()
    assert elb.client.describe_target_groups(Names=[])["TargetGroups"] is not None


def test_what_has_no_effect_is_said():
    types = Types.of(SERVICES)
    listener = types["AWS::ElasticLoadBalancingV2::Listener"]
    assert "Certificates" in listener.inert
    assert dict(listener.problems({"Protocol": "HTTPS"}))["Protocol"].startswith("listeners are served without TLS")
    oidc = {"DefaultActions": [{"Type": "authenticate-oidc"}]}
    assert dict(listener.problems(oidc)) == {
        "DefaultActions.Type": "actions of type authenticate-oidc are not implemented"
    }
    secure = {"DefaultActions": [{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS"}}]}
    assert "DefaultActions.RedirectConfig.Protocol" in dict(listener.problems(secure))
    group = types["AWS::ElasticLoadBalancingV2::TargetGroup"]
    assert "Protocol" in dict(group.problems({"Protocol": "UDP"}))
