"""Amazon CloudWatch Logs. Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/"""

from penstock.base.errors import AwsError
from penstock.call import Service
from penstock.services.logs import (
    access,
    events,
    filters,
    groups,
    policies,
    resources,
    retention,
    search,
    store,
    streams,
    tags,
)
from penstock.services.logs.state import State
from penstock.wire.constraints import Faults, summary
from penstock.wire.model import OperationModel


def _refuse(operation: OperationModel, faults: Faults) -> AwsError:
    """Every violated constraint is an InvalidParameterException; names that are too long have words of their own."""
    for fault in faults:
        if fault.kind == "length" and fault.path in ("logGroupName", "logStreamName") and len(fault.value) > 512:
            message = "Invalid LogGroup or LogStream, both must have length less than or equal to 512."
            return AwsError("InvalidParameterException", message)
    return AwsError("InvalidParameterException", summary(faults))


SERVICE = Service(
    name="logs",
    operations=(groups, streams, events, search, filters, policies, tags),
    schema=store.SCHEMA,
    resources=resources.TABLE,
    resource=access.resource,
    refuse=_refuse,
    state=State,
    start=retention.start,
)
