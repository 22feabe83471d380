"""Custom domain names and their base path mappings; `web.custom_domains` keeps them, for HTTP APIs too.

No DNS record and no certificate is looked at: a name works as soon as it is made.
Source: https://docs.aws.amazon.com/apigateway/latest/api/API_DomainName.html; texts as observed.
"""

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.apigateway.lookup import bad_request, members, not_found, page
from penstock.services.apigateway.patch import Member, Patch, Patcher, nested, scalar
from penstock.services.apigateway.store import DOCUMENTS as APIS
from penstock.services.apigateway.store import api_owner
from penstock.web.gateways.custom_domains import DOCUMENTS, DOMAIN, MAPPING, CustomDomains, mappings_owner, owner
from penstock.wire.model import Json

_OPTIONAL = (
    "certificateName", "certificateArn", "regionalCertificateName", "regionalCertificateArn",
    "mutualTlsAuthentication", "ownershipVerificationCertificateArn", "tags",
)  # fmt: skip
_NO_BASE = "(none)"
_CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"
# https://docs.aws.amazon.com/general/latest/gr/apigateway.html
_ZONES = {
    "us-east-1": "Z1UJRXOUMOOFQ8", "us-east-2": "ZOJJZC49E0EPZ", "us-west-1": "Z2MUQ32089INYE",
    "us-west-2": "Z2OJLYMUO9EFXC", "eu-west-1": "ZLY8HYME6SFDD", "eu-west-2": "ZJ5UAJN8Y3Z2Q",
    "eu-west-3": "Z3KY65QIEKYHQQ", "eu-central-1": "Z1U9ULNL0V5AJ3", "eu-north-1": "Z3UWIKFBOOGXPP",
    "ap-northeast-1": "Z1YSHQZHG15GKL", "ap-south-1": "Z3VO1THU9YC4UR", "ap-southeast-1": "ZL327KTPIQFUL",
    "ap-southeast-2": "Z2RPCDW04V8134", "ca-central-1": "Z19DQILCV0OWEC", "sa-east-1": "ZCMLWB8V5SYIT",
}  # fmt: skip


def create_domain_name(ctx: Context, request: Json) -> Json:
    name = request["domainName"]
    if not name:
        raise bad_request("No Domain Name specified")
    if DOCUMENTS.find(ctx.store, DOMAIN, name.lower()) is not None:
        raise bad_request("The domain name you provided already exists.")
    endpoint = request.get("endpointConfiguration") or {}
    domain = {
        "domainName": name,
        "domainNameArn": f"arn:aws:apigateway:{ctx.region}::/domainnames/{name}",
        **members(request, _OPTIONAL),
        "endpointConfiguration": {"types": endpoint.get("types") or ["EDGE"], "ipAddressType": "ipv4"} | endpoint,
        "securityPolicy": request.get("securityPolicy", "TLS_1_2"),
        "routingMode": request.get("routingMode", "BASE_PATH_MAPPING_ONLY"),
        "domainNameStatus": "AVAILABLE",
    }
    if "certificateName" in domain or "certificateArn" in domain:
        domain["certificateUploadDate"] = int(ctx.clock.now())
    return _save(ctx, domain)


def _save(ctx: Context, domain: Json) -> Json:
    """With the name that a DNS record would point to. Raises AwsError for what cannot be served here."""
    types = domain["endpointConfiguration"]["types"]
    if len(types) != 1:
        raise bad_request("Cannot create a domain name with multiple Endpoint Types.")
    if types == ["PRIVATE"]:
        raise AwsError("NotImplemented", "Penstock does not serve private custom domain names.", status=501)
    if domain["routingMode"] != "BASE_PATH_MAPPING_ONLY":
        raise AwsError("NotImplemented", "Penstock does not serve routing rules (routingMode).", status=501)
    if types == ["EDGE"] and "distributionDomainName" not in domain:
        domain |= {"distributionDomainName": f"d{ids.lower_id(13)}.cloudfront.net"}
        domain["distributionHostedZoneId"] = _CLOUDFRONT_ZONE
    if types == ["REGIONAL"] and "regionalDomainName" not in domain:
        domain |= {"regionalDomainName": f"d-{ids.lower_id(10)}.execute-api.{ctx.region}.amazonaws.com"}
        domain["regionalHostedZoneId"] = _ZONES.get(ctx.region, _ZONES["us-east-1"])
    DOCUMENTS.put(ctx.store, owner(ctx), DOMAIN, domain["domainName"].lower(), domain)
    _forget(ctx, domain["domainName"])
    return domain


def _forget(ctx: Context, name: str) -> None:
    served = ctx.kernel.shared(CustomDomains)
    served.forget(name)
    ctx.store.after_rollback(lambda: served.forget(name))


def get_domain_name(ctx: Context, request: Json) -> Json:
    found = DOCUMENTS.get(ctx.store, owner(ctx), DOMAIN, request["domainName"].lower())
    if found is None:
        raise not_found("Invalid domain name identifier specified")
    return found


def get_domain_names(ctx: Context, request: Json) -> Json:
    return page(DOCUMENTS.all(ctx.store, owner(ctx), DOMAIN), request)


def delete_domain_name(ctx: Context, request: Json) -> Json:
    name = get_domain_name(ctx, request)["domainName"]
    DOCUMENTS.delete(ctx.store, owner(ctx), DOMAIN, name.lower())
    DOCUMENTS.drop(ctx.store, mappings_owner(ctx, name))
    _forget(ctx, name)
    return {}


def _change_endpoint(domain: Json, patch: Patch) -> None:
    """`/endpointConfiguration/types/EDGE`, `.../ipAddressType`: the value is what the domain name becomes."""
    name = patch.keys[1] if len(patch.keys) > 1 else ""
    if name == "types":
        domain["endpointConfiguration"]["types"] = [patch.value]
    elif name == "ipAddressType":
        domain["endpointConfiguration"]["ipAddressType"] = patch.value
    else:
        raise bad_request(f"Invalid patch path {patch.path}")


_MEMBERS = {
    "certificateName": scalar(),
    "certificateArn": scalar(),
    "regionalCertificateName": scalar(),
    "regionalCertificateArn": scalar(),
    "ownershipVerificationCertificateArn": scalar(ops=("add", "replace", "remove")),
    "securityPolicy": scalar(),
    "routingMode": scalar(),
    "mutualTlsAuthentication": nested({"truststoreUri": str, "truststoreVersion": str}),
}
_PATCHER = Patcher(_MEMBERS)
_ENDPOINT = {
    depth: Patcher({"endpointConfiguration": Member(("add", "replace", "remove"), _change_endpoint, depth)})
    for depth in (1, 2, 3)
}


def update_domain_name(ctx: Context, request: Json) -> Json:
    domain = get_domain_name(ctx, request)
    for operation in request.get("patchOperations", ()):
        path = operation.get("path") or ""
        deep = path.startswith("/endpointConfiguration")
        (_ENDPOINT[min(path.count("/"), 3)] if deep else _PATCHER).apply(domain, [operation])
    return _save(ctx, domain)


# -- base path mappings ------------------------------------------------------------------------------

_SLASH = (
    "API Gateway V1 doesn't support the slash character (/) in base path mappings. To create a multi-level base path "
    "mapping, use API Gateway V2."
)


def create_base_path_mapping(ctx: Context, request: Json) -> Json:
    get_domain_name(ctx, request)
    key = _key(request.get("basePath"))
    mapping = {"id": ids.lower_id(6), "key": key, "apiId": request["restApiId"], "stage": request.get("stage", "")}
    _check(ctx, mapping)
    if DOCUMENTS.get(ctx.store, mappings_owner(ctx, request["domainName"]), MAPPING, key) is not None:
        raise AwsError("ConflictException", "Base path already exists for this domain name")
    return _save_mapping(ctx, request["domainName"], mapping)


def _key(base_path: str | None) -> str:
    return "" if base_path in (None, "", _NO_BASE) else str(base_path)


def _check(ctx: Context, mapping: Json) -> None:
    if "/" in mapping["key"]:
        raise bad_request(_SLASH)
    if APIS.get(ctx.store, owner(ctx), "restapi", mapping["apiId"]) is None:
        raise bad_request("Invalid REST API identifier specified")
    stage = mapping["stage"]
    if stage and APIS.get(ctx.store, api_owner(ctx, mapping["apiId"]), "stage", stage) is None:
        raise bad_request("Invalid stage identifier specified")


def _save_mapping(ctx: Context, name: str, mapping: Json) -> Json:
    DOCUMENTS.put(ctx.store, mappings_owner(ctx, name), MAPPING, mapping["key"], mapping)
    _forget(ctx, name)
    return _shown(mapping)


def _shown(mapping: Json) -> Json:
    stage = {"stage": mapping["stage"]} if mapping["stage"] else {}
    return {"basePath": mapping["key"] or _NO_BASE, "restApiId": mapping["apiId"], **stage}


def _mapping(ctx: Context, request: Json) -> Json:
    get_domain_name(ctx, request)
    key = _key(request["basePath"])
    found = DOCUMENTS.get(ctx.store, mappings_owner(ctx, request["domainName"]), MAPPING, key)
    if found is None:
        raise not_found("Invalid base path mapping identifier specified")
    return found


def get_base_path_mapping(ctx: Context, request: Json) -> Json:
    return _shown(_mapping(ctx, request))


def get_base_path_mappings(ctx: Context, request: Json) -> Json:
    get_domain_name(ctx, request)
    found = DOCUMENTS.all(ctx.store, mappings_owner(ctx, request["domainName"]), MAPPING)
    return page([_shown(mapping) for mapping in found], request)


def _rename(mapping: Json, patch: Patch) -> None:
    mapping["key"] = _key(patch.value)


def _lead(mapping: Json, patch: Patch) -> None:
    mapping["apiId"] = patch.value


def _restage(mapping: Json, patch: Patch) -> None:
    mapping["stage"] = patch.value or ""


_MAPPING_PATCHER = Patcher(
    {
        "basePath": Member(("replace",), _rename),
        "restapiId": Member(("replace",), _lead),
        "restApiId": Member(("replace",), _lead),
        "stage": Member(("replace", "add", "remove"), _restage),
    }
)


def update_base_path_mapping(ctx: Context, request: Json) -> Json:
    mapping = _mapping(ctx, request)
    before = mapping["key"]
    _MAPPING_PATCHER.apply(mapping, request.get("patchOperations", ()))
    _check(ctx, mapping)
    if mapping["key"] != before:  # one that has the new base path already is replaced
        DOCUMENTS.delete(ctx.store, mappings_owner(ctx, request["domainName"]), MAPPING, before)
    return _save_mapping(ctx, request["domainName"], mapping)


def delete_base_path_mapping(ctx: Context, request: Json) -> Json:
    key = _mapping(ctx, request)["key"]
    DOCUMENTS.delete(ctx.store, mappings_owner(ctx, request["domainName"]), MAPPING, key)
    _forget(ctx, request["domainName"])
    return {}


def check_unmapped(ctx: Context, api_id: str) -> None:
    """An API that a domain name leads to is not deleted."""
    if any(mapping["apiId"] == api_id for _, mapping in DOCUMENTS.every(ctx.store, MAPPING)):
        raise bad_request("Please remove all base path mappings related to the API in your domains")
