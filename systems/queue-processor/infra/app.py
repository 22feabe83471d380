"""The CDK app. `-c environment=` names the environment, `-c nag=true` runs cdk-nag's AwsSolutions rules."""

from typing import Any

import aws_cdk as cdk
import cdk_nag

from infra.stack import InvoicesStack


def build(context: dict[str, Any] | None = None) -> cdk.App:
    app = cdk.App(context=context)
    environment = app.node.try_get_context("environment") or "dev"
    InvoicesStack(app, f"Invoices-{environment}", description="Invoices as PDF, by a container that runs when needed")
    if app.node.try_get_context("nag") == "true":
        cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    return app


if __name__ == "__main__":
    build().synth()
