"""CloudWatch in CloudFormation templates."""

import json

METRIC = {
    "Namespace": "n",
    "MetricName": "m",
    "Statistic": "Sum",
    "Period": "60",
    "EvaluationPeriods": 1,
    "Threshold": "1.5",
    "ComparisonOperator": "GreaterThanThreshold",
}


def test_alarms_and_dashboards_come_alive_change_and_go(cw, deploy, unique):
    def resources(threshold):
        return {
            "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": METRIC | {"Threshold": threshold}},
            "All": {
                "Type": "AWS::CloudWatch::CompositeAlarm",
                "Properties": {"AlarmName": f"{unique}-all", "AlarmRule": {"Fn::Sub": "ALARM(${Alarm})"}},
            },
            "Board": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": '{"widgets": []}'}},
        }

    outputs = deploy(
        resources("1.5"),
        Alarm={"Ref": "Alarm"},
        Arn={"Fn::GetAtt": ["Alarm", "Arn"]},
        All={"Ref": "All"},
        Board={"Ref": "Board"},
    )
    [alarm] = cw.describe_alarms(AlarmNames=[outputs["Alarm"]])["MetricAlarms"]
    assert (alarm["AlarmArn"], alarm["Threshold"], alarm["Period"]) == (outputs["Arn"], 1.5, 60)
    assert cw.list_tags_for_resource(ResourceARN=outputs["Arn"])["Tags"] == [{"Key": "stack", "Value": unique}]
    [composite] = cw.describe_alarms(AlarmNames=[outputs["All"]])["CompositeAlarms"]
    assert composite["AlarmRule"] == f"ALARM({outputs['Alarm']})"
    assert json.loads(cw.get_dashboard(DashboardName=outputs["Board"])["DashboardBody"]) == {"widgets": []}
    deploy(resources(2.5))
    [alarm] = cw.describe_alarms(AlarmNames=[outputs["Alarm"]])["MetricAlarms"]
    assert alarm["Threshold"] == 2.5
    deploy.delete()
    assert (
        cw.describe_alarms(AlarmNamePrefix=unique, AlarmTypes=["MetricAlarm", "CompositeAlarm"])["MetricAlarms"] == []
    )
    assert cw.list_dashboards(DashboardNamePrefix=outputs["Board"])["DashboardEntries"] == []
