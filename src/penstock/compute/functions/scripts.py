"""Scripts of layers say `/opt`, which is not there: what is started is a copy that says where the layer lies."""

import hashlib
from pathlib import Path

_LONGEST = 1 << 16


def with_opt(file: Path, opt: Path, scratch: Path) -> Path:
    """The file itself; of a script that names `/opt`, a copy below `scratch` that names `opt` instead."""
    text = _script(file)
    if text is None or "/opt/" not in text:
        return file
    changed = text.replace("/opt/", f"{opt}/").encode()
    folder = scratch / "scripts" / hashlib.sha256(changed).hexdigest()[:32]
    copy = folder / file.name
    if not copy.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f".{file.name}"
        unfinished.write_bytes(changed)
        unfinished.chmod(0o755)
        unfinished.rename(copy)
    return copy


def _script(file: Path) -> str | None:
    """The text of a script; None for other programs."""
    with file.open("rb") as opened:
        head = opened.read(_LONGEST)
    try:
        return head.decode() if head.startswith(b"#!") and len(head) < _LONGEST else None
    except UnicodeDecodeError:
        return None
