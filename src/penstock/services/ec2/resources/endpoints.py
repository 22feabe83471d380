"""CloudFormation types of endpoints, prefix lists, flow logs and network interfaces.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_EC2.html
"""

from datetime import UTC, datetime

from penstock.base.errors import AwsError
from penstock.services.ec2.kinds import FLOW_LOG, NETWORK_INTERFACE, PREFIX_LIST, VPC_ENDPOINT
from penstock.services.ec2.resources.common import changed, described, item_type, retag, tag_specifications
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType
from penstock.wire.model import Json

_REACHED = "recorded; every service is reached with or without the endpoint"


# -- endpoints -----------------------------------------------------------------------------------------

_LISTS = ("RouteTableIds", "SecurityGroupIds", "SubnetIds")
_SET = ("DnsOptions", "IpAddressType", "PrivateDnsEnabled")


async def _create_endpoint(rc: ResourceContext, given: Properties) -> Resource:
    private = {"PrivateDnsEnabled": given.get("PrivateDnsEnabled", False)}  # CloudFormation's default is not EC2's
    request = {**given, **private, "TagSpecifications": tag_specifications(rc, given, VPC_ENDPOINT)}
    made = (await rc.call("ec2", "CreateVpcEndpoint", request))["VpcEndpoint"]
    return await _endpoint(rc, made["VpcEndpointId"])


async def _endpoint(rc: ResourceContext, endpoint_id: str) -> Resource:
    found = await described(rc, VPC_ENDPOINT, "DescribeVpcEndpoints", endpoint_id)
    return Resource(
        endpoint_id,
        {
            "CreationTimestamp": f"{datetime.fromtimestamp(found['CreationTimestamp'], UTC):%a %b %d %H:%M:%S UTC %Y}",
            "DnsEntries": [f"{entry['HostedZoneId']}:{entry['DnsName']}" for entry in found["DnsEntries"]],
            "Id": endpoint_id,
            "NetworkInterfaceIds": found["NetworkInterfaceIds"],
        },
    )


async def _update_endpoint(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    before = resource.properties
    request: Json = {"VpcEndpointId": resource.physical_id}
    for name in _LISTS:
        known, wanted = before.get(name, []), given.get(name, [])
        request[f"Add{name}"] = [item for item in wanted if item not in known]
        request[f"Remove{name}"] = [item for item in known if item not in wanted]
    request |= {name: given[name] for name in _SET if changed(name, before, given) and name in given}
    if changed("PolicyDocument", before, given):
        request |= {"PolicyDocument": given["PolicyDocument"]} if "PolicyDocument" in given else {"ResetPolicy": True}
    await rc.call("ec2", "ModifyVpcEndpoint", request)
    await retag(rc, resource.physical_id, given)
    return await _endpoint(rc, resource.physical_id)


async def _delete_endpoint(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("ec2", "DeleteVpcEndpoints", {"VpcEndpointIds": [resource.physical_id]})


# -- prefix lists --------------------------------------------------------------------------------------


async def _modify_list(rc: ResourceContext, list_id: str, before: Properties, after: Properties) -> None:
    if not before:
        return
    known, wanted = before.get("Entries", []), after.get("Entries", [])
    cidrs = {entry["Cidr"] for entry in wanted}
    request = {
        "PrefixListId": list_id,
        "PrefixListName": after["PrefixListName"],
        "MaxEntries": after.get("MaxEntries", len(wanted)),
        "AddEntries": [entry for entry in wanted if entry not in known],
        "RemoveEntries": [{"Cidr": entry["Cidr"]} for entry in known if entry["Cidr"] not in cidrs],
    }
    await rc.call("ec2", "ModifyManagedPrefixList", request)


_PREFIX_LIST = item_type(
    "AWS::EC2::PrefixList",
    PREFIX_LIST,
    create="CreateManagedPrefixList",
    result="PrefixList",
    describe="DescribeManagedPrefixLists",
    delete="DeleteManagedPrefixList",
    attributes={"Arn": "PrefixListArn", "OwnerId": "OwnerId", "PrefixListId": "PrefixListId", "Version": "Version"},
    modify=_modify_list,
    properties={"AddressFamily", "Entries", "MaxEntries", "PrefixListName"},
    replace_on={"AddressFamily"},
)


# -- flow logs -----------------------------------------------------------------------------------------

_NO_PACKETS = "no packets are seen, so nothing is logged"
_FLOW = (
    "DeliverCrossAccountRole", "DeliverLogsPermissionArn", "DestinationOptions", "LogDestination", "LogDestinationType",
    "LogFormat", "LogGroupName", "MaxAggregationInterval", "ResourceId", "ResourceType", "TrafficType",
)  # fmt: skip


async def _create_flow_log(rc: ResourceContext, given: Properties) -> Resource:
    tags = tag_specifications(rc, given, FLOW_LOG)
    request = {**given, "ResourceIds": [given["ResourceId"]], "TagSpecifications": tags}
    made = await rc.call("ec2", "CreateFlowLogs", request)
    for refused in made["Unsuccessful"]:
        raise AwsError("InvalidParameter", refused["Error"]["Message"])
    [flow_log_id] = made["FlowLogIds"]
    return Resource(flow_log_id, {"Id": flow_log_id})


async def _retag_flow_log(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    await retag(rc, resource.physical_id, given)
    return resource


async def _delete_flow_log(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("ec2", "DeleteFlowLogs", {"FlowLogIds": [resource.physical_id]})


# -- network interfaces --------------------------------------------------------------------------------


async def _modify_interface(rc: ResourceContext, interface_id: str, before: Properties, after: Properties) -> None:
    request: Json = {"NetworkInterfaceId": interface_id}
    for name in ("Description", "SourceDestCheck"):
        if changed(name, before, after) and name in after:
            request[name] = {"Value": after[name]}
    if after.get("GroupSet"):
        request["Groups"] = after["GroupSet"]
    await rc.call("ec2", "ModifyNetworkInterfaceAttribute", request)


async def _of_interface(rc: ResourceContext, interface: Json) -> Json:
    return {"SecondaryPrivateIpAddresses": []}


_NETWORK_INTERFACE = item_type(
    "AWS::EC2::NetworkInterface",
    NETWORK_INTERFACE,
    create="CreateNetworkInterface",
    result="NetworkInterface",
    describe="DescribeNetworkInterfaces",
    delete="DeleteNetworkInterface",
    attributes={"Id": "NetworkInterfaceId", "PrimaryPrivateIpAddress": "PrivateIpAddress", "VpcId": "VpcId"},
    more=_of_interface,
    modify=_modify_interface,
    properties={"Description", "GroupSet", "InterfaceType", "PrivateIpAddress", "SourceDestCheck", "SubnetId"},
    replace_on={"InterfaceType", "PrivateIpAddress", "SubnetId"},
)

TABLE = (
    ResourceType(
        name="AWS::EC2::VPCEndpoint",
        create=_create_endpoint,
        update=_update_endpoint,
        delete=_delete_endpoint,
        properties=frozenset({"Tags", "VpcEndpointType", "VpcId", *_LISTS, *_SET}),
        inert={"PolicyDocument": "the policy is recorded and not enforced", "ServiceName": _REACHED},
        replace_on=frozenset({"ServiceName", "VpcEndpointType", "VpcId"}),
    ),
    _PREFIX_LIST,
    ResourceType(
        name="AWS::EC2::FlowLog",
        create=_create_flow_log,
        update=_retag_flow_log,
        delete=_delete_flow_log,
        properties=frozenset({"Tags", *_FLOW} - {"ResourceId"}),
        inert={"ResourceId": _NO_PACKETS},
        replace_on=frozenset(_FLOW),
    ),
    _NETWORK_INTERFACE,
)
