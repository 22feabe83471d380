"""Client certificates: what a backend is to know API Gateway by. Integrations are called without TLS here.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_ClientCertificate.html
"""

from penstock.base import ids
from penstock.base.lazy import lazily
from penstock.call import Context
from penstock.services.apigateway.lookup import beside, members, page, save_beside
from penstock.services.apigateway.patch import Patcher, scalar
from penstock.services.apigateway.store import DOCUMENTS, owner
from penstock.wire.model import Json

KIND = "clientcertificate"
_YEAR = 365 * 86_400
_certificates = lazily("penstock.services.apigateway.certificates")


def generate_client_certificate(ctx: Context, request: Json) -> Json:
    now = int(ctx.clock.now())
    found = {
        "clientCertificateId": ids.lower_id(6),
        "pemEncodedCertificate": _certificates.certificate(now, now + _YEAR),
        "createdDate": now,
        "expirationDate": now + _YEAR,
        **members(request, ("description", "tags")),
    }
    return save_beside(ctx, KIND, found["clientCertificateId"], found)


def get_client_certificate(ctx: Context, request: Json) -> Json:
    return beside(ctx, KIND, request["clientCertificateId"])


def get_client_certificates(ctx: Context, request: Json) -> Json:
    return page(DOCUMENTS.all(ctx.store, owner(ctx), KIND), request)


_PATCHER = Patcher({"description": scalar(ops=("add", "replace", "remove"))})


def update_client_certificate(ctx: Context, request: Json) -> Json:
    found = get_client_certificate(ctx, request)
    _PATCHER.apply(found, request.get("patchOperations", ()))
    return save_beside(ctx, KIND, found["clientCertificateId"], found)


def delete_client_certificate(ctx: Context, request: Json) -> Json:
    found = get_client_certificate(ctx, request)
    DOCUMENTS.delete(ctx.store, owner(ctx), KIND, found["clientCertificateId"])
    return {}
