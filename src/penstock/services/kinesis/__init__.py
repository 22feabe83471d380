"""Amazon Kinesis Data Streams.

Where AWS leaves room, this is what it does here: what AWS does in the background (making a stream, splitting a shard)
is done when the operation answers, so that a stream is always ACTIVE; each record is read by whoever asks as soon as it
is acknowledged. Not held are the limits on rates: what a shard takes and gives in a second, and calls per second.
Records are not encrypted on this machine, whatever StartStreamEncryption was told.
Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/
"""

from penstock.call import Service, TagListing
from penstock.services.kinesis import (
    access,
    consumers,
    errors,
    listing,
    policies,
    reading,
    resharding,
    resources,
    settings,
    store,
    streams,
    subscriptions,
    tags,
    trimming,
    writing,
)
from penstock.services.kinesis.state import State

# As AWS shows them in its messages, without the anchors that the models have had since.
_PATTERNS = {
    "HashKey": {"pattern": r"0|([1-9]\d{0,38})"},
    "SequenceNumber": {"pattern": r"0|([1-9]\d{0,128})"},
}

SERVICE = Service(
    name="kinesis",
    operations=(
        streams,
        settings,
        listing,
        resharding,
        writing,
        reading,
        consumers,
        subscriptions,
        tags,
        policies,
    ),
    schema=store.SCHEMA,
    patches=_PATTERNS,
    refuse=errors.refuse,
    resource=access.resource,
    tags=TagListing("ListTagsForResource", "ResourceARN"),
    policy=access.policy,
    resources=resources.TABLE,
    state=State,
    start=trimming.start,
)
