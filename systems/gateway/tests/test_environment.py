import json
from pathlib import Path

import pytest

from infra import environment
from infra.environment import FOLDER


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.json")), ids=lambda file: file.stem)
def test_every_environment_is_complete(file: Path) -> None:
    given = environment.read(file.stem)
    assert given.environment == file.stem
    assert len(given.availability_zones) >= 2
    assert all(zone.startswith(given.region) for zone in given.availability_zones)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    given = json.loads((FOLDER / "dev.json").read_text())
    del given["cpu"]
    (tmp_path / "dev.json").write_text(json.dumps({**given, "colour": "red"}))
    with pytest.raises(SystemExit, match=r"dev\.json: missing or not known: colour, cpu\."):
        environment.read("dev", tmp_path)
    with pytest.raises(SystemExit, match=r"no environment test: .* There are: dev\."):
        environment.read("test", tmp_path)
