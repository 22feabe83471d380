"""Network ACLs: entries, and the subnets that each is for.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAcl.html and its siblings.
"""

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ec2 import cidr, items
from penstock.services.ec2.kinds import NETWORK_ACL, VPC
from penstock.wire.model import Json

_LAST, _MOST = 32767, 32766
_ENTRY = ("CidrBlock", "Egress", "IcmpTypeCode", "Ipv6CidrBlock", "PortRange", "Protocol", "RuleAction", "RuleNumber")
_PROTOCOLS = {"all": "-1", "icmp": "1", "icmpv6": "58", "tcp": "6", "udp": "17"}


def create_network_acl(ctx: Context, request: Json) -> Json:
    acl = make(ctx, request, items.get(ctx, VPC, request["VpcId"])["VpcId"])
    return {"NetworkAcl": {"Tags": [], **acl}, "ClientToken": request.get("ClientToken")}


def make(ctx: Context, request: Json, vpc_id: str, default: bool = False) -> Json:
    """A VPC's default ACL lets everything through, any other nothing."""
    numbers = ((100, "allow"), (_LAST, "deny")) if default else ((_LAST, "deny"),)
    entries = [
        {"CidrBlock": "0.0.0.0/0", "Egress": egress, "Protocol": "-1", "RuleAction": action, "RuleNumber": number}
        for egress in (True, False)
        for number, action in numbers
    ]
    members = {
        "Associations": [],
        "Entries": entries,
        "IsDefault": default,
        "OwnerId": ctx.account,
        "VpcId": vpc_id,
    }
    return items.add(ctx, NETWORK_ACL, request, members)


def describe_network_acls(ctx: Context, request: Json) -> Json:
    return items.describe(ctx, NETWORK_ACL, request)


def delete_network_acl(ctx: Context, request: Json) -> Json:
    acl = items.get(ctx, NETWORK_ACL, request["NetworkAclId"])
    if acl["IsDefault"]:
        raise AwsError("InvalidParameterValue", f"cannot delete default network ACL {acl['NetworkAclId']}")
    if acl["Associations"]:
        message = f"The networkAcl '{acl['NetworkAclId']}' has dependencies and cannot be deleted."
        raise AwsError("DependencyViolation", message)
    items.remove(ctx, NETWORK_ACL, acl)
    return {}


# -- entries -------------------------------------------------------------------------------------------


def create_network_acl_entry(ctx: Context, request: Json) -> Json:
    acl = items.get(ctx, NETWORK_ACL, request["NetworkAclId"])
    if _entry(acl, request) is not None:
        message = f"The network acl entry identified by {request['RuleNumber']} already exists."
        raise AwsError("NetworkAclEntryAlreadyExists", message)
    acl["Entries"].append(_made(request))
    _put(ctx, acl)
    return {}


def replace_network_acl_entry(ctx: Context, request: Json) -> Json:
    acl = items.get(ctx, NETWORK_ACL, request["NetworkAclId"])
    acl["Entries"].remove(_known_entry(acl, request))
    acl["Entries"].append(_made(request))
    _put(ctx, acl)
    return {}


def delete_network_acl_entry(ctx: Context, request: Json) -> Json:
    acl = items.get(ctx, NETWORK_ACL, request["NetworkAclId"])
    acl["Entries"].remove(_known_entry(acl, request))
    _put(ctx, acl)
    return {}


def _made(request: Json) -> Json:
    """Raises InvalidParameterValue, MissingParameter."""
    entry = {name: request[name] for name in _ENTRY if name in request}
    if not 1 <= entry["RuleNumber"] <= _MOST:
        message = f"Value ({entry['RuleNumber']}) for parameter ruleNumber is invalid. Expecting a value in 1-{_MOST}."
        raise AwsError("InvalidParameterValue", message)
    entry["Protocol"] = _PROTOCOLS.get(entry["Protocol"].lower(), entry["Protocol"])
    if "CidrBlock" in entry:
        entry["CidrBlock"] = str(cidr.ipv4(entry["CidrBlock"]))
    elif "Ipv6CidrBlock" in entry:
        entry["Ipv6CidrBlock"] = str(cidr.ipv6(entry["Ipv6CidrBlock"]))
    else:
        raise AwsError("MissingParameter", "The request must contain the parameter cidrBlock")
    return entry


def _entry(acl: Json, request: Json) -> Json | None:
    wanted = (request["RuleNumber"], request["Egress"])
    return next((entry for entry in acl["Entries"] if (entry["RuleNumber"], entry["Egress"]) == wanted), None)


def _known_entry(acl: Json, request: Json) -> Json:
    """Raises InvalidNetworkAclEntry.NotFound."""
    found = _entry(acl, request)
    if found is None or found["RuleNumber"] == _LAST:
        side = "egress" if request["Egress"] else "ingress"
        message = f"The {side} entry identified by {request['RuleNumber']} does not exist"
        raise AwsError("InvalidNetworkAclEntry.NotFound", message)
    return found


def _put(ctx: Context, acl: Json) -> None:
    acl["Entries"].sort(key=lambda entry: (not entry["Egress"], entry["RuleNumber"]))
    items.put(ctx, NETWORK_ACL, acl)


# -- associations --------------------------------------------------------------------------------------


def associate(ctx: Context, acl: Json, subnet_id: str) -> str:
    """The id of the association of a subnet with the ACL."""
    association_id = f"aclassoc-{ids.hex_id(17)}"
    acl["Associations"].append(
        {"NetworkAclAssociationId": association_id, "NetworkAclId": acl["NetworkAclId"], "SubnetId": subnet_id}
    )
    items.put(ctx, NETWORK_ACL, acl)
    return association_id


def welcome_subnet(ctx: Context, subnet: Json) -> None:
    """A new subnet gets the VPC's default ACL."""
    [default] = items.every(ctx, NETWORK_ACL, VpcId=subnet["VpcId"], IsDefault=True)
    associate(ctx, default, subnet["SubnetId"])


def forget_subnet(ctx: Context, subnet: Json) -> None:
    for acl in items.every(ctx, NETWORK_ACL, VpcId=subnet["VpcId"]):
        kept = [one for one in acl["Associations"] if one["SubnetId"] != subnet["SubnetId"]]
        if len(kept) < len(acl["Associations"]):
            items.put(ctx, NETWORK_ACL, acl | {"Associations": kept})


def replace_network_acl_association(ctx: Context, request: Json) -> Json:
    acl = items.get(ctx, NETWORK_ACL, request["NetworkAclId"])
    for before in items.every(ctx, NETWORK_ACL):
        for association in before["Associations"]:
            if association["NetworkAclAssociationId"] == request["AssociationId"]:
                return {"NewAssociationId": _moved(ctx, before, association, acl)}
    message = f"The association ID '{request['AssociationId']}' does not exist"
    raise AwsError("InvalidAssociationID.NotFound", message)


def _moved(ctx: Context, before: Json, association: Json, acl: Json) -> str:
    """Raises InvalidParameterValue."""
    if before["VpcId"] != acl["VpcId"]:
        message = f"Network ACL {acl['NetworkAclId']} and subnet {association['SubnetId']} belong to different networks"
        raise AwsError("InvalidParameterValue", message)
    before["Associations"].remove(association)
    items.put(ctx, NETWORK_ACL, before)
    same = before["NetworkAclId"] == acl["NetworkAclId"]
    return associate(ctx, before if same else acl, association["SubnetId"])
