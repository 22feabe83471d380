"""What all shards of one mapping share, and what is known of how it goes."""

from collections.abc import Callable
from dataclasses import dataclass, field

from penstock.call import Context
from penstock.delivery.streams.checkpoints import Checkpoints
from penstock.delivery.streams.model import Discarded, StreamSettings, StreamSource, StreamTarget

NOTHING_YET = "No records processed"
OK = "OK"
FAILED = "PROBLEM: Function call failed"


@dataclass(slots=True, eq=False, kw_only=True)
class Run:
    """`discard` stores the delivery of a failure record, in the transaction of the checkpoint behind it.

    `result` is AWS's LastProcessingResult; `trouble` why the stream cannot be read.
    """

    ctx: Context
    name: str  # of the mapping, whose checkpoints bear it
    source: StreamSource
    target: StreamTarget
    settings: StreamSettings
    checkpoints: Checkpoints
    discard: Callable[[Discarded], object]
    result: str = NOTHING_YET
    trouble: str = field(default="", init=False)
    stopped: bool = field(default=False, init=False)

    @property
    def signal(self) -> tuple[str, str]:
        """What the stream's service notifies when there is the stream, or are other shards."""
        return ("stream", self.source.stream_arn)
