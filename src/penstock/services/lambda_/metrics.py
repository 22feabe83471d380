"""What Lambda reports to CloudWatch of each function, and of each alias or version that is invoked by its name.

Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from penstock.base.meters import Kind, Meter, Meters
from penstock.call import Context
from penstock.services.lambda_.state import Function

DURATION, ERRORS, THROTTLES = "Duration", "Errors", "Throttles"
ITERATOR_AGE = "IteratorAge"
ACCEPTED, DROPPED = "AsyncEventsReceived", "AsyncEventsDropped"

FUNCTION = Kind(
    namespace="AWS/Lambda",
    units={
        **dict.fromkeys(("Invocations", ERRORS, THROTTLES, ACCEPTED, DROPPED), "Count"),
        DURATION: "Milliseconds",
        ITERATOR_AGE: "Milliseconds",
    },
    sets=(("FunctionName",), ("FunctionName", "Resource"), ()),
    ones={"Invocations": DURATION},
    parts={ERRORS: DURATION, THROTTLES: DURATION},
)


def meter_of(ctx: Context, function: Function, qualifier: str | None) -> Meter:
    place = (function.account, function.region)
    resource = f"{function.name}:{qualifier}" if qualifier else function.name
    return ctx.kernel.shared(Meters).of(ctx.clock, FUNCTION, place, FunctionName=function.name, Resource=resource)
