"""The process that transforms a SAM template.

Rule: `{"template", "region"}` on stdin, `{"template"}` or `{"errors"}` on stdout; nothing else of Penstock is imported.
"""

import json
import os
import sys
from typing import Any

from samtranslator.model.exceptions import InvalidDocumentException  # type: ignore[import-untyped]
from samtranslator.translator.transform import transform  # type: ignore[import-untyped]


class NoPolicies:
    """The managed policies that an account would list; the translator brings AWS's own along."""

    def load(self) -> dict[str, str]:
        return {}


def main() -> None:
    given = json.load(sys.stdin)
    os.environ["AWS_DEFAULT_REGION"] = given["region"]
    answer: dict[str, Any]
    try:
        answer = {"template": transform(given["template"], {}, NoPolicies())}
    except InvalidDocumentException as error:
        answer = {"errors": [cause.message for cause in error.causes]}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
