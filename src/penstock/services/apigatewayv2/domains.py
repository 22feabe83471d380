"""Custom domain names and API mappings. A name belongs to REST APIs as well: that service keeps it, this one asks it.

A mapping may lead to an HTTP API, to a WebSocket API or to a REST API; its key may have several levels.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-custom-domain-names.html
"""

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.apigatewayv2.store import (
    DOCUMENTS,
    api_owner,
    bad_request,
    members,
    not_found,
    not_implemented,
    owner,
    page,
)
from penstock.web.gateways import custom_domains
from penstock.web.gateways.custom_domains import MAPPING, CustomDomains, mappings_owner
from penstock.wire.model import Json

_KEEPER = "apigateway"
_SELECTION = "$request.basepath"
_NO_DOMAIN = "The domain name resource specified in the request was not found."
_NO_MAPPING = "The api mapping resource specified in the request was not found."


# -- domain names ------------------------------------------------------------------------------------


def create_domain_name(ctx: Context, request: Json) -> Json:
    configurations = request.get("DomainNameConfigurations") or [{}]
    if len(configurations) > 1:
        raise not_implemented("Penstock does not serve domain names with several configurations.")
    made = {
        "domainName": request["DomainName"],
        "endpointConfiguration": {"types": [configurations[0].get("EndpointType", "REGIONAL")]},
        "tags": request.get("Tags", {}),
        **_certificates(configurations[0]),
        **_mutual(request),
        **({"routingMode": request["RoutingMode"]} if request.get("RoutingMode") else {}),
    }
    try:
        return _shown(ctx.call_now(_KEEPER, "CreateDomainName", made))
    except AwsError as error:
        if "already exists" in error.message:
            raise AwsError("ConflictException", "The domain name resource already exists.") from None
        raise


def _certificates(configuration: Json) -> Json:
    names = {
        "CertificateArn": "regionalCertificateArn",
        "CertificateName": "regionalCertificateName",
        "OwnershipVerificationCertificateArn": "ownershipVerificationCertificateArn",
        "SecurityPolicy": "securityPolicy",
    }
    return {theirs: configuration[mine] for mine, theirs in names.items() if configuration.get(mine)}


def _mutual(request: Json) -> Json:
    given = request.get("MutualTlsAuthentication")
    if not given:
        return {}
    names = {"TruststoreUri": "truststoreUri", "TruststoreVersion": "truststoreVersion"}
    return {"mutualTlsAuthentication": {theirs: given[mine] for mine, theirs in names.items() if given.get(mine)}}


def _shown(domain: Json) -> Json:
    """A domain name of the REST API's as this API shows it."""
    endpoint = domain["endpointConfiguration"]["types"][0]
    where = "regional" if endpoint == "REGIONAL" else "distribution"
    configuration = {
        "ApiGatewayDomainName": domain.get(f"{where}DomainName"),
        "CertificateArn": domain.get("regionalCertificateArn") or domain.get("certificateArn"),
        "CertificateName": domain.get("regionalCertificateName") or domain.get("certificateName"),
        "DomainNameStatus": domain["domainNameStatus"],
        "EndpointType": endpoint,
        "HostedZoneId": domain.get(f"{where}HostedZoneId"),
        "IpAddressType": "ipv4",
        "SecurityPolicy": domain["securityPolicy"],
    }
    mutual = domain.get("mutualTlsAuthentication") or {}
    return {
        "ApiMappingSelectionExpression": _SELECTION,
        "DomainName": domain["domainName"],
        "DomainNameArn": domain["domainNameArn"],
        "DomainNameConfigurations": [{name: value for name, value in configuration.items() if value is not None}],
        "MutualTlsAuthentication": {name[:1].upper() + name[1:]: value for name, value in mutual.items()},
        "RoutingMode": "API_MAPPING_ONLY",
        "Tags": domain.get("tags") or {},
    }


def _domain(ctx: Context, name: str) -> Json:
    """Raises NotFoundException."""
    try:
        return ctx.call_now(_KEEPER, "GetDomainName", {"domainName": name})
    except AwsError as error:
        if error.code == "NotFoundException":
            raise not_found(_NO_DOMAIN) from None
        raise


def get_domain_name(ctx: Context, request: Json) -> Json:
    return _shown(_domain(ctx, request["DomainName"]))


def get_domain_names(ctx: Context, request: Json) -> Json:
    found = ctx.call_now(_KEEPER, "GetDomainNames", {"limit": 500})
    return page([_shown(domain) for domain in found.get("items", ())], request)


def update_domain_name(ctx: Context, request: Json) -> Json:
    name = _domain(ctx, request["DomainName"])["domainName"]
    for configuration in request.get("DomainNameConfigurations") or ():
        changes = _certificates(configuration)
        operations = [{"op": "replace", "path": f"/{path}", "value": value} for path, value in changes.items()]
        if operations:
            ctx.call_now(_KEEPER, "UpdateDomainName", {"domainName": name, "patchOperations": operations})
    return get_domain_name(ctx, request)


def delete_domain_name(ctx: Context, request: Json) -> Json:
    ctx.call_now(_KEEPER, "DeleteDomainName", {"domainName": _domain(ctx, request["DomainName"])["domainName"]})
    return {}


# -- API mappings ------------------------------------------------------------------------------------


def create_api_mapping(ctx: Context, request: Json) -> Json:
    _domain(ctx, request["DomainName"])
    mapping = {
        "id": ids.lower_id(6),
        "key": request.get("ApiMappingKey", ""),
        "apiId": request["ApiId"],
        "stage": request["Stage"],
    }
    return _save(ctx, request, mapping)


def _save(ctx: Context, request: Json, mapping: Json, before: str | None = None) -> Json:
    _check(ctx, mapping)
    where = mappings_owner(ctx, request["DomainName"])
    if mapping["key"] != before and custom_domains.DOCUMENTS.get(ctx.store, where, MAPPING, mapping["key"]):
        raise AwsError("ConflictException", "ApiMapping key already exists for this domain name")
    if before is not None:
        custom_domains.DOCUMENTS.delete(ctx.store, where, MAPPING, before)
    custom_domains.DOCUMENTS.put(ctx.store, where, MAPPING, mapping["key"], mapping)
    _forget(ctx, request["DomainName"])
    return _mapped(mapping)


def _check(ctx: Context, mapping: Json) -> None:
    key, api_id = mapping["key"], mapping["apiId"]
    if key.startswith("/") or "//" in key:
        raise bad_request("API mapping key should not start with a '/' or have consecutive '/'s.")
    if key.endswith("/"):
        raise bad_request("API mapping key should not end with a '/'.")
    if DOCUMENTS.get(ctx.store, owner(ctx), "api", api_id) is not None:
        found = DOCUMENTS.get(ctx.store, api_owner(ctx, api_id), "stage", mapping["stage"])
        if found is None:
            raise bad_request("Invalid stage identifier specified")
        return
    try:
        ctx.call_now(_KEEPER, "GetStage", {"restApiId": api_id, "stageName": mapping["stage"]})
    except AwsError as error:
        if error.code != "NotFoundException":
            raise
        raise not_found(
            "Invalid API identifier specified The resource specified in the request was not found."
        ) from None


def _forget(ctx: Context, name: str) -> None:
    served = ctx.kernel.shared(CustomDomains)
    served.forget(name)
    ctx.store.after_rollback(lambda: served.forget(name))


def _mapped(mapping: Json) -> Json:
    return {
        "ApiId": mapping["apiId"],
        "ApiMappingId": mapping["id"],
        "ApiMappingKey": mapping["key"],
        "Stage": mapping["stage"],
    }


def _mappings(ctx: Context, request: Json) -> list[Json]:
    _domain(ctx, request["DomainName"])
    return custom_domains.DOCUMENTS.all(ctx.store, mappings_owner(ctx, request["DomainName"]), MAPPING)


def _mapping(ctx: Context, request: Json) -> Json:
    found = next((mapping for mapping in _mappings(ctx, request) if mapping["id"] == request["ApiMappingId"]), None)
    if found is None:
        raise not_found(_NO_MAPPING)
    return found


def get_api_mapping(ctx: Context, request: Json) -> Json:
    return _mapped(_mapping(ctx, request))


def get_api_mappings(ctx: Context, request: Json) -> Json:
    return page([_mapped(mapping) for mapping in _mappings(ctx, request)], request)


def update_api_mapping(ctx: Context, request: Json) -> Json:
    mapping = _mapping(ctx, request)
    changes = members(request, ("ApiId", "ApiMappingKey", "Stage"))
    names = {"ApiId": "apiId", "ApiMappingKey": "key", "Stage": "stage"}
    before = mapping["key"]
    return _save(ctx, request, mapping | {names[name]: value for name, value in changes.items()}, before)


def delete_api_mapping(ctx: Context, request: Json) -> Json:
    where = mappings_owner(ctx, request["DomainName"])
    custom_domains.DOCUMENTS.delete(ctx.store, where, MAPPING, _mapping(ctx, request)["key"])
    _forget(ctx, request["DomainName"])
    return {}
