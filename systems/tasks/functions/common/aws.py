"""Clients whose calls do not hang: every call here may be repeated, and three tries fit into a function's time."""

import warnings
from typing import Any

import boto3
from botocore.config import Config

CONFIG = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 3})

# Most invocations have no figure of their own to report. Powertools would say so in the log.
warnings.filterwarnings("ignore", "No application metrics to publish")


def client(service: str) -> Any:
    return boto3.client(service, config=CONFIG)
