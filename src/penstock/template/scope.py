"""What a template may refer to.

Rule: plain values only. Whoever evaluates collects them first; the evaluation itself looks nothing up elsewhere.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from penstock.template.provider import Resource

NO_VALUE = object()  # AWS::NoValue: the property, or list element, is left out


@dataclass(frozen=True, slots=True)
class Scope:
    """Everything that a template may refer to."""

    account: str
    region: str
    stack_id: str
    stack_name: str
    partition: str = "aws"
    url_suffix: str = "amazonaws.com"
    notification_arns: tuple[str, ...] = ()
    parameters: Mapping[str, str | list[str]] = field(default_factory=dict)
    mappings: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)  # unevaluated
    resources: Mapping[str, Resource] = field(default_factory=dict)  # those made so far, by logical id
    exports: Mapping[str, str] = field(default_factory=dict)
    # (stack name, output name, region) -> value
    outputs: Mapping[tuple[str, str, str], str] = field(default_factory=dict)

    def pseudo_parameter(self, name: str) -> Any:
        return _PSEUDO_PARAMETERS[name](self)


_PSEUDO_PARAMETERS: dict[str, Callable[[Scope], Any]] = {
    "AWS::AccountId": lambda scope: scope.account,
    "AWS::NotificationARNs": lambda scope: list(scope.notification_arns),
    "AWS::NoValue": lambda scope: NO_VALUE,
    "AWS::Partition": lambda scope: scope.partition,
    "AWS::Region": lambda scope: scope.region,
    "AWS::StackId": lambda scope: scope.stack_id,
    "AWS::StackName": lambda scope: scope.stack_name,
    "AWS::URLSuffix": lambda scope: scope.url_suffix,
}
PSEUDO_PARAMETERS = frozenset(_PSEUDO_PARAMETERS)
