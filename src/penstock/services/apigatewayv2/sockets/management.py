"""The API by which a backend talks to its clients: `@connections`.

It answers at a stage (`<stage URL>/@connections/...`) and at the runtime's own endpoint: ids are unique among all APIs.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.apigatewayv2.sockets.connections import Connection, Connections, is_connection_id
from penstock.wire.model import Json

_BUFFER = 4 * 1024 * 1024  # bytes that a client may be behind
_NORMAL = 1000


def post_to_connection(ctx: Context, request: Json) -> Json:
    connection = _connection(ctx, request)
    data: bytes = request["Data"]
    if connection.socket is not None and connection.socket.unsent > _BUFFER:
        raise AwsError("LimitExceededException", "The client does not read what it is sent")
    ctx.store.after_commit(lambda: connection.send(_message(data)))
    return {}


def _message(data: bytes) -> str | bytes:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def get_connection(ctx: Context, request: Json) -> Json:
    connection = _connection(ctx, request)
    agent = connection.request.headers.get("user-agent")
    return {
        "ConnectedAt": connection.connected_at,
        "Identity": {"SourceIp": connection.request.client, "UserAgent": agent or ""},
        "LastActiveAt": connection.last_active,
    }


def delete_connection(ctx: Context, request: Json) -> Json:
    connection = _connection(ctx, request)
    ctx.store.after_commit(lambda: connection.close(_NORMAL, "Connection Closed Normally"))
    return {}


_METHODS = {"PostToConnection": "POST", "GetConnection": "GET", "DeleteConnection": "DELETE"}


def resource(ctx: Context, operation: str, request: Json) -> str:
    """What IAM is asked about: the connection, below its API and stage."""
    id = request.get("ConnectionId", "")
    found = ctx.kernel.shared(Connections).get(id)
    where = f"{found.api_id}/{found.stage}" if found is not None else "*/*"
    return f"arn:aws:execute-api:{ctx.region}:{ctx.account}:{where}/{_METHODS[operation]}/@connections/{id}"


def _connection(ctx: Context, request: Json) -> Connection:
    """Raises BadRequestException for what is no id, GoneException for one that nobody has."""
    id = request["ConnectionId"]
    found = ctx.kernel.shared(Connections).get(id)
    if found is not None:
        return found
    if not is_connection_id(id):
        raise AwsError("BadRequestException", f"Invalid connectionId: {id}", status=400)
    raise AwsError("GoneException", "")
