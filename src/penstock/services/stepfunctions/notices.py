"""What Step Functions tells EventBridge: a standard execution's status has changed.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
"""

import logging
from typing import TYPE_CHECKING

import orjson

from penstock.base.errors import AwsError
from penstock.iam.principal import Principal

if TYPE_CHECKING:
    from penstock.services.stepfunctions.engine.run import Run

log = logging.getLogger("penstock")


def status_changed(run: "Run") -> None:
    kernel = run.engine.kernel
    if not kernel.at_work("events"):  # nobody has ever made a rule
        return
    output = run.result.get("output")
    detail = {
        "executionArn": run.arn,
        "stateMachineArn": run.machine_arn,
        "name": run.document["name"],
        "status": run.status,
        "startDate": int(run.started_at * 1000),
        "stopDate": int(run.stopped_at * 1000) if run.stopped_at else None,
        "input": run.document["input"],
        "inputDetails": {"included": True},
        "output": output,
        "outputDetails": {"included": True} if output is not None else None,
        "stateMachineVersionArn": run.document.get("version"),
        "stateMachineAliasArn": run.document.get("alias"),
        "redriveCount": run.document.get("redrives", 0),
        "redriveStatus": None,
        "error": run.result.get("error"),
        "cause": run.result.get("cause"),
    }
    entry = {
        "Source": "aws.states",
        "DetailType": "Step Functions Execution Status Change",
        "Resources": [run.arn],
        "Detail": orjson.dumps(detail).decode(),
    }
    try:
        principal = Principal.service("states.amazonaws.com", run.account)
        ctx = kernel.context(principal, run.account, run.region)
        ctx.call_now("events", "PutEvents", {"Entries": [entry]})
    except AwsError as error:
        log.warning("The status of %s was not told: %s", run.arn, error)
