"""The system's modules are imported here as they are on Lambda: from the folder that holds domain/ and functions/.

The tests synthesize as `penstock` does: without vendoring, and with the Node that came with the packages.
"""

import os
import sys
from pathlib import Path

from penstock_constructs import node

sys.path.insert(0, str(Path(__file__).parent))
os.environ["PENSTOCK"] = "1"
node.provide()
