"""What may be subscribed, by protocol. Pure.

Source: https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
"""

import re
from collections.abc import Callable

from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.services.sns.errors import invalid, unsupported

_E164 = re.compile(r"\+?[1-9]\d{1,14}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_SEPARATORS = re.compile(r"[./-]")
_WRONG_SEPARATORS = re.compile(r"[./-]{2}|^[./-]|[./-]$")

# Whoever has one of these has to confirm the subscription.
CONFIRMED_BY_HAND = frozenset({"email", "email-json", "http", "https"})


def is_phone_number(text: str) -> bool:
    return _E164.fullmatch(text) is not None


def check(protocol: str, endpoint: str, topic_fifo: bool) -> None:
    """Raises AwsError for a protocol or an endpoint that cannot be subscribed."""
    if protocol not in _CHECKS:
        raise invalid(f"Amazon SNS does not support this protocol string: {protocol}")
    _CHECKS[protocol](endpoint)
    if topic_fifo and protocol != "sqs":
        raise invalid(f"Invalid protocol type: {protocol}")
    if not topic_fifo and protocol == "sqs" and endpoint.endswith(".fifo"):
        reason = "FIFO SQS Queues can not be subscribed to standard SNS topics"
        raise invalid("Invalid parameter: Endpoint", reason)


def _queue(endpoint: str) -> None:
    _check_arn(endpoint, "sqs", "SQS endpoint ARN")


def _function(endpoint: str) -> None:
    _check_arn(endpoint, "lambda", "Lambda endpoint ARN")


def _check_arn(endpoint: str, service: str, what: str) -> None:
    try:
        arn = Arn.parse(endpoint)
    except ValueError:
        raise invalid(what) from None
    if arn.service != service:
        raise invalid(what)


def _application(endpoint: str) -> None:
    """Whether it exists is for whoever has its record to say."""
    _check_arn(endpoint, "sns", "ApplicationEndpoint ARN")


def _url(scheme: str) -> Callable[[str], None]:
    def check_url(endpoint: str) -> None:
        if not endpoint.startswith(f"{scheme}://"):
            raise invalid("Endpoint must match the specified protocol")

    return check_url


def _email(endpoint: str) -> None:
    if not _EMAIL.fullmatch(endpoint):
        raise invalid("Email address")


def _sms(endpoint: str) -> None:
    if _WRONG_SEPARATORS.search(endpoint) or not is_phone_number(_SEPARATORS.sub("", endpoint)):
        raise AwsError("InvalidParameterException", f"Invalid SMS endpoint: {endpoint}")


def _not_here(protocol: str) -> Callable[[str], None]:
    def check_protocol(endpoint: str) -> None:
        raise unsupported(f"subscriptions of the protocol {protocol}")

    return check_protocol


_CHECKS: dict[str, Callable[[str], None]] = {
    "application": _application,
    "email": _email,
    "email-json": _email,
    "firehose": _not_here("firehose"),
    "http": _url("http"),
    "https": _url("https"),
    "lambda": _function,
    "sms": _sms,
    "sqs": _queue,
}
