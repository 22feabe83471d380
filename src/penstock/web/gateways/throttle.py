"""Throttles: token buckets on the virtual clock.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
"""

from collections.abc import Hashable


class _Bucket:
    """`rate` tokens a second, `burst` at most."""

    __slots__ = ("at", "burst", "rate", "tokens")

    def __init__(self, rate: float, burst: int, now: float) -> None:
        self.rate, self.burst, self.tokens, self.at = rate, burst, float(burst), now

    def take(self, now: float) -> bool:
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Throttles:
    """Buckets by what they throttle; one whose limits change begins anew."""

    def __init__(self) -> None:
        self._buckets: dict[Hashable, _Bucket] = {}

    def admit(self, key: Hashable, rate: float, burst: int, now: float) -> bool:
        bucket = self._buckets.get(key)
        if bucket is None or (bucket.rate, bucket.burst) != (rate, burst):
            bucket = self._buckets[key] = _Bucket(rate, burst, now)
        return bucket.take(now)
