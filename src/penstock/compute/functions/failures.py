"""What a failed environment or invocation is called, in AWS's words."""

import signal

import orjson

from penstock.compute.functions.model import FunctionSpec


class InitFailed(Exception):
    """The process did not get as far as asking for an event. `document` is what it said itself, if it did."""

    def __init__(self, error_type: str, message: str = "", document: bytes = b"") -> None:
        super().__init__(f"{error_type}: {message}")
        self.error_type = error_type
        self.message = message
        self.document = document

    def payload(self, request_id: str) -> bytes:
        return self.document or document(self.error_type, f"RequestId: {request_id} Error: {self.message}")


def timeout(spec: FunctionSpec) -> str:
    return f"Task timed out after {spec.timeout:.2f} seconds"


def exit_reason(code: int, who: str = "Runtime") -> str:
    """`code` is negative for a signal."""
    if code == 0:
        return f"{who} exited without providing a reason"
    if code > 0:
        return f"{who} exited with error: exit status {code}"
    name = signal.strsignal(-code) or f"signal {-code}"
    return f"{who} exited with error: signal: {name.lower()}"


def document(error_type: str, message: str) -> bytes:
    return orjson.dumps({"errorType": error_type, "errorMessage": message})
