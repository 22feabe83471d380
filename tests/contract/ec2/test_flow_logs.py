"""Flow logs."""


def test_flow_logs(client, ec2, vpc, error, unique):
    client("s3").create_bucket(Bucket=unique)
    request = {
        "ResourceType": "VPC",
        "TrafficType": "ALL",
        "LogDestinationType": "s3",
        "LogDestination": f"arn:aws:s3:::{unique}",
    }
    made = ec2.create_flow_logs(ResourceIds=[vpc], **request)
    assert made["Unsuccessful"] == []
    [log] = made["FlowLogIds"]
    filters = [{"Name": "resource-id", "Values": [vpc]}]
    [found] = ec2.describe_flow_logs(Filters=filters)["FlowLogs"]
    assert (found["FlowLogId"], found["FlowLogStatus"], found["MaxAggregationInterval"]) == (log, "ACTIVE", 600)
    options = {"FileFormat": "plain-text", "HiveCompatiblePartitions": False, "PerHourPartition": False}
    assert (found["DestinationOptions"], bool(made["ClientToken"])) == (options, True)
    assert found["LogFormat"].startswith("${version} ${account-id}")

    expected = "Error. There is an existing Flow Log with the same configuration and log destination."
    assert error(ec2.create_flow_logs, ResourceIds=[vpc], **request) == ("FlowLogAlreadyExists", expected)
    unknown = ec2.create_flow_logs(ResourceIds=["vpc-0123456789abcdef0"], **request)
    assert [one["Error"]["Code"] for one in unknown["Unsuccessful"]] == ["InvalidVpcID.NotFound"]
    ec2.delete_flow_logs(FlowLogIds=[log])
    assert ec2.describe_flow_logs(FlowLogIds=[log])["FlowLogs"] == []
    expected = f"These flow log ids in the input list are not found: [TotalCount: 2] {log} fl-1"
    assert error(ec2.delete_flow_logs, FlowLogIds=[log, "fl-1"]) == ("InvalidFlowLogId.NotFound", expected)


def test_destinations_that_are_refused(ec2, vpc, error):
    request = {"ResourceIds": [vpc], "ResourceType": "VPC", "TrafficType": "ALL"}
    expected = "LogDestination can't be empty if LogGroupName is not provided."
    assert error(ec2.create_flow_logs, **request) == ("InvalidParameter", expected)
    expected = "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs."
    assert error(ec2.create_flow_logs, **request, LogGroupName="g") == ("InvalidParameter", expected)
    expected = "Please only provide LogGroupName or only provide LogDestination."
    both = {"LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::b", "LogGroupName": "g"}
    assert error(ec2.create_flow_logs, **request, **both) == ("InvalidParameter", expected)
    destination = {"LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::b"}
    code, _ = error(ec2.create_flow_logs, **request, **destination, MaxAggregationInterval=30)
    assert code == "InvalidParameter"


def test_a_bucket_that_is_not_there(ec2, vpc, unique):
    destination = {"LogDestinationType": "s3", "LogDestination": f"arn:aws:s3:::{unique}/logs/"}
    made = ec2.create_flow_logs(ResourceIds=[vpc], ResourceType="VPC", TrafficType="ALL", **destination)
    told = {"Code": "400", "Message": f"LogDestination: {unique} does not exist"}
    assert (made["FlowLogIds"], made["Unsuccessful"]) == ([], [{"ResourceId": vpc, "Error": told}])
