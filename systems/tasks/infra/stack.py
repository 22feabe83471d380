"""Tasks: an API that writes events into a log, and listeners that make something of them."""

from typing import Any, cast

from aws_cdk import CfnOutput, DefaultStackSynthesizer, Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra.function import TasksFunction
from penstock_constructs.acceptance import accept_wildcard
from penstock_constructs.event_log import EventLog
from penstock_constructs.http_service import HttpService
from penstock_constructs.on_demand_table import OnDemandTable
from penstock_constructs.record_bucket import RecordBucket

ROUTES = ("POST /tasks", "GET /tasks", "GET /tasks/{id}", "PATCH /tasks/{id}", "DELETE /tasks/{id}", "GET /health")
SNAPSHOT_EVERY = 20
NOBODY = "none"  # the external API's address where there is none


class TasksStack(Stack):
    def __init__(self, scope: Construct, id: str, **options: Any) -> None:
        synthesizer = DefaultStackSynthesizer(generate_bootstrap_version_rule=False)
        super().__init__(scope, id, synthesizer=synthesizer, **options)
        self.log = EventLog(self, "EventLog")
        self.snapshots = OnDemandTable(self, "Snapshots", partition_key="AggregateTypeAndId", keep=False)
        self.views = _views(self)
        self.words = OnDemandTable(self, "Search", partition_key="word", sort_key="taskId", keep=False)
        self.bucket = RecordBucket(self, "AuditLog")
        self.tables = {
            "EVENT_LOG_TABLE": self.log.table.table_name,
            "SNAPSHOT_TABLE": self.snapshots.table_name,
            "VIEW_TABLE": self.views.table_name,
            "SEARCH_TABLE": self.words.table_name,
            "SNAPSHOT_EVERY": str(SNAPSHOT_EVERY),
        }
        http = self._api()
        self._publish()
        audit_dead_letters = self._audit()
        self._search()
        self._notify()
        self._rebuild()
        for name, value in {
            "ApiUrl": http.stage.url,
            "AuditBucketName": self.bucket.bucket_name,
            "AuditDeadLetterQueueUrl": audit_dead_letters,
            "EventLogTableName": self.log.table.table_name,
            "StreamName": self.log.stream.stream_name,
        }.items():
            CfnOutput(self, name, value=value)

    def _api(self) -> HttpService:
        function = TasksFunction(self, "Api", name="api", environment=self.tables, timeout=Duration.seconds(29))
        function.may(self.log.table.table_arn, "dynamodb", "PutItem", "Query")
        function.may(self.snapshots.table_arn, "dynamodb", "GetItem", "PutItem")
        function.may(self.views.table_arn, "dynamodb", "GetItem", "PutItem", "BatchGetItem")
        function.may(f"{self.views.table_arn}/index/Listed", "dynamodb", "Query")
        function.may(self.words.table_arn, "dynamodb", "Query")
        return HttpService(self, "Http", function=function, routes=ROUTES)

    def _publish(self) -> None:
        environment = {"STREAM_NAME": self.log.stream.stream_name}
        self.log.publish_by(TasksFunction(self, "Publisher", name="publisher", environment=environment))

    def _audit(self) -> str:
        function = TasksFunction(self, "Audit", name="audit", environment={"AUDIT_BUCKET": self.bucket.bucket_name})
        self._may_archive(function)
        return self.log.add_listener("Audit", function).queue_url

    def _search(self) -> None:
        function = TasksFunction(self, "Projector", name="search", environment={"SEARCH_TABLE": self.words.table_name})
        function.may(self.words.table_arn, "dynamodb", "GetItem", "PutItem", "BatchWriteItem")
        self.log.add_listener("Search", function)

    def _notify(self) -> None:
        url = ssm.StringParameter(self, "ExternalApi", parameter_name="/tasks/external-api-url", string_value=NOBODY)
        notes = OnDemandTable(self, "Notes", partition_key="id", time_to_live="expiration", keep=False)
        function = TasksFunction(
            self,
            "Notifier",
            name="notify",
            environment={"EXTERNAL_API_PARAMETER": url.parameter_name, "NOTES_TABLE": notes.table_name},
        )
        function.may(url.parameter_arn, "ssm", "GetParameter")
        function.may(notes.table_arn, "dynamodb", "GetItem", "PutItem", "UpdateItem", "DeleteItem")
        here = {"data": {"metadata": {"region": lambda_.FilterRule.is_equal(self.region)}}}
        self.log.add_listener("Notifier", function, filters=here)

    def _rebuild(self) -> None:
        function = TasksFunction(
            self,
            "Rebuild",
            name="rebuild",
            environment=self.tables | {"AUDIT_BUCKET": self.bucket.bucket_name},
            function_name="tasks-rebuild",
            timeout=Duration.minutes(15),
        )
        function.may(self.log.table.table_arn, "dynamodb", "Query", "Scan")
        function.may(self.views.table_arn, "dynamodb", "PutItem")
        function.may(self.words.table_arn, "dynamodb", "GetItem", "PutItem", "BatchWriteItem")
        self._may_archive(function)

    def _may_archive(self, function: TasksFunction) -> None:
        objects = self.bucket.arn_for_objects("events/*")
        function.may(objects, "s3", "PutObject")
        accept_wildcard(cast(iam.IRole, function.role), objects, "An event's key is not known before it happens.")


def _views(scope: Construct) -> OnDemandTable:
    """A projection: it can be made anew from the log."""
    table = OnDemandTable(scope, "Views", partition_key="id", keep=False)
    listed = dynamodb.Attribute(name="listed", type=dynamodb.AttributeType.STRING)
    newest = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    table.add_global_secondary_index(index_name="Listed", partition_key=listed, sort_key=newest)
    return table
