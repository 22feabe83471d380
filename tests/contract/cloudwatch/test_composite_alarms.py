"""Composite alarms follow the alarms that they are about."""

import json

import pytest

METRIC = {
    "MetricName": "m",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "TreatMissingData": "ignore",
}


@pytest.fixture
def children(cw, unique):
    names = [f"{unique}-{letter}" for letter in "abc"]
    for name in names:
        cw.put_metric_alarm(AlarmName=name, Namespace=unique, **METRIC)
    return names


@pytest.fixture
def turn(cw):
    def turn(name, state):
        cw.set_alarm_state(AlarmName=name, StateValue=state, StateReason="by hand")

    return turn


@pytest.fixture
def told(client, unique):
    """A topic, and the states that it was told: `told.arn`, `told()`."""
    return Told(client, unique)


class Told:
    def __init__(self, client, name):
        sns, self._sqs = client("sns"), client("sqs")
        self.arn = sns.create_topic(Name=name)["TopicArn"]
        self._url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        endpoint = f"arn:aws:sqs:us-east-1:000000000000:{name}"
        sns.subscribe(TopicArn=self.arn, Protocol="sqs", Endpoint=endpoint, Attributes={"RawMessageDelivery": "true"})

    def messages(self):
        found = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in found]

    def __call__(self):
        return [message["NewStateValue"] for message in self.messages()]


def composite(cw, name):
    [found] = cw.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    return found


def test_it_follows_its_children(cw, unique, children, turn, told):
    a, b, _ = children
    rule = f'ALARM("{a}") AND ALARM({b})'
    cw.put_composite_alarm(AlarmName=unique, AlarmRule=rule, AlarmActions=[told.arn], OKActions=[told.arn])
    assert composite(cw, unique)["StateValue"] == "OK"
    turn(a, "ALARM")
    assert composite(cw, unique)["StateValue"] == "OK"
    turn(b, "ALARM")
    found = composite(cw, unique)
    arn = f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{b}"
    assert found["StateValue"] == "ALARM"
    assert found["StateReason"].startswith(f"{arn} transitioned to ALARM at ")
    triggering = json.loads(found["StateReasonData"])["triggeringAlarms"]
    assert [child["arn"].rpartition(":")[2] for child in triggering] == [a, b]
    turn(a, "OK")
    messages = told.messages()
    assert [message["NewStateValue"] for message in messages] == ["OK", "ALARM", "OK"]
    assert messages[1]["AlarmRule"] == rule
    assert [child["State"]["Value"] for child in messages[1]["TriggeringChildren"]] == ["ALARM", "ALARM"]


def test_one_of_composites(cw, unique, children, turn):
    cw.put_composite_alarm(AlarmName=f"{unique}-any", AlarmRule=" OR ".join(f"ALARM({name})" for name in children))
    cw.put_composite_alarm(AlarmName=unique, AlarmRule=f"ALARM({unique}-any) AND NOT ALARM({children[2]})")
    turn(children[0], "ALARM")
    assert composite(cw, unique)["StateValue"] == "ALARM"
    turn(children[2], "ALARM")
    assert composite(cw, unique)["StateValue"] == "OK"


def test_a_circle_comes_to_an_end(cw, unique, children, turn):
    first, second = f"{unique}-1", f"{unique}-2"
    cw.put_composite_alarm(AlarmName=first, AlarmRule=f"ALARM({children[0]})")
    cw.put_composite_alarm(AlarmName=second, AlarmRule=f"NOT ALARM({first})")
    cw.put_composite_alarm(AlarmName=first, AlarmRule=f"ALARM({second}) OR ALARM({children[0]})")
    turn(children[0], "ALARM")
    assert {composite(cw, first)["StateValue"], composite(cw, second)["StateValue"]} == {"ALARM", "OK"}
    cw.put_composite_alarm(AlarmName=first, AlarmRule="FALSE")
    cw.delete_alarms(AlarmNames=[second])


def test_refusals(cw, unique, children, error):
    assert error(cw.put_composite_alarm, AlarmName=unique, AlarmRule="()") == (
        "ValidationError",
        "Error in AlarmRule [Unsupported token ')' at char 1]",
    )
    code, message = error(cw.put_composite_alarm, AlarmName=unique, AlarmRule=f"OK({unique}-x) OR ALARM({unique}-y)")
    assert code == "ValidationError"
    assert message.endswith(f"as alarms [{unique}-x, {unique}-y] in the alarm rule do not exist")
    cw.put_composite_alarm(AlarmName=unique, AlarmRule=f"OK({children[0]})")
    assert error(cw.delete_alarms, AlarmNames=[children[0]])[0] == "ValidationError"
    cw.delete_alarms(AlarmNames=[children[0], unique])
    assert cw.describe_alarms(AlarmNames=[unique], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"] == []


@pytest.fixture
def suppressed(cw, unique, children, told):
    cw.put_composite_alarm(
        AlarmName=unique,
        AlarmRule=f"ALARM({children[0]})",
        AlarmActions=[told.arn],
        ActionsSuppressor=children[1],
        ActionsSuppressorWaitPeriod=120,
        ActionsSuppressorExtensionPeriod=60,
    )
    return unique


def test_actions_wait_for_the_suppressor(cw, penstock, children, turn, told, suppressed):
    turn(children[0], "ALARM")
    assert composite(cw, suppressed)["ActionsSuppressedBy"] == "WaitPeriod"
    assert told() == []
    penstock.advance(121)
    assert "ActionsSuppressedBy" not in composite(cw, suppressed)
    assert told() == ["ALARM"]


def test_actions_are_suppressed_until_after_the_suppressor(cw, penstock, children, turn, told, suppressed):
    turn(children[1], "ALARM")
    turn(children[0], "ALARM")
    found = composite(cw, suppressed)
    assert (found["StateValue"], found["ActionsSuppressedBy"]) == ("ALARM", "Alarm")
    penstock.advance(600)
    turn(children[1], "OK")
    assert composite(cw, suppressed)["ActionsSuppressedBy"] == "ExtensionPeriod"
    assert told() == []
    penstock.advance(61)
    assert told() == ["ALARM"]


def test_what_is_over_is_not_told_afterwards(cw, penstock, children, turn, told, suppressed):
    turn(children[0], "ALARM")
    turn(children[0], "OK")
    penstock.advance(121)
    assert told() == []


def test_children_and_parents(cw, unique, children):
    cw.put_composite_alarm(AlarmName=unique, AlarmRule=f"ALARM({children[0]}) OR OK({children[1]})")
    found = cw.describe_alarms(ChildrenOfAlarmName=unique)["MetricAlarms"]
    assert [alarm["AlarmName"] for alarm in found] == children[:2]
    [parent] = cw.describe_alarms(ParentsOfAlarmName=children[0])["CompositeAlarms"]
    assert parent["AlarmName"] == unique
