"""Amazon CloudWatch Logs. Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/"""

from penstock.base.errors import AwsError
from penstock.call import Service, TagListing
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

_NAMES = ("logGroupName", "logStreamName")
_TOO_LONG = "Invalid LogGroup or LogStream, both must have length less than or equal to 512."


def _refuse(operation: OperationModel, faults: Faults) -> AwsError:
    """Every violated constraint is an InvalidParameterException; names that are too long are told of otherwise."""
    if any(fault.path in _NAMES and fault.must.startswith("must have length less") for fault in faults):
        return AwsError("InvalidParameterException", _TOO_LONG)
    return AwsError("InvalidParameterException", summary(faults))


SERVICE = Service(
    name="logs",
    operations=(groups, streams, events, search, filters, policies, tags),
    schema=store.SCHEMA,
    resources=resources.TABLE,
    resource=access.resource,
    tags=TagListing("ListTagsForResource", "resourceArn", "tags"),
    policy=access.policy,
    refuse=_refuse,
    state=State,
    start=retention.start,
)
