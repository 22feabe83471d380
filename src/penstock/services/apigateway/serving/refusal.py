"""What does not get through a REST API: whoever refuses raises, and the stage answers with its gateway response.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
"""


class Refusal(Exception):
    """The request does not get through: a response type, its message, and the status where the type leaves it open.

    `log` says in one line why, where that is a fault of the API and not of its caller.
    """

    def __init__(self, kind: str, message: str | None, *, status: int = 0, log: str = "") -> None:
        super().__init__(log or message)
        self.kind = kind
        self.message = message
        self.status = status
        self.log = log


def misconfigured(log: str) -> Refusal:
    return Refusal("API_CONFIGURATION_ERROR", "Internal server error", log=log)


def timed_out() -> Refusal:
    return Refusal("INTEGRATION_TIMEOUT", "Endpoint request timed out")
