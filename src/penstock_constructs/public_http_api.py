"""A public HTTP API, and one that passes everything on to an internal application load balancer."""

import json
from typing import Any, cast

from aws_cdk import Acknowledgment, RemovalPolicy, Validations
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_logs as logs
from constructs import Construct

# Ids, sizes and times, as PublicRestApi logs them; an HTTP API has fewer.
ACCESS_LOG = json.dumps(
    {
        "requestId": "$context.requestId",
        "time": "$context.requestTime",
        "route": "$context.routeKey",
        "status": "$context.status",
        "responseLength": "$context.responseLength",
        "latency": "$context.responseLatency",
        "integrationLatency": "$context.integrationLatency",
        "error": "$context.error.message",
    }
)
OPEN = Acknowledgment(
    id="AwsSolutions-APIG4",
    reason="The API is public by design; whoever needs a customer's identity adds an authorizer.",
)


class PublicHttpApi(Construct):
    """Logged and throttled. `add` gives it its routes.

    With a `stage_name` paths have a segment more at their beginning; without one (`$default`) they have not.
    """

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
        self.api = apigatewayv2.HttpApi(
            self, "Api", api_name=self.node.path.replace("/", "-"), create_default_stage=False
        )
        self.stage = apigatewayv2.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            stage_name=stage_name,
            auto_deploy=True,
            throttle=apigatewayv2.ThrottleSettings(rate_limit=throttling_rate, burst_limit=throttling_burst),
            detailed_metrics_enabled=True,
        )
        self._log(log_retention)

    def add(self, path: str, method: apigatewayv2.HttpMethod, integration: apigatewayv2.HttpRouteIntegration) -> None:
        for route in self.api.add_routes(path=path, methods=[method], integration=integration):
            Validations.of(route).acknowledge(OPEN)

    def _log(self, retention: logs.RetentionDays) -> None:
        group = logs.LogGroup(self, "AccessLog", retention=retention, removal_policy=RemovalPolicy.DESTROY)
        stage = cast(apigatewayv2.CfnStage, self.stage.node.default_child)
        stage.access_log_settings = apigatewayv2.CfnStage.AccessLogSettingsProperty(
            destination_arn=group.log_group_arn, format=ACCESS_LOG
        )


class LinkedHttpApi(PublicHttpApi):
    """`ANY /{proxy+}` through a VPC link to `listener`, opened for it. `options` go to PublicHttpApi.

    The service sees the path without the stage, which a VPC link would leave in front of it.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection,
        listener: elbv2.ApplicationListener,
        **options: Any,
    ) -> None:
        super().__init__(scope, id, **options)
        group = ec2.SecurityGroup(self, "LinkGroup", vpc=vpc, description="VPC link", allow_all_outbound=False)
        listener.connections.allow_default_port_from(group)
        link = apigatewayv2.VpcLink(self, "Link", vpc=vpc, subnets=subnets, security_groups=[group])
        integration = integrations.HttpAlbIntegration(
            "Service",
            listener,
            vpc_link=cast(apigatewayv2.IVpcLink, link),
            parameter_mapping=apigatewayv2.ParameterMapping().overwrite_path(apigatewayv2.MappingValue.request_path()),
        )
        self.add("/{proxy+}", apigatewayv2.HttpMethod.ANY, integration)
