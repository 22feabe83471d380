"""Execution logs in CloudWatch Logs, by level.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
"""

import logging
from typing import TYPE_CHECKING, NamedTuple

import orjson

from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.iam.principal import Principal
from penstock.services.stepfunctions.times import iso
from penstock.wire.model import Json

if TYPE_CHECKING:
    from penstock.services.stepfunctions.engine.run import Run

log = logging.getLogger("penstock")

_FATAL = frozenset({"ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"})
_ERROR = _FATAL | {
    "ActivityFailed",
    "ActivityScheduleFailed",
    "ActivityTimedOut",
    "EvaluationFailed",
    "FailStateEntered",
    "LambdaFunctionFailed",
    "LambdaFunctionScheduleFailed",
    "LambdaFunctionStartFailed",
    "LambdaFunctionTimedOut",
    "MapIterationAborted",
    "MapIterationFailed",
    "MapRunAborted",
    "MapRunFailed",
    "MapStateAborted",
    "MapStateFailed",
    "ParallelStateAborted",
    "ParallelStateFailed",
    "TaskFailed",
    "TaskStartFailed",
    "TaskStateAborted",
    "TaskSubmitFailed",
    "TaskTimedOut",
    "WaitStateAborted",
}
_LEVELS: dict[str, frozenset[str] | None] = {"ALL": None, "ERROR": _ERROR, "FATAL": _FATAL}
_DATA = frozenset({"input", "inputDetails", "output", "outputDetails", "parameters", "assignedVariables", "cause"})
Event = tuple[int, float, str, int, Json]


class Log(NamedTuple):
    kinds: frozenset[str] | None  # of the level; None: all
    data: bool
    group: str
    stream: str
    account: str
    region: str

    @classmethod
    def of(cls, run: "Run", configuration: Json) -> "Log | None":
        destinations = configuration.get("destinations") or []
        arn = destinations[0].get("cloudWatchLogsLogGroup", {}).get("logGroupArn", "") if destinations else ""
        if not arn:
            return None
        parsed = Arn.parse(arn)
        minute = iso(run.started_at)[:16].replace("T", "-").replace(":", "-")
        stream = f"states/{run.machine_arn.rpartition(':')[2]}/{minute}/{run.arn[-8:]}"
        group = parsed.resource.removeprefix("log-group:").removesuffix(":*")
        data = bool(configuration.get("includeExecutionData"))
        return cls(_LEVELS[configuration["level"]], data, group, stream, parsed.account, parsed.region)

    def write(self, run: "Run", events: list[Event]) -> None:
        """In the transaction of the turn; a log group that is gone loses its events, as on AWS."""
        wanted = [event for event in events if self.kinds is None or event[2] in self.kinds]
        if not wanted:
            return
        lines = [{"timestamp": int(event[1] * 1000), "message": self._message(run, event)} for event in wanted]
        ctx = run.engine.kernel.context(
            Principal.service("delivery.logs.amazonaws.com", self.account), self.account, self.region
        )
        names = {"logGroupName": self.group, "logStreamName": self.stream}
        try:
            self._put(ctx, names, lines)
        except AwsError as error:
            log.warning("The log of %s could not be written: %s", run.arn, error)

    def _put(self, ctx: Context, names: Json, lines: list[Json]) -> None:
        try:
            ctx.call_now("logs", "PutLogEvents", {**names, "logEvents": lines})
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise
            ctx.call_now("logs", "CreateLogStream", names)
            ctx.call_now("logs", "PutLogEvents", {**names, "logEvents": lines})

    def _message(self, run: "Run", event: Event) -> str:
        id, when, kind, previous, details = event
        line = {
            "id": str(id),
            "type": kind,
            "details": details if self.data else {key: item for key, item in details.items() if key not in _DATA},
            "redrive_count": str(run.document.get("redrives", 0)),
            "previous_event_id": str(previous),
            "event_timestamp": str(int(when * 1000)),
            "execution_arn": run.arn,
        }
        return orjson.dumps(line).decode()
