"""Makes a Python process a member of Penstock's network; then whatever sitecustomize was here before.

Python imports a module of this name at start; `Network.guest` puts this directory first in PYTHONPATH. Runs under the
Python of any image, so it takes nothing but the standard library, and of that nothing that is slow to import.
"""
# pathlib takes longer to import than all the rest
# ruff: noqa: PTH100, PTH118, PTH120

import importlib.util
import os
import sys
from importlib.machinery import ModuleSpec, PathFinder
from typing import Optional

_HERE = os.path.dirname(os.path.abspath(__file__))


def _run(spec: Optional[ModuleSpec]) -> None:  # noqa: UP045 - older Pythons read this too
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)


_hook = os.path.join(os.path.dirname(_HERE), "guest_network.py")
_run(importlib.util.spec_from_file_location("_penstock_guest_network", _hook))
sys.modules["_penstock_guest_network"].install()
_run(PathFinder.find_spec("sitecustomize", [entry for entry in sys.path if os.path.abspath(entry) != _HERE]))
