"""The rules that the three batch operations share.

What is wrong with a batch refuses it all; what is wrong with one entry fails that entry.
"""

import re
from collections.abc import Callable

from penstock.base.errors import AwsError
from penstock.services.sqs.errors import QUERY_CODES, missing
from penstock.wire.model import Json

MAX_ENTRIES = 10

_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")


def check_entries(entries: list[Json], kind: str) -> None:
    """`kind` is the entries' name in the query protocol, which AWS's messages use."""
    if not entries:
        raise AwsError("EmptyBatchRequest", f"There should be at least one {kind} in the request.")
    if len(entries) > MAX_ENTRIES:
        message = f"Maximum number of entries per request are {MAX_ENTRIES}. You have sent {len(entries)}."
        raise AwsError("TooManyEntriesInBatchRequest", message)
    seen: set[str] = set()
    for index, entry in enumerate(entries, 1):
        id = entry.get("Id")
        if id is None:
            raise missing(f"{kind}.{index}.Id")
        if not _ID.fullmatch(id):
            raise AwsError(
                "InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
                "It can be at most 80 letters long.",
            )
        if id in seen:
            raise AwsError("BatchEntryIdsNotDistinct", f"Id {id} repeated.")
        seen.add(id)


def each(entries: list[Json], kind: str, operation: Callable[[Json, str], Json]) -> Json:
    """Does `operation(entry, prefix of its members in messages)` for every entry: what succeeded and what failed."""
    successful: list[Json] = []
    failed: list[Json] = []
    for index, entry in enumerate(entries, 1):
        try:
            successful.append({"Id": entry["Id"], **operation(entry, f"{kind}.{index}.")})
        except AwsError as error:
            failed.append(_failure(entry["Id"], error))
    result = {"Successful": successful, "Failed": failed}
    return {name: entries for name, entries in result.items() if entries}


def _failure(id: str, error: AwsError) -> Json:
    code = QUERY_CODES.get(error.code, error.code)
    return {"Id": id, "SenderFault": True, "Code": code, "Message": error.message}
