"""SAM templates -> CloudFormation.

Rule: AWS's own translator does it, in a process of its own: it takes a second to import and much memory, and the
result is kept by the template's content.
https://github.com/aws/serverless-application-model
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from penstock.base.errors import PenstockError
from penstock.template.document import Document
from penstock.template.inputs import digest

TRANSLATOR = "penstock.template.sam_translator"


def transform(document: Document, cache: Path, region: str, progress: Callable[[str], None]) -> Document:
    """The document as CloudFormation would transform it. PenstockError with the translator's words."""
    given = json.dumps({"template": document.data, "region": region}, sort_keys=True)
    kept = cache / "sam" / f"{digest([given])}.json"
    if not kept.exists():
        progress(f"Transforming {document.file}")
        _keep(kept, _translate(document, given))
    return replace(document, data=json.loads(kept.read_text()), processed=True)


def _translate(document: Document, given: str) -> dict[str, Any]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    command = [sys.executable, "-P", "-m", TRANSLATOR]
    done = subprocess.run(command, input=given, env=env, capture_output=True, text=True)
    if "No module named 'samtranslator'" in done.stderr:
        raise PenstockError(f"{document.file} is a SAM template, which needs: pip install 'penstock[sam]'")
    if done.returncode != 0:
        raise PenstockError(f"{document.file} cannot be transformed: {done.stderr.strip()[-2000:]}")
    answer = json.loads(done.stdout)
    if "errors" in answer:
        raise PenstockError("\n  ".join([f"{document.file} is no valid SAM template:", *answer["errors"]]))
    template: dict[str, Any] = answer["template"]
    return template


def _keep(file: Path, template: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps(template))
    unfinished.rename(file)
