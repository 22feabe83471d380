"""Services behind a load balancer: targets come and go with their tasks, and rollouts drop nothing."""

import http.client
import threading
from urllib.parse import urlsplit

import pytest
from tests.contract.ecs.conftest import HTTP


class Balanced:
    """An internet-facing load balancer with one target group of addresses."""

    def __init__(self, ecs, elb, penstock):
        self.ecs, self.elb = ecs, elb
        subnets = ecs.subnets
        gateway = ecs.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ecs.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=ecs.vpc)
        made = elb.create_load_balancer(Name=ecs.name, Subnets=subnets, Type="application")["LoadBalancers"][0]
        self.group = elb.create_target_group(
            Name=ecs.name,
            Protocol="HTTP",
            Port=8080,
            VpcId=ecs.vpc,
            TargetType="ip",
            HealthCheckIntervalSeconds=10,
            UnhealthyThresholdCount=2,
        )["TargetGroups"][0]["TargetGroupArn"]
        action = {"Type": "forward", "TargetGroupArn": self.group}
        elb.create_listener(LoadBalancerArn=made["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=[action])
        self.endpoint = urlsplit(penstock.endpoint)
        self.host = made["DNSName"]

    @property
    def balancers(self):
        return [{"targetGroupArn": self.group, "containerName": "app", "containerPort": 8080}]

    def targets(self):
        found = self.elb.describe_target_health(TargetGroupArn=self.group)["TargetHealthDescriptions"]
        return {each["Target"]["Id"]: each["TargetHealth"]["State"] for each in found}

    def get(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.endpoint.port, timeout=20)
        connection.request("GET", "/", headers={"Host": f"{self.host}:{self.endpoint.port}"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


@pytest.fixture
def balanced(ecs, client, penstock):
    return Balanced(ecs, client("elbv2"), penstock)


def bodies(text):
    return [{"name": "BODY", "value": text}]


def test_a_rollout_drops_no_request(ecs, balanced):
    first = ecs.define(HTTP, port=8080, environment=bodies("one"))
    ecs.create(first, 2, loadBalancers=balanced.balancers)
    ecs.steady()
    assert set(balanced.targets().values()) == {"healthy"}
    assert balanced.get() == (200, "one")
    answers, ended = [], threading.Event()

    def ask():
        while not ended.is_set():
            answers.append(balanced.get())

    callers = [threading.Thread(target=ask) for _ in range(2)]
    for caller in callers:
        caller.start()
    second = ecs.define(HTTP, port=8080, environment=bodies("two"))
    ecs.client.update_service(cluster=ecs.name, service="web", taskDefinition=second)
    ecs.steady()
    ended.set()
    for caller in callers:
        caller.join(30)
    assert {status for status, _ in answers} == {200}
    assert balanced.get() == (200, "two")
    messages = ecs.messages()
    assert messages.count(f"(service web) registered 1 targets in (target-group {balanced.group})") == 4
    assert messages.count(f"(service web) deregistered 1 targets in (target-group {balanced.group})") == 2
    assert "(service web) has begun draining connections on 1 tasks." in messages


def test_a_task_that_fails_its_health_checks_is_replaced(ecs, balanced, penstock):
    sick = HTTP.replace("send_response(200)", "send_response(500)")
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}
    ecs.create(ecs.define(sick, port=8080), 1, loadBalancers=balanced.balancers, deploymentConfiguration=breaker)
    ecs.service_when(lambda service: service["runningCount"] == 1)
    penstock.advance(30)
    ecs.service_when(lambda service: service["deployments"][0]["failedTasks"] >= 1)
    [stopped, *_] = ecs.tasks(status="STOPPED")
    assert (stopped["stopCode"], stopped["stoppedReason"]) == (
        "ServiceSchedulerInitiated",
        f"Task failed ELB health checks in (target-group {balanced.group})",
    )


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"containerName": "other"}, "The container other does not exist in the task definition."),
        ({"containerPort": 1}, "The container app did not have a container port 1 defined."),
    ],
)
def test_a_target_group_needs_a_port_of_a_container(ecs, balanced, refused, change, text):
    given = {"cluster": ecs.name, "serviceName": "web", "taskDefinition": ecs.define(HTTP, port=8080)}
    balancers = [{**balanced.balancers[0], **change}]
    refusal = refused(ecs.client.create_service, **given, **ecs.network, launchType="FARGATE", loadBalancers=balancers)
    assert refusal == ("InvalidParameterException", text)
