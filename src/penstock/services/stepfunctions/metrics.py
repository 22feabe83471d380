"""What Step Functions reports to CloudWatch of each state machine.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
"""

from typing import TYPE_CHECKING

from penstock.base.meters import Kind, Meters

if TYPE_CHECKING:
    from penstock.services.stepfunctions.engine.run import Run

_STARTED, _TIME = "ExecutionsStarted", "ExecutionTime"
_ENDED = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "ABORTED": "ExecutionsAborted",
    "TIMED_OUT": "ExecutionsTimedOut",
}
MACHINE = Kind(
    namespace="AWS/States",
    units={**dict.fromkeys((_STARTED, *_ENDED.values()), "Count"), _TIME: "Milliseconds"},
    sets=(("StateMachineArn",),),
    parts=dict.fromkeys(_ENDED.values(), _TIME),
)


def started(run: "Run") -> None:
    _add(run, _STARTED, 1)


def ended(run: "Run") -> None:
    _add(run, _TIME, max(0.0, run.stopped_at - run.started_at) * 1000)
    _add(run, _ENDED[run.status], 1)


def _add(run: "Run", metric: str, value: float) -> None:
    kernel, place = run.engine.kernel, (run.account, run.region)
    kernel.shared(Meters).of(kernel.clock, MACHINE, place, StateMachineArn=run.machine_arn).add(metric, value)
