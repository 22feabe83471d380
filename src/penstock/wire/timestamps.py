"""Timestamps on the wire: epoch seconds, ISO 8601, HTTP dates. Inside they are epoch seconds as float."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate, parsedate_to_datetime

_FIRST, _LAST = -62_135_596_800, 253_402_300_799  # the years 1 to 9999, which dates can be made of


def in_range(seconds: float) -> float:
    """The timestamp itself; raises ValueError for one that no date can be made of, or that is no number."""
    if not _FIRST <= seconds <= _LAST:
        raise ValueError(f"{seconds} is no time")
    return seconds


def parse_timestamp(text: str) -> float:
    """Reads any of the three forms; raises ValueError."""
    try:
        number = float(text)
    except ValueError:
        return _parse_date(text)
    return in_range(number)


def _parse_date(text: str) -> float:
    if "," in text:
        try:
            return parsedate_to_datetime(text).timestamp()
        except OverflowError as error:
            raise ValueError(str(error)) from None
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def iso8601(seconds: float) -> str:
    """`2026-11-21T09:30:00Z`, with milliseconds where there are any."""
    moment = datetime.fromtimestamp(round(seconds, 3), UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{moment.microsecond // 1000:03d}Z" if moment.microsecond else "Z")


def iso8601_milliseconds(seconds: float) -> str:
    """`2026-11-21T09:30:00.123Z`"""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def http_date(seconds: float) -> str:
    """`Sat, 21 Nov 2026 09:30:00 GMT`."""
    return formatdate(seconds, usegmt=True)


FORMATS: dict[str, Callable[[float], str | float]] = {
    "iso8601": iso8601,
    "rfc822": http_date,
    "unixTimestamp": lambda seconds: seconds,
}
