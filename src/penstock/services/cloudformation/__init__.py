"""AWS CloudFormation: stacks, their resources and outputs; also what `penstock up` deploys with.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/
"""

from typing import Any

from penstock.base.arn import arn
from penstock.call import Context, Service
from penstock.services.cloudformation import (
    change_sets,
    custom,
    describe,
    exports,
    lifecycle,
    resources,
    stack_policies,
    stack_resources,
    stacks,
    store,
    templates,
    wait_conditions,
)
from penstock.services.cloudformation.state import State


def _resource(ctx: Context, operation: str, request: dict[str, Any]) -> str:
    name = request.get("StackName")
    if not name:
        return "*"
    row = describe.find(ctx, name)
    return row.stack_id if row else arn("cloudformation", ctx.region, ctx.account, f"stack/{name}/*")


SERVICE = Service(
    name="cloudformation",
    operations=(stacks, stack_resources, templates, exports, change_sets, stack_policies, wait_conditions),
    schema=store.SCHEMA,
    resources=resources.TABLE,
    resource=_resource,
    validation_code="ValidationError",
    malformed_code="MalformedInput",
    state=State,
    places={custom.PLACE: custom.place, wait_conditions.PLACE: wait_conditions.place},
    start=lifecycle.resume,
)
