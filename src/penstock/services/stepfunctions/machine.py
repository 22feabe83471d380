"""A state machine's revision: what an execution is begun with."""

from typing import NamedTuple

from penstock.wire.model import Json


class Revision(NamedTuple):
    name: str
    type: str
    definition: str
    role: str
    logging: Json  # the LoggingConfiguration; empty at level OFF

    @classmethod
    def of(cls, document: Json) -> "Revision":
        logging = document.get("loggingConfiguration") or {}
        used = logging if logging.get("level", "OFF") != "OFF" else {}
        return cls(document["name"], document["type"], document["definition"], document["roleArn"], used)
