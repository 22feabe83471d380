"""The tests synthesize as `penstock` does: without vendoring, and with the Node that came with the packages."""

import os

from infra import node

os.environ["PENSTOCK"] = "1"
node.provide()
