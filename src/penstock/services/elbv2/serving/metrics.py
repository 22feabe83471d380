"""What an application load balancer reports to CloudWatch of the requests that it forwards.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
"""

from collections.abc import Mapping

from penstock.base.meters import Kind, Meter, Meters
from penstock.call import Kernel

REQUESTS, RESPONSE_TIME = "RequestCount", "TargetResponseTime"
_FROM_TARGET = {digit: f"HTTPCode_Target_{digit}XX_Count" for digit in (2, 3, 4, 5)}  # by a status's first digit
_OWN = {digit: f"HTTPCode_ELB_{digit}XX_Count" for digit in (3, 4, 5)}
_DIGITS = 4  # of response times: those that differ by less are counted together
BALANCER = Kind(
    namespace="AWS/ApplicationELB",
    units={
        **dict.fromkeys((REQUESTS, *_FROM_TARGET.values(), *_OWN.values()), "Count"),
        RESPONSE_TIME: "Seconds",
    },
    sets=(("LoadBalancer",), ("LoadBalancer", "TargetGroup")),
    ones={REQUESTS: RESPONSE_TIME},
)


class Requests:
    """Those of one load balancer."""

    def __init__(self, kernel: Kernel, arn: str) -> None:
        _, _, _, region, account, resource = arn.split(":", 5)
        self._kernel, self._place = kernel, (account, region)
        self._name = resource.removeprefix("loadbalancer/")
        self._own = self._meter()
        self._of_groups: dict[str, Meter] = {}  # by ARN

    def answered(self, status: int, group: str, seconds: float) -> None:
        """By a target of the group with this ARN, or, where that is empty, by the load balancer itself."""
        if not group:
            self._own.add(REQUESTS)
            _count(self._own, _OWN, status)
            return
        meter = self._of_groups.get(group)
        if meter is None:
            meter = self._of_groups[group] = self._meter(TargetGroup=group.rpartition(":")[2])
        meter.add(RESPONSE_TIME, round(seconds, _DIGITS))
        _count(meter, _FROM_TARGET, status)

    def _meter(self, **target: str) -> Meter:
        meters = self._kernel.shared(Meters)
        return meters.of(self._kernel.clock, BALANCER, self._place, LoadBalancer=self._name, **target)


def _count(meter: Meter, codes: Mapping[int, str], status: int) -> None:
    code = codes.get(status // 100)
    if code is not None:
        meter.add(code)
