"""A rule whose target is a real task."""

import json

import pytest

from ..jobs import Job

ACCOUNT = "us-east-1:000000000000"
ROLE = "arn:aws:iam::000000000000:role/rule"


@pytest.fixture
def job(penstock, client, unique):
    made = Job(penstock, client, unique)
    yield made
    made.ecs.remove()


@pytest.fixture
def target(job):
    """`target(**members)`: the job as a rule's target."""

    def make(wrong=None, **members):
        return {"Arn": job.cluster, "RoleArn": ROLE, "EcsParameters": {**job.parameters, **(wrong or {})}, **members}

    return make


def given(value):
    return {"containerOverrides": [{"name": "app", "environment": [{"name": "GIVEN", "value": value}]}]}


def test_an_event_starts_a_task(job, rule, put, target, penstock):
    rule(target())
    put({"n": 7})
    penstock.settle()
    assert job.said() == ["nothing"]  # of an event that is passed on as it is, a task sees nothing
    [task] = job.tasks()
    assert (task["startedBy"], task["launchType"]) == ("events-rule/r", "FARGATE")


def test_a_constant_overrides(job, rule, put, target, penstock):
    rule(target(Input=json.dumps(given("constant"))))
    put({"n": 7})
    penstock.settle()
    assert job.said() == ["constant"]


def test_the_event_overrides(job, rule, put, target, penstock):
    template = json.dumps(given("number <n>"))
    rule(target({"TaskCount": 2}, InputTransformer={"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": template}))
    put({"n": 7})
    penstock.settle()
    assert job.said() == ["number 7"] * 2


def test_a_schedule_starts_a_task(job, events, unique, target, advance):
    events.put_rule(Name=unique, ScheduleExpression="rate(1 hour)")
    events.put_targets(Rule=unique, Targets=[{"Id": "t", **target(Input=json.dumps(given("hourly")))}])
    advance(2 * 3600 + 1)
    assert job.said() == ["hourly"] * 2
    events.remove_targets(Rule=unique, Ids=["t"])
    events.delete_rule(Name=unique)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (
            {"EcsParameters": {"TaskDefinitionArn": f"arn:aws:ecs:{ACCOUNT}:task-definition/gone:1"}},
            "ERROR_FROM_TARGET",
        ),
        ({"Arn": f"arn:aws:ecs:{ACCOUNT}:cluster/gone"}, "NO_RESOURCE"),
    ],
    ids=["definition", "cluster"],
)
def test_an_event_whose_task_cannot_be_started(job, rule, put, target, penstock, queue, received, wrong, code):
    url, dead = queue("dead")
    rule({**target(DeadLetterConfig={"Arn": dead}), **wrong})
    put({"n": 7})
    penstock.settle()
    [message] = received(url)
    assert json.loads(message["Body"])["detail"] == {"n": 7}
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == code
    assert job.tasks() == []
