"""SMS: no message leaves this machine. One to a phone number is taken, and the log says that it was not sent."""

from penstock.base import ids
from penstock.base.telemetry import LogLine
from penstock.call import Context
from penstock.wire.model import Json


def publish(ctx: Context, phone_number: str, text: str) -> Json:
    line = f"sms to {phone_number} is not sent from this machine: {text}"
    ctx.telemetry.log(LogLine(ctx.clock.now(), "WARNING", "sns", line))
    return {"MessageId": ids.uuid()}
