"""The invoices in their bucket, `invoices/<invoiceNumber>.pdf`: each is written once."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from botocore.exceptions import ClientError

from worker.models import Refused


@dataclass(frozen=True)
class InvoiceStore:
    client: Any
    bucket: str

    def add(self, number: str, pdf: bytes) -> None:
        """Adding the same again changes nothing. Raises Refused where the number stands for another invoice."""
        where = {"Bucket": self.bucket, "Key": f"invoices/{number}.pdf"}
        digest = sha256(pdf).hexdigest()
        try:
            self.client.put_object(
                **where, Body=pdf, ContentType="application/pdf", Metadata={"sha256": digest}, IfNoneMatch="*"
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "PreconditionFailed":
                raise
            if self.client.head_object(**where)["Metadata"].get("sha256") != digest:
                raise Refused(f"invoiceNumber: there is another invoice {number} already") from None
