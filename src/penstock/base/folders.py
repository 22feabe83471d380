"""Where things are kept for every runtime of this user: they can be made again, but not in a moment."""

import os
from pathlib import Path


def cache(kind: str) -> Path:
    """A folder of the user's cache; it may not exist yet."""
    base = os.environ.get("PENSTOCK_CACHE") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "penstock" / kind
