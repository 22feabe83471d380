"""Listeners: create, describe, modify, delete.

A listener's default actions are those of its default rule, which is made and deleted with it.
Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html and siblings.
"""

from collections.abc import Awaitable

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.elbv2 import names
from penstock.services.elbv2.actions import checked
from penstock.services.elbv2.ssl_policies import DEFAULT, POLICIES
from penstock.services.elbv2.state import LISTENER, LOAD_BALANCER, RULE, Entry, asked_for, mine, state
from penstock.services.elbv2.tags import merged
from penstock.wire.model import Json

_MOST = 50  # per load balancer
_PROTOCOLS = {"application": ("HTTP", "HTTPS"), "network": ("UDP", "TCP", "TLS", "TCP_UDP")}
_SERVED = ("HTTP", "HTTPS", "TCP", "TLS")
_SECURE = ("HTTPS", "TLS")
_KEPT = ("ListenerArn", "LoadBalancerArn", "ExtraCertificates")  # by ModifyListener, whatever else changes


def create_listener(ctx: Context, request: Json) -> Awaitable[Json]:
    """Returns when it listens."""
    return _at_work(ctx, _create(ctx, request))


async def _at_work(ctx: Context, result: Json) -> Json:
    await ctx.store.committed()
    await state(ctx).plane.settled()
    return result


def _create(ctx: Context, request: Json) -> Json:
    balancer = mine(ctx, LOAD_BALANCER, request["LoadBalancerArn"])
    kind = balancer.document["Type"]
    for member in ("Port", "Protocol"):
        if member not in request:
            raise names.invalid(f"A listener {member.lower()} must be specified")
    _check_protocol(kind, request["Protocol"])
    tags = merged({}, request.get("Tags"))
    listeners = state(ctx).children(LISTENER, balancer.arn)
    _check_port(balancer, listeners, request["Port"])
    if len(listeners) >= _MOST:
        raise AwsError("TooManyListenersException", "You've reached the limit on the number of listeners")
    settings = _security(request["Protocol"], request, {})
    actions = checked(ctx, request["DefaultActions"], balancer)
    arn = names.child_arn(balancer.arn, LISTENER)
    document = {"ListenerArn": arn, "LoadBalancerArn": balancer.arn, "Port": request["Port"]}
    document |= {"Protocol": request["Protocol"], **settings, "DefaultActions": actions}
    entry = state(ctx).put(Entry(arn, LISTENER, balancer.arn, document, {}, tags))
    _put_default_rule(ctx, entry)
    return {"Listeners": [_shown(entry)]}


def _put_default_rule(ctx: Context, listener: Entry) -> None:
    rules = state(ctx).children(RULE, listener.arn)
    known = next((rule for rule in rules if rule.document["IsDefault"]), None)
    arn = known.arn if known else names.child_arn(listener.arn, RULE)
    document = {"RuleArn": arn, "Priority": "default", "Conditions": [], "IsDefault": True}
    document["Actions"] = listener.document["DefaultActions"]
    state(ctx).put(Entry(arn, RULE, listener.arn, document, {}, known.tags if known else {}))


def _check_protocol(kind: str, protocol: str) -> None:
    if protocol not in _PROTOCOLS[kind]:
        raise names.invalid(f"Listener protocol '{protocol}' must be one of '{', '.join(_PROTOCOLS[kind])}'")
    if protocol not in _SERVED:
        raise names.unsupported(f"listeners with the protocol {protocol}")


def _check_port(balancer: Entry, listeners: list[Entry], port: int) -> None:
    if any(listener.document["Port"] == port for listener in listeners):
        raise AwsError(
            "DuplicateListenerException",
            f"A listener already exists on this port for this load balancer '{balancer.arn}'",
        )


def _security(protocol: str, request: Json, known: Json) -> Json:
    """Certificate, policy and the like of a listener with TLS. Raises ValidationError and others."""
    if (request.get("MutualAuthentication") or {}).get("Mode", "off") != "off":
        raise names.unsupported("mutual authentication: listeners are served without TLS on this machine")
    certificates, policy = request.get("Certificates"), request.get("SslPolicy")
    if protocol not in _SECURE:
        if certificates or policy:
            what = "Certificates" if certificates else "An SSL policy"
            raise names.invalid(f"{what} cannot be specified for {protocol} listeners")
        return {}
    certificates = certificates or known.get("Certificates")
    if not certificates:
        raise names.invalid(f"A certificate must be specified for {protocol} listeners")
    if len(certificates) > 1:
        raise names.invalid(f"Up to '1' certificate ARNs can be specified, but '{len(certificates)}' were specified")
    policy = policy or known.get("SslPolicy", DEFAULT)
    if policy not in POLICIES:
        raise AwsError("SSLPolicyNotFoundException", f"SSL policy '{policy}' not found")
    found = {"Certificates": [{"CertificateArn": certificates[0]["CertificateArn"]}], "SslPolicy": policy}
    if protocol == "HTTPS":
        return {**found, "MutualAuthentication": {"Mode": "off"}}
    alpn = request.get("AlpnPolicy") or known.get("AlpnPolicy")
    return {**found, "AlpnPolicy": alpn} if alpn else found


def _shown(entry: Entry) -> Json:
    """Without the further certificates, which have an operation of their own."""
    return {key: value for key, value in entry.document.items() if key != "ExtraCertificates"}


def describe_listeners(ctx: Context, request: Json) -> Json:
    balancer, arns = request.get("LoadBalancerArn"), request.get("ListenerArns")
    if balancer and arns:
        raise names.invalid("Listener ARNs and a load balancer ARN cannot be specified at the same time")
    if not balancer and not arns:
        raise names.invalid("You must specify either listener ARNs or a load balancer ARN")
    if arns:
        found = asked_for(ctx, LISTENER, arns, "One or more listeners not found")
    else:
        found = state(ctx).children(LISTENER, mine(ctx, LOAD_BALANCER, str(balancer)).arn)
    return names.page(request, "Listeners", [_shown(entry) for entry in found])


def modify_listener(ctx: Context, request: Json) -> Awaitable[Json]:
    """Returns when it listens where it now should."""
    return _at_work(ctx, _modify(ctx, request))


def _modify(ctx: Context, request: Json) -> Json:
    entry = mine(ctx, LISTENER, request["ListenerArn"])
    balancer = state(ctx).entries[entry.parent]
    protocol: str = request.get("Protocol") or entry.document["Protocol"]
    port: int = request.get("Port") or entry.document["Port"]
    _check_protocol(balancer.document["Type"], protocol)
    others = [each for each in state(ctx).children(LISTENER, balancer.arn) if each.arn != entry.arn]
    _check_port(balancer, others, port)
    document: Json = {key: value for key, value in entry.document.items() if key in _KEPT}
    document |= {"Port": port, "Protocol": protocol, **_security(protocol, request, entry.document)}
    given = request.get("DefaultActions")
    document["DefaultActions"] = checked(ctx, given, balancer) if given else entry.document["DefaultActions"]
    entry.document = document
    entry = state(ctx).put(entry)
    if given:
        _put_default_rule(ctx, entry)
    return {"Listeners": [_shown(entry)]}


def delete_listener(ctx: Context, request: Json) -> Json:
    state(ctx).drop(mine(ctx, LISTENER, request["ListenerArn"]))
    return {}


# -- further certificates: recorded, because listeners are served without TLS --------------------------------


def add_listener_certificates(ctx: Context, request: Json) -> Json:
    entry = _secure(ctx, request["ListenerArn"])
    extra = entry.document.get("ExtraCertificates", [])
    given = [certificate["CertificateArn"] for certificate in request["Certificates"]]
    extra = list(dict.fromkeys([*extra, *given]))
    if len(extra) > 25:
        raise AwsError(
            "TooManyCertificatesException",
            "You've reached the limit on the number of certificates per load balancer",
        )
    entry.document = {**entry.document, "ExtraCertificates": extra}
    state(ctx).put(entry)
    return {"Certificates": [{"CertificateArn": arn, "IsDefault": False} for arn in given]}


def remove_listener_certificates(ctx: Context, request: Json) -> Json:
    entry = _secure(ctx, request["ListenerArn"])
    gone = {certificate["CertificateArn"] for certificate in request["Certificates"]}
    if gone & {certificate["CertificateArn"] for certificate in entry.document["Certificates"]}:
        raise AwsError("OperationNotPermittedException", "The default certificate cannot be removed from a listener")
    extra = [arn for arn in entry.document.get("ExtraCertificates", []) if arn not in gone]
    entry.document = {**entry.document, "ExtraCertificates": extra}
    state(ctx).put(entry)
    return {}


def describe_listener_certificates(ctx: Context, request: Json) -> Json:
    document = mine(ctx, LISTENER, request["ListenerArn"]).document
    found = [{"CertificateArn": each["CertificateArn"], "IsDefault": True} for each in document.get("Certificates", [])]
    found += [{"CertificateArn": arn, "IsDefault": False} for arn in document.get("ExtraCertificates", [])]
    return names.page(request, "Certificates", found)


def _secure(ctx: Context, arn: str) -> Entry:
    entry = mine(ctx, LISTENER, arn)
    if entry.document["Protocol"] not in _SECURE:
        raise names.unfit(f"Certificates cannot be specified for {entry.document['Protocol']} listeners")
    return entry
