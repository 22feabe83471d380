"""Regions and availability zones."""


def test_zones_of_a_region(client, ec2, error):
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    assert [zone["ZoneName"] for zone in zones] == ["us-east-1a", "us-east-1b", "us-east-1c"]
    elsewhere = client("ec2", region="eu-central-1").describe_availability_zones(ZoneNames=["eu-central-1b"])
    [zone] = elsewhere["AvailabilityZones"]
    assert (zone["ZoneId"], zone["State"], zone["RegionName"]) == ("euc1-az2", "available", "eu-central-1")
    filters = [{"Name": "zone-id", "Values": ["use1-az3"]}]
    [zone] = ec2.describe_availability_zones(Filters=filters)["AvailabilityZones"]
    assert zone["ZoneName"] == "us-east-1c"
    expected = ("InvalidParameterValue", "Invalid availability zone: [us-east-9z]")
    assert error(ec2.describe_availability_zones, ZoneNames=["us-east-9z"]) == expected


def test_regions(ec2, error):
    regions = {region["RegionName"]: region for region in ec2.describe_regions()["Regions"]}
    assert regions["eu-west-1"]["Endpoint"] == "ec2.eu-west-1.amazonaws.com"
    assert "af-south-1" not in regions
    [closed] = ec2.describe_regions(RegionNames=["af-south-1"])["Regions"]
    assert closed["OptInStatus"] == "not-opted-in"
    assert error(ec2.describe_regions, RegionNames=["mars"]) == ("InvalidParameterValue", "Invalid region: [mars]")
