"""Resource types that mean nothing on one machine: recorded with an id and attributes, reported by `penstock check`.

Rule: a table. A service that comes to implement a type takes precedence over its line here. In the id and the
attributes stand the context (`{region}`, `{account}`), the generated `{name}`, 17 hexadecimal digits `{hex}`, a
`{uuid}`, the physical id `{ref}` and the resource's own scalar properties.
"""

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any

from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType

_INSIGHT = "metrics are not searched for anomalies, nor logs for contributors"
_KEY = "nothing is encrypted at rest on this machine"
_SCALING = "the number of processes does not follow load"
_TLS = "connections on this machine are not encrypted"
_DNS = "no DNS record is looked up on this machine"
_INSTANCES = "no instances are started: the tasks of ECS run on this machine without them"
_ACCOUNT = "it governs an AWS account, which is not needed here"

# type -> (reason, physical id, {attribute: value}); a name property given in the template is the id instead of {name}
_TYPES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": (
        _SCALING,
        "{ResourceId}|{ScalableDimension}|{ServiceNamespace}",
        {},
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": (
        _SCALING,
        "arn:aws:autoscaling:{region}:{account}:scalingPolicy:{uuid}",
        {"Arn": "{ref}"},
    ),
    "AWS::AutoScaling::AutoScalingGroup": (
        _INSTANCES,
        "{AutoScalingGroupName|name}",
        {"Arn": "arn:aws:autoscaling:{region}:{account}:autoScalingGroup:{uuid}:autoScalingGroupName/{ref}"},
    ),
    "AWS::AutoScaling::LaunchConfiguration": (_INSTANCES, "{LaunchConfigurationName|name}", {}),
    "AWS::AutoScaling::LifecycleHook": (_INSTANCES, "{LifecycleHookName|name}", {}),
    "AWS::AutoScaling::ScalingPolicy": (
        _INSTANCES,
        "arn:aws:autoscaling:{region}:{account}:scalingPolicy:{uuid}",
        {"Arn": "{ref}", "PolicyName": "{name}"},
    ),
    "AWS::AutoScaling::ScheduledAction": (_INSTANCES, "{name}", {"ScheduledActionName": "{ref}"}),
    "AWS::AutoScaling::WarmPool": (_INSTANCES, "{AutoScalingGroupName|name}", {}),
    "AWS::Backup::BackupPlan": (_ACCOUNT, "{uuid}", {"BackupPlanId": "{ref}"}),
    "AWS::Backup::BackupSelection": (_ACCOUNT, "{uuid}", {}),
    "AWS::Backup::BackupVault": (_ACCOUNT, "{BackupVaultName|name}", {"BackupVaultName": "{ref}"}),
    "AWS::Budgets::Budget": (_ACCOUNT, "{name}", {}),
    "AWS::CDK::Metadata": ("it only counts the uses of CDK", "{uuid}", {}),
    "AWS::CertificateManager::Certificate": (_TLS, "arn:aws:acm:{region}:{account}:certificate/{uuid}", {}),
    "AWS::CloudTrail::Trail": (
        _ACCOUNT,
        "{TrailName|name}",
        {"Arn": "arn:aws:cloudtrail:{region}:{account}:trail/{ref}"},
    ),
    "AWS::CloudWatch::AnomalyDetector": (_INSIGHT, "{name}", {}),
    "AWS::CloudWatch::InsightRule": (
        _INSIGHT,
        "{RuleName|name}",
        {"Arn": "arn:aws:cloudwatch:{region}:{account}:insight-rule/{ref}"},
    ),
    "AWS::EC2::LaunchTemplate": (
        _INSTANCES,
        "lt-{hex}",
        {"LaunchTemplateId": "{ref}", "DefaultVersionNumber": "1", "LatestVersionNumber": "1"},
    ),
    "AWS::KMS::Alias": (_KEY, "{AliasName|name}", {}),
    "AWS::KMS::Key": (_KEY, "{uuid}", {"KeyId": "{ref}", "Arn": "arn:aws:kms:{region}:{account}:key/{ref}"}),
    "AWS::Lambda::CodeSigningConfig": (
        "code is not signed on this machine",
        "arn:aws:lambda:{region}:{account}:code-signing-config:csc-{hex}",
        {"CodeSigningConfigArn": "{ref}", "CodeSigningConfigId": "csc-{hex}"},
    ),
    "AWS::ResourceGroups::Group": (
        _ACCOUNT,
        "{Name|name}",
        {"Arn": "arn:aws:resource-groups:{region}:{account}:group/{ref}"},
    ),
    "AWS::Route53::HostedZone": (_DNS, "Z{hex}", {"Id": "{ref}", "NameServers": []}),
    "AWS::Route53::RecordSet": (_DNS, "{Name|name}", {}),
    "AWS::Route53::RecordSetGroup": (_DNS, "{name}", {}),
    "AWS::WAFv2::WebACL": (
        "requests are not filtered",
        "{name}|{uuid}|REGIONAL",
        {"Arn": "arn:aws:wafv2:{region}:{account}:regional/webacl/{name}/{uuid}", "Id": "{uuid}"},
    ),
    "AWS::WAFv2::WebACLAssociation": ("requests are not filtered", "{name}", {}),
    "AWS::XRay::Group": (
        "traces are not grouped",
        "arn:aws:xray:{region}:{account}:group/{name}",
        {"GroupARN": "{ref}"},
    ),
    "AWS::XRay::SamplingRule": (
        "every trace is kept",
        "arn:aws:xray:{region}:{account}:sampling-rule/{name}",
        {"RuleARN": "{ref}"},
    ),
}


def _recorded(name: str, reason: str, physical_id: str, attributes: Mapping[str, Any]) -> ResourceType:
    async def create(rc: ResourceContext, properties: Properties) -> Resource:
        values = _values(rc, properties)
        values["ref"] = _fill(physical_id, values)
        return Resource(values["ref"], {key: _fill(value, values) for key, value in attributes.items()})

    async def update(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
        values = {**_values(rc, properties), "ref": resource.physical_id}
        return Resource(resource.physical_id, {key: _fill(value, values) for key, value in attributes.items()})

    return ResourceType(name=name, create=create, update=update, recorded=reason)


def _values(rc: ResourceContext, properties: Properties) -> dict[str, str]:
    name = rc.physical_name()
    digest = hashlib.sha256(f"{rc.stack_id}/{name}".encode()).hexdigest()
    own = {key: str(value) for key, value in properties.items() if isinstance(value, (str, int))}
    return {
        **own,
        "region": rc.region,
        "account": rc.account,
        "name": name,
        "hex": digest[:17],
        "uuid": str(uuid.UUID(digest[:32], version=4)),
    }


def _fill(text: Any, values: Mapping[str, str]) -> Any:
    """`{A|b}` is property A, else b; what is not there is empty."""
    result = text
    while "{" in result:
        head, _, tail = result.partition("{")
        names, _, rest = tail.partition("}")
        value = next((values[name] for name in names.split("|") if name in values), "")
        result = f"{head}{value}{rest}"
    return result


TABLE = tuple(_recorded(name, *line) for name, line in _TYPES.items())
