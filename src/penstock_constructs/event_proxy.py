"""Events of a bus, delivered to a private HTTP service: rule -> queue -> function in the VPC -> POST."""

from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from penstock_constructs.alarms import alarm
from penstock_constructs.python_function import PythonFunction
from penstock_constructs.queue_with_dead_letter import QueueWithDeadLetter

ROOT = Path(__file__).parent / "event_proxy_function"
VISIBILITY = Duration.minutes(1)
MAX_RECEIVE_COUNT = 2
OTHER_TIME = 10  # seconds for all but waiting for an answer: connecting, writing down what came of it
PORTS = {"http": 80, "https": 443}


class EventProxy(Construct):
    """Each event that matches is POSTed to `forwarding_url` as EventBridge sent it, at least once, in any order.

    With it go `Idempotency-Key` (the event's id), the trace, in `X-Amzn-Trace-Id` and `traceparent`, and the
    `X-Correlation-Id` of an event with `detail.metadata.correlationId`. 2xx: done. 4xx: into the dead-letter queue,
    answer and all. 5xx and time-outs: again after a minute, the second time into the dead-letter queue. While the
    receiver is away the events wait in the queue. How: event_proxy_function.

    `identifier` names the proxy in its account and region. At most `max_concurrency` times ten events are under way at
    once; the others wait. The function runs in `subnets` of `vpc`; `security_group`, unless given, lets it out to
    the receiver's port in the VPC and to HTTPS. Isolated subnets need an endpoint for SQS: `ServiceVpc.reach("sqs")`.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        identifier: str,
        forwarding_url: str,
        event_bus: events.IEventBus,
        event_pattern: events.EventPattern,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection,
        security_group: ec2.ISecurityGroup | None = None,
        max_concurrency: int = 5,
        answer_timeout: int = 20,
    ) -> None:
        if answer_timeout + OTHER_TIME > VISIBILITY.to_seconds():
            raise ValueError(f"answer_timeout is {answer_timeout} s: the event would be back before it is over")
        super().__init__(scope, id)
        self.queue = QueueWithDeadLetter(
            self,
            "Queue",
            queue_name=identifier,
            visibility_timeout=VISIBILITY,
            max_receive_count=MAX_RECEIVE_COUNT,
        )
        self.security_group = security_group or self._security_group(vpc, forwarding_url)
        self.function = self._function(identifier, forwarding_url, answer_timeout, vpc, subnets)
        source = sources.SqsEventSource(
            cast(sqs.IQueue, self.queue.queue),
            batch_size=10,
            report_batch_item_failures=True,
            max_concurrency=max_concurrency,
        )
        self.function.add_event_source(cast(lambda_.IEventSource, source))
        self._route(identifier, event_bus, event_pattern)
        self._watch(identifier)

    def _security_group(self, vpc: ec2.IVpc, url: str) -> ec2.ISecurityGroup:
        group = ec2.SecurityGroup(self, "SecurityGroup", vpc=vpc, description="Event proxy", allow_all_outbound=False)
        parts = urlsplit(url)
        port = ec2.Port.tcp(parts.port or PORTS[parts.scheme])
        group.add_egress_rule(ec2.Peer.ipv4(vpc.vpc_cidr_block), port, "The receiver")
        group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.HTTPS, "SQS")
        return cast(ec2.ISecurityGroup, group)

    def _function(
        self, identifier: str, url: str, answer_timeout: int, vpc: ec2.IVpc, subnets: ec2.SubnetSelection
    ) -> PythonFunction:
        environment = {
            "POWERTOOLS_SERVICE_NAME": identifier,
            "POWERTOOLS_METRICS_NAMESPACE": "EventProxy",
            "FORWARDING_URL": url,
            "ANSWER_TIMEOUT": str(answer_timeout),
            "MAX_RECEIVE_COUNT": str(MAX_RECEIVE_COUNT),
            "QUEUE_URL": self.queue.queue.queue_url,
            "DEAD_LETTER_QUEUE_URL": self.queue.dead_letter_queue.queue_url,
        }
        options: dict[str, Any] = {"vpc": vpc, "vpc_subnets": subnets, "security_groups": [self.security_group]}
        function = PythonFunction(
            self,
            "Function",
            root=ROOT,
            packages=["event_proxy"],
            requirements="event_proxy/requirements.txt",
            handler="event_proxy.handler.handler",
            timeout=Duration.seconds(answer_timeout + OTHER_TIME),
            environment=environment,
            **options,
        )
        queues = [self.queue.queue.queue_arn, self.queue.dead_letter_queue.queue_arn]
        function.add_to_role_policy(iam.PolicyStatement(actions=["sqs:SendMessage"], resources=queues))
        return function

    def _route(self, identifier: str, event_bus: events.IEventBus, pattern: events.EventPattern) -> None:
        queue = targets.SqsQueue(
            cast(sqs.IQueue, self.queue.queue), dead_letter_queue=cast(sqs.IQueue, self.queue.dead_letter_queue)
        )
        events.Rule(
            self,
            "Rule",
            rule_name=identifier,
            description="Events for a private service, by way of a queue.",
            event_bus=event_bus,
            event_pattern=pattern,
            targets=[cast(events.IRuleTarget, queue)],
        )

    def _watch(self, identifier: str) -> None:
        """Events that are put back are never old: it takes a figure of its own to see that the receiver is away."""
        self.away = cloudwatch.Metric(
            namespace="EventProxy",
            metric_name="ReceiverAway",
            dimensions_map={"service": identifier},
            statistic="Sum",
            period=Duration.minutes(1),
        )
        self.away_alarm = alarm(self, "AwayAlarm", self.away, "Events wait: the receiver is away.", minutes=3)
