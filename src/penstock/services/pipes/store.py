"""EventBridge Pipes: a pipe is a document with AWS's own member names, owned by "account:region"."""

from penstock.base.documents import Documents
from penstock.delivery.outbox import Outbox
from penstock.delivery.streams.checkpoints import Checkpoints

DOCUMENTS = Documents("pipes_documents")
KIND = "pipe"

DELIVERIES = "pipes_deliveries"  # to dead-letter queues and topics of streams
CHECKPOINTS = Checkpoints("pipes_checkpoints")  # of pipes that read streams, by ARN

SCHEMA = (*DOCUMENTS.schema, Outbox.schema(DELIVERIES), CHECKPOINTS.schema)
