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


def test_secondary_addresses(ec2, subnet, error):
    made = ec2.create_network_interface(SubnetId=subnet, SecondaryPrivateIpAddressCount=2)["NetworkInterface"]
    which = made["NetworkInterfaceId"]
    addresses = [(one["Primary"], one["PrivateIpAddress"]) for one in made["PrivateIpAddresses"]]
    assert addresses == [(True, "10.0.1.4"), (False, "10.0.1.5"), (False, "10.0.1.6")]
    assigned = ec2.assign_private_ip_addresses(NetworkInterfaceId=which, PrivateIpAddresses=["10.0.1.20"])
    assert assigned["AssignedPrivateIpAddresses"] == [{"PrivateIpAddress": "10.0.1.20"}]
    assert ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["AvailableIpAddressCount"] == 247
    ec2.unassign_private_ip_addresses(NetworkInterfaceId=which, PrivateIpAddresses=["10.0.1.5"])
    [found] = ec2.describe_network_interfaces(NetworkInterfaceIds=[which])["NetworkInterfaces"]
    assert [one["PrivateIpAddress"] for one in found["PrivateIpAddresses"]] == ["10.0.1.4", "10.0.1.6", "10.0.1.20"]
    unknown = error(ec2.unassign_private_ip_addresses, NetworkInterfaceId=which, PrivateIpAddresses=["10.0.1.5"])
    assert unknown == ("InvalidParameterValue", f"Some of [10.0.1.5] are not assigned to interface {which}")
    neither = error(ec2.assign_private_ip_addresses, NetworkInterfaceId=which)
    assert neither[0] == "MissingParameter"


def test_a_secondary_address_moves_when_it_may(ec2, subnet, error):
    given = [{"PrivateIpAddress": "10.0.1.9", "Primary": True}, {"PrivateIpAddress": "10.0.1.10"}]
    first = ec2.create_network_interface(SubnetId=subnet, PrivateIpAddresses=given)["NetworkInterface"]
    second = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    wanted = {"NetworkInterfaceId": second, "PrivateIpAddresses": ["10.0.1.10"]}
    assert error(ec2.assign_private_ip_addresses, **wanted)[0] == "InvalidIPAddress.InUse"
    ec2.assign_private_ip_addresses(**wanted, AllowReassignment=True)
    [left] = ec2.describe_network_interfaces(NetworkInterfaceIds=[first["NetworkInterfaceId"]])["NetworkInterfaces"]
    assert [one["PrivateIpAddress"] for one in left["PrivateIpAddresses"]] == ["10.0.1.9"]
    assert ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["AvailableIpAddressCount"] == 248


def test_an_elastic_address_of_a_secondary_one(ec2, subnet, error):
    made = ec2.create_network_interface(SubnetId=subnet, SecondaryPrivateIpAddressCount=1)["NetworkInterface"]
    allocation = ec2.allocate_address()["AllocationId"]
    request = {"AllocationId": allocation, "NetworkInterfaceId": made["NetworkInterfaceId"]}
    assert error(ec2.associate_address, **request, PrivateIpAddress="10.0.1.77")[0] == "InvalidParameterValue"
    ec2.associate_address(**request, PrivateIpAddress="10.0.1.5")
    [found] = ec2.describe_network_interfaces(NetworkInterfaceIds=[made["NetworkInterfaceId"]])["NetworkInterfaces"]
    assert ["Association" in one for one in (found, *found["PrivateIpAddresses"])] == [False, False, True]
    assert ec2.describe_addresses(AllocationIds=[allocation])["Addresses"][0]["PrivateIpAddress"] == "10.0.1.5"


def test_attributes_of_an_interface(ec2, subnet, group):
    made = ec2.create_network_interface(SubnetId=subnet, Groups=[group], Description="mine")["NetworkInterface"]
    which = {"NetworkInterfaceId": made["NetworkInterfaceId"]}
    described = ec2.describe_network_interface_attribute(**which, Attribute="description")
    assert described["Description"] == {"Value": "mine"}
    described = ec2.describe_network_interface_attribute(**which, Attribute="groupSet")
    assert described["Groups"] == [{"GroupId": group, "GroupName": "web"}]
    described = ec2.describe_network_interface_attribute(**which, Attribute="sourceDestCheck")
    assert described["SourceDestCheck"] == {"Value": True}
