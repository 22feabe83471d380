"""When each invocation of an API destination may be made: so many a second, the others later, in their order. Pure.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html#eb-api-destination-event-delivery
"""


class Pace:
    """The generic cell rate algorithm: a burst of one second's invocations, then one every `1 / rate` seconds."""

    def __init__(self) -> None:
        self._next = 0.0  # when the next would be due, had they come evenly

    def take(self, rate: float, now: float, deadline: float) -> float | None:
        """When the next may be made (epoch seconds); None, and nothing taken, where that is after `deadline`."""
        due = max(self._next, now)
        when = max(now, due - 1 + 1 / rate)
        if when > deadline:
            return None
        self._next = due + 1 / rate
        return when
