"""The task: one payload, then the end. One that hangs is ended by the kernel, for nobody waits for it any longer."""

import os
import signal
import sys

from worker import aws, logs
from worker.payload import Payload
from worker.process import Processor
from worker.table import Customers

if __name__ == "__main__":
    signal.alarm(int(os.environ["TIMEOUT_SECONDS"]))
    logs.configure("customers")
    customers = Customers(aws.client("dynamodb"), os.environ["TABLE_NAME"])
    processor = Processor(customers, drills=os.environ["DRILLS"] == "on", fall_silent=signal.pause)
    sys.exit(processor.process(Payload(aws.client("s3"), aws.client("stepfunctions"), os.environ)))
