"""A queue, a pipe and a real task."""

import pytest

from ..jobs import Job


@pytest.fixture
def job(penstock, client, unique):
    made = Job(penstock, client, unique)
    yield made
    made.ecs.remove()


def overridden(job, **members):
    return {"EcsTaskParameters": {**job.parameters, "Overrides": {"ContainerOverrides": [{"Name": "app", **members}]}}}


def test_a_message_starts_a_task(job, pipe, send, settle, left, unique):
    given = [{"name": "GIVEN", "value": "$.body.n"}]
    pipe(job.cluster, TargetParameters=overridden(job, Environment=given, Command=["$.body.word", "now"]))
    send({"n": 7, "word": "go"})
    settle()
    assert (job.said(), left()) == (["7 go now"], 0)
    [task] = job.tasks()
    assert (task["startedBy"], task["launchType"]) == (f"events-pipe/{unique}"[:36], "FARGATE")
    assert task["containers"][0]["exitCode"] == 0


def test_every_message_has_a_task_of_its_own(job, pipe, send, settle, left):
    pipe(job.cluster, TargetParameters=overridden(job, Environment=[{"name": "GIVEN", "value": "$.body.n"}]))
    send(*({"n": n} for n in range(3)))
    settle()
    assert (sorted(job.said()), left()) == (["0", "1", "2"], 0)


def test_a_message_may_start_several(job, pipe, send, settle, left):
    pipe(job.cluster, TargetParameters={"EcsTaskParameters": {**job.parameters, "TaskCount": 2}})
    send({})
    settle()
    assert (job.said(), left()) == (["nothing"] * 2, 0)


def test_what_becomes_of_the_task_is_none_of_the_pipes_business(job, pipe, send, advance, left):
    """A pipe into a task is done when the task has been accepted."""
    pipe(job.cluster, TargetParameters=overridden(job, Environment=[{"name": "CODE", "value": "1"}]))
    send({})
    advance(65)
    assert [task["containers"][0]["exitCode"] for task in job.tasks()] == [1]
    assert left() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"TaskDefinitionArn": "arn:aws:ecs:us-east-1:000000000000:task-definition/gone:1"},
        {"NetworkConfiguration": {"awsvpcConfiguration": {"Subnets": ["subnet-00000000"]}}},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_task_that_cannot_be_started_gives_its_message_back(job, pipe, send, advance, sqs, unique, left, wrong):
    pipe(job.cluster, TargetParameters={"EcsTaskParameters": {**job.parameters, **wrong}})
    send({"n": 1})
    advance(0.1)
    assert left() == 1
    advance(65)
    url = sqs.get_queue_url(QueueName=f"{unique}-dead")["QueueUrl"]
    assert [message["Body"] for message in sqs.receive_message(QueueUrl=url)["Messages"]] == ['{"n": 1}']
    assert (left(), job.tasks()) == (0, [])
