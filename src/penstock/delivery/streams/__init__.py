"""From a stream to a target: shards read in order, batches tried again until they are done or given up.

Mappings and pipes of Kinesis and DynamoDB streams, which differ from those of queues in that what failed holds up what
lies behind it. `StreamMapping` reads the shards there are, a child only when its parents are finished; a `ShardReader`
shares the records of one out to its lanes; a `Lane` makes batches, delivers them in order, and writes down how far it
has come. Pure parts: `attempts` (retries, bisecting, age), `progress` (what may be checkpointed), `windows`.
"""

from penstock.delivery.streams.attempts import Policy
from penstock.delivery.streams.checkpoints import Checkpoints
from penstock.delivery.streams.mapping import StreamMapping
from penstock.delivery.streams.model import Answer, Discarded, Position, Record, StreamSettings, StreamSource
from penstock.delivery.streams.run import Run

__all__ = [
    "Answer",
    "Checkpoints",
    "Discarded",
    "Policy",
    "Position",
    "Record",
    "Run",
    "StreamMapping",
    "StreamSettings",
    "StreamSource",
]
