"""Timestamps as Step Functions writes them."""

from datetime import UTC, datetime


def iso(when: float) -> str:
    """`2026-11-21T05:58:45.740Z`."""
    return datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
