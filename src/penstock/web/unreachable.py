"""What there may be instead of an answer, told apart by what a caller may do next."""


class Unreachable(Exception):
    """No answer from the endpoint; the text says why."""


class CannotConnect(Unreachable):
    """Refused or out of time: nothing was sent, so that another endpoint can be tried."""


class ConnectTimeout(CannotConnect):
    """Nobody accepted the connection in time."""


class Disconnected(Unreachable):
    """The connection ended before the answer did.

    `stale`: it had been used before and not a byte of an answer came, as when an endpoint gives up an idle connection
    at the moment that it is used again.
    """

    def __init__(self, text: str, stale: bool = False) -> None:
        super().__init__(text)
        self.stale = stale


class AnswerTimeout(Unreachable):
    """The request was sent, or is still taken too slowly, and the answer did not begin in time."""


class MalformedAnswer(Unreachable):
    """What came is not HTTP."""
