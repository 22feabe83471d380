"""What an application load balancer reports to CloudWatch of the requests that it forwards.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
"""

from penstock.base.meters import Kind, Meter, Meters
from penstock.call import Kernel

REQUESTS, RESPONSE_TIME = "RequestCount", "TargetResponseTime"
FROM_TARGET = {digit: f"HTTPCode_Target_{digit}XX_Count" for digit in (2, 3, 4, 5)}  # by a status's first digit
OWN = {digit: f"HTTPCode_ELB_{digit}XX_Count" for digit in (3, 4, 5)}
BALANCER = Kind(
    namespace="AWS/ApplicationELB",
    units={
        **dict.fromkeys((REQUESTS, *FROM_TARGET.values(), *OWN.values()), "Count"),
        RESPONSE_TIME: "Seconds",
    },
    sets=(("LoadBalancer",), ("LoadBalancer", "TargetGroup")),
)


class Requests:
    """Those of one load balancer."""

    def __init__(self, kernel: Kernel, arn: str) -> None:
        _, _, _, region, account, resource = arn.split(":", 5)
        self._kernel, self._place = kernel, (account, region)
        self._name = resource.removeprefix("loadbalancer/")

    def answered(self, status: int, group: str, seconds: float) -> None:
        """By a target of the group with this ARN, or, where that is empty, by the load balancer itself."""
        meter = self._meter(group)
        meter.add(REQUESTS)
        code = (FROM_TARGET if group else OWN).get(status // 100)
        if code is not None:
            meter.add(code)
        if group:
            meter.add(RESPONSE_TIME, seconds)

    def _meter(self, group: str) -> Meter:
        target = {"TargetGroup": group.rpartition(":")[2]} if group else {}
        meters = self._kernel.shared(Meters)
        return meters.of(self._kernel.clock, BALANCER, self._place, LoadBalancer=self._name, **target)
