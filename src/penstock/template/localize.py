"""URLs that a template builds for AWS -> URLs that answer here.

Rule: the path form, because names under localhost do not resolve everywhere (see web/site.py).
"""

import re
from collections.abc import Callable

_URL = re.compile(
    r"(?:https?|(wss?))://([a-z0-9-]+)\.(execute-api|lambda-url)\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|on\.aws)"
    r"(?=/|$|[^\w.:-])"
)
# A website's pages link to each other from its root: it needs the form with a host.
_WEBSITE = re.compile(r"https?://([a-z0-9-]+)\.s3-website[.-][a-z0-9-]+\.amazonaws\.com(?:\.cn)?(?=/|$|[^\w.:-])")
_NAMED = re.compile(r"https?://([a-z0-9.-]+\.localhost)(?::(\d+))?(?=/|$|[^\w.:-])", re.IGNORECASE)


def localize(text: str, endpoint: str) -> str:
    """`https://<id>.execute-api.<region>.amazonaws.com/prod/` -> `http://127.0.0.1:4566/_aws/execute-api/<id>/prod/`."""
    if "://" not in text:
        return text
    secure = endpoint.replace("http", "ws", 1)
    text = _WEBSITE.sub(lambda match: f"http://{match[1]}.s3-website.localhost:{endpoint.rpartition(':')[2]}", text)
    return _URL.sub(lambda match: f"{secure if match[1] else endpoint}/_aws/{match[3]}/{match[2]}", text)


def located(text: str, find: Callable[[str, int], str | None]) -> str:
    """`http://my-alb-1.us-east-1.elb.localhost/a` -> `http://127.5.1.2/a`; `find(name, port)` knows `host:port`."""
    if "://" not in text:
        return text

    def there(match: re.Match[str]) -> str:
        default = 443 if match[0].lower().startswith("https") else 80
        where = find(match[1], int(match[2] or default))
        return f"http://{where.removesuffix(':80')}" if where is not None else match[0]

    return _NAMED.sub(there, text)
