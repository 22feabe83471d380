"""Prefix lists: AWS's own and the account's."""


def test_the_lists_of_gateway_services(client, ec2):
    filters = [{"Name": "prefix-list-name", "Values": ["com.amazonaws.us-east-1.s3"]}]
    [found] = ec2.describe_prefix_lists(Filters=filters)["PrefixLists"]
    assert found["PrefixListId"] == "pl-63a5400a"
    assert "54.231.0.0/16" in found["Cidrs"]
    [managed] = ec2.describe_managed_prefix_lists(PrefixListIds=["pl-02cd2c6b"])["PrefixLists"]
    assert (managed["PrefixListName"], managed["OwnerId"]) == ("com.amazonaws.us-east-1.dynamodb", "AWS")
    elsewhere = client("ec2", region="eu-west-1").describe_prefix_lists()["PrefixLists"]
    assert {"com.amazonaws.eu-west-1.s3", "com.amazonaws.eu-west-1.dynamodb"} <= {
        one["PrefixListName"] for one in elsewhere
    }


def test_a_list_of_the_account(ec2, error, unique):
    entries = [{"Cidr": "10.0.0.0/8", "Description": "inside"}]
    request = {"PrefixListName": unique, "MaxEntries": 2, "AddressFamily": "IPv4"}
    made = ec2.create_managed_prefix_list(**request, Entries=entries)["PrefixList"]
    which = made["PrefixListId"]
    assert (made["Version"], made["OwnerId"]) == (1, "000000000000")
    added = [{"Cidr": "192.168.0.0/16"}]
    ec2.modify_managed_prefix_list(PrefixListId=which, CurrentVersion=1, AddEntries=added)
    found = ec2.get_managed_prefix_list_entries(PrefixListId=which)["Entries"]
    assert [entry["Cidr"] for entry in found] == ["10.0.0.0/8", "192.168.0.0/16"]
    too_many = {"PrefixListId": which, "CurrentVersion": 2, "AddEntries": [{"Cidr": "172.16.0.0/12"}]}
    assert error(ec2.modify_managed_prefix_list, **too_many)[0] == "PrefixListMaxEntriesExceeded"
    stale = {**too_many, "CurrentVersion": 1}
    assert error(ec2.modify_managed_prefix_list, **stale)[0] == "PrefixListVersionMismatch"
    ec2.delete_managed_prefix_list(PrefixListId=which)
    assert error(ec2.describe_managed_prefix_lists, PrefixListIds=[which]) == (
        "InvalidPrefixListID.NotFound",
        f"The prefix list ID '{which}' does not exist",
    )
