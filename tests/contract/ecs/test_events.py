"""What EventBridge hears of tasks and services, and how failures are met: pauses, health checks."""

import json

import pytest
from tests.contract.ecs.conftest import HTTP


@pytest.fixture
def heard(ecs, client, penstock):
    """`heard()`: the events of this test's cluster, as a queue behind a rule has them."""
    sqs, events = client("sqs"), client("events")
    url = sqs.create_queue(QueueName=ecs.name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.ecs"], "resources": [{"wildcard": f"*{ecs.name}*"}]}
    events.put_rule(Name=ecs.name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=ecs.name, Targets=[{"Id": "q", "Arn": arn}])

    def receive():
        penstock.settle()
        found = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            found += [json.loads(message["Body"]) for message in messages]
        return found

    yield receive
    events.remove_targets(Rule=ecs.name, Ids=["q"])
    events.delete_rule(Name=ecs.name)


def test_each_state_of_a_task_is_an_event(ecs, heard):
    task = ecs.run(ecs.define("pass"))["taskArn"]
    ecs.until(task, "STOPPED")
    events = [event for event in heard() if event["resources"] == [task]]
    assert {event["detail-type"] for event in events} == {"ECS Task State Change"}
    states = list(dict.fromkeys(event["detail"]["lastStatus"] for event in events))
    assert states[0] == "PROVISIONING"
    assert states[-3:] == ["STOPPING", "DEPROVISIONING", "STOPPED"]
    versions = [event["detail"]["version"] for event in events]
    assert versions == sorted(versions)
    last = events[-1]["detail"]
    assert (last["stopCode"], last["containers"][0]["exitCode"]) == ("EssentialContainerExited", 0)
    assert last["stoppedAt"].endswith("Z")


def test_deployments_and_steady_states_are_events(ecs, heard):
    ecs.create(ecs.define(), 1)
    ecs.steady()
    found = [
        (event["detail-type"], event["detail"]["eventName"]) for event in heard() if "eventName" in event["detail"]
    ]
    assert found == [
        ("ECS Deployment State Change", "SERVICE_DEPLOYMENT_IN_PROGRESS"),
        ("ECS Deployment State Change", "SERVICE_DEPLOYMENT_COMPLETED"),
        ("ECS Service Action", "SERVICE_STEADY_STATE"),
    ]


def test_a_service_that_cannot_start_pauses_longer_and_longer(ecs, penstock):
    ecs.create(ecs.define("raise SystemExit(1)"), 1)
    for failures in range(1, 6):
        service = ecs.service_when(lambda found, n=failures: found["deployments"][0]["failedTasks"] >= n)
        if failures >= 2:
            penstock.advance(20)
    impaired = (
        "(service web) is unable to consistently start tasks successfully. For more information, see the "
        "Troubleshooting section of the Amazon ECS Developer Guide."
    )
    assert ecs.messages().count(impaired) == 1
    assert service["deployments"][0]["rolloutState"] == "IN_PROGRESS"


def health(command):
    return {"command": ["CMD-SHELL", command], "interval": 5, "retries": 1, "timeout": 2}


def test_a_container_that_is_healthy_counts(ecs):
    ecs.create(ecs.define(HTTP, port=8080, healthCheck=health("exit 0")), 1)
    ecs.steady()
    [task] = ecs.tasks()
    assert (task["healthStatus"], task["containers"][0]["healthStatus"]) == ("HEALTHY", "HEALTHY")


def test_a_container_that_is_unhealthy_is_replaced(ecs, penstock):
    ecs.create(ecs.define(HTTP, port=8080, healthCheck=health("exit 1")), 1)
    ecs.service_when(lambda found: found["pendingCount"] == 1)
    sick = ecs.tasks()[0]["taskArn"]
    ecs.until(sick, "ACTIVATING")
    penstock.advance(6)
    ecs.service_when(lambda found: found["deployments"][0]["failedTasks"] == 1)
    assert ecs.until(sick, "STOPPED")["stoppedReason"] == "Task failed container health checks"
    assert f"(service web) (task {sick.rpartition('/')[2]}) failed container health checks." in ecs.messages()
    ecs.service_when(lambda found: found["pendingCount"] == 1)


def test_service_deployments_and_revisions_are_kept(ecs):
    ecs.create(ecs.define(), 1)
    ecs.steady()
    ecs.client.update_service(cluster=ecs.name, service="web", forceNewDeployment=True)
    ecs.steady()
    briefs = ecs.client.list_service_deployments(cluster=ecs.name, service="web")["serviceDeployments"]
    assert [brief["status"] for brief in briefs] == ["SUCCESSFUL", "SUCCESSFUL"]
    arns = [brief["serviceDeploymentArn"] for brief in briefs]
    latest, first = ecs.client.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"]
    assert latest["sourceServiceRevisions"][0]["arn"] == first["targetServiceRevision"]["arn"]
    revisions = [latest["targetServiceRevision"]["arn"]]
    [revision] = ecs.client.describe_service_revisions(serviceRevisionArns=revisions)["serviceRevisions"]
    assert revision["taskDefinition"] == ecs.service()["taskDefinition"]
    assert revision["containerImages"] == [{"containerName": "app", "image": "python:3"}]


def test_a_rolled_back_deployment_says_so(ecs):
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    ecs.create(ecs.define(), 1, deploymentConfiguration=breaker)
    before = ecs.steady()["currentServiceRevisions"][0]["arn"]
    ecs.client.update_service(cluster=ecs.name, service="web", taskDefinition=ecs.define("raise SystemExit(1)"))
    ecs.service_when(lambda found: len(found["deployments"]) == 1)
    briefs = ecs.client.list_service_deployments(cluster=ecs.name, service="web")["serviceDeployments"]
    assert [brief["status"] for brief in briefs] == ["ROLLBACK_SUCCESSFUL", "SUCCESSFUL"]
    arns = [briefs[0]["serviceDeploymentArn"]]
    [record] = ecs.client.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"]
    assert record["rollback"]["serviceRevisionArn"] == before
    assert record["deploymentCircuitBreaker"] == {"status": "TRIGGERED", "failureCount": 3, "threshold": 3}


def test_a_deployment_that_is_stopped_rolls_back(ecs, refused):
    good = ecs.define()
    ecs.create(good, 1)
    first = ecs.client.list_service_deployments(cluster=ecs.name, service="web")["serviceDeployments"][0]
    stop = ecs.client.stop_service_deployment
    assert refused(stop, serviceDeploymentArn=first["serviceDeploymentArn"])[0] == "UnsupportedFeatureException"
    ecs.steady()
    assert refused(stop, serviceDeploymentArn=first["serviceDeploymentArn"])[0] == "ConflictException"
    never = ecs.define(healthCheck={"command": ["CMD", "false"], "interval": 300})
    made = ecs.client.update_service(cluster=ecs.name, service="web", taskDefinition=never)["service"]
    arn = made["currentServiceDeployment"]
    assert stop(serviceDeploymentArn=arn)["serviceDeploymentArn"] == arn
    assert ecs.service_when(lambda found: len(found["deployments"]) == 1)["taskDefinition"] == good
    [record] = ecs.client.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"]
    assert (record["status"], record["deploymentCircuitBreaker"]["status"]) == ("ROLLBACK_SUCCESSFUL", "DISABLED")
    assert refused(stop, serviceDeploymentArn=f"{arn}x")[0] == "ServiceDeploymentNotFoundException"


def test_task_sets_are_for_external_controllers(ecs, refused):
    ecs.create(ecs.define(), 0)
    text = "Amazon ECS only supports task set management on services configured to use external deployment controllers."
    for operation, more in (
        (ecs.client.create_task_set, {"taskDefinition": ecs.name}),
        (ecs.client.describe_task_sets, {}),
        (ecs.client.update_task_set, {"taskSet": "x", "scale": {"value": 1.0}}),
        (ecs.client.delete_task_set, {"taskSet": "x"}),
        (ecs.client.update_service_primary_task_set, {"primaryTaskSet": "x"}),
    ):
        assert refused(operation, cluster=ecs.name, service="web", **more) == ("InvalidParameterException", text)
        assert refused(operation, cluster=ecs.name, service="no", **more)[0] == "ServiceNotFoundException"


UNSUPPORTED = [
    ({"deploymentController": {"type": "EXTERNAL"}}, "the deployment controller EXTERNAL"),
    ({"deploymentConfiguration": {"strategy": "BLUE_GREEN"}}, "the deployment strategy BLUE_GREEN"),
]


@pytest.mark.parametrize(("change", "what"), UNSUPPORTED)
def test_what_does_not_work_here_is_refused(ecs, refused, change, what):
    given = {"cluster": ecs.name, "serviceName": "web", "taskDefinition": ecs.define(), "desiredCount": 1}
    code, message = refused(ecs.client.create_service, **given, **change)
    assert code == "UnsupportedFeatureException"
    assert message.startswith(f"Penstock does not support {what}")


def test_execute_command_is_said_to_be_missing(ecs, refused):
    task = ecs.run(ecs.define())["taskArn"]
    code, message = refused(ecs.client.execute_command, cluster=ecs.name, task=task, command="sh", interactive=True)
    assert (code, message) == ("NotImplemented", "Penstock does not implement ecs.ExecuteCommand.")


def test_a_service_whose_subnets_are_gone_says_so_and_goes_on(ecs, penstock):
    ecs.create(ecs.define(), 1)
    ecs.steady()
    [task] = ecs.tasks()
    for subnet in ecs.subnets:
        ecs.ec2.delete_subnet(SubnetId=subnet)
    ecs.client.stop_task(cluster=ecs.name, task=task["taskArn"])
    ecs.until(task["taskArn"], "STOPPED")
    penstock.settle()
    assert any("was unable to place a task. Reason: Error retrieving subnet" in message for message in ecs.messages())
    ecs.client.update_service(cluster=ecs.name, service="web", desiredCount=0)
    ecs.steady()
