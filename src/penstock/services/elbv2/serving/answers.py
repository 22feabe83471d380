"""What a load balancer answers by itself. Pure.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
"""

from http import HTTPStatus

from penstock.services.elbv2.serving.matching import host_of
from penstock.wire.message import Request, Response
from penstock.wire.model import Json

SERVER = ("Server", "awselb/2.0")
_PHRASES = {503: "Service Temporarily Unavailable", 504: "Gateway Time-out", 405: "Not Allowed", 302: "Found"}


def page(status: int) -> Response:
    """The little page that goes with a status."""
    title = f"{status} {_PHRASES.get(status) or HTTPStatus(status).phrase}"
    body = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    )
    return Response(status, [SERVER, ("Content-Type", "text/html")], body.encode())


def fixed(config: Json) -> Response:
    body = config.get("MessageBody", "").encode()
    kind = config.get("ContentType") or "text/plain"
    headers = [SERVER, ("Content-Type", f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)]
    return Response(int(config["StatusCode"]), headers, body)


def redirect(config: Json, request: Request, protocol: str, port: int) -> Response:
    """`port` is the listener's; a client that came by another way is sent back on its own."""
    host = host_of(request)
    came_by = request.headers.get("host", "")[len(host) + 1 :] or str(port)
    known = {
        "#{protocol}": protocol,
        "#{host}": host,
        "#{port}": came_by,
        "#{path}": request.path.lstrip("/"),
        "#{query}": request.query_string,
    }

    def fill(text: str) -> str:
        for name, value in known.items():
            text = text.replace(name, value)
        return text

    scheme, query = fill(config["Protocol"]), fill(config["Query"])
    location = f"{scheme.lower()}://{fill(config['Host'])}:{fill(config['Port'])}{fill(config['Path'])}"
    location += f"?{query}" if query else ""
    response = page(int(config["StatusCode"].removeprefix("HTTP_")))
    response.headers.append(("Location", location.replace("\r", "").replace("\n", "")))
    return response
