"""Network ACLs: entries and associations."""

import pytest


@pytest.fixture
def acl(ec2, vpc):
    return ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]


def found(ec2, acl):
    return ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"][0]


def test_a_new_acl_lets_nothing_through(ec2, acl):
    entries = found(ec2, acl)["Entries"]
    assert [(entry["Egress"], entry["RuleNumber"], entry["RuleAction"]) for entry in entries] == [
        (True, 32767, "deny"),
        (False, 32767, "deny"),
    ]


def test_entries(ec2, acl, error):
    entry = {"NetworkAclId": acl, "RuleNumber": 100, "Protocol": "tcp", "RuleAction": "allow", "Egress": False}
    ports = {"From": 443, "To": 443}
    ec2.create_network_acl_entry(**entry, CidrBlock="10.0.0.0/8", PortRange=ports)
    made = found(ec2, acl)["Entries"][1]
    assert (made["RuleNumber"], made["Protocol"], made["PortRange"]) == (100, "6", ports)
    again = ("NetworkAclEntryAlreadyExists", "The network acl entry identified by 100 already exists.")
    assert error(ec2.create_network_acl_entry, **entry, CidrBlock="0.0.0.0/0") == again
    ec2.replace_network_acl_entry(**{**entry, "RuleAction": "deny"}, CidrBlock="0.0.0.0/0")
    assert found(ec2, acl)["Entries"][1]["RuleAction"] == "deny"
    which = {name: entry[name] for name in ("NetworkAclId", "RuleNumber", "Egress")}
    ec2.delete_network_acl_entry(**which)
    expected = ("InvalidNetworkAclEntry.NotFound", "The ingress entry identified by 100 does not exist")
    assert error(ec2.delete_network_acl_entry, **which) == expected
    assert error(ec2.create_network_acl_entry, **{**entry, "RuleNumber": 0}, CidrBlock="::/0")[0] == (
        "InvalidParameterValue"
    )


def test_associations(ec2, vpc, subnet, acl, error):
    here = [{"Name": "association.subnet-id", "Values": [subnet]}]
    [default] = ec2.describe_network_acls(Filters=here)["NetworkAcls"]
    assert default["IsDefault"] is True
    association = default["Associations"][0]["NetworkAclAssociationId"]
    ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=acl)
    [now] = ec2.describe_network_acls(Filters=here)["NetworkAcls"]
    assert now["NetworkAclId"] == acl
    assert error(ec2.delete_network_acl, NetworkAclId=acl)[0] == "DependencyViolation"
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_network_acl(NetworkAclId=acl)
    assert error(ec2.describe_network_acls, NetworkAclIds=[acl]) == (
        "InvalidNetworkAclID.NotFound",
        f"The networkAcl ID '{acl}' does not exist",
    )
    assert error(ec2.delete_network_acl, NetworkAclId=default["NetworkAclId"]) == (
        "InvalidParameterValue",
        f"cannot delete default network ACL {default['NetworkAclId']}",
    )
