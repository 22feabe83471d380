"""Which target gets a request, and which group of several: the algorithms. Pure but for chance.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html
"""

import itertools
import random
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar


class Candidate(Protocol):
    """`in_flight`: requests it works on."""

    in_flight: int


C = TypeVar("C", bound=Candidate)
T = TypeVar("T")
Choose = Callable[[Sequence[C]], C]  # of at least one


def round_robin() -> Choose[C]:
    turn = itertools.count(random.randrange(1 << 16))
    return lambda candidates: candidates[next(turn) % len(candidates)]


def least_outstanding() -> Choose[C]:
    """Among those that have as little to do, one after the other."""
    turn = itertools.count()

    def choose(candidates: Sequence[C]) -> C:
        least = min(candidate.in_flight for candidate in candidates)
        idle = [candidate for candidate in candidates if candidate.in_flight == least]
        return idle[next(turn) % len(idle)]

    return choose


def weighted_random() -> Choose[C]:
    """Without anomaly mitigation all weights are equal."""
    return random.choice


ALGORITHMS: dict[str, Callable[[], Choose[Any]]] = {
    "round_robin": round_robin,
    "least_outstanding_requests": least_outstanding,
    "weighted_random": weighted_random,
}


class Weighted:
    """One of several by weight, evenly interleaved: 3 and 1 give a, a, b, a. A weight of 0 is never chosen."""

    def __init__(self, weights: Sequence[int]) -> None:
        self._weights = list(weights)
        self._total = sum(weights)
        self._due = [0] * len(self._weights)

    def choose(self) -> int | None:
        """The index; None where all weights are 0."""
        if self._total == 0:
            return None
        for index, weight in enumerate(self._weights):
            self._due[index] += weight
        best = max(range(len(self._due)), key=self._due.__getitem__)
        self._due[best] -= self._total
        return best


def warming(candidates: Sequence[T], age: Callable[[T], float], seconds: float) -> list[T]:
    """Slow start: a target that is new has a share that grows with its age until it is `seconds` old."""
    kept = [each for each in candidates if age(each) >= seconds or random.random() * seconds < age(each)]
    return kept or list(candidates)
