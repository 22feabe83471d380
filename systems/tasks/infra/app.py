"""The CDK app. `-c nag=true` checks it against cdk-nag's AwsSolutions rules."""

from typing import Any

import aws_cdk as cdk
import cdk_nag

from infra.stack import TasksStack


def build(context: dict[str, Any] | None = None) -> cdk.App:
    app = cdk.App(context=context)
    TasksStack(app, "TasksStack", description="Tasks as a log of events, and what follows from it")
    if app.node.try_get_context("nag") == "true":
        cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    return app


if __name__ == "__main__":
    build().synth()
