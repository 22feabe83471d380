"""The throughput of tables and of indexes: as it is described, how it changes, and how much of it there may be.

Sources: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html and
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html
"""

from datetime import UTC, datetime

from penstock.base.errors import AwsError
from penstock.services.dynamodb.errors import invalid
from penstock.wire.model import Json

WARM = {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000}  # of a new on-demand table
MAX_UNITS = 40000  # of a table or an index
FREE_DECREASES = 4  # of a day; those that follow are an hour apart
_DAY, _HOUR = 86400, 3600
_UNITS = ("ReadCapacityUnits", "WriteCapacityUnits")
_WHO_ASKS = "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."


def described(given: Json | None, now: float) -> Json:
    """A ProvisionedThroughputDescription; that of what is on demand has no units."""
    units = given or dict.fromkeys(_UNITS, 0)
    return {**units, "NumberOfDecreasesToday": _decreases(units, now)}


def _decreases(units: Json, now: float) -> int:
    """Days are UTC's."""
    count: int = units.get("NumberOfDecreasesToday", 0)
    return count if units.get("LastDecreaseDateTime", 0) // _DAY == now // _DAY else 0


def warm(given: Json, on_demand: bool) -> Json:
    """What a table or an index is ready for: what it was ever provisioned or warmed up for."""
    units = given.get("ProvisionedThroughput") or dict.fromkeys(_UNITS, 0)
    least = WARM if on_demand else dict(zip(WARM, (units[member] for member in _UNITS), strict=True))
    known = given.get("WarmThroughput", {})
    return {member: max(least[member], known.get(member, 0)) for member in WARM}


def changed(current: Json | None, wanted: Json, what: str, now: float) -> Json:
    """The throughput of a table or an index, with the time of its change. Raises where nothing would change."""
    units = described(current, now)
    pairs = [(units[member], wanted[member]) for member in _UNITS]
    if all(old == new for old, new in pairs):
        raise _unchanged(pairs, what)
    made = {**(current or {}), **wanted}
    if any(new > old for old, new in pairs):
        made["LastIncreaseDateTime"] = now
    if any(new < old for old, new in pairs):
        count = units["NumberOfDecreasesToday"]
        if count >= FREE_DECREASES:
            _check_decrease(count, units["LastDecreaseDateTime"], now)
        made |= {"LastDecreaseDateTime": now, "NumberOfDecreasesToday": count + 1}
    return made


def _unchanged(pairs: list[tuple[int, int]], what: str) -> AwsError:
    kind = what.partition(" ")[0]
    detail = " ".join(
        f"Current {member} provisioned for the {kind}: {old}. Requested {member}: {new}."
        for member, (old, new) in zip(_UNITS, pairs, strict=True)
    )
    same = f"The provisioned throughput for the {what} will not change. The requested value equals the current value."
    return invalid(f"{same} {detail} {_WHO_ASKS}")


def _check_decrease(count: int, last: float, now: float) -> None:
    following = min(last + _HOUR, (last // _DAY + 1) * _DAY)
    if now < following:
        raise _limit(
            "Provisioned throughput decreases are limited within a given UTC day. After the first "
            f"{FREE_DECREASES} decreases, each subsequent decrease in the same UTC day can be performed at most once "
            f"every {_HOUR} seconds. Number of decreases today: {count}. Last decrease at {_shown(last)}. "
            f"Next decrease can be made at {_shown(following)}"
        )


def _shown(at: float) -> str:
    """As in "Friday, October 9, 2026 at 1:21:34 AM Coordinated Universal Time"."""
    when = datetime.fromtimestamp(at, UTC)
    return f"{when:%A, %B} {when.day}, {when.year} at {when.hour % 12 or 12}:{when:%M:%S %p} Coordinated Universal Time"


def _limit(message: str) -> AwsError:
    return AwsError("LimitExceededException", f"Subscriber limit exceeded: {message}")


def check_quotas(region: str, given: Json, index: str | None = None) -> None:
    """What a table, or an index, is to have at most."""
    of, per = ("", "table") if index is None else (f" for index {index}", "index")
    for member in _UNITS:
        units = given.get("ProvisionedThroughput", {}).get(member, 0)
        if units > MAX_UNITS:
            above = f"is above the per {per} maximum for the account in {region}. Per table maximum: {MAX_UNITS}."
            raise AwsError("LimitExceededException", f"The requested {member}{of}, {units}, {above} {_WHO_ASKS}")
    for kind, where in (("OnDemandThroughput", "index : "), ("WarmThroughput", "index ")):
        for member, units in given.get(kind, {}).items():
            if units > MAX_UNITS:
                what = "table" if index is None else where + index
                quota = f"TableMax{'Read' if 'Read' in member else 'Write'}CapacityUnits"
                raise _limit(
                    f"Requested {member} for {kind} for {what} exceeds {quota} of the account in region {region}"
                )
