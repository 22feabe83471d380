"""The task: one batch, then the end."""

import os
import sys

import boto3
from botocore.config import Config

from worker import logs
from worker.batch import Batch
from worker.process import process
from worker.store import InvoiceStore

# Every call here may be repeated.
_PATIENCE = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})

if __name__ == "__main__":
    logs.configure("invoices")
    s3 = boto3.client("s3", config=_PATIENCE)
    batch = Batch(s3, boto3.client("sqs", config=_PATIENCE), os.environ)
    sys.exit(process(batch, InvoiceStore(s3, os.environ["INVOICE_BUCKET"])))
