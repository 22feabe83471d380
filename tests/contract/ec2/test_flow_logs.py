"""Flow logs."""


def test_flow_logs(ec2, vpc, error):
    request = {
        "ResourceType": "VPC",
        "TrafficType": "ALL",
        "LogDestinationType": "s3",
        "LogDestination": "arn:aws:s3:::b",
    }
    made = ec2.create_flow_logs(ResourceIds=[vpc], **request)
    assert made["Unsuccessful"] == []
    [log] = made["FlowLogIds"]
    filters = [{"Name": "resource-id", "Values": [vpc]}]
    [found] = ec2.describe_flow_logs(Filters=filters)["FlowLogs"]
    assert (found["FlowLogId"], found["FlowLogStatus"], found["MaxAggregationInterval"]) == (log, "ACTIVE", 600)
    assert found["LogFormat"].startswith("${version} ${account-id}")

    again = ec2.create_flow_logs(ResourceIds=[vpc, "vpc-0123456789abcdef0"], **request)
    assert [one["Error"]["Code"] for one in again["Unsuccessful"]] == ["FlowLogAlreadyExists", "InvalidVpcID.NotFound"]
    ec2.delete_flow_logs(FlowLogIds=[log])
    assert error(ec2.describe_flow_logs, FlowLogIds=[log])[0] == "InvalidFlowLogId.NotFound"


def test_destinations_that_are_refused(ec2, vpc, error):
    request = {"ResourceIds": [vpc], "ResourceType": "VPC", "TrafficType": "ALL"}
    expected = "LogDestination can't be empty if LogGroupName is not provided."
    assert error(ec2.create_flow_logs, **request) == ("InvalidParameter", expected)
    expected = "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs."
    assert error(ec2.create_flow_logs, **request, LogGroupName="g") == ("InvalidParameter", expected)
    destination = {"LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::b"}
    code, _ = error(ec2.create_flow_logs, **request, **destination, MaxAggregationInterval=30)
    assert code == "InvalidParameter"
