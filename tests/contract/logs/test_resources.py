"""CloudWatch Logs in CloudFormation templates."""

import json

import pytest
from botocore.exceptions import ClientError


def group(**properties):
    return {"Type": "AWS::Logs::LogGroup", "Properties": properties}


def found(logs, name):
    return logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]


def test_a_group_comes_alive_changes_and_goes(logs, deploy, unique):
    first = group(RetentionInDays="7", KmsKeyId="k", Tags=[{"Key": "own", "Value": "1"}])
    outputs = deploy({"Group": first}, Name={"Ref": "Group"}, Arn={"Fn::GetAtt": ["Group", "Arn"]})
    name = outputs["Name"]
    assert name.startswith(f"{unique}-Group-")
    assert outputs["Arn"] == f"arn:aws:logs:us-east-1:000000000000:log-group:{name}:*"
    [made] = found(logs, name)
    assert (made["retentionInDays"], made["kmsKeyId"]) == (7, "k")
    tags = logs.list_tags_log_group(logGroupName=name)["tags"]
    assert (tags["own"], tags["stack"]) == ("1", unique)

    deploy({"Group": group(DeletionProtectionEnabled=True, Tags=[{"Key": "other", "Value": "2"}])})
    [changed] = found(logs, name)
    assert not {"retentionInDays", "kmsKeyId"} & changed.keys()
    assert changed["deletionProtectionEnabled"] is True
    tags = logs.list_tags_log_group(logGroupName=name)["tags"]
    assert (tags["other"], "own" in tags) == ("2", False)

    deploy({"Group": group()})
    deploy.delete()
    assert found(logs, name) == []


def test_streams_filters_and_policies(logs, deploy, unique):
    transformation = {
        "MetricName": "m",
        "MetricNamespace": unique,
        "MetricValue": "$.ms",
        "Dimensions": [{"Key": "path", "Value": "$.path"}],
    }
    where = {"LogGroupName": {"Ref": "Group"}}
    document = {"Version": "2012-10-17", "Statement": []}
    outputs = deploy(
        {
            "Group": group(LogGroupName=unique),
            "Stream": {"Type": "AWS::Logs::LogStream", "Properties": {**where, "LogStreamName": "s"}},
            "Metric": {
                "Type": "AWS::Logs::MetricFilter",
                "Properties": {**where, "FilterPattern": "{ $.ms > 5 }", "MetricTransformations": [transformation]},
            },
            "Policy": {
                "Type": "AWS::Logs::ResourcePolicy",
                "Properties": {"PolicyName": unique, "PolicyDocument": json.dumps(document)},
            },
        },
        Stream={"Ref": "Stream"},
        Metric={"Ref": "Metric"},
        Policy={"Ref": "Policy"},
    )
    assert (outputs["Stream"], outputs["Policy"]) == ("s", unique)
    [metric] = logs.describe_metric_filters(logGroupName=unique)["metricFilters"]
    assert metric["filterName"] == outputs["Metric"]
    assert metric["metricTransformations"][0]["dimensions"] == {"path": "$.path"}
    policies = {
        item["policyName"]: item["policyDocument"] for item in logs.describe_resource_policies()["resourcePolicies"]
    }
    assert json.loads(policies[unique]) == document
    deploy.delete()
    assert found(logs, unique) == []
    with pytest.raises(ClientError):
        logs.delete_resource_policy(policyName=unique)


def test_the_retention_that_the_cdk_asks_for(logs, deploy, unique):
    def retention(days):
        properties = {"ServiceToken": "arn", "LogGroupName": unique, "RetentionInDays": days}
        return {"Retention": {"Type": "Custom::LogRetention", "Properties": properties}}

    assert deploy(retention(5), Name={"Fn::GetAtt": ["Retention", "LogGroupName"]})["Name"] == unique
    assert found(logs, unique)[0]["retentionInDays"] == 5
    deploy(retention(30))
    assert found(logs, unique)[0]["retentionInDays"] == 30
    deploy.delete()
    assert found(logs, unique)
