"""The CDK app.

`-c environment=prod` takes another file of infra/environments than dev.json. `-c load_balancer=alb`, `-c egress=nat`
and `-c public=true` choose another set-up, see penstock_constructs/gateway_service.py. `-c nag=true` checks the app
against cdk-nag's AwsSolutions rules.
"""

from typing import Any

import aws_cdk as cdk
import cdk_nag

from infra import environment
from infra.stack import GatewayStack

ALTERNATIVES = ("load_balancer", "egress", "public")


def build(context: dict[str, Any] | None = None) -> cdk.App:
    app = cdk.App(context=context)
    given = environment.read(app.node.try_get_context("environment") or "dev")
    chosen = {name: app.node.try_get_context(name) for name in ALTERNATIVES}
    GatewayStack(
        app,
        f"{given.deployment}-{given.environment}",
        given=given,
        alternatives={name: value == "true" if name == "public" else value for name, value in chosen.items() if value},
        env=cdk.Environment(region=given.region),
        description="A URL shortener behind API Gateway and a VPC link",
    )
    if app.node.try_get_context("nag") == "true":
        cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    return app


if __name__ == "__main__":
    build().synth()
