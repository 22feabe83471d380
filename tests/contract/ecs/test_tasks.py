"""RunTask, StopTask, DescribeTasks, ListTasks: tasks as real processes."""

import pytest


def test_platform_versions_and_the_length_of_overrides(ecs, refused):
    given = {"cluster": ecs.name, "taskDefinition": ecs.define(), **ecs.network}
    run = ecs.client.run_task
    assert refused(run, **given, launchType="FARGATE", platformVersion="9.9")[0] == "PlatformUnknownException"
    assert refused(run, **given, platformVersion="1.4.0") == (
        "InvalidParameterException",
        "The platform version must be null when specifying an EC2 launch type.",
    )
    long = [{"name": "app", "environment": [{"name": "A", "value": "x" * 8192}]}]
    assert refused(run, **given, launchType="FARGATE", overrides={"containerOverrides": long}) == (
        "InvalidParameterException",
        "Container Overrides length must be at most 8192",
    )


def test_a_task_runs_until_it_is_stopped(ecs):
    made = ecs.run(ecs.define())
    assert (made["lastStatus"], made["desiredStatus"], made["attachments"][0]["status"]) == (
        "PROVISIONING",
        "RUNNING",
        "PRECREATED",
    )
    running = ecs.until(made["taskArn"], "RUNNING")
    details = {item["name"]: item["value"] for item in running["attachments"][0]["details"]}
    assert running["attachments"][0]["status"] == "ATTACHED"
    assert running["containers"][0]["networkInterfaces"][0]["privateIpv4Address"] == details["privateIPv4Address"]
    assert details["privateIPv4Address"].startswith("127.")
    assert details["subnetId"] in ecs.subnets
    stopping = ecs.client.stop_task(cluster=ecs.name, task=made["taskArn"], reason="enough")["task"]
    assert (stopping["desiredStatus"], stopping["stopCode"], stopping["stoppedReason"]) == (
        "STOPPED",
        "UserInitiated",
        "enough",
    )
    stopped = ecs.until(made["taskArn"], "STOPPED")
    assert stopped["containers"][0]["exitCode"] in (0, 143)  # it may not have come as far as its handler
    assert stopped["createdAt"] <= stopped["startedAt"] <= stopped["stoppingAt"] <= stopped["stoppedAt"]


def test_tasks_are_listed_by_what_they_are(ecs):
    one = ecs.run(ecs.define(), startedBy="me")["taskArn"]
    two = ecs.run(ecs.define(task_family=f"{ecs.name}-b"))["taskArn"]
    ecs.client.stop_task(cluster=ecs.name, task=two)

    def listed(**filters):
        return ecs.client.list_tasks(cluster=ecs.name, **filters)["taskArns"]

    assert listed() == [one]
    assert listed(desiredStatus="STOPPED") == [two]
    assert listed(desiredStatus="STOPPED", family=f"{ecs.name}-b") == [two]
    assert listed(family=f"{ecs.name}-b") == []
    assert (listed(startedBy="me"), listed(startedBy="you")) == ([one], [])
    assert listed(launchType="EC2") == []


def test_a_client_token_runs_a_task_once(ecs, refused):
    definition = ecs.define()
    given = {"clientToken": ecs.name}
    first, again = (ecs.run(definition, **given)["taskArn"] for _ in range(2))
    assert first == again
    code, _ = refused(
        ecs.client.run_task,
        cluster=ecs.name,
        taskDefinition=definition,
        count=2,
        launchType="FARGATE",
        **ecs.network,
        **given,
    )
    assert code == "ConflictException"


def test_a_stopped_task_is_described_for_an_hour(ecs, penstock):
    task = ecs.run(ecs.define("pass"))["taskArn"]
    ecs.until(task, "STOPPED")
    penstock.advance(3500)
    assert ecs.task(task)["lastStatus"] == "STOPPED"
    penstock.advance(200)
    assert ecs.client.describe_tasks(cluster=ecs.name, tasks=[task])["failures"] == [{"arn": task, "reason": "MISSING"}]


REFUSED = [
    ({"taskDefinition": "none:1"}, "ClientException", "TaskDefinition not found."),
    ({"count": 11}, "InvalidParameterException", "Count should be between 1 and 10"),
    ({"cluster": "none"}, "ClusterNotFoundException", "Cluster not found."),
    (
        {"networkConfiguration": None},
        "InvalidParameterException",
        "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    ),
    (
        {"networkConfiguration": {"awsvpcConfiguration": {"subnets": []}}},
        "InvalidParameterException",
        "subnets can not be empty.",
    ),
    (
        {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-00000000"]}}},
        "InvalidParameterException",
        "Error retrieving subnet information for [subnet-00000000]: The subnet ID 'subnet-00000000' does not exist "
        "(ErrorCode: InvalidSubnetID.NotFound)",
    ),
    (
        {"overrides": {"containerOverrides": [{"name": "other"}]}},
        "InvalidParameterException",
        "Override for container named other is not a container in the TaskDefinition.",
    ),
    (
        {"capacityProviderStrategy": [{"capacityProvider": "FARGATE"}]},
        "InvalidParameterException",
        "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
    ),
]


@pytest.mark.parametrize(("change", "code", "message"), REFUSED)
def test_a_task_that_cannot_be_is_refused(ecs, refused, change, code, message):
    given = {"cluster": ecs.name, "taskDefinition": ecs.define(), "launchType": "FARGATE", **ecs.network} | change
    given = {name: value for name, value in given.items() if value is not None}
    assert refused(ecs.client.run_task, **given) == (code, message)


def test_a_definition_for_ec2_does_not_run_on_fargate(ecs, refused):
    definition = ecs.define(fargate=False)
    assert refused(ecs.client.run_task, cluster=ecs.name, taskDefinition=definition, launchType="FARGATE") == (
        "ClientException",
        "Task definition does not support launch_type FARGATE.",
    )


def test_a_task_that_is_not_there_is_not_stopped(ecs, refused):
    assert refused(ecs.client.stop_task, cluster=ecs.name, task="none") == (
        "InvalidParameterException",
        "The referenced task was not found.",
    )


def test_protection_keeps_a_task(ecs):
    ecs.create(ecs.define(), 2)
    ecs.steady()
    kept = ecs.tasks()[1]["taskArn"]
    protect = ecs.client.update_task_protection
    [protected] = protect(cluster=ecs.name, tasks=[kept], protectionEnabled=True, expiresInMinutes=5)["protectedTasks"]
    assert protected["protectionEnabled"]
    ecs.client.update_service(cluster=ecs.name, service="web", desiredCount=1)
    ecs.service_when(lambda service: service["runningCount"] == 1)
    assert [task["taskArn"] for task in ecs.tasks()] == [kept]
    assert ecs.client.get_task_protection(cluster=ecs.name, tasks=[kept])["protectedTasks"][0]["protectionEnabled"]


def test_waiters_of_boto3_work(ecs):
    task = ecs.run(ecs.define())["taskArn"]
    quick = {"WaiterConfig": {"Delay": 0, "MaxAttempts": 1000}}
    ecs.client.get_waiter("tasks_running").wait(cluster=ecs.name, tasks=[task], **quick)
    ecs.create(ecs.define(), 1)
    ecs.client.get_waiter("services_stable").wait(cluster=ecs.name, services=["web"], **quick)
    assert ecs.service()["runningCount"] == 1
