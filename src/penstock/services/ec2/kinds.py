"""What kinds of items there are: their ids, their errors, their filters. One table.

The filters of each Describe operation, as https://docs.aws.amazon.com/AWSEC2/latest/APIReference/ lists them, lead to
paths in the documents (see filters.py).
"""

from collections.abc import Mapping
from typing import NamedTuple


class Kind(NamedTuple):
    type: str  # the resource type of its tags, under which its documents are kept
    prefix: str  # of its ids
    id: str  # the member that holds its id
    member: str  # the member of the Describe result
    not_found: str  # the error's code
    text: str  # and its message
    filters: Mapping[str, str]
    parent: str = ""  # the member that holds the id of the item which it belongs to
    malformed: str = ""  # the code for an id with another prefix, where that is an error of its own
    bare: bool = False  # without tags it shows no empty list
    tags: str = "Tags"  # how its result calls them

    @property
    def ids(self) -> str:
        """The member of the Describe request."""
        return f"{self.id}s"


VPC = Kind(
    "vpc",
    "vpc",
    "VpcId",
    "Vpcs",
    "InvalidVpcID.NotFound",
    "The vpc ID '{}' does not exist",
    {
        "cidr": "CidrBlock",
        "cidr-block": "CidrBlock",
        "cidrBlock": "CidrBlock",
        "cidr-block-association.association-id": "CidrBlockAssociationSet.AssociationId",
        "cidr-block-association.cidr-block": "CidrBlockAssociationSet.CidrBlock",
        "cidr-block-association.state": "CidrBlockAssociationSet.CidrBlockState.State",
        "dhcp-options-id": "DhcpOptionsId",
        "dhcpOptionsId": "DhcpOptionsId",
        "ipv6-cidr-block-association.association-id": "Ipv6CidrBlockAssociationSet.AssociationId",
        "ipv6-cidr-block-association.ipv6-cidr-block": "Ipv6CidrBlockAssociationSet.Ipv6CidrBlock",
        "ipv6-cidr-block-association.state": "Ipv6CidrBlockAssociationSet.Ipv6CidrBlockState.State",
        "is-default": "IsDefault",
        "isDefault": "IsDefault",
        "owner-id": "OwnerId",
        "state": "State",
        "vpc-id": "VpcId",
    },
    bare=True,
)
SUBNET = Kind(
    "subnet",
    "subnet",
    "SubnetId",
    "Subnets",
    "InvalidSubnetID.NotFound",
    "The subnet ID '{}' does not exist",
    {
        "availability-zone": "AvailabilityZone",
        "availabilityZone": "AvailabilityZone",
        "availability-zone-id": "AvailabilityZoneId",
        "availabilityZoneId": "AvailabilityZoneId",
        "available-ip-address-count": "AvailableIpAddressCount",
        "cidr": "CidrBlock",
        "cidr-block": "CidrBlock",
        "cidrBlock": "CidrBlock",
        "default-for-az": "DefaultForAz",
        "defaultForAz": "DefaultForAz",
        "enable-dns64": "EnableDns64",
        "ipv6-cidr-block-association.association-id": "Ipv6CidrBlockAssociationSet.AssociationId",
        "ipv6-cidr-block-association.ipv6-cidr-block": "Ipv6CidrBlockAssociationSet.Ipv6CidrBlock",
        "ipv6-cidr-block-association.state": "Ipv6CidrBlockAssociationSet.Ipv6CidrBlockState.State",
        "ipv6-native": "Ipv6Native",
        "map-public-ip-on-launch": "MapPublicIpOnLaunch",
        "outpost-arn": "OutpostArn",
        "owner-id": "OwnerId",
        "state": "State",
        "subnet-arn": "SubnetArn",
        "subnet-id": "SubnetId",
        "vpc-id": "VpcId",
    },
    bare=True,
)
SUBNET_RESERVATION = Kind(
    "subnet-cidr-reservation",
    "scr",
    "SubnetCidrReservationId",
    "SubnetCidrReservations",
    "InvalidSubnetCidrReservationID.NotFound",
    "The subnet-cidr-reservation ID '{}' does not exist",
    {"reservationType": "ReservationType", "subnet-id": "SubnetId"},
)
_PERMISSION = {
    "cidr": "IpRanges.CidrIp",
    "from-port": "FromPort",
    "group-id": "UserIdGroupPairs.GroupId",
    "group-name": "UserIdGroupPairs.GroupName",
    "ipv6-cidr": "Ipv6Ranges.CidrIpv6",
    "prefix-list-id": "PrefixListIds.PrefixListId",
    "protocol": "IpProtocol",
    "to-port": "ToPort",
    "user-id": "UserIdGroupPairs.UserId",
}
SECURITY_GROUP = Kind(
    "security-group",
    "sg",
    "GroupId",
    "SecurityGroups",
    "InvalidGroup.NotFound",
    "The security group '{}' does not exist",
    {
        "description": "Description",
        "group-id": "GroupId",
        "group-name": "GroupName",
        "owner-id": "OwnerId",
        "vpc-id": "VpcId",
        **{f"ip-permission.{name}": f"IpPermissions.{path}" for name, path in _PERMISSION.items()},
        **{f"egress.ip-permission.{name}": f"IpPermissionsEgress.{path}" for name, path in _PERMISSION.items()},
    },
    malformed="InvalidGroupId.Malformed",
    bare=True,
)
SECURITY_GROUP_RULE = Kind(
    "security-group-rule",
    "sgr",
    "SecurityGroupRuleId",
    "SecurityGroupRules",
    "InvalidSecurityGroupRuleId.NotFound",
    "The security group rule ID '{}' does not exist",
    {"group-id": "GroupId", "security-group-rule-id": "SecurityGroupRuleId"},
    parent="GroupId",
    malformed="InvalidSecurityGroupRuleId.Malformed",
)
ROUTE_TABLE = Kind(
    "route-table",
    "rtb",
    "RouteTableId",
    "RouteTables",
    "InvalidRouteTableID.NotFound",
    "The routeTable ID '{}' does not exist",
    {
        "association.gateway-id": "Associations.GatewayId",
        "association.main": "Associations.Main",
        "association.route-table-association-id": "Associations.RouteTableAssociationId",
        "association.route-table-id": "Associations.RouteTableId",
        "association.subnet-id": "Associations.SubnetId",
        "owner-id": "OwnerId",
        "route-table-id": "RouteTableId",
        "route.destination-cidr-block": "Routes.DestinationCidrBlock",
        "route.destination-ipv6-cidr-block": "Routes.DestinationIpv6CidrBlock",
        "route.destination-prefix-list-id": "Routes.DestinationPrefixListId",
        "route.egress-only-internet-gateway-id": "Routes.EgressOnlyInternetGatewayId",
        "route.gateway-id": "Routes.GatewayId",
        "route.instance-id": "Routes.InstanceId",
        "route.nat-gateway-id": "Routes.NatGatewayId",
        "route.origin": "Routes.Origin",
        "route.state": "Routes.State",
        "route.transit-gateway-id": "Routes.TransitGatewayId",
        "route.vpc-peering-connection-id": "Routes.VpcPeeringConnectionId",
        "vpc-id": "VpcId",
    },
    malformed="InvalidRouteTableId.Malformed",
)
INTERNET_GATEWAY = Kind(
    "internet-gateway",
    "igw",
    "InternetGatewayId",
    "InternetGateways",
    "InvalidInternetGatewayID.NotFound",
    "The internetGateway ID '{}' does not exist",
    {
        "attachment.state": "Attachments.State",
        "attachment.vpc-id": "Attachments.VpcId",
        "internet-gateway-id": "InternetGatewayId",
        "owner-id": "OwnerId",
    },
)
EGRESS_ONLY_INTERNET_GATEWAY = Kind(
    "egress-only-internet-gateway",
    "eigw",
    "EgressOnlyInternetGatewayId",
    "EgressOnlyInternetGateways",
    "InvalidGatewayID.NotFound",
    "The eigw ID '{}' does not exist",
    {},
)
NAT_GATEWAY = Kind(
    "natgateway",
    "nat",
    "NatGatewayId",
    "NatGateways",
    "NatGatewayNotFound",
    "The Nat Gateway {} was not found",
    {"nat-gateway-id": "NatGatewayId", "state": "State", "subnet-id": "SubnetId", "vpc-id": "VpcId"},
    malformed="NatGatewayMalformed",
)
ADDRESS = Kind(
    "elastic-ip",
    "eipalloc",
    "AllocationId",
    "Addresses",
    "InvalidAllocationID.NotFound",
    "The allocation ID '{}' does not exist",
    {
        "allocation-id": "AllocationId",
        "association-id": "AssociationId",
        "domain": "Domain",
        "instance-id": "InstanceId",
        "network-border-group": "NetworkBorderGroup",
        "network-interface-id": "NetworkInterfaceId",
        "network-interface-owner-id": "NetworkInterfaceOwnerId",
        "private-ip-address": "PrivateIpAddress",
        "public-ip": "PublicIp",
    },
    bare=True,
)
NETWORK_ACL = Kind(
    "network-acl",
    "acl",
    "NetworkAclId",
    "NetworkAcls",
    "InvalidNetworkAclID.NotFound",
    "The networkAcl ID '{}' does not exist",
    {
        "association.association-id": "Associations.NetworkAclAssociationId",
        "association.network-acl-id": "Associations.NetworkAclId",
        "association.subnet-id": "Associations.SubnetId",
        "default": "IsDefault",
        "entry.cidr": "Entries.CidrBlock",
        "entry.egress": "Entries.Egress",
        "entry.icmp.code": "Entries.IcmpTypeCode.Code",
        "entry.icmp.type": "Entries.IcmpTypeCode.Type",
        "entry.ipv6-cidr": "Entries.Ipv6CidrBlock",
        "entry.port-range.from": "Entries.PortRange.From",
        "entry.port-range.to": "Entries.PortRange.To",
        "entry.protocol": "Entries.Protocol",
        "entry.rule-action": "Entries.RuleAction",
        "entry.rule-number": "Entries.RuleNumber",
        "network-acl-id": "NetworkAclId",
        "owner-id": "OwnerId",
        "vpc-id": "VpcId",
    },
)
VPC_ENDPOINT = Kind(
    "vpc-endpoint",
    "vpce",
    "VpcEndpointId",
    "VpcEndpoints",
    "InvalidVpcEndpointId.NotFound",
    "The Vpc Endpoint Id '{}' does not exist",
    {
        "ip-address-type": "IpAddressType",
        "service-name": "ServiceName",
        "service-region": "ServiceRegion",
        "vpc-endpoint-id": "VpcEndpointId",
        "vpc-endpoint-state": "State",
        "vpc-endpoint-type": "VpcEndpointType",
        "vpc-id": "VpcId",
    },
    malformed="InvalidVpcEndpointId.Malformed",
)
NETWORK_INTERFACE = Kind(
    "network-interface",
    "eni",
    "NetworkInterfaceId",
    "NetworkInterfaces",
    "InvalidNetworkInterfaceID.NotFound",
    "The networkInterface ID '{}' does not exist",
    {
        "addresses.primary": "PrivateIpAddresses.Primary",
        "addresses.private-ip-address": "PrivateIpAddresses.PrivateIpAddress",
        "association.allocation-id": "Association.AllocationId",
        "association.association-id": "Association.AssociationId",
        "association.public-ip": "Association.PublicIp",
        "attachment.attachment-id": "Attachment.AttachmentId",
        "attachment.instance-id": "Attachment.InstanceId",
        "attachment.status": "Attachment.Status",
        "availability-zone": "AvailabilityZone",
        "description": "Description",
        "group-id": "Groups.GroupId",
        "group-name": "Groups.GroupName",
        "interface-type": "InterfaceType",
        "mac-address": "MacAddress",
        "network-interface-id": "NetworkInterfaceId",
        "owner-id": "OwnerId",
        "private-dns-name": "PrivateDnsName",
        "private-ip-address": "PrivateIpAddress",
        "requester-id": "RequesterId",
        "requester-managed": "RequesterManaged",
        "source-dest-check": "SourceDestCheck",
        "status": "Status",
        "subnet-id": "SubnetId",
        "vpc-id": "VpcId",
    },
    tags="TagSet",
    malformed="InvalidNetworkInterfaceId.Malformed",
)
PREFIX_LIST = Kind(
    "prefix-list",
    "pl",
    "PrefixListId",
    "PrefixLists",
    "InvalidPrefixListID.NotFound",
    "The prefix list ID '{}' does not exist",
    {"owner-id": "OwnerId", "prefix-list-id": "PrefixListId", "prefix-list-name": "PrefixListName"},
    malformed="InvalidPrefixListId.Malformed",
)
FLOW_LOG = Kind(
    "vpc-flow-log",
    "fl",
    "FlowLogId",
    "FlowLogs",
    "InvalidFlowLogId.NotFound",
    "These flow log ids in the input list are not found: [TotalCount: 1] {}",
    {
        "deliver-log-status": "DeliverLogsStatus",
        "flow-log-id": "FlowLogId",
        "log-destination-type": "LogDestinationType",
        "log-group-name": "LogGroupName",
        "resource-id": "ResourceId",
        "traffic-type": "TrafficType",
    },
)
DHCP_OPTIONS = Kind(
    "dhcp-options",
    "dopt",
    "DhcpOptionsId",
    "DhcpOptions",
    "InvalidDhcpOptionID.NotFound",
    "The dhcpOption ID '{}' does not exist",
    {
        "dhcp-options-id": "DhcpOptionsId",
        "key": "DhcpConfigurations.Key",
        "owner-id": "OwnerId",
        "value": "DhcpConfigurations.Values.Value",
    },
    malformed="InvalidDhcpOptionsId.Malformed",
)

_KINDS = (
    VPC, SUBNET, SECURITY_GROUP, SECURITY_GROUP_RULE, ROUTE_TABLE, INTERNET_GATEWAY, EGRESS_ONLY_INTERNET_GATEWAY,
    NAT_GATEWAY, ADDRESS, NETWORK_ACL, VPC_ENDPOINT, NETWORK_INTERFACE, PREFIX_LIST, FLOW_LOG, DHCP_OPTIONS,
    SUBNET_RESERVATION,
)  # fmt: skip
BY_PREFIX: Mapping[str, Kind] = {kind.prefix: kind for kind in _KINDS}
