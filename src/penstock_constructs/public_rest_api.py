"""A public REST API as it ought to be, without its methods: logged, traced, throttled, watched."""

import json
from typing import cast

from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Validations
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_logs as logs
from constructs import Construct

from penstock_constructs.alarms import alarm
from penstock_constructs.api_gateway_account import ApiGatewayAccount

# Ids, sizes and times: no query string, header or body, which may say who somebody is.
ACCESS_LOG = json.dumps(
    {
        "requestId": "$context.requestId",
        "traceId": "$context.xrayTraceId",
        "time": "$context.requestTime",
        "route": "$context.httpMethod $context.resourcePath",
        "status": "$context.status",
        "responseLength": "$context.responseLength",
        "latency": "$context.responseLatency",
        "integrationLatency": "$context.integrationLatency",
        "error": "$context.error.message",
    }
)

# What the API answers by itself takes the shape of the service's problems.
GATEWAY_RESPONSES = {
    "NoRoute": (apigateway.ResponseType.MISSING_AUTHENTICATION_TOKEN, "404", '"There is no such route."'),
    "Default4xx": (apigateway.ResponseType.DEFAULT_4_XX, None, "$context.error.messageString"),
    "Default5xx": (apigateway.ResponseType.DEFAULT_5_XX, None, "$context.error.messageString"),
}

ACCEPTED = {
    "AwsSolutions-APIG2": "The service validates, so that its answer names the offending member.",
    "AwsSolutions-APIG3": "No web application firewall: associate one with the stage where the API needs it.",
    "AwsSolutions-APIG4": "The API is public by design; whoever needs a customer's identity adds an authorizer.",
    "AwsSolutions-COG4": "The API is public by design; whoever needs a customer's identity adds an authorizer.",
}


class PublicRestApi(Construct):
    """Access and error logs, X-Ray, throttling, problems as answers, and an alarm on 5xx. `api` wants methods yet."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stage_name: str = "prod",
        throttling_rate: int = 1000,
        throttling_burst: int = 2000,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
    ) -> None:
        super().__init__(scope, id)
        self.api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=self.node.path.replace("/", "-"),
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            deploy_options=apigateway.StageOptions(
                stage_name=stage_name,
                access_log_destination=self._access_log(log_retention),
                access_log_format=apigateway.AccessLogFormat.custom(ACCESS_LOG),
                logging_level=apigateway.MethodLoggingLevel.ERROR,
                metrics_enabled=True,
                tracing_enabled=True,
                throttling_rate_limit=throttling_rate,
                throttling_burst_limit=throttling_burst,
            ),
        )
        # The stack that uses the construct names its outputs; RestApi would add one of its own.
        self.api.node.try_remove_child("Endpoint")
        self.api.deployment_stage.node.add_dependency(ApiGatewayAccount.of(self))
        self._add_gateway_responses()
        self.errors = self.api.metric_server_error(period=Duration.minutes(1), statistic="Sum")
        self.error_alarm = alarm(self, "ErrorAlarm", self.errors, "The API answered 5xx.")
        Validations.of(self.api).acknowledge(*(Acknowledgment(id=rule, reason=why) for rule, why in ACCEPTED.items()))

    def _access_log(self, retention: logs.RetentionDays) -> apigateway.IAccessLogDestination:
        group = logs.LogGroup(self, "AccessLog", retention=retention, removal_policy=RemovalPolicy.DESTROY)
        return cast(apigateway.IAccessLogDestination, apigateway.LogGroupLogDestination(group))

    def _add_gateway_responses(self) -> None:
        for name, (response_type, status, detail) in GATEWAY_RESPONSES.items():
            shown = f'"status":{status},' if status else ""
            body = f'{{"type":"about:blank","title":"$context.error.responseType",{shown}"detail":{detail}}}'
            self.api.add_gateway_response(
                name, type=response_type, status_code=status, templates={"application/json": body}
            )
