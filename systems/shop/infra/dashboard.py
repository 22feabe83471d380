"""One page that says whether the shop works: what clients see, what waits, what was lost, what goes off."""

from collections.abc import Mapping

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from penstock_constructs.queue_with_dead_letter import QueueWithDeadLetter
from penstock_constructs.rest_service import RestService


class ShopDashboard(Construct):
    def __init__(
        self, scope: Construct, id: str, *, services: Mapping[str, RestService], orders: QueueWithDeadLetter
    ) -> None:
        super().__init__(scope, id)
        alarms = [*(service.error_alarm for service in services.values()), orders.dead_letter_alarm, orders.age_alarm]
        queue = cloudwatch.GraphWidget(
            title="OrderQueue", left=[orders.age], right=[orders.dead_letters], width=12, height=6
        )
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            widgets=[
                [cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms, width=24, height=3)],
                [_requests(name, service.api) for name, service in services.items()],
                [queue, _orders()],
            ],
        )


def _requests(name: str, api: apigateway.RestApi) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=f"{name}: requests and latency",
        left=[api.metric_count(), api.metric_client_error(), api.metric_server_error()],
        right=[api.metric_latency(statistic="p50"), api.metric_latency(statistic="p99")],
        width=8,
        height=6,
    )


def _orders() -> cloudwatch.GraphWidget:
    """The functions' own metrics: what went in should come out."""
    counts = {"OrdersPublished": "basket", "OrdersStored": "ordering", "EventsRejected": "ordering"}
    metrics = [
        cloudwatch.Metric(namespace="Shop", metric_name=name, dimensions_map={"service": service}, statistic="Sum")
        for name, service in counts.items()
    ]
    return cloudwatch.GraphWidget(title="Orders published and stored", left=metrics, width=12, height=6)
