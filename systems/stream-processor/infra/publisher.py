"""API -> function -> stream of what has happened to customers."""

from pathlib import Path
from typing import Any

from aws_cdk import CfnOutput, DefaultStackSynthesizer, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from constructs import Construct

from penstock_constructs.python_function import PythonFunction
from penstock_constructs.rest_service import RestService

ROOT = Path(__file__).parent.parent


class PublisherStack(Stack):
    def __init__(self, scope: Construct, id: str, **options: Any) -> None:
        synthesizer = DefaultStackSynthesizer(generate_bootstrap_version_rule=False)
        super().__init__(scope, id, synthesizer=synthesizer, **options)
        self.stream = kinesis.Stream(
            self,
            "Stream",
            stream_mode=kinesis.StreamMode.ON_DEMAND,
            encryption=kinesis.StreamEncryption.MANAGED,
            retention_period=Duration.days(1),
            removal_policy=RemovalPolicy.DESTROY,
        )
        function = PythonFunction(
            self,
            "Publisher",
            root=ROOT,
            handler="functions.publisher.handler.handler",
            environment={
                "POWERTOOLS_SERVICE_NAME": "publisher",
                "POWERTOOLS_METRICS_NAMESPACE": "Customers",
                "STREAM_NAME": self.stream.stream_name,
            },
        )
        put = iam.PolicyStatement(actions=["kinesis:PutRecord"], resources=[self.stream.stream_arn])
        function.add_to_role_policy(put)
        service = RestService(self, "Rest", function=function, routes=["POST /"])
        CfnOutput(self, "ApiUrl", value=service.api.url)
