"""What is kept of measured data: data that age are joined, and in the end gone, as on AWS.

Data of less than a minute are kept three hours, of a minute 15 days, of five minutes 63 days, of an hour 455 days. Once
a minute in which something is stored, the next slice of what has come of age is joined: values alike in two digits
become one row, so sums, minima and maxima stay exact and percentiles nearly so. A slice holds a bounded number of rows.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
"""

from penstock.base.meters import MINUTE
from penstock.base.store import Store
from penstock.services.cloudwatch import store

_DAY = 86_400.0
_JOINED = ((3 * 3600.0, 60), (15 * _DAY, 300), (63 * _DAY, 3600))  # (age, the seconds of what it is joined into)
_KEPT = 455 * _DAY
_SLICE = 2_000  # rows


class Retention:
    """When old data were last looked for."""

    def __init__(self) -> None:
        self._next = 0.0

    def trim(self, db: Store, now: float) -> None:
        """Joins and forgets what has come of age; at most once a minute."""
        if now < self._next:
            return
        self._next = now - now % MINUTE + MINUTE
        for age, seconds in _JOINED:
            _join(db, now - age, seconds)
        db.run(store.FORGET_DATA, now - _KEPT, _SLICE)
        db.run(store.FORGET_LEVELS, now - _KEPT, _SLICE)


def _join(db: Store, before: float, seconds: int) -> None:
    """The next slice of what is older than `before`."""
    row = db.one(store.JOINED, seconds)
    begin, end = row[0] if row else 0.0, before - before % seconds
    if begin >= end:
        return
    full = db.one(store.SLICE, begin, end, _SLICE) or (None,)
    if full[0] is not None:
        end = min(end, full[0] - full[0] % seconds + seconds)
    if db.one(store.ANY_DATA, begin, end):
        [newest] = db.one(store.NEWEST_DATUM) or (0,)
        db.run(store.JOIN_DATA, begin, end, seconds)
        db.run(store.JOINED_AWAY, begin, end, seconds, newest)
    db.run(store.JOIN_LEVELS, begin, end, seconds)
    db.run(store.PUT_JOINED, seconds, end)
