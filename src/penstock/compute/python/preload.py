"""What the warm parent has ready for its children: modules, and botocore's service models.

A function that brings its own copy of a preloaded library gets its own: the preloaded ones are forgotten first, as
AWS's runtime prefers a bundled boto3 over its own.
"""

import contextlib
import functools
import gc
import importlib
import importlib.util
import os
import sys
from pathlib import Path

# Enough for botocore to make a client; nothing is called with it.
_NOBODY = {"region_name": "us-east-1", "aws_access_key_id": "none", "aws_secret_access_key": "none"}
_libraries: set[str] = set()


def load(names: list[str]) -> None:
    """Imports modules and makes `client:<service>` or `resource:<service>` once.

    What fails here fails again, and visibly, in the function itself.
    """
    before = set(sys.modules)
    for name in names:
        kind, _, service = name.partition(":")
        with contextlib.suppress(Exception):
            _make(kind, service) if service else importlib.import_module(name)
    _libraries.update(_top_level_libraries(set(sys.modules) - before))
    gc.collect()
    gc.freeze()  # a collection in a child then touches, and copies, none of these pages


def _make(kind: str, service: str) -> None:
    """botocore reads and parses 1 to 10 MB of JSON for a first client: done here, the children share the result."""
    boto3 = importlib.import_module("boto3")
    os.environ.update(AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null")
    _share_loader()
    getattr(boto3, kind)(service, **_NOBODY)


@functools.cache
def _share_loader() -> None:
    """Sessions made from now on, here and in the children, share one loader, which caches what it has read."""
    botocore = importlib.import_module("botocore")
    loader = importlib.import_module("botocore.loaders").create_loader()
    botocore.register_initializer(lambda session: session.register_component("data_loader", loader))


def _top_level_libraries(modules: set[str]) -> set[str]:
    """Those of the packages that do not come with Python itself."""
    return {top for top in {name.partition(".")[0] for name in modules} if top not in sys.stdlib_module_names}


def make_room_for(path: list[str]) -> None:
    """Forgets the preloaded libraries if a directory of `path` holds one of them."""
    brought = {entry.name.removesuffix(".py") for directory in path for entry in _entries(Path(directory))}
    if brought & _libraries:
        for name in [name for name in sys.modules if name.partition(".")[0] in _libraries]:
            del sys.modules[name]


def _entries(directory: Path) -> list[Path]:
    return list(directory.iterdir()) if directory.is_dir() else []
