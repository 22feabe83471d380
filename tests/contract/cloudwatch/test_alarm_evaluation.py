"""Alarms are evaluated when a period ends; each test has a metric of its own and moves the clock."""

import datetime
import json
import sys
from typing import Any

import pytest

from penstock.call import Service
from penstock.services import SERVICES
from penstock.testing import running

METRIC = {
    "MetricName": "m",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
}


@pytest.fixture
def put(cw, unique):
    def put(name=unique, **changes):
        settings = {"Namespace": unique, **METRIC, **changes}
        cw.put_metric_alarm(AlarmName=name, **{key: value for key, value in settings.items() if value is not None})
        return name

    return put


@pytest.fixture
def measure(cw, unique):
    def measure(*values, **more):
        cw.put_metric_data(Namespace=unique, MetricData=[{"MetricName": "m", "Value": v, **more} for v in values])

    return measure


@pytest.fixture
def state(cw):
    def state(name):
        [alarm] = cw.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])["MetricAlarms"]
        return alarm["StateValue"]

    return state


@pytest.fixture
def inbox(client, unique):
    """A topic, and what it is told: `inbox.arn`, `inbox()`."""
    return Inbox(client, unique)


class Inbox:
    def __init__(self, client, name):
        sns, self._sqs = client("sns"), client("sqs")
        self.arn = sns.create_topic(Name=name)["TopicArn"]
        self._url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        wanted = {"QueueUrl": self._url, "AttributeNames": ["QueueArn"]}
        endpoint = self._sqs.get_queue_attributes(**wanted)["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=self.arn, Protocol="sqs", Endpoint=endpoint)

    def __call__(self):
        found = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in found]


def test_an_alarm_goes_off_and_ends(cw, penstock, put, measure, state, inbox):
    name = put(TreatMissingData="notBreaching", AlarmActions=[inbox.arn], OKActions=[inbox.arn], AlarmDescription="why")
    assert state(name) == "INSUFFICIENT_DATA"
    penstock.advance(60)
    assert state(name) == "OK"
    measure(1, 2)
    penstock.advance(60)
    [alarm] = cw.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert alarm["StateValue"] == "ALARM"
    assert alarm["StateReason"].startswith("Threshold Crossed: 1 datapoint [3.0 (")
    data = json.loads(alarm["StateReasonData"])
    assert data["recentDatapoints"] == [3.0]
    assert data["evaluatedDatapoints"][0]["sampleCount"] == 2.0
    penstock.advance(180)
    assert state(name) == "OK"
    told = inbox()
    assert [message["Subject"] for message in told] == [
        f'{state}: "{name}" in US East (N. Virginia)' for state in ("OK", "ALARM", "OK")
    ]
    said = json.loads(told[1]["Message"])
    assert (said["AlarmName"], said["OldStateValue"], said["NewStateValue"]) == (name, "OK", "ALARM")
    assert said["NewStateReason"] == alarm["StateReason"]
    assert said["Trigger"] == {
        "MetricName": "m",
        "Namespace": name,
        "StatisticType": "Statistic",
        "Statistic": "SUM",
        "Unit": None,
        "Dimensions": [],
        "Period": 60,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": 1.0,
        "TreatMissingData": "notBreaching",
        "EvaluateLowSampleCountPercentile": "",
    }


def test_the_history_tells_all_of_it(cw, penstock, put, measure, inbox):
    name = put(AlarmActions=[inbox.arn])
    measure(7)
    penstock.advance(60)
    history = cw.describe_alarm_history(AlarmName=name, ScanBy="TimestampAscending")["AlarmHistoryItems"]
    assert [item["HistoryItemType"] for item in history] == ["ConfigurationUpdate", "StateUpdate", "Action"]
    update = json.loads(history[1]["HistoryData"])
    assert update["oldState"] == {"stateValue": "INSUFFICIENT_DATA", "stateReason": "Unchecked: Initial alarm creation"}
    assert update["newState"]["stateReasonData"]["recentDatapoints"] == [7.0]
    action = json.loads(history[2]["HistoryData"])
    assert (action["actionState"], action["notificationResource"]) == ("Succeeded", inbox.arn)
    assert history[2]["HistorySummary"] == f"Successfully executed action {inbox.arn}"


def test_several_periods_and_datapoints_to_alarm(penstock, put, measure, state):
    three = put(EvaluationPeriods=3)
    two = put(f"{three}-2", EvaluationPeriods=3, DatapointsToAlarm=2)
    for value in (5, 0, 5):
        assert state(two) != "ALARM"
        measure(value)
        penstock.advance(60)
    assert (state(three), state(two)) == ("OK", "ALARM")


def test_missing_data(penstock, put, measure, state):
    names = {
        treatment: put(f"{treatment}-{put()}", TreatMissingData=treatment, EvaluationPeriods=2)
        for treatment in ("missing", "breaching", "notBreaching", "ignore")
    }
    measure(0)
    penstock.advance(60)
    states = ("OK", "OK", "OK", "OK")
    assert tuple(map(state, names.values())) == states
    penstock.advance(600)
    assert tuple(map(state, names.values())) == ("INSUFFICIENT_DATA", "ALARM", "OK", "OK")


@pytest.mark.parametrize(
    ("change", "values", "expected"),
    [
        ({"Statistic": "Average", "Threshold": 2.0}, (1, 3), "ALARM"),
        ({"Statistic": "Minimum", "ComparisonOperator": "LessThanThreshold"}, (0, 9), "ALARM"),
        ({"Statistic": "SampleCount", "Threshold": 3.0}, (9, 9), "OK"),
        ({"Statistic": "Maximum", "ComparisonOperator": "GreaterThanThreshold"}, (0, 1), "OK"),
        ({"Statistic": None, "ExtendedStatistic": "p90", "Threshold": 9.0}, range(1, 11), "ALARM"),
        (
            {
                "Statistic": None,
                "ExtendedStatistic": "p90",
                "EvaluateLowSampleCountPercentile": "ignore",
                "Threshold": 9.0,
            },
            range(1, 11),
            "INSUFFICIENT_DATA",
        ),
        ({"Unit": "Seconds"}, (5,), "INSUFFICIENT_DATA"),
    ],
)
def test_statistics_and_comparisons(penstock, put, measure, state, change, values, expected):
    name = put(**change)
    measure(*values)
    penstock.advance(60)
    assert state(name) == expected


def test_an_expression_of_metrics(cw, penstock, put, measure, state, unique):
    def query(id, stat):
        metric = {"Namespace": unique, "MetricName": "m"}
        return {"Id": id, "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}, "ReturnData": False}

    queries = [query("total", "Sum"), query("n", "SampleCount"), {"Id": "e", "Expression": "IF(n > 1, total / n, 0)"}]
    plain = dict.fromkeys(("Namespace", "MetricName", "Statistic", "Period"))
    name = put(Metrics=queries, Threshold=4.0, **plain)
    measure(9)
    penstock.advance(60)
    assert state(name) == "OK"
    measure(3, 9)
    penstock.advance(60)
    assert state(name) == "ALARM"
    strange = put(f"{name}-2", Metrics=[query("m1", "Sum"), {"Id": "e", "Expression": "SEARCH('x')"}], **plain)
    [alarm] = cw.describe_alarms(AlarmNames=[strange])["MetricAlarms"]
    assert (alarm["StateValue"], alarm["EvaluationState"]) == ("INSUFFICIENT_DATA", "EVALUATION_ERROR")
    assert "SEARCH" in alarm["StateReason"]


def test_a_long_while_is_moved_over_in_a_moment(penstock, put, measure, state):
    name = put(TreatMissingData="notBreaching")
    measure(1)
    penstock.advance(30 * 86_400)
    assert state(name) == "OK"


def test_eventbridge_is_told(client, cw, penstock, put, measure, unique):
    events, sqs = client("events"), client("sqs")
    url = sqs.create_queue(QueueName=unique)["QueueUrl"]
    wanted = {"QueueUrl": url, "AttributeNames": ["QueueArn"]}
    arn = sqs.get_queue_attributes(**wanted)["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.cloudwatch"], "detail": {"alarmName": [unique]}}
    events.put_rule(Name=unique, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=unique, Targets=[{"Id": "q", "Arn": arn}])
    put(AlarmDescription="why", Dimensions=[{"Name": "a", "Value": "b"}])
    measure(2, Dimensions=[{"Name": "a", "Value": "b"}])
    penstock.advance(60)
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    event = json.loads(message["Body"])
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["resources"] == [f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{unique}"]
    detail = event["detail"]
    assert (detail["state"]["value"], detail["previousState"]["value"]) == ("ALARM", "INSUFFICIENT_DATA")
    [metric] = detail["configuration"].pop("metrics")
    assert detail["configuration"] == {"description": "why"}
    assert metric["metricStat"] == {
        "metric": {"namespace": unique, "name": "m", "dimensions": {"a": "b"}},
        "period": 60,
        "stat": "Sum",
    }
    assert metric["returnData"] is True


def invoke(ctx, request):
    """Lambda's, which keeps what it is given."""
    INVOKED.append((ctx.principal.arn, ctx.principal.source, request))
    return {"StatusCode": 202}


INVOKED: list[tuple[str, str, dict[str, Any]]] = []


def test_a_function_is_invoked(unique):
    stub = Service(name="lambda", operations=(sys.modules[__name__],))
    others = (service for service in SERVICES if service.name != "lambda")
    arn = "arn:aws:lambda:us-east-1:000000000000:function:f"
    with running(services=(*others, stub)) as runtime:
        cw = runtime.client("cloudwatch")
        cw.put_metric_alarm(AlarmName=unique, Namespace=unique, AlarmActions=[arn], **METRIC)
        cw.set_alarm_state(AlarmName=unique, StateValue="ALARM", StateReason="by hand")
    [(principal, source, request)] = INVOKED
    assert principal == "lambda.alarms.cloudwatch.amazonaws.com"
    assert source == f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{unique}"
    assert (request["FunctionName"], request["InvocationType"]) == (arn, "Event")
    event = json.loads(request["Payload"])
    assert (event["source"], event["accountId"], event["region"]) == ("aws.cloudwatch", "000000000000", "us-east-1")
    assert event["alarmData"]["state"]["value"] == "ALARM"
    assert event["alarmData"]["previousState"]["reason"] == "Unchecked: Initial alarm creation"


def test_disabled_actions_are_not_carried_out(cw, penstock, put, inbox):
    name = put(AlarmActions=[inbox.arn])
    cw.disable_alarm_actions(AlarmNames=[name])
    cw.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="by hand")
    assert inbox() == []


def test_a_state_set_by_hand_lasts_until_the_next_evaluation(cw, penstock, put, state):
    name = put(TreatMissingData="notBreaching")
    penstock.advance(60)
    cw.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="by hand")
    assert state(name) == "ALARM"
    penstock.advance(60)
    assert state(name) == "OK"


def test_high_resolution(penstock, put, measure, state):
    name = put(Period=10)
    measure(1)
    penstock.advance(10)
    assert state(name) == "ALARM"


def test_data_of_the_past_count(penstock, put, measure, state):
    name = put(EvaluationPeriods=2)
    for ago in (30, 90):
        measure(1, Timestamp=datetime.datetime.fromtimestamp(penstock.now() - ago, datetime.UTC))
    penstock.advance(60)
    assert state(name) == "ALARM"
