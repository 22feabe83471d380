"""Networks in CloudFormation templates."""

import pytest


def ref(name):
    return {"Ref": name}


def att(name, attribute):
    return {"Fn::GetAtt": [name, attribute]}


def resource(kind, *depends_on, **properties):
    return {"Type": f"AWS::EC2::{kind}", "Properties": properties, "DependsOn": list(depends_on)}


def subnet(index, public):
    """A subnet with its route table, as CDK's ec2.Vpc makes it."""
    name = f"{'Public' if public else 'Private'}{index}"
    block = {"Fn::Select": [index + 2 * public, {"Fn::Cidr": [att("Vpc", "CidrBlock"), 4, 8]}]}
    way = {"GatewayId": ref("Gateway")} if public else {"NatGatewayId": ref("Nat")}
    return {
        name: resource(
            "Subnet",
            VpcId=ref("Vpc"),
            CidrBlock=block,
            AvailabilityZone={"Fn::Select": [index, {"Fn::GetAZs": ""}]},
            MapPublicIpOnLaunch=public,
            Tags=[{"Key": "Name", "Value": name}],
        ),
        f"{name}Table": resource("RouteTable", VpcId=ref("Vpc")),
        f"{name}Association": resource(
            "SubnetRouteTableAssociation", RouteTableId=ref(f"{name}Table"), SubnetId=ref(name)
        ),
        f"{name}Route": resource(
            "Route", "Attachment", RouteTableId=ref(f"{name}Table"), DestinationCidrBlock="0.0.0.0/0", **way
        ),
    }


def network():
    return {
        "Vpc": resource("VPC", CidrBlock="10.0.0.0/16", EnableDnsHostnames=True, EnableDnsSupport="true"),
        "Gateway": resource("InternetGateway"),
        "Attachment": resource("VPCGatewayAttachment", VpcId=ref("Vpc"), InternetGatewayId=ref("Gateway")),
        "Address": resource("EIP", Domain="vpc"),
        "Nat": resource(
            "NatGateway", "Public0Route", SubnetId=ref("Public0"), AllocationId=att("Address", "AllocationId")
        ),
        **subnet(0, True),
        **subnet(1, True),
        **subnet(0, False),
        **subnet(1, False),
        "Restrict": {
            "Type": "Custom::VpcRestrictDefaultSG",
            "Properties": {
                "ServiceToken": "arn:aws:lambda:us-east-1:000000000000:function:none",
                "DefaultSecurityGroupId": att("Vpc", "DefaultSecurityGroup"),
                "Account": ref("AWS::AccountId"),
            },
        },
    }


def of(vpc):
    return [{"Name": "vpc-id", "Values": [vpc]}]


def test_a_vpc_as_cdk_makes_it(ec2, deploy, unique):
    outputs = deploy(
        network(),
        Vpc=ref("Vpc"),
        Id=att("Vpc", "VpcId"),
        Group=att("Vpc", "DefaultSecurityGroup"),
        Acl=att("Vpc", "DefaultNetworkAcl"),
        Zone=att("Private1", "AvailabilityZone"),
        Nat=att("Nat", "NatGatewayId"),
        Address=ref("Address"),
    )
    vpc = outputs["Vpc"]
    assert (outputs["Id"], outputs["Zone"], outputs["Nat"][:4]) == (vpc, "us-east-1b", "nat-")
    hostnames = ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")
    assert hostnames["EnableDnsHostnames"]["Value"] is True
    subnets = ec2.describe_subnets(Filters=of(vpc))["Subnets"]
    assert sorted((one["CidrBlock"], one["MapPublicIpOnLaunch"]) for one in subnets) == [
        ("10.0.0.0/24", False),
        ("10.0.1.0/24", False),
        ("10.0.2.0/24", True),
        ("10.0.3.0/24", True),
    ]
    tables = ec2.describe_route_tables(Filters=of(vpc))["RouteTables"]
    private = [table for table in tables if any(route.get("NatGatewayId") for route in table["Routes"])]
    assert len(tables) == 5
    assert [len(table["Associations"]) for table in private] == [1, 1]
    [group] = ec2.describe_security_groups(GroupIds=[outputs["Group"]])["SecurityGroups"]
    assert (group["IpPermissions"], group["IpPermissionsEgress"]) == ([], [])
    [acl] = ec2.describe_network_acls(NetworkAclIds=[outputs["Acl"]])["NetworkAcls"]
    assert len(acl["Associations"]) == 4
    [address] = ec2.describe_addresses(PublicIps=[outputs["Address"]])["Addresses"]
    assert {"Key": "stack", "Value": unique} in address["Tags"]

    deploy.delete()
    assert ec2.describe_vpcs(Filters=of(vpc))["Vpcs"] == []
    assert ec2.describe_addresses(Filters=[{"Name": "tag:stack", "Values": [unique]}])["Addresses"] == []


@pytest.fixture
def groups(vpc):
    def made(ingress=(), **more):
        rules = {"SecurityGroupIngress": [{"IpProtocol": "tcp", **rule} for rule in ingress], **more}
        group = resource("SecurityGroup", GroupDescription="of the test", VpcId=vpc, **rules)
        return {"Group": group}

    return made


def permissions(ec2, group, side="IpPermissions"):
    found = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0][side]
    return sorted(
        (permission.get("FromPort", -1), one.get("CidrIp") or one.get("GroupId"), one.get("Description", ""))
        for permission in found
        for one in (*permission["IpRanges"], *permission["UserIdGroupPairs"])
    )


def test_inline_rules(ec2, deploy, groups, error):
    http = {"FromPort": 80, "ToPort": "80", "CidrIp": "0.0.0.0/0", "Description": "web"}
    https = {"FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"}
    group = deploy(groups([http]), Group=att("Group", "GroupId"))["Group"]
    assert permissions(ec2, group) == [(80, "0.0.0.0/0", "web")]
    assert permissions(ec2, group, "IpPermissionsEgress") == [(-1, "0.0.0.0/0", "")]

    nothing = {"IpProtocol": "icmp", "FromPort": 252, "ToPort": 86, "CidrIp": "255.255.255.255/32"}
    again = deploy(groups([https, https], SecurityGroupEgress=[nothing]), Group=ref("Group"))["Group"]
    assert again == group
    assert permissions(ec2, group) == [(443, "0.0.0.0/0", "")]
    assert permissions(ec2, group, "IpPermissionsEgress") == [(252, "255.255.255.255/32", "")]
    deploy.delete()
    assert error(ec2.describe_security_groups, GroupIds=[group])[0] == "InvalidGroup.NotFound"


def test_rules_beside_their_group(ec2, deploy, groups):
    def rules(description):
        own = {"GroupId": ref("Group"), "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
        return {
            **groups(),
            "In": resource("SecurityGroupIngress", **own, SourceSecurityGroupId=ref("Group"), Description=description),
            "Out": resource("SecurityGroupEgress", **own, CidrIp="10.0.0.0/8"),
        }

    outputs = deploy(rules("a"), Group=ref("Group"), Rule=att("In", "Id"))
    group, rule = outputs["Group"], outputs["Rule"]
    assert permissions(ec2, group) == [(22, group, "a")]
    # The rule that let everything out has gone.
    assert permissions(ec2, group, "IpPermissionsEgress") == [(22, "10.0.0.0/8", "")]
    assert deploy(rules("b"), Rule=att("In", "Id"))["Rule"] == rule
    assert permissions(ec2, group) == [(22, group, "b")]
    deploy(groups())
    assert permissions(ec2, group) == []


def test_endpoints(ec2, deploy, vpc, subnet, group):
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*"}]}

    def endpoints(**more):
        service = {"Fn::Sub": "com.amazonaws.${AWS::Region}.logs"}
        interface = {"VpcEndpointType": "Interface", "ServiceName": service, "SubnetIds": [subnet], **more}
        table = resource("RouteTable", VpcId=vpc)
        gateway = {"ServiceName": "com.amazonaws.us-east-1.s3", "RouteTableIds": [ref("Table")]}
        return {
            "Table": table,
            "Bucket": resource("VPCEndpoint", VpcId=vpc, VpcEndpointType="Gateway", **gateway, PolicyDocument=policy),
            "Logs": resource("VPCEndpoint", VpcId=vpc, **interface),
        }

    names = {"Fn::Select": [0, att("Logs", "DnsEntries")]}
    outputs = deploy(endpoints(), Logs=ref("Logs"), Name=names, Bucket=ref("Bucket"))
    zone, _, name = outputs["Name"].partition(":")
    assert (zone[0], name.endswith(".logs.us-east-1.vpce.amazonaws.com")) == ("Z", True)
    [bucket, logs] = ec2.describe_vpc_endpoints(VpcEndpointIds=[outputs["Bucket"], outputs["Logs"]])["VpcEndpoints"]
    assert (logs["PrivateDnsEnabled"], bucket["PolicyDocument"].count("Deny")) == (False, 1)

    again = deploy(endpoints(PrivateDnsEnabled=True, SecurityGroupIds=[group]), Logs=ref("Logs"))["Logs"]
    [changed] = ec2.describe_vpc_endpoints(VpcEndpointIds=[again])["VpcEndpoints"]
    assert (again, changed["PrivateDnsEnabled"]) == (outputs["Logs"], True)
    assert group in [one["GroupId"] for one in changed["Groups"]]
    deploy.delete()
    assert ec2.describe_vpc_endpoints(Filters=of(vpc))["VpcEndpoints"] == []


def test_what_else_there_is(client, ec2, deploy, vpc, subnet, unique):
    client("s3").create_bucket(Bucket=unique)
    acl = [{"Name": "association.subnet-id", "Values": [subnet]}]
    resources = {
        "Acl": resource("NetworkAcl", VpcId=vpc),
        "Entry": resource(
            "NetworkAclEntry",
            NetworkAclId=ref("Acl"),
            RuleNumber=100,
            Protocol=6,
            RuleAction="allow",
            CidrBlock="0.0.0.0/0",
            PortRange={"From": 80, "To": "80"},
        ),
        "Use": resource("SubnetNetworkAclAssociation", NetworkAclId=ref("Acl"), SubnetId=subnet),
        "Options": resource("DHCPOptions", DomainName="example.com", DomainNameServers=["AmazonProvidedDNS"]),
        "UseOptions": resource("VPCDHCPOptionsAssociation", VpcId=vpc, DhcpOptionsId=ref("Options")),
        "Out": resource("EgressOnlyInternetGateway", VpcId=vpc),
        "Range": resource("VPCCidrBlock", VpcId=vpc, CidrBlock="10.7.0.0/16"),
        "Prefixes": resource(
            "PrefixList", PrefixListName=unique, AddressFamily="IPv4", MaxEntries=3, Entries=[{"Cidr": "10.0.0.0/8"}]
        ),
        "Flow": resource(
            "FlowLog",
            ResourceId=vpc,
            ResourceType="VPC",
            TrafficType="ALL",
            LogDestinationType="s3",
            LogDestination=f"arn:aws:s3:::{unique}",
        ),
        "Card": resource("NetworkInterface", SubnetId=subnet, Description="mine"),
    }
    outputs = deploy(
        resources,
        Acl=att("Acl", "Id"),
        Out=att("Out", "Id"),
        Version=att("Prefixes", "Version"),
        Card=att("Card", "PrimaryPrivateIpAddress"),
        Flow=ref("Flow"),
    )
    assert (outputs["Out"][:5], outputs["Version"], outputs["Card"]) == ("eigw-", "1", "10.0.1.4")
    [found] = ec2.describe_network_acls(Filters=acl)["NetworkAcls"]
    assert (found["NetworkAclId"], found["Entries"][1]["PortRange"]) == (outputs["Acl"], {"From": 80, "To": 80})
    assert ec2.describe_flow_logs(FlowLogIds=[outputs["Flow"]])["FlowLogs"][0]["ResourceId"] == vpc
    [net] = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    assert [one["CidrBlock"] for one in net["CidrBlockAssociationSet"]] == ["10.0.0.0/16", "10.7.0.0/16"]

    resources["Prefixes"]["Properties"]["Entries"] = [{"Cidr": "172.16.0.0/12"}]
    assert deploy(resources, Version=att("Prefixes", "Version"))["Version"] == "2"
    deploy.delete()
    [found] = ec2.describe_network_acls(Filters=acl)["NetworkAcls"]
    assert found["IsDefault"] is True
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)


def test_both_protocols(ec2, deploy):
    block = {"Fn::Select": [0, {"Fn::Cidr": [{"Fn::Select": [0, att("Vpc", "Ipv6CidrBlocks")]}, 4, "64"]}]}
    resources = {
        "Vpc": resource("VPC", CidrBlock="10.0.0.0/16"),
        "Six": resource("VPCCidrBlock", VpcId=ref("Vpc"), AmazonProvidedIpv6CidrBlock=True),
        "Subnet": resource(
            "Subnet",
            "Six",
            VpcId=ref("Vpc"),
            CidrBlock="10.0.0.0/24",
            Ipv6CidrBlock=block,
            AssignIpv6AddressOnCreation=True,
        ),
    }
    made = deploy(resources, Subnet=ref("Subnet"))["Subnet"]
    [found] = ec2.describe_subnets(SubnetIds=[made])["Subnets"]
    assert found["AssignIpv6AddressOnCreation"] is True
    assert found["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"].endswith("/64")
    deploy.delete()


def test_a_route_table_is_changed_for_another(ec2, deploy, vpc, subnet):
    def associated(name):
        return {
            "One": resource("RouteTable", VpcId=vpc),
            "Two": resource("RouteTable", VpcId=vpc),
            "Use": resource("SubnetRouteTableAssociation", RouteTableId=ref(name), SubnetId=subnet),
        }

    filters = [{"Name": "association.subnet-id", "Values": [subnet]}]
    for name in ("One", "Two"):
        table = deploy(associated(name), Table=ref(name))["Table"]
        [found] = ec2.describe_route_tables(Filters=filters)["RouteTables"]
        assert found["RouteTableId"] == table
