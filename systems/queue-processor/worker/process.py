"""A batch of messages becomes invoices in the bucket."""

import logging

from worker import logs, models, pdf
from worker.batch import Batch, Message
from worker.store import InvoiceStore

logger = logging.getLogger(__name__)


def process(batch: Batch, store: InvoiceStore) -> int:
    """The exit code: 0 unless every single message failed."""
    messages = batch.messages()
    failed = [message["messageId"] for message in messages if not _done(message, batch, store)]
    if failed and len(failed) == len(messages):
        return 1
    if failed:
        batch.report(failed)
    return 0


def _done(message: Message, batch: Batch, store: InvoiceStore) -> bool:
    """One message; what goes wrong with it touches no other."""
    logs.begin(correlation_id=message["messageId"], trace=message.get("trace"))
    try:
        invoice = models.read(message["body"])
        store.add(invoice.number, pdf.render(invoice))
        logger.info("invoice", extra={"invoice_number": invoice.number})
    except models.Refused as refusal:
        return _buried(message, batch, str(refusal))
    except Exception:
        logger.exception("failed")
        return False
    return True


def _buried(message: Message, batch: Batch, reason: str) -> bool:
    logger.warning("refused", extra={"reason": reason})
    try:
        batch.bury(message, reason)
    except Exception:
        logger.exception("failed")
        return False
    return True
