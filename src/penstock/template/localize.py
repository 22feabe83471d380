"""URLs that a template builds for AWS -> URLs that answer here.

Rule: the path form, because names under localhost do not resolve everywhere (see web/site.py).
"""

import re

_URL = re.compile(
    r"(?:https?|(wss?))://([a-z0-9-]+)\.(execute-api|lambda-url)\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|on\.aws)"
    r"(?=/|$|[^\w.:-])"
)


def localize(text: str, endpoint: str) -> str:
    """`https://<id>.execute-api.<region>.amazonaws.com/prod/` -> `http://127.0.0.1:4566/_aws/execute-api/<id>/prod/`."""
    if "://" not in text:
        return text
    secure = endpoint.replace("http", "ws", 1)
    return _URL.sub(lambda match: f"{secure if match[1] else endpoint}/_aws/{match[3]}/{match[2]}", text)
