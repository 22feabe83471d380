"""The CDK app. `-c nag=true` checks it against cdk-nag's AwsSolutions rules."""

import aws_cdk as cdk
import cdk_nag

from infra.stack import ShopStack


def build(context: dict[str, str] | None = None) -> cdk.App:
    app = cdk.App(context=context)
    ShopStack(app, "ShopStack", description="Event-driven e-commerce microservices")
    if app.node.try_get_context("nag") == "true":
        cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    return app


if __name__ == "__main__":
    build().synth()
