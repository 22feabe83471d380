"""What CreateTable, UpdateTable and TagResource refuse of a table's options: stream, encryption, throughput, tags.

The texts are those of DynamoDB in October 2026, which other implementations' suites do not all know yet.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
"""

import re
from collections.abc import Iterable

from penstock.services.dynamodb.errors import INVALID, invalid
from penstock.services.dynamodb.throughput import WARM
from penstock.wire.model import Json

MAX_TAGS = 50
UNLIMITED = -1  # as a limit: there is none any more

_TAG = re.compile(r"[\w\s+\-=.:/@]*")
_INITIAL = (
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
    "on-demand-capacity-mode.html#on-demand-capacity-mode-initial"
)


def check_new_stream(specification: Json | None) -> None:
    if specification is None:
        return
    if not specification["StreamEnabled"] and "StreamViewType" in specification:
        raise invalid(f"{INVALID}Table is being created with a stream disabled, UpdateViewType should not be specified")
    if specification["StreamEnabled"] and "StreamViewType" not in specification:
        raise invalid(f"{INVALID}Table is being created with a stream enabled, UpdateViewType is required")


def check_changed_stream(specification: Json | None) -> None:
    if specification is None:
        return
    if not specification["StreamEnabled"] and "StreamViewType" in specification:
        raise invalid(f"{INVALID}If stream is being disabled, then UpdateViewType must not be specified")
    if specification["StreamEnabled"] and "StreamViewType" not in specification:
        raise invalid(f"{INVALID}If stream is being enabled then UpdateViewType is required")


def check_encryption(specification: Json | None) -> None:
    given = specification or {}
    if given.get("KMSMasterKeyId") == "":
        must = "Member must have length greater than or equal to 1"
        path = "sSESpecification.kMSMasterKeyId"
        raise invalid(f"1 validation error detected: Value '' at '{path}' failed to satisfy constraint: {must}")
    if given.get("Enabled") is False:
        for member in ("SSEType", "KMSMasterKeyId"):
            if member in given:
                raise invalid(f"{INVALID}{member} can not be specified if Enabled is false")
    if given.get("SSEType") == "AES256":
        raise invalid(f"{INVALID}SSEType AES256 is not supported")
    if "KMSMasterKeyId" in given and "SSEType" not in given:
        raise invalid(f"{INVALID}SSEType KMS is required if KMSMasterKeyId is specified")


def check_new_maximum(limits: Json | None, on_demand: bool, index: str | None = None) -> None:
    """The most that a new on-demand table or index is to take."""
    of = "" if index is None else f" for index: {index}"
    for member in limits or () if not on_demand else ():
        message = "cannot be specified when table BillingMode is PROVISIONED."
        raise invalid(f"{INVALID}{member} for OnDemandThroughput{of} {message}")
    _check_range(limits or {}, 1, index)


def check_maximum(limits: Json | None, on_demand: bool, index: str | None = None) -> None:
    """The most that an on-demand table or index is to take from now on; `UNLIMITED` takes the limit away again."""
    of = "" if index is None else f" for index : {index}"
    for member in limits or () if not on_demand else ():
        message = "cannot be specified when the table BillingMode is PROVISIONED"
        raise invalid(f"{INVALID}{member} for OnDemandThroughput{of} {message}")
    _check_range(limits or {}, UNLIMITED, index)


def _check_range(limits: Json, least: int, index: str | None) -> None:
    where = "table" if index is None else f"index : {index}"
    for member, units in limits.items():
        if units < least or units == 0:
            raise invalid(f"{INVALID}Requested {member} for OnDemandThroughput for {where} is outside of valid range")


def limited(limits: Json) -> Json:
    """The limits that are some."""
    return {member: units for member, units in limits.items() if units != UNLIMITED}


def check_warm(warm: Json | None, provisioned: Json | None, what: str = "table") -> None:
    """What a new table or index is to be warmed up for."""
    for member, units in (warm or {}).items():
        requested = f"{INVALID}Requested {member} for WarmThroughput for {what} is lower than"
        if provisioned is None:
            if units < WARM[member]:
                raise invalid(f"{requested} initial throughput for OnDemand. See: {_INITIAL}")
        else:
            capacity = member.replace("UnitsPerSecond", "CapacityUnits")
            if units < provisioned[capacity]:
                raise invalid(f"{requested} {capacity} of ProvisionedThroughput")


def check_warmer(current: Json, wanted: Json, what: str = "table") -> None:
    for member, units in wanted.items():
        if units < current[member]:
            raise invalid(
                f"{INVALID}Requested {member} for WarmThroughput for {what} is lower than current WarmThroughput, "
                "decreasing WarmThroughput is not supported"
            )


def check_tags(given: Iterable[Json]) -> dict[str, str]:
    """The tags of a request as a map."""
    tags: dict[str, str] = {}
    twice = None
    for tag in given:
        key, value = tag["Key"], tag["Value"]
        if not key or _TAG.fullmatch(key) is None:
            raise invalid(f"The Tag Key provided is invalid, Key: {key}")
        if _TAG.fullmatch(value) is None:
            raise invalid(f"The Tag Value provided is invalid, Value: {value}")
        if key.startswith("aws:"):
            raise invalid(f"Tag Key cannot be prefixed with aws:, Key: {key}")
        twice = twice or (key if key in tags else None)
        tags[key] = value
    if twice is not None:
        raise invalid(f"Duplicate Tag Keys provided as input: Duplicate Tag Key found {twice}")
    check_tag_count(len(tags))
    return tags


def check_tag_count(count: int) -> None:
    if count > MAX_TAGS:
        raise invalid("Number of Tags exceed the current limit for the provided ResourceArn")
