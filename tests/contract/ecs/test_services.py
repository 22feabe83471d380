"""Services: desired count, rolling deployments, replacement, circuit breaker, deletion."""

import urllib.request

from tests.contract.ecs.conftest import HTTP

PUBLIC = {"assignPublicIp": "ENABLED"}


def public(ecs):
    return {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ecs.subnets, **PUBLIC}}}


def address(task):
    return task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]


def get(task):
    with urllib.request.urlopen(f"http://{address(task)}:8080/", timeout=5) as answer:
        return answer.read().decode()


def test_two_tasks_of_a_service_listen_on_one_port(ecs):
    ecs.create(ecs.define(HTTP, port=8080), 2, **public(ecs))
    service = ecs.steady()
    tasks = ecs.tasks()
    assert (service["runningCount"], service["pendingCount"], service["status"]) == (2, 0, "ACTIVE")
    assert len({address(task) for task in tasks}) == 2
    assert [get(task) for task in tasks] == ["ok", "ok"]
    started = (
        f"(service web) has started 2 tasks: (task {tasks[0]['taskArn'][-32:]}) (task {tasks[1]['taskArn'][-32:]})."
    )
    deployment = service["deployments"][0]["id"]
    assert ecs.messages() == [
        started,
        f"(service web) (deployment {deployment}) deployment completed.",
        "(service web) has reached a steady state.",
    ]
    assert {task["startedBy"] for task in tasks} == {deployment}
    assert {task["group"] for task in tasks} == {"service:web"}


def test_a_new_definition_rolls_over(ecs):
    first = ecs.define(HTTP, port=8080, environment=[{"name": "BODY", "value": "one"}])
    ecs.create(first, 2, **public(ecs))
    ecs.steady()
    old = {task["taskArn"] for task in ecs.tasks()}
    second = ecs.define(HTTP, port=8080, environment=[{"name": "BODY", "value": "two"}])
    updated = ecs.client.update_service(cluster=ecs.name, service="web", taskDefinition=second)["service"]
    assert [each["status"] for each in updated["deployments"]] == ["PRIMARY", "ACTIVE"]
    assert updated["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    ecs.steady()
    assert {get(task) for task in ecs.tasks()} == {"two"}
    stopped = ecs.tasks(status="STOPPED")
    assert {task["taskArn"] for task in stopped} == old
    assert {task["stopCode"] for task in stopped} == {"ServiceSchedulerInitiated"}
    assert stopped[0]["stoppedReason"].startswith("Scaling activity initiated by (deployment ecs-svc/")


def test_the_desired_count_is_kept(ecs):
    ecs.create(ecs.define(), 1)
    ecs.steady()
    ecs.client.update_service(cluster=ecs.name, service="web", desiredCount=3)
    assert len(ecs.service_when(lambda found: found["runningCount"] == 3)["deployments"]) == 1
    gone = ecs.tasks()[0]["taskArn"]
    ecs.client.stop_task(cluster=ecs.name, task=gone)
    ecs.until(gone, "STOPPED")
    ecs.service_when(lambda found: found["runningCount"] == 3)
    assert gone not in {task["taskArn"] for task in ecs.tasks()}
    ecs.client.update_service(cluster=ecs.name, service="web", desiredCount=1)
    assert ecs.service_when(lambda found: found["runningCount"] == 1 and found["pendingCount"] == 0)


def test_a_broken_definition_trips_the_circuit_breaker(ecs):
    broken = ecs.define("raise SystemExit(3)")
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}
    ecs.create(broken, 1, deploymentConfiguration=breaker)
    service = ecs.service_when(lambda found: found["deployments"][0]["rolloutState"] == "FAILED")
    [deployment] = service["deployments"]
    assert deployment["failedTasks"] == 3
    assert deployment["rolloutStateReason"] == "ECS deployment circuit breaker: tasks failed to start."
    stopped = ecs.tasks(status="STOPPED")
    assert {(task["stopCode"], task["containers"][0]["exitCode"]) for task in stopped} == {
        ("EssentialContainerExited", 3)
    }
    assert stopped[0]["stoppedReason"] == "Essential container in task exited"


def test_the_circuit_breaker_rolls_back(ecs):
    good = ecs.define(HTTP, port=8080)
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    before = ecs.create(good, 1, deploymentConfiguration=breaker, **public(ecs))["deployments"][0]["id"]
    ecs.steady()
    ecs.client.update_service(cluster=ecs.name, service="web", taskDefinition=ecs.define("raise SystemExit(1)"))
    service = ecs.service_when(lambda found: len(found["deployments"]) == 1)
    assert (service["deployments"][0]["id"], service["taskDefinition"]) == (before, good)
    assert [get(task) for task in ecs.tasks()] == ["ok"]
    assert f"(service web) rolling back to (deployment {before})." in ecs.messages()


def test_a_service_is_deleted_with_its_tasks(ecs, refused):
    ecs.create(ecs.define(), 1)
    ecs.steady()
    assert refused(ecs.client.delete_service, cluster=ecs.name, service="web") == (
        "InvalidParameterException",
        "The service cannot be stopped while it is scaled above 0.",
    )
    deleted = ecs.client.delete_service(cluster=ecs.name, service="web", force=True)["service"]
    assert deleted["status"] == "DRAINING"
    assert ecs.service_when(lambda found: found["status"] == "INACTIVE")["runningCount"] == 0
    assert ecs.client.list_services(cluster=ecs.name)["serviceArns"] == []
    assert refused(ecs.client.update_service, cluster=ecs.name, service="web", desiredCount=1) == (
        "ServiceNotActiveException",
        "Service was not ACTIVE.",
    )


def test_values_that_there_are_not_are_listed(ecs, refused):
    given = {"cluster": ecs.name, "serviceName": "web", "taskDefinition": "t"}
    assert refused(ecs.client.create_service, **given, launchType="MOON") == (
        "InvalidParameterException",
        "MOON should be one of [EC2,FARGATE,EXTERNAL,MANAGED_INSTANCES]",
    )


def test_a_service_in_bridge_mode_runs_without_an_instance(ecs):
    definition = ecs.define(HTTP, port=8080, fargate=False)
    ecs.client.create_service(cluster=ecs.name, serviceName="web", taskDefinition=definition, desiredCount=2)
    ecs.steady()
    bindings = [task["containers"][0]["networkBindings"][0] for task in ecs.tasks()]
    assert len({binding["bindIP"] for binding in bindings}) == 2
    found = []
    for binding in bindings:
        with urllib.request.urlopen(f"http://{binding['bindIP']}:{binding['hostPort']}/", timeout=5) as answer:
            found.append(answer.read())
    assert found == [b"ok", b"ok"]


def test_the_same_service_is_not_created_twice(ecs, refused):
    definition = ecs.define()
    first = ecs.create(definition, 0, clientToken="token")
    assert ecs.create(definition, 0, clientToken="token")["createdAt"] == first["createdAt"]
    given = {"cluster": ecs.name, "serviceName": "web", "taskDefinition": definition, "launchType": "FARGATE"}
    assert refused(ecs.client.create_service, **given, **ecs.network) == (
        "InvalidParameterException",
        "Creation of service was not idempotent.",
    )


def test_services_that_are_not_there(ecs, refused):
    found = ecs.client.describe_services(cluster=ecs.name, services=["none"])["failures"]
    assert found == [{"arn": "arn:aws:ecs:us-east-1:000000000000:service/none", "reason": "MISSING"}]
    for operation in (ecs.client.update_service, ecs.client.delete_service):
        assert refused(operation, cluster=ecs.name, service="none") == (
            "ServiceNotFoundException",
            "Service not found.",
        )
    assert refused(ecs.client.list_tasks, cluster=ecs.name, serviceName="none")[0] == "ServiceNotFoundException"


def test_services_are_listed_in_pages_of_ten(ecs):
    definition = ecs.define()
    arns = [ecs.create(definition, 0, f"s{number:02}")["serviceArn"] for number in range(12)]
    first = ecs.client.list_services(cluster=ecs.name)
    assert first["serviceArns"] == arns[:10]
    ecs.client.delete_service(cluster=ecs.name, service="s09")
    ecs.service_when(lambda service: service["status"] == "INACTIVE", "s09")
    rest = ecs.client.list_services(cluster=ecs.name, nextToken=first["nextToken"])["serviceArns"]
    assert rest == arns[10:]


def test_a_grace_period_needs_a_load_balancer(ecs, refused):
    given = {"cluster": ecs.name, "serviceName": "web", "taskDefinition": ecs.define(), "launchType": "FARGATE"}
    refusal = refused(ecs.client.create_service, **given, **ecs.network, healthCheckGracePeriodSeconds=5)
    assert refusal == (
        "InvalidParameterException",
        "Health check grace period is only valid for services configured to use load balancers",
    )


def test_a_daemon_runs_once_on_the_one_machine(ecs, refused):
    definition = ecs.define(fargate=False)
    given = {"cluster": ecs.name, "serviceName": "web", "taskDefinition": definition, "schedulingStrategy": "DAEMON"}
    assert ecs.client.create_service(**given)["service"]["desiredCount"] == 1
    service = ecs.steady()
    assert (service["runningCount"], service["schedulingStrategy"]) == (1, "DAEMON")
    percents = ("maximumPercent", "minimumHealthyPercent")
    assert [service["deploymentConfiguration"][each] for each in percents] == [100, 0]
    assert ecs.client.list_services(cluster=ecs.name, schedulingStrategy="DAEMON")["serviceArns"]
    assert not ecs.client.list_services(cluster=ecs.name, schedulingStrategy="REPLICA")["serviceArns"]
    ecs.client.update_service(cluster=ecs.name, service="web", taskDefinition=ecs.define(fargate=False))
    ecs.steady()
    assert ecs.client.delete_service(cluster=ecs.name, service="web")["service"]["status"] == "DRAINING"
    ecs.service_when(lambda found: found["status"] == "INACTIVE")
    given |= {"serviceName": "fargate", "taskDefinition": ecs.define(), "launchType": "FARGATE", **ecs.network}
    assert refused(ecs.client.create_service, **given)[0] == "InvalidParameterException"
