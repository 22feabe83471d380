"""Entry point of the CDK app (see cdk.json)."""

import runpy
import sys
from pathlib import Path

from penstock_constructs import node

sys.path.insert(0, str(Path(__file__).parent.parent))
node.provide()
runpy.run_module("order_service.infra.app", run_name="__main__")
