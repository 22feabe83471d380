"""A private service on Fargate behind API Gateway, and the set-ups that are chosen instead of it.

| `load_balancer` | `public` | requests come by |
|---|---|---|
| "nlb" | False | REST API -> VPC link -> internal network load balancer -> tasks |
| "alb" | False | HTTP API -> VPC link -> internal application load balancer -> tasks |
| "nlb" or "alb" | True | that load balancer, in public subnets as the tasks are: cheaper, and less is in its way |
"""

from collections.abc import Sequence
from typing import Any, Literal

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from penstock_constructs import load_balancing
from penstock_constructs.fargate_tasks import FargateTasks
from penstock_constructs.public_http_api import LinkedHttpApi
from penstock_constructs.public_rest_api import PublicRestApi
from penstock_constructs.service_vpc import Egress, ServiceVpc

PROXY = "method.request.path.proxy"


class GatewayService(Construct):
    """Answers at `url`, which ends with `/`. TLS ends at API Gateway; inside the VPC it is plain HTTP.

    `egress` is the tasks' way to AWS ("endpoints") or to anywhere ("nat"); call `vpc.reach` for the services the code
    calls. `health_path` is asked of every task every five seconds. `tasks` go to FargateTasks.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        port: int,
        load_balancer: Literal["nlb", "alb"] = "nlb",
        egress: Literal["endpoints", "nat"] = "endpoints",
        public: bool = False,
        cidr: str = "10.0.0.0/16",
        availability_zones: Sequence[str] | None = None,
        stage_name: str = "prod",
        health_path: str = "/health",
        **tasks: Any,
    ) -> None:
        super().__init__(scope, id)
        self.stage_name, self.health_path, self.public = stage_name, health_path, public
        way_out: Egress = "public" if public else egress
        self.vpc = ServiceVpc(self, "Vpc", egress=way_out, cidr=cidr, availability_zones=availability_zones)
        self.tasks = FargateTasks(
            self,
            "Tasks",
            vpc=self.vpc,
            subnets=self.vpc.service_subnets,
            assign_public_ip=public,
            port=port,
            **tasks,
        )
        self.url = {"nlb": self._network, "alb": self._application}[load_balancer]()

    def _network(self) -> str:
        balancer = load_balancing.network(
            self,
            self.tasks,
            vpc=self.vpc,
            public=self.public,
            listener_port=80 if self.public else self.tasks.port,
            health_path=self.health_path,
        )
        return f"http://{balancer.load_balancer_dns_name}/" if self.public else self._rest_api(balancer)

    def _application(self) -> str:
        balancer, listener = load_balancing.application(
            self, self.tasks, vpc=self.vpc, public=self.public, health_path=self.health_path
        )
        load_balancing.watch(self, balancer)
        if self.public:
            return f"http://{balancer.load_balancer_dns_name}/"
        http = LinkedHttpApi(
            self,
            "Http",
            vpc=self.vpc,
            subnets=self.vpc.service_subnets,
            listener=listener,
            stage_name=self.stage_name,
        )
        return f"{http.stage.url}/"

    def _rest_api(self, balancer: elbv2.NetworkLoadBalancer) -> str:
        rest = PublicRestApi(self, "Rest", stage_name=self.stage_name)
        integration = apigateway.Integration(
            type=apigateway.IntegrationType.HTTP_PROXY,
            integration_http_method="ANY",
            uri=f"http://{balancer.load_balancer_dns_name}:{self.tasks.port}/{{proxy}}",
            options=apigateway.IntegrationOptions(
                connection_type=apigateway.ConnectionType.VPC_LINK,
                vpc_link=apigateway.VpcLink(self, "Link", targets=[balancer]),
                request_parameters={"integration.request.path.proxy": PROXY},
            ),
        )
        anything = rest.api.root.add_resource("{proxy+}")
        anything.add_method("ANY", integration, request_parameters={PROXY: True})
        return rest.api.url
