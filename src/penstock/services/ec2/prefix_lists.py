"""Prefix lists: AWS's own, of the services with gateway endpoints, and those of the account.

Source: https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html
"""

import zlib

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ec2 import cidr, items
from penstock.services.ec2.kinds import PREFIX_LIST
from penstock.wire.model import Json

# Gateway endpoints' services: their ranges as us-east-1 has them.
GATEWAY_SERVICES = {
    "dynamodb": ("3.218.180.0/23", "3.218.182.0/24", "52.94.0.0/22", "52.119.224.0/20"),
    "s3": ("3.5.0.0/19", "16.15.176.0/20", "18.34.0.0/19", "52.216.0.0/15", "54.231.0.0/16"),
}
# Ids that people know; those of other regions are made from the name.
_KNOWN = {"com.amazonaws.us-east-1.dynamodb": "pl-02cd2c6b", "com.amazonaws.us-east-1.s3": "pl-63a5400a"}
_CLOUDFRONT = "com.amazonaws.global.cloudfront.origin-facing"


def describe_prefix_lists(ctx: Context, request: Json) -> Json:
    lists = [
        {"Cidrs": [entry["Cidr"] for entry in one["_Entries"]], "PrefixListId": one["PrefixListId"],
         "PrefixListName": one["PrefixListName"]}
        for one in _chosen(_of_aws(ctx.region), request)
    ]  # fmt: skip
    return items.listed(PREFIX_LIST, request, lists)


def describe_managed_prefix_lists(ctx: Context, request: Json) -> Json:
    lists = [*_of_aws(ctx.region), *items.every(ctx, PREFIX_LIST)]
    return items.listed(PREFIX_LIST, request, _chosen(lists, request))


def _chosen(lists: list[Json], request: Json) -> list[Json]:
    """Raises InvalidPrefixListID.NotFound."""
    wanted = request.get("PrefixListIds")
    if not wanted:
        return lists
    known = {one["PrefixListId"]: one for one in lists}
    if missing := next((list_id for list_id in wanted if list_id not in known), None):
        raise items.missing(PREFIX_LIST, missing)
    return [known[list_id] for list_id in wanted]


def _of_aws(region: str) -> list[Json]:
    services = {f"com.amazonaws.{region}.{name}": ranges for name, ranges in GATEWAY_SERVICES.items()}
    return [_managed(region, name, ranges) for name, ranges in (*services.items(), (_CLOUDFRONT, ("13.124.199.0/24",)))]


def _managed(region: str, name: str, ranges: tuple[str, ...]) -> Json:
    list_id = id_of_service(name)
    return {
        "AddressFamily": "IPv4",
        "OwnerId": "AWS",
        "PrefixListArn": f"arn:aws:ec2:{region}:aws:prefix-list/{list_id}",
        "PrefixListId": list_id,
        "PrefixListName": name,
        "State": "create-complete",
        "_Entries": [{"Cidr": block} for block in ranges],
    }


def id_of_service(name: str) -> str:
    return _KNOWN.get(name) or f"pl-{zlib.crc32(name.encode()):08x}"


# -- the account's own ---------------------------------------------------------------------------------


def create_managed_prefix_list(ctx: Context, request: Json) -> Json:
    list_id = items.new_id(PREFIX_LIST)
    if request["PrefixListName"].startswith("com.amazonaws"):
        raise AwsError("InvalidParameterValue", "The prefix list name must not begin with com.amazonaws.")
    members = {
        "AddressFamily": request["AddressFamily"],
        "MaxEntries": request["MaxEntries"],
        "OwnerId": ctx.account,
        "PrefixListArn": items.arn(ctx, PREFIX_LIST, list_id),
        "PrefixListId": list_id,
        "PrefixListName": request["PrefixListName"],
        "State": "create-complete",
        "Version": 1,
        "_Entries": _entries(request.get("Entries", [])),
    }
    _check_size(members)
    return {"PrefixList": {"Tags": [], **items.add(ctx, PREFIX_LIST, request, members)}}


def modify_managed_prefix_list(ctx: Context, request: Json) -> Json:
    found = items.get(ctx, PREFIX_LIST, request["PrefixListId"])
    if request.get("CurrentVersion", found["Version"]) != found["Version"]:
        message = "The prefix list has the incorrect version number. Use the latest version and try again."
        raise AwsError("PrefixListVersionMismatch", message)
    found["PrefixListName"] = request.get("PrefixListName", found["PrefixListName"])
    found["MaxEntries"] = request.get("MaxEntries", found["MaxEntries"])
    if "AddEntries" in request or "RemoveEntries" in request:
        added = _entries(request.get("AddEntries", []))
        gone = {entry["Cidr"] for entry in (*request.get("RemoveEntries", ()), *added)}
        found["_Entries"] = [entry for entry in found["_Entries"] if entry["Cidr"] not in gone] + added
        found["Version"] += 1
    _check_size(found)
    items.put(ctx, PREFIX_LIST, found)
    return {"PrefixList": found | {"State": "modify-in-progress"}}


def _entries(given: list[Json]) -> list[Json]:
    """Raises InvalidParameterValue."""
    if bad := next((entry["Cidr"] for entry in given if cidr.parsed(entry["Cidr"]) is None), None):
        raise cidr.invalid(bad, "Cidr")
    return [{"Cidr": entry["Cidr"], "Description": entry.get("Description", "")} for entry in given]


def _check_size(prefix_list: Json) -> None:
    if len(prefix_list["_Entries"]) > prefix_list["MaxEntries"]:
        message = f"You've reached the maximum number of entries for the prefix list ({prefix_list['MaxEntries']})"
        raise AwsError("PrefixListMaxEntriesExceeded", message)


def get_managed_prefix_list_entries(ctx: Context, request: Json) -> Json:
    wanted = {"PrefixListIds": [request["PrefixListId"]]}
    [found] = _chosen([*_of_aws(ctx.region), *items.every(ctx, PREFIX_LIST)], wanted)
    shown, token = items.page(found["_Entries"], request)
    return {"Entries": shown, **token}


def delete_managed_prefix_list(ctx: Context, request: Json) -> Json:
    found = items.get(ctx, PREFIX_LIST, request["PrefixListId"])
    items.remove(ctx, PREFIX_LIST, found)
    return {"PrefixList": found | {"State": "delete-in-progress"}}
