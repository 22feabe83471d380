"""The Python worker as a program of its own, for functions that cannot be forked: from images, and behind wrappers.

Run by its path, with any Python that the image has: of Penstock's package it makes known only where it lies, so that
nothing of Penstock's own environment can be imported.
"""

import os
import socket
import sys
import types
from pathlib import Path

_package = types.ModuleType("penstock")
_package.__path__ = [str(Path(__file__).resolve().parent.parent.parent)]
sys.modules["penstock"] = _package
sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]  # where Python puts the folder of the program
if libraries := os.environ.pop("PENSTOCK_LIBRARIES", ""):
    sys.path.append(libraries)

from penstock.compute.python import worker  # noqa: E402 (known only now)


def main() -> int:
    host, _, port = os.environ["AWS_LAMBDA_RUNTIME_API"].partition(":")
    connection = socket.create_connection((host, int(port)))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    worker.knows_peak = False  # what exec leaves of it is that of the program before
    return worker.run(connection, os.environ["_HANDLER"])


if __name__ == "__main__":
    sys.exit(main())
