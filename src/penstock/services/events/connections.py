"""Connections: how an HTTP endpoint is to be called. What is secret in one is kept in Secrets Manager only.

A connection with OAuth client credentials is AUTHORIZING until its first token was asked for.
Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateConnection.html and its siblings.
"""

import orjson

from penstock.base import ids
from penstock.base.arn import arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.delivery.endpoints import Endpoints
from penstock.iam.principal import Principal
from penstock.services.events import connection_parameters, names
from penstock.services.events.store import DOCUMENTS
from penstock.wire.model import Json

KIND = "connection"
_REPLIED = ("ConnectionArn", "ConnectionState", "CreationTime", "LastModifiedTime", "LastAuthorizedTime")
_LISTED = (*_REPLIED, "Name", "StateReason", "AuthorizationType")
_SETTINGS = ("Description", "KmsKeyIdentifier")


def create_connection(ctx: Context, request: Json) -> Json:
    name = request["Name"]
    _refuse_private(request)
    secret = connection_parameters.secret_of(request["AuthorizationType"], request["AuthParameters"], {})
    if find(ctx, name) is not None:
        raise AwsError("ResourceAlreadyExistsException", f"Connection {name} already exists.")
    now, uuid = ctx.clock.now(), ids.uuid()
    connection = {
        "ConnectionArn": arn("events", ctx.region, ctx.account, f"connection/{name}/{uuid}"),
        "Name": name,
        **{member: request[member] for member in _SETTINGS if member in request},
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    _authorise(ctx, connection, request["AuthorizationType"], secret)
    return _replied(connection)


def describe_connection(ctx: Context, request: Json) -> Json:
    return lookup(ctx, request["Name"])


def list_connections(ctx: Context, request: Json) -> Json:
    prefix, state = request.get("NamePrefix", ""), request.get("ConnectionState")
    found = [
        connection
        for connection in sorted(DOCUMENTS.all(ctx.store, owner(ctx), KIND), key=lambda each: str(each["Name"]))
        if connection["Name"].startswith(prefix) and connection["Name"] >= names.start(request, "")
        if state in (None, connection["ConnectionState"])
    ]
    return names.page(request, "Connections", found, lambda each: each["Name"], lambda each: _of(each, _LISTED))


def update_connection(ctx: Context, request: Json) -> Json:
    connection = lookup(ctx, request["Name"])
    _refuse_private(request)
    connection |= {member: request[member] for member in _SETTINGS if member in request}
    connection["LastModifiedTime"] = ctx.clock.now()
    kind = request.get("AuthorizationType") or connection["AuthorizationType"]
    given = request.get("AuthParameters")
    if given is None and kind == connection["AuthorizationType"]:
        _save(ctx, connection)
        return _replied(connection)
    known = _secret(ctx, connection) if kind == connection["AuthorizationType"] else {}
    _authorise(ctx, connection, kind, connection_parameters.secret_of(kind, given or {}, known))
    return _replied(connection)


def deauthorize_connection(ctx: Context, request: Json) -> Json:
    connection = lookup(ctx, request["Name"])
    _delete_secret(ctx, connection)
    connection |= {"ConnectionState": "DEAUTHORIZED", "AuthParameters": {}, "LastModifiedTime": ctx.clock.now()}
    _save(ctx, connection)
    return _replied({**connection, "ConnectionState": "DEAUTHORIZING"})


def delete_connection(ctx: Context, request: Json) -> Json:
    connection = lookup(ctx, request["Name"])
    _delete_secret(ctx, connection)
    DOCUMENTS.delete(ctx.store, owner(ctx), KIND, connection["Name"])
    return _replied({**connection, "ConnectionState": "DELETING"})


# -- shared with API destinations ----------------------------------------------------------------------


def owner(ctx: Context) -> str:
    return f"{ctx.account}:{ctx.region}"


def find(ctx: Context, name: str) -> Json | None:
    return DOCUMENTS.get(ctx.store, owner(ctx), KIND, name)


def lookup(ctx: Context, name: str) -> Json:
    """Raises ResourceNotFoundException."""
    connection = find(ctx, name)
    if connection is None:
        message = f"Failed to describe the connection(s). Connection '{name}' does not exist."
        raise AwsError("ResourceNotFoundException", message)
    return connection


# -- authorization -------------------------------------------------------------------------------------


def resume(ctx: Context) -> None:
    """Goes on with the connections that wait for their first token."""
    for owned_by, connection in DOCUMENTS.every(ctx.store, KIND):
        if connection["ConnectionState"] == "AUTHORIZING":
            account, _, region = owned_by.partition(":")
            _ask_for_token(ctx.at(account=account, region=region), connection)


def _authorise(ctx: Context, connection: Json, kind: str, secret: Json) -> None:
    _keep_secret(ctx, connection, secret)
    connection |= {"AuthorizationType": kind, "AuthParameters": connection_parameters.shown(kind, secret)}
    connection.pop("StateReason", None)
    if kind == "OAUTH_CLIENT_CREDENTIALS":
        connection["ConnectionState"] = "AUTHORIZING"
        ctx.store.after_commit(lambda: _ask_for_token(ctx, connection))
    else:
        connection |= {"ConnectionState": "AUTHORIZED", "LastAuthorizedTime": ctx.clock.now()}
    _save(ctx, connection)


def _ask_for_token(ctx: Context, connection: Json) -> None:
    ctx.spawn(_first_token(ctx, connection), f"authorization of {connection['ConnectionArn']}")


async def _first_token(ctx: Context, connection: Json) -> None:
    with ctx.clock.work():
        change: Json = {"ConnectionState": "AUTHORIZED", "LastAuthorizedTime": ctx.clock.now()}
        try:
            await ctx.kernel.shared(Endpoints).authorise(ctx, connection["ConnectionArn"], anew=True)
        except AwsError as error:
            reason = f"Failed to authorize the connection: {error.message}"
            change = {"ConnectionState": "DEAUTHORIZED", "StateReason": reason[:512]}
        with ctx.store.savepoint():
            current = find(ctx, connection["Name"])
            if current is not None and current["LastModifiedTime"] == connection["LastModifiedTime"]:
                _save(ctx, current | change)


# -- its secret ----------------------------------------------------------------------------------------


def _secrets(ctx: Context, operation: str, request: Json) -> Json:
    who = Principal.service("apidestinations.events.amazonaws.com", ctx.account)
    return ctx.call_now("secretsmanager", operation, request, principal=who)


def _keep_secret(ctx: Context, connection: Json, secret: Json) -> None:
    value = {"SecretString": orjson.dumps(secret).decode(), "ClientRequestToken": ids.uuid()}
    if "SecretArn" in connection:
        _secrets(ctx, "PutSecretValue", {"SecretId": connection["SecretArn"], **value})
        return
    name = f"events!{connection['ConnectionArn'].rpartition(':')[2]}"
    request = {
        "Name": name,
        "Description": f"Auth parameters for EventBridge connection {connection['ConnectionArn']}",
        **value,
        **({"KmsKeyId": connection["KmsKeyIdentifier"]} if connection.get("KmsKeyIdentifier") else {}),
    }
    connection["SecretArn"] = _secrets(ctx, "CreateSecret", request)["ARN"]


def _secret(ctx: Context, connection: Json) -> Json:
    if "SecretArn" not in connection:
        return {}
    value = _secrets(ctx, "GetSecretValue", {"SecretId": connection["SecretArn"]})
    secret: Json = orjson.loads(value["SecretString"])
    return secret


def _delete_secret(ctx: Context, connection: Json) -> None:
    secret = connection.pop("SecretArn", None)
    if secret is not None:
        _secrets(ctx, "DeleteSecret", {"SecretId": secret, "ForceDeleteWithoutRecovery": True})


# -- documents -----------------------------------------------------------------------------------------


def _save(ctx: Context, connection: Json) -> None:
    DOCUMENTS.put(ctx.store, owner(ctx), KIND, connection["Name"], connection)


def _of(connection: Json, members: tuple[str, ...]) -> Json:
    return {member: connection[member] for member in members if member in connection}


def _replied(connection: Json) -> Json:
    return _of(connection, _REPLIED)


def _refuse_private(request: Json) -> None:
    connectivity = (request.get("AuthParameters") or {}).get("ConnectivityParameters")
    if "InvocationConnectivityParameters" in request or connectivity:
        message = "Penstock does not connect to private endpoints through VPC Lattice resource configurations."
        raise AwsError("NotImplemented", message, status=501)
