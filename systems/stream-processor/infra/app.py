"""The CDK app. `-c environment=` names the environment, `-c nag=true` runs cdk-nag's AwsSolutions rules."""

from typing import Any

import aws_cdk as cdk
import cdk_nag

from infra.processor import ProcessorStack
from infra.publisher import PublisherStack


def build(context: dict[str, Any] | None = None) -> cdk.App:
    app = cdk.App(context=context)
    environment = app.node.try_get_context("environment") or "dev"
    publisher = PublisherStack(
        app, f"CustomerPublisher-{environment}", description="Takes customers and publishes them on a stream"
    )
    ProcessorStack(
        app,
        f"CustomerProcessor-{environment}",
        environment=environment,
        stream=publisher.stream,
        description="Stores customers, by a container that runs when there are any",
    )
    if app.node.try_get_context("nag") == "true":
        cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    return app


if __name__ == "__main__":
    build().synth()
