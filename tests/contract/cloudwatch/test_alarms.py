import pytest

METRIC = {
    "Namespace": "n",
    "MetricName": "m",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1.5,
    "ComparisonOperator": "GreaterThanThreshold",
}


@pytest.fixture
def alarm(cw, unique):
    cw.put_metric_alarm(AlarmName=unique, AlarmActions=["arn:aws:sns:us-east-1:000000000000:t"], **METRIC)
    return unique


def described(cw, name):
    [found] = cw.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return found


def test_describes_what_was_put(cw, alarm):
    found = described(cw, alarm)
    times = ("AlarmConfigurationUpdatedTimestamp", "StateUpdatedTimestamp", "StateTransitionedTimestamp")
    assert len({found.pop(name) for name in times}) == 1
    assert found == {
        "AlarmName": alarm,
        "AlarmArn": f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{alarm}",
        "ActionsEnabled": True,
        "OKActions": [],
        "AlarmActions": ["arn:aws:sns:us-east-1:000000000000:t"],
        "InsufficientDataActions": [],
        "StateValue": "INSUFFICIENT_DATA",
        "StateReason": "Unchecked: Initial alarm creation",
        "Dimensions": [],
        **METRIC,
    }


def test_a_state_is_set_and_outlives_an_update(cw, alarm):
    cw.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="why", StateReasonData='{"a": 1}')
    cw.put_metric_alarm(AlarmName=alarm, **METRIC | {"Threshold": 3.0})
    found = described(cw, alarm)
    assert (found["StateValue"], found["StateReason"], found["Threshold"]) == ("ALARM", "why", 3.0)
    assert [item["AlarmName"] for item in cw.describe_alarms(StateValue="ALARM", AlarmNamePrefix=alarm)["MetricAlarms"]]
    history = cw.describe_alarm_history(AlarmName=alarm)["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in history] == [
        f'Alarm "{alarm}" updated',
        "Failed to execute action arn:aws:sns:us-east-1:000000000000:t",
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
        f'Alarm "{alarm}" created',
    ]


def test_actions_are_switched(cw, alarm):
    cw.disable_alarm_actions(AlarmNames=[alarm, "nothing"])
    assert described(cw, alarm)["ActionsEnabled"] is False
    cw.enable_alarm_actions(AlarmNames=[alarm])
    assert described(cw, alarm)["ActionsEnabled"] is True


def test_finds_alarms(cw, alarm, unique):
    for number in range(3):
        cw.put_metric_alarm(AlarmName=f"{unique}-{number}", **METRIC | {"MetricName": unique})
    cw.put_composite_alarm(AlarmName=f"{unique}-c", AlarmRule=f"ALARM({unique})")

    def names(kind="MetricAlarms", **options):
        return [item["AlarmName"].removeprefix(unique) for item in cw.describe_alarms(**options)[kind]]

    assert names(AlarmNamePrefix=unique) == ["", "-0", "-1", "-2"]
    assert names("CompositeAlarms", AlarmNamePrefix=unique, AlarmTypes=["CompositeAlarm"]) == ["-c"]
    assert names(AlarmNamePrefix=unique, ActionPrefix="arn:aws:sns") == [""]
    pages = cw.get_paginator("describe_alarms").paginate(AlarmNamePrefix=unique, PaginationConfig={"PageSize": 3})
    assert [len(page["MetricAlarms"]) for page in pages] == [3, 1]
    found = cw.describe_alarms_for_metric(Namespace="n", MetricName=unique)["MetricAlarms"]
    assert len(found) == 3
    assert cw.describe_alarms_for_metric(Namespace="n", MetricName=unique, Statistic="Average")["MetricAlarms"] == []


def test_deleted_alarms_are_gone_all_or_none(cw, alarm, error):
    assert error(cw.delete_alarms, AlarmNames=[alarm, "nothing"])[0] == "ResourceNotFound"
    assert described(cw, alarm)
    cw.delete_alarms(AlarmNames=[alarm])
    assert cw.describe_alarms(AlarmNames=[alarm])["MetricAlarms"] == []
    assert error(cw.set_alarm_state, AlarmName=alarm, StateValue="OK", StateReason="x")[0] == "ResourceNotFound"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"TreatMissingData": "maybe"}, "Option maybe is not supported. Supported options for parameter Tr"),
        ({"EvaluateLowSampleCountPercentile": "no"}, "[evaluate, ignore]"),
        ({"Metrics": []}, "Must specify only one of MetricName and Metrics."),
        ({"MetricName": None}, "Must specify either MetricName or Metrics."),
        ({"ComparisonOperator": "Above"}, "Member must satisfy enum value set"),
    ],
)
def test_refuses(cw, unique, error, change, message):
    request = {key: value for key, value in (METRIC | change).items() if value is not None}
    code, found = error(cw.put_metric_alarm, AlarmName=unique, **request)
    assert code == "ValidationError"
    assert message in found


def test_state_data_is_json(cw, alarm, error):
    request = {"AlarmName": alarm, "StateValue": "OK", "StateReason": "x", "StateReasonData": "{"}
    assert error(cw.set_alarm_state, **request)[0] == "InvalidFormat"


def test_tags_come_and_go(cw, unique):
    cw.put_metric_alarm(AlarmName=unique, Tags=[{"Key": "a", "Value": "1"}], **METRIC)
    arn = described(cw, unique)["AlarmArn"]
    cw.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
    cw.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert cw.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
