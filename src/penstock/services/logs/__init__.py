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


def _refuse(operation: OperationModel, faults: Faults) -> AwsError:
    """Every violated constraint is an InvalidParameterException."""
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
