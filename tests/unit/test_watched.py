"""Which files of an app matter to `up --watch`."""

import json
from pathlib import Path

import pytest

from penstock.template.assembly import Stack
from penstock.template.document import Document
from penstock.template.provider import Assets
from penstock.template.watched import Watched, watched


@pytest.fixture
def look(tmp_path: Path) -> Watched:
    """An app with the code of a function, of which the CDK stages `src` only, a layer beside it, and a shared file."""
    app, out = tmp_path / "home" / "app", tmp_path / "cache" / "out"
    for folder in (app / "code" / "src", tmp_path / "home" / "layer", tmp_path / "shared", out / "asset.f1" / "src"):
        folder.mkdir(parents=True)
    (out.parent / "inputs.json").write_text(json.dumps({"files": {f"{app}/.settings": [], f"{tmp_path}/shared/x": []}}))
    resources = {
        "Worker1A2B3C4D": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"S3Key": "f1.zip"}}},
        "Layer": {"Type": "AWS::Lambda::LayerVersion", "Properties": {"Content": {"S3Key": "l1.zip"}}},
        "Copied": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"S3Key": "c1.zip"}}},
        "Inline": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"ZipFile": "x"}}},
    }
    places = {"f1.zip": app / "code", "l1.zip": tmp_path / "home" / "layer", "c1.zip": out / "asset.f1"}
    assets = Assets({("bucket", key): path for key, path in places.items()})
    document = Document({"Resources": resources}, "", out / "app.template.json")
    return watched([app], [Stack("app", document, "0", "r", assets=assets)])


def test_the_app_and_what_lies_outside_of_it_are_watched(look: Watched, tmp_path: Path) -> None:
    assert look.roots == (tmp_path / "home" / "app", tmp_path / "home" / "layer", tmp_path / "shared")


@pytest.mark.parametrize(
    ("file", "matters"),
    [
        ("home/app/app.py", True),
        ("home/app/deep/down/notes.md", True),
        ("home/app/.settings", True),
        ("home/app/.git/index", False),
        ("home/app/.venv/lib/x.py", False),
        ("home/app/cdk.out/manifest.json", False),
        ("home/app/code/src/__pycache__/x.pyc", False),
        ("home/app/web/node_modules/x/index.js", False),
        ("home/app/app.py~", False),
        ("home/layer/python/lib.py", True),
        ("shared/x", True),
        ("home/else/app.py", False),
    ],
)
def test_what_matters(look: Watched, tmp_path: Path, file: str, matters: bool) -> None:
    assert look.matters(tmp_path / file) is matters


@pytest.mark.parametrize(
    ("file", "names"),
    [
        ("home/app/code/src/index.py", ["Worker"]),
        ("home/app/code/README.md", []),
        ("home/layer/python/lib.py", ["Layer"]),
        ("cache/out/asset.f1/src/index.py", []),
    ],
)
def test_whose_code_a_file_is(look: Watched, tmp_path: Path, file: str, names: list[str]) -> None:
    assert look.running(tmp_path / file) == names
    assert look.known(tmp_path / file) is bool(names)


def test_folders_far_too_large_are_not_watched(tmp_path: Path) -> None:
    app, out = tmp_path / "app", tmp_path / "cache" / "out"
    for folder in (app, out):
        folder.mkdir(parents=True)
    read = {f"{tmp_path}/pyproject.toml": [], f"{Path.home()}/.npmrc": []}
    (out.parent / "inputs.json").write_text(json.dumps({"files": read}))
    document = Document({}, "", out / "app.template.json")
    assert watched([app], [Stack("app", document, "0", "r")]).roots == (app,)
