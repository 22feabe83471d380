"""Network interfaces."""


def test_an_interface_takes_an_address(ec2, vpc, subnet, group, error):
    made = ec2.create_network_interface(SubnetId=subnet, Groups=[group], Description="mine")["NetworkInterface"]
    which = made["NetworkInterfaceId"]
    assert (made["PrivateIpAddress"], made["VpcId"], made["Status"]) == ("10.0.1.4", vpc, "pending")
    assert made["Groups"] == [{"GroupId": group, "GroupName": "web"}]
    assert ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["AvailableIpAddressCount"] == 250
    filters = [{"Name": "group-id", "Values": [group]}, {"Name": "description", "Values": ["mi?e"]}]
    [found] = ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    assert (found["NetworkInterfaceId"], found["Status"], found["TagSet"]) == (which, "available", [])
    ec2.delete_network_interface(NetworkInterfaceId=which)
    assert ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["AvailableIpAddressCount"] == 251
    assert error(ec2.describe_network_interfaces, NetworkInterfaceIds=[which]) == (
        "InvalidNetworkInterfaceID.NotFound",
        f"The networkInterface ID '{which}' does not exist",
    )


def test_addresses_that_are_asked_for(ec2, subnet, error):
    create = ec2.create_network_interface
    assert create(SubnetId=subnet, PrivateIpAddress="10.0.1.9")["NetworkInterface"]["PrivateIpAddress"] == "10.0.1.9"
    again = error(create, SubnetId=subnet, PrivateIpAddress="10.0.1.9")
    assert again == ("InvalidIPAddress.InUse", "The specified address is already in use.")
    outside = error(create, SubnetId=subnet, PrivateIpAddress="10.0.2.9")
    assert outside == ("InvalidParameterValue", "Address does not fall within the subnet's address range")


def test_a_process_of_the_runtime_has_its_address_on_loopback(ec2, subnet):
    made = ec2.create_network_interface(SubnetId=subnet, PrivateIpAddress="127.9.0.7")["NetworkInterface"]
    assert made["PrivateIpAddress"] == "127.9.0.7"
    assert ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["AvailableIpAddressCount"] == 251


def test_modify_network_interface_attribute(ec2, subnet, group):
    made = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]
    assert made["Groups"][0]["GroupName"] == "default"
    which = {"NetworkInterfaceId": made["NetworkInterfaceId"]}
    ec2.modify_network_interface_attribute(**which, Groups=[group])
    ec2.modify_network_interface_attribute(**which, SourceDestCheck={"Value": False})
    [found] = ec2.describe_network_interfaces(NetworkInterfaceIds=[made["NetworkInterfaceId"]])["NetworkInterfaces"]
    assert (found["Groups"][0]["GroupId"], found["SourceDestCheck"]) == (group, False)


def test_groups_are_of_the_same_network(ec2, subnet, error):
    other = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="g", Description="d", VpcId=other)["GroupId"]
    expected = ("InvalidParameter", "You have specified two resources that belong to different networks.")
    assert error(ec2.create_network_interface, SubnetId=subnet, Groups=[group]) == expected


def test_a_full_subnet(ec2, vpc, error):
    small = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.9.0/28")["Subnet"]["SubnetId"]
    for _ in range(11):
        ec2.create_network_interface(SubnetId=small)
    expected = "The specified subnet does not have enough free addresses"
    assert error(ec2.create_network_interface, SubnetId=small) == ("InsufficientFreeAddressesInSubnet", expected)
