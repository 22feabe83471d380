"""A target's health: the states, and what checks change in them. Pure.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
"""

from typing import NamedTuple


class Status(NamedTuple):
    """As DescribeTargetHealth says it; `reason` and `description` are empty for the healthy."""

    state: str
    reason: str = ""
    description: str = ""


HEALTHY = Status("healthy")
UNUSED = Status("unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer")
REGISTERING = Status("initial", "Elb.RegistrationInProgress", "Target registration is in progress")
CHECKING = Status("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
DRAINING = Status("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
UNCHECKED = Status("unavailable", "Target.HealthCheckDisabled", "Health checks are not enabled for this target")


def mismatch(code: int) -> Status:
    return Status("unhealthy", "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{code}]")


TIMED_OUT = Status("unhealthy", "Target.Timeout", "Request timed out")
FAILED = Status("unhealthy", "Target.FailedHealthChecks", "Health checks failed")


class Health:
    """Counts what checks say. The first that passes makes a new target healthy."""

    __slots__ = ("_failures", "_passes", "status")

    def __init__(self) -> None:
        self.status = REGISTERING
        self._passes = self._failures = 0

    @property
    def is_new(self) -> bool:
        return self.status.state == "initial"

    def saw(self, outcome: Status, passes: int, failures: int, in_time: bool = False) -> bool:
        """Takes in a check; says whether the state is another one now.

        passes, failures: the thresholds. in_time: a new target that fails still has time to come up.
        """
        before = self.status.state
        if outcome is HEALTHY:
            self._passes, self._failures = self._passes + 1, 0
            if self.is_new or self._passes >= passes:
                self.status = HEALTHY
        else:
            self._passes, self._failures = 0, self._failures + 1
            if in_time and self.is_new:
                self.status = CHECKING
            elif self._failures >= failures or before == "unhealthy":
                self.status = outcome
        return self.status.state != before
