"""What queues report to CloudWatch, and alarms on it."""

import datetime
from itertools import pairwise

import pytest

VISIBLE = "ApproximateNumberOfMessagesVisible"


@pytest.fixture(scope="module")
def plain(client):
    return client("sqs")


@pytest.fixture
def queue(plain, unique):
    return plain.create_queue(QueueName=unique)["QueueUrl"]


@pytest.fixture
def values(penstock, client, unique):
    """`values("NumberOfMessagesSent", "Sum")`: of each minute of the last `minutes`, in order."""

    def values(metric, statistic="Maximum", minutes=10):
        end = datetime.datetime.fromtimestamp(penstock.now() + 60, datetime.UTC)
        found = client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SQS",
            MetricName=metric,
            Dimensions=[{"Name": "QueueName", "Value": unique}],
            StartTime=end - datetime.timedelta(minutes=minutes + 1),
            EndTime=end,
            Period=60,
            Statistics=[statistic],
        )
        return [point[statistic] for point in found["Datapoints"]]

    return values


@pytest.fixture
def alarm(client, unique):
    def alarm(metric, threshold):
        client("cloudwatch").put_metric_alarm(
            AlarmName=unique,
            Namespace="AWS/SQS",
            MetricName=metric,
            Dimensions=[{"Name": "QueueName", "Value": unique}],
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=threshold,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="notBreaching",
        )

    return alarm


@pytest.fixture
def state(client, unique):
    return lambda: client("cloudwatch").describe_alarms(AlarmNames=[unique])["MetricAlarms"][0]["StateValue"]


def test_what_is_sent_received_and_deleted(plain, penstock, queue, values):
    plain.send_message(QueueUrl=queue, MessageBody="hello")
    plain.send_message_batch(QueueUrl=queue, Entries=[{"Id": str(n), "MessageBody": "hi"} for n in range(2)])
    messages = plain.receive_message(QueueUrl=queue, MaxNumberOfMessages=3)["Messages"]
    plain.receive_message(QueueUrl=queue)
    for message in messages:
        plain.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    assert sum(values("NumberOfMessagesSent", "Sum")) == 3
    assert sum(values("SentMessageSize", "Sum")) == 9
    assert sum(values("NumberOfMessagesReceived", "Sum")) == 3
    assert sum(values("NumberOfEmptyReceives", "Sum")) == 1
    assert sum(values("NumberOfMessagesDeleted", "Sum")) == 3


def test_how_deep_it_is(plain, penstock, queue, values):
    for delay in (0, 0, 300):
        plain.send_message(QueueUrl=queue, MessageBody="x", DelaySeconds=delay)
    penstock.advance(60)
    assert values(VISIBLE) == [2]
    assert values("ApproximateNumberOfMessagesDelayed") == [1]
    plain.receive_message(QueueUrl=queue, VisibilityTimeout=150)
    penstock.advance(120)
    assert values(VISIBLE) == [2, 1, 1]
    assert values("ApproximateNumberOfMessagesNotVisible") == [0, 1, 1]
    penstock.advance(180)
    assert values(VISIBLE)[-1] == 3


def test_how_old_the_oldest_is(plain, penstock, queue, values):
    plain.send_message(QueueUrl=queue, MessageBody="x")
    penstock.advance(180)
    ages = values("ApproximateAgeOfOldestMessage")
    assert [round(after - before) for before, after in pairwise(ages)] == [60, 60]
    plain.purge_queue(QueueUrl=queue)
    penstock.advance(60)
    assert values("ApproximateAgeOfOldestMessage")[-1] == 0


def test_an_idle_queue_is_not_reported_for_ever(plain, penstock, queue, values):
    plain.send_message(QueueUrl=queue, MessageBody="x")
    penstock.advance(60)
    plain.purge_queue(QueueUrl=queue)
    penstock.advance(7 * 3600)
    assert values(VISIBLE) == []


def test_an_alarm_on_dead_letters(plain, penstock, queue, alarm, state):
    alarm(VISIBLE, 1)
    penstock.advance(60)
    assert state() == "OK"
    plain.send_message(QueueUrl=queue, MessageBody="x")
    penstock.advance(60)
    assert state() == "ALARM"
    penstock.advance(86_400)
    assert state() == "ALARM"
    plain.purge_queue(QueueUrl=queue)
    penstock.advance(60)
    assert state() == "OK"


def test_an_alarm_on_age(plain, penstock, queue, alarm, state):
    alarm("ApproximateAgeOfOldestMessage", 300)
    plain.send_message(QueueUrl=queue, MessageBody="x")
    penstock.advance(240)
    assert state() == "OK"
    penstock.advance(120)
    assert state() == "ALARM"


def test_messages_that_expire_end_an_alarm(plain, penstock, queue, alarm, state):
    plain.set_queue_attributes(QueueUrl=queue, Attributes={"MessageRetentionPeriod": "600"})
    alarm(VISIBLE, 1)
    plain.send_message(QueueUrl=queue, MessageBody="x")
    penstock.advance(120)
    assert state() == "ALARM"
    penstock.advance(720)
    assert state() == "OK"


def test_metrics_are_listed(plain, client, penstock, queue, unique):
    plain.send_message(QueueUrl=queue, MessageBody="x")
    penstock.advance(60)
    found = client("cloudwatch").list_metrics(Namespace="AWS/SQS", Dimensions=[{"Name": "QueueName", "Value": unique}])[
        "Metrics"
    ]
    assert {metric["MetricName"] for metric in found} >= {VISIBLE, "NumberOfMessagesSent", "SentMessageSize"}
