"""What Kinesis reports to CloudWatch of each stream.

Source: https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html
"""

from penstock.base.meters import Kind, Meters
from penstock.call import Context
from penstock.services.kinesis.state import Stream

_AGE, _RECORDS = "GetRecords.IteratorAgeMilliseconds", "GetRecords.Records"
STREAM = Kind(
    namespace="AWS/Kinesis",
    units={_AGE: "Milliseconds", _RECORDS: "Count"},
    sets=(("StreamName",),),
)


def read(ctx: Context, stream: Stream, records: int, behind: int) -> None:
    """A reader was given records, and is so many milliseconds behind."""
    meters, place = ctx.kernel.shared(Meters), (stream.account, stream.region)
    meter = meters.of(ctx.clock, STREAM, place, StreamName=stream.name)
    meter.add(_AGE, behind)
    meter.add(_RECORDS, records)
