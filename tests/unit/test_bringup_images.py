"""`penstock check` and `penstock up` say what of an image asset's Dockerfile will not be done."""

from pathlib import Path

import pytest

from penstock.commands.bringup import findings
from penstock.template.assembly import Stack
from penstock.template.document import Document
from penstock.template.provider import Assets, ImageAsset


def stack(directory: Path) -> Stack:
    images = {"abc": ImageAsset(directory)}
    return Stack("app", Document({"Resources": {}}, "{}"), "0", "us-east-1", assets=Assets(images=images))


def of_dockerfiles(directory: Path) -> list[str]:
    return [str(each) for each in findings([stack(directory)], {}) if each.file.endswith("Dockerfile")]


def test_findings_name_file_line_and_command(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python:3.12\nRUN apt-get update\nRUN make all\n")
    assert of_dockerfiles(tmp_path) == [
        f"{tmp_path}/Dockerfile:2: inert: RUN apt-get update: not run, programs and users are this machine's",
        f"{tmp_path}/Dockerfile:3: unsupported: RUN make all: not run, Penstock does not know what it does",
    ]


@pytest.mark.parametrize("system", ["gateway", "orders/order_service", "orders/shipping_service"])
def test_the_images_of_the_systems_are_done_whole(system: str) -> None:
    place = Path(__file__).parents[2] / "systems" / system
    assert of_dockerfiles(place) == []
    assert (place / "Dockerfile").exists()
