"""Task tokens: success, failure, heartbeat.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.stepfunctions.asl.errors import StateError
from penstock.services.stepfunctions.asl.json_text import JsonError, loads
from penstock.services.stepfunctions.engine.engine import engine
from penstock.services.stepfunctions.engine.run import MAX_BYTES
from penstock.wire.model import Json


def send_task_success(ctx: Context, request: Json) -> Json:
    """The token is looked at before the output."""
    tasks = engine(ctx).tasks
    holder = tasks.holder(request["taskToken"])
    try:
        output = loads(request["output"])
    except JsonError as error:
        raise AwsError("InvalidOutput", f"Invalid Output: '{error.message}'") from None
    if len(request["output"].encode()) > MAX_BYTES:
        raise AwsError("InvalidOutput", f"Invalid Output: 'The output is larger than {MAX_BYTES} bytes'")
    tasks.called_back(holder, output)
    return {}


def send_task_failure(ctx: Context, request: Json) -> Json:
    tasks = engine(ctx).tasks
    error = StateError(request.get("error", ""), request.get("cause", ""))
    tasks.called_back(tasks.holder(request["taskToken"]), error)
    return {}


def send_task_heartbeat(ctx: Context, request: Json) -> Json:
    tasks = engine(ctx).tasks
    tasks.beat(tasks.holder(request["taskToken"]))
    return {}
