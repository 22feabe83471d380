"""One trace, in the two notations that receivers read: AWS X-Ray's header and the W3C's.

https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
https://www.w3.org/TR/trace-context/#traceparent-header
"""

import re

_XRAY = re.compile(r"Root=1-([0-9a-f]{8})-([0-9a-f]{24})")
_PARENT = re.compile(r"Parent=([0-9a-f]{16})")


def headers(xray: str | None) -> dict[str, str]:
    """X-Ray's header and the `traceparent` that says the same; nothing where there is no trace."""
    root = _XRAY.search(xray or "")
    if not xray or not root:
        return {}
    found = {"X-Amzn-Trace-Id": xray}
    if parent := _PARENT.search(xray):
        sampled = "01" if "Sampled=1" in xray else "00"
        found["traceparent"] = f"00-{root[1]}{root[2]}-{parent[1]}-{sampled}"
    return found
