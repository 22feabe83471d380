"""What a source directory tells without being run."""

import asyncio
from pathlib import Path

from penstock.compute.functions.sources import LiveSource, wanted


def test_finds_libraries_and_clients(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "import os, boto3\n"
        "from aws_lambda_powertools.utilities import idempotency, parameters\n"
        "import not_preloaded\n"
        'table = boto3.resource("dynamodb").Table("t")\n'
        "queue = boto3.client('sqs')\n"
    )
    assert set(wanted(tmp_path)) >= {
        "boto3",
        "aws_lambda_powertools.utilities",
        "aws_lambda_powertools.utilities.idempotency",
        "resource:dynamodb",
        "client:sqs",
        "client:dynamodb",
        "client:ssm",
    }
    assert "not_preloaded" not in wanted(tmp_path)


def test_stamp_follows_content_and_names_but_not_byte_code(tmp_path: Path) -> None:
    async def stamps() -> list[int]:
        found = []
        for change in (
            lambda: None,
            lambda: (tmp_path / "__pycache__").mkdir(),
            lambda: (tmp_path / "__pycache__" / "app.pyc").write_bytes(b"x"),
            lambda: (tmp_path / "app.py").write_text("longer than it was"),
            lambda: (tmp_path / "lib").mkdir(),
            lambda: (tmp_path / "lib" / "more.py").write_text(""),
        ):
            change()
            found.append(LiveSource(tmp_path).stamp())
        return found

    (tmp_path / "app.py").write_text("short")
    first, made, compiled, edited, folder, added = asyncio.run(stamps())
    assert first == made == compiled
    assert edited != first
    assert folder == edited
    assert added != edited
