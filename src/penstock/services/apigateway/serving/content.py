"""Text and binary bodies: what the media types of an API and the contentHandling of an integration make of them. Pure.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html
"""

import base64
import binascii

from penstock.services.apigateway.serving.refusal import misconfigured

_TO_TEXT, _TO_BINARY = "CONVERT_TO_TEXT", "CONVERT_TO_BINARY"


def request_body(body: bytes, binary: bool, handling: str | None) -> bytes:
    """`binary`: the request is of a binary media type. Raises Refusal (500) for what is no base64."""
    if binary:
        return base64.b64encode(body) if handling == _TO_TEXT else body
    return _decoded(body) if handling == _TO_BINARY else _text(body)


def response_body(body: bytes, binary: bool, accepted: bool, handling: str | None) -> bytes:
    """`binary`: the endpoint's answer is of a binary media type; `accepted`: the client accepts one. Raises Refusal."""
    if binary:
        return base64.b64encode(body) if handling == _TO_TEXT or not (handling or accepted) else body
    return _decoded(body) if handling == _TO_BINARY or (accepted and not handling) else _text(body)


def for_template(body: bytes) -> bytes:
    """What a template is given; binary bodies it cannot read. Raises Refusal (500)."""
    try:
        body.decode()
    except UnicodeDecodeError:
        raise misconfigured("Execution failed due to configuration error: Unable to transform request") from None
    return body


def _decoded(body: bytes) -> bytes:
    """The bytes of a base64 string; a function's result is one in quotes."""
    try:
        return base64.b64decode(body[1:-1] if body[:1] == body[-1:] == b'"' else body, validate=True)
    except binascii.Error:
        text = "Execution failed due to configuration error: Unable to base64 decode the body."
        raise misconfigured(text) from None


def _text(body: bytes) -> bytes:
    try:
        body.decode()
    except UnicodeDecodeError:
        return body.decode("utf-8", "replace").encode()
    return body
