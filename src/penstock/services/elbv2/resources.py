"""CloudFormation types of load balancing; their properties are the members of the operations.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ElasticLoadBalancingV2.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from penstock.services.elbv2 import names
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType

_SERVICE = "elbv2"
_NO_TLS = "listeners are served without TLS on this machine: call them by http://"
_NO_TLS_TARGETS = "targets are called without TLS, on this machine"

_ONE_MACHINE = "all zones are this machine"
_FAILS_OPEN = "all targets get requests when none is healthy"
_NO_LOGS = "of logs, only the access logs of application load balancers are written"

_ACCESS_LOGS = "access_logs.s3.enabled"

# attribute -> why it has no effect
_INERT_ATTRIBUTES = {
    _ACCESS_LOGS: _NO_LOGS,
    "connection_logs.s3.enabled": _NO_LOGS,
    "health_check_logs.s3.enabled": _NO_LOGS,
    "waf.fail_open.enabled": "requests are not filtered",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": _NO_TLS,
    "zonal_shift.config.enabled": _ONE_MACHINE,
    "dns_record.client_routing_policy": _ONE_MACHINE,
    "secondary_ips.auto_assigned.per_subnet": "a load balancer has one address, on loopback",
    "client_keep_alive.seconds": "a connection of a client ends when it is idle, however old it is",
    "routing.http.desync_mitigation_mode": "requests that are not HTTP/1.1 to the letter are refused in any mode",
    "routing.http2.enabled": "clients are spoken to in HTTP/1.1",
    "tcp.idle_timeout.seconds": "flows that are idle stay open",
    "preserve_client_ip.enabled": "targets see the load balancer's address",
    "target_health_state.unhealthy.connection_termination.enabled": "flows to unhealthy targets go on",
    "target_health_state.unhealthy.draining_interval_seconds": "flows to unhealthy targets go on",
    "target_group_health.dns_failover.minimum_healthy_targets.count": _ONE_MACHINE,
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": _ONE_MACHINE,
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": _FAILS_OPEN,
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": _FAILS_OPEN,
    "load_balancing.algorithm.anomaly_mitigation": "anomalies are not looked for",
}
_UNSUPPORTED_ACTIONS = ("authenticate-oidc", "authenticate-cognito", "jwt-validation")


def _tags(rc: ResourceContext, given: Properties) -> dict[str, Any]:
    """Without any the member is left out: Elastic Load Balancing takes no empty list."""
    tags = rc.tag_list(given)
    return {"Tags": tags} if tags else {}


def _attributes(given: Properties, member: str) -> list[dict[str, str]]:
    return [{"Key": pair["Key"], "Value": str(pair.get("Value", ""))} for pair in given.get(member) or ()]


def _attribute_problems(given: Properties, member: str) -> Iterator[tuple[str, str]]:
    for pair in given.get(member) or ():
        if not isinstance(pair, Mapping) or str(pair.get("Value")).lower() in ("false", "off"):
            continue
        if pair.get("Key") == "proxy_protocol_v2.enabled":
            yield f"{member}.proxy_protocol_v2.enabled", "proxy protocol is not implemented"
        if pair.get("Key") == _ACCESS_LOGS and given.get("Type", "application") == "application":
            continue
        if (reason := _INERT_ATTRIBUTES.get(str(pair.get("Key")))) is not None:
            yield f"{member}.{pair['Key']}", reason


# -- LoadBalancer --------------------------------------------------------------------------------------------


async def _create_load_balancer(rc: ResourceContext, given: Properties) -> Resource:
    name = given.get("Name") or rc.physical_name(32)
    request = {key: value for key, value in given.items() if key != "LoadBalancerAttributes"}
    request |= {"Name": name, **_tags(rc, given)}
    [made] = (await rc.call(_SERVICE, "CreateLoadBalancer", request))["LoadBalancers"]
    await _set_load_balancer_attributes(rc, made["LoadBalancerArn"], given)
    return _load_balancer(made)


def _load_balancer(made: Mapping[str, Any]) -> Resource:
    arn = made["LoadBalancerArn"]
    return Resource(
        arn,
        {
            "LoadBalancerArn": arn,
            "DNSName": made["DNSName"],
            "CanonicalHostedZoneID": made["CanonicalHostedZoneId"],
            "LoadBalancerFullName": names.full_name(arn),
            "LoadBalancerName": made["LoadBalancerName"],
            "SecurityGroups": made.get("SecurityGroups", []),
        },
    )


async def _set_load_balancer_attributes(rc: ResourceContext, arn: str, given: Properties) -> None:
    wanted = _attributes(given, "LoadBalancerAttributes")
    if wanted:
        await rc.call(_SERVICE, "ModifyLoadBalancerAttributes", {"LoadBalancerArn": arn, "Attributes": wanted})


async def _update_load_balancer(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    this = {"LoadBalancerArn": resource.physical_id}
    before = resource.properties
    if any(given.get(key) != before.get(key) for key in ("Subnets", "SubnetMappings")):
        members = {key: given[key] for key in ("Subnets", "SubnetMappings") if key in given}
        await rc.call(_SERVICE, "SetSubnets", {**this, **members})
    if given.get("SecurityGroups") and given["SecurityGroups"] != before.get("SecurityGroups"):
        await rc.call(_SERVICE, "SetSecurityGroups", {**this, "SecurityGroups": given["SecurityGroups"]})
    if given.get("IpAddressType") and given["IpAddressType"] != before.get("IpAddressType"):
        await rc.call(_SERVICE, "SetIpAddressType", {**this, "IpAddressType": given["IpAddressType"]})
    await _set_load_balancer_attributes(rc, resource.physical_id, given)
    await _retag(rc, resource, given)
    [made] = (await rc.call(_SERVICE, "DescribeLoadBalancers", {"LoadBalancerArns": [resource.physical_id]}))[
        "LoadBalancers"
    ]
    return _load_balancer(made)


async def _retag(rc: ResourceContext, resource: Resource, given: Properties) -> None:
    wanted, arns = rc.tag_map(given), {"ResourceArns": [resource.physical_id]}
    gone = sorted(set(rc.tag_map(resource.properties)) - set(wanted))
    if gone:
        await rc.call(_SERVICE, "RemoveTags", {**arns, "TagKeys": gone})
    if wanted:
        await rc.call(_SERVICE, "AddTags", {**arns, "Tags": rc.tag_list(given)})


async def _delete_load_balancer(rc: ResourceContext, resource: Resource) -> None:
    await rc.call(_SERVICE, "DeleteLoadBalancer", {"LoadBalancerArn": resource.physical_id})


def _load_balancer_problems(given: Properties) -> Iterator[tuple[str, str]]:
    if given.get("Type") == "gateway":
        yield "Type", "gateway load balancers are not implemented"
    yield from _attribute_problems(given, "LoadBalancerAttributes")


# -- TargetGroup ---------------------------------------------------------------------------------------------


async def _create_target_group(rc: ResourceContext, given: Properties) -> Resource:
    name = given.get("Name") or rc.physical_name(32)
    request = {key: value for key, value in given.items() if key not in ("Targets", "TargetGroupAttributes")}
    request |= {"Name": name, **_tags(rc, given)}
    [made] = (await rc.call(_SERVICE, "CreateTargetGroup", request))["TargetGroups"]
    this = {"TargetGroupArn": made["TargetGroupArn"]}
    if attributes := _attributes(given, "TargetGroupAttributes"):
        await rc.call(_SERVICE, "ModifyTargetGroupAttributes", {**this, "Attributes": attributes})
    if given.get("Targets"):
        await rc.call(_SERVICE, "RegisterTargets", {**this, "Targets": given["Targets"]})
    return _target_group(made["TargetGroupArn"], name, made.get("LoadBalancerArns", []))


def _target_group(arn: str, name: str, balancers: list[str]) -> Resource:
    return Resource(
        arn,
        {
            "TargetGroupArn": arn,
            "TargetGroupFullName": names.full_name(arn),
            "TargetGroupName": name,
            "LoadBalancerArns": balancers,
        },
    )


async def _update_target_group(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    this = {"TargetGroupArn": resource.physical_id}
    checks = {key: value for key, value in given.items() if key in _CHECKS}
    if checks and checks != {key: value for key, value in resource.properties.items() if key in _CHECKS}:
        await rc.call(_SERVICE, "ModifyTargetGroup", {**this, **checks})
    if attributes := _attributes(given, "TargetGroupAttributes"):
        await rc.call(_SERVICE, "ModifyTargetGroupAttributes", {**this, "Attributes": attributes})
    before, after = resource.properties.get("Targets") or [], given.get("Targets") or []
    if gone := [target for target in before if target not in after]:
        await rc.call(_SERVICE, "DeregisterTargets", {**this, "Targets": gone})
    if after:
        await rc.call(_SERVICE, "RegisterTargets", {**this, "Targets": after})
    await _retag(rc, resource, given)
    [made] = (await rc.call(_SERVICE, "DescribeTargetGroups", {"TargetGroupArns": [resource.physical_id]}))[
        "TargetGroups"
    ]
    return _target_group(resource.physical_id, made["TargetGroupName"], made.get("LoadBalancerArns", []))


async def _delete_target_group(rc: ResourceContext, resource: Resource) -> None:
    await rc.call(_SERVICE, "DeleteTargetGroup", {"TargetGroupArn": resource.physical_id})


def _target_group_problems(given: Properties) -> Iterator[tuple[str, str]]:
    protocol = given.get("Protocol")
    if protocol in ("UDP", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC"):
        yield "Protocol", f"targets are not reached by {protocol}"
    if protocol in ("HTTPS", "TLS"):
        yield "Protocol", _NO_TLS_TARGETS
    if given.get("HealthCheckProtocol") == "HTTPS":
        yield "HealthCheckProtocol", _NO_TLS_TARGETS
    if given.get("ProtocolVersion") in ("HTTP2", "GRPC"):
        yield "ProtocolVersion", "targets are spoken to in HTTP/1.1"
    yield from _attribute_problems(given, "TargetGroupAttributes")


# -- Listener ------------------------------------------------------------------------------------------------


async def _create_listener(rc: ResourceContext, given: Properties) -> Resource:
    request = {key: value for key, value in given.items() if key != "ListenerAttributes"}
    arn = await _known_listener(rc, given) if rc.resumed else None
    if arn is None:
        [made] = (await rc.call(_SERVICE, "CreateListener", {**request, **_tags(rc, {})}))["Listeners"]
        arn = made["ListenerArn"]
    await _set_listener_attributes(rc, arn, given)
    return Resource(arn, {"ListenerArn": arn})


async def _known_listener(rc: ResourceContext, given: Properties) -> str | None:
    """The listener that a create made which was cut short."""
    found = await rc.call(_SERVICE, "DescribeListeners", {"LoadBalancerArn": given["LoadBalancerArn"]})
    return next((each["ListenerArn"] for each in found["Listeners"] if str(each["Port"]) == str(given["Port"])), None)


async def _set_listener_attributes(rc: ResourceContext, arn: str, given: Properties) -> None:
    wanted = _attributes(given, "ListenerAttributes")
    if wanted:
        await rc.call(_SERVICE, "ModifyListenerAttributes", {"ListenerArn": arn, "Attributes": wanted})


async def _update_listener(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    await rc.call(_SERVICE, "ModifyListener", {**given, "ListenerArn": resource.physical_id})
    await _set_listener_attributes(rc, resource.physical_id, given)
    return resource


async def _delete_listener(rc: ResourceContext, resource: Resource) -> None:
    await rc.call(_SERVICE, "DeleteListener", {"ListenerArn": resource.physical_id})


def _listener_problems(given: Properties) -> Iterator[tuple[str, str]]:
    if given.get("Protocol") in ("HTTPS", "TLS"):
        yield "Protocol", _NO_TLS
    if given.get("Protocol") in ("UDP", "TCP_UDP", "QUIC", "TCP_QUIC"):
        yield "Protocol", f"listeners do not take {given['Protocol']}"
    yield from _attribute_problems(given, "ListenerAttributes")
    yield from _action_problems(given, "DefaultActions")


def _action_problems(given: Properties, member: str) -> Iterator[tuple[str, str]]:
    for action in given.get(member) or ():
        if not isinstance(action, Mapping):
            continue
        if action.get("Type") in _UNSUPPORTED_ACTIONS:
            yield f"{member}.Type", f"actions of type {action['Type']} are not implemented"
        redirect = action.get("RedirectConfig")
        if isinstance(redirect, Mapping) and redirect.get("Protocol") == "HTTPS":
            yield (
                f"{member}.RedirectConfig.Protocol",
                "the redirect leads to https://, where nothing answers: " + _NO_TLS,
            )


# -- ListenerRule, ListenerCertificate -------------------------------------------------------------------------


async def _create_rule(rc: ResourceContext, given: Properties) -> Resource:
    [made] = (await rc.call(_SERVICE, "CreateRule", {**given, **_tags(rc, {})}))["Rules"]
    return Resource(made["RuleArn"], {"RuleArn": made["RuleArn"], "IsDefault": False})


async def _update_rule(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    arn = resource.physical_id
    if str(given["Priority"]) != str(resource.properties["Priority"]):
        pair = {"RuleArn": arn, "Priority": given["Priority"]}
        await rc.call(_SERVICE, "SetRulePriorities", {"RulePriorities": [pair]})
    members = {key: given[key] for key in ("Conditions", "Actions", "Transforms") if given.get(key)}
    if "Transforms" not in members and resource.properties.get("Transforms"):
        members["ResetTransforms"] = True
    await rc.call(_SERVICE, "ModifyRule", {**members, "RuleArn": arn})
    return resource


async def _delete_rule(rc: ResourceContext, resource: Resource) -> None:
    await rc.call(_SERVICE, "DeleteRule", {"RuleArn": resource.physical_id})


def _rule_problems(given: Properties) -> Iterator[tuple[str, str]]:
    yield from _action_problems(given, "Actions")


async def _create_certificate(rc: ResourceContext, given: Properties) -> Resource:
    await rc.call(_SERVICE, "AddListenerCertificates", given)
    return Resource(rc.physical_name())


async def _delete_certificate(rc: ResourceContext, resource: Resource) -> None:
    await rc.call(_SERVICE, "RemoveListenerCertificates", resource.properties)


_CHECKS = frozenset(
    {"HealthCheckEnabled", "HealthCheckIntervalSeconds", "HealthCheckPath", "HealthCheckPort", "HealthCheckProtocol",
     "HealthCheckTimeoutSeconds", "HealthyThresholdCount", "UnhealthyThresholdCount", "Matcher"}
)  # fmt: skip

TABLE: tuple[ResourceType, ...] = (
    ResourceType(
        name="AWS::ElasticLoadBalancingV2::LoadBalancer",
        create=_create_load_balancer,
        update=_update_load_balancer,
        delete=_delete_load_balancer,
        properties=frozenset(
            {
                "IpAddressType",
                "LoadBalancerAttributes",
                "Name",
                "Scheme",
                "SecurityGroups",
                "SubnetMappings.SubnetId",
                "Subnets",
                "Tags",
                "Type",
            }
        ),
        replace_on=frozenset({"Name", "Scheme", "Type"}),
        inert={
            "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic": "there is no PrivateLink on this machine",
            "MinimumLoadBalancerCapacity": "there is no capacity to reserve",
        },
        problems=_load_balancer_problems,
    ),
    ResourceType(
        name="AWS::ElasticLoadBalancingV2::TargetGroup",
        create=_create_target_group,
        update=_update_target_group,
        delete=_delete_target_group,
        properties=_CHECKS
        | {
            "IpAddressType",
            "Name",
            "Port",
            "Protocol",
            "ProtocolVersion",
            "Tags",
            "TargetGroupAttributes",
            "TargetType",
            "Targets",
            "VpcId",
        },
        replace_on=frozenset({"IpAddressType", "Name", "Port", "Protocol", "ProtocolVersion", "TargetType", "VpcId"}),
        problems=_target_group_problems,
    ),
    ResourceType(
        name="AWS::ElasticLoadBalancingV2::Listener",
        create=_create_listener,
        update=_update_listener,
        delete=_delete_listener,
        properties=frozenset({"DefaultActions", "ListenerAttributes", "LoadBalancerArn", "Port", "Protocol"}),
        replace_on=frozenset({"LoadBalancerArn"}),
        inert={"AlpnPolicy": _NO_TLS, "Certificates": _NO_TLS, "MutualAuthentication": _NO_TLS, "SslPolicy": _NO_TLS},
        problems=_listener_problems,
    ),
    ResourceType(
        name="AWS::ElasticLoadBalancingV2::ListenerRule",
        create=_create_rule,
        update=_update_rule,
        delete=_delete_rule,
        properties=frozenset({"Actions", "Conditions", "ListenerArn", "Priority", "Transforms"}),
        replace_on=frozenset({"ListenerArn"}),
        problems=_rule_problems,
    ),
    ResourceType(
        name="AWS::ElasticLoadBalancingV2::ListenerCertificate",
        create=_create_certificate,
        delete=_delete_certificate,
        properties=frozenset({"Certificates", "ListenerArn"}),
        inert={"Certificates": _NO_TLS},
    ),
)
