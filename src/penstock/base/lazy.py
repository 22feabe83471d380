"""Libraries that are large and seldom needed: loaded when something of them is first used.

Source: https://docs.python.org/3/library/importlib.html#implementing-lazy-imports
"""

import importlib.util
import sys
from types import ModuleType


def lazily(name: str) -> ModuleType:
    """The module, which loads itself at the first attribute that is asked of it. Raises ModuleNotFoundError."""
    loaded = sys.modules.get(name)
    if loaded is not None:
        return loaded
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"{name} is not installed")
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
