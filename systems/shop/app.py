"""Entry point of the CDK app (see cdk.json)."""

import runpy

from penstock_constructs import node

node.provide()
runpy.run_module("infra.app", run_name="__main__")
