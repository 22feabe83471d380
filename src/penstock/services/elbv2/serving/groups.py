"""Target groups at work: their targets, how those are, and which of them gets the next request."""

from collections.abc import Callable, Collection

from penstock.base.clock import Clock
from penstock.services.elbv2 import attributes
from penstock.services.elbv2.health_settings import code_ranges
from penstock.services.elbv2.serving import health
from penstock.services.elbv2.serving.choosing import ALGORITHMS, Choose, warming
from penstock.services.elbv2.serving.cookies import Seal
from penstock.services.elbv2.serving.health import Health, Status
from penstock.services.elbv2.state import Entry
from penstock.wire.model import Json


class Member:
    """A target. `in_flight`: requests it works on; `emptied` is told when that becomes 0."""

    __slots__ = ("address", "arn", "emptied", "group", "health", "id", "in_flight", "is_draining", "port", "since")

    def __init__(self, entry: Entry, group: "Group", since: float, emptied: Callable[["Member"], None]) -> None:
        self.arn = entry.arn
        self.id: str = entry.document["Id"]
        self.address: str = entry.document.get("Address", "")
        self.port: int = entry.document.get("Port", 0)
        self.group = group
        self.health = Health()
        self.since = since  # slow start begins here
        self.in_flight = 0
        self.is_draining = False
        self.emptied = emptied

    def leave(self) -> None:
        """A request is over."""
        self.in_flight -= 1
        if self.is_draining and self.in_flight == 0:
            self.emptied(self)

    def set_draining(self, draining: bool) -> None:
        """Whether it gets nothing new."""
        self.is_draining = draining
        self.group.changed()

    @property
    def key(self) -> str:
        """What a cookie calls it."""
        return self.arn.partition("#")[2]

    def status(self) -> Status:
        if self.is_draining:
            return health.DRAINING
        if not self.group.used:
            return health.UNUSED
        return self.health.status if self.group.checked else health.UNCHECKED


class Group:
    def __init__(self, entry: Entry, clock: Clock) -> None:
        self.arn = entry.arn
        self.members: dict[str, Member] = {}
        self.used = False
        self._clock = clock
        self._routable: list[Member] | None = None
        self.seal = Seal(entry.arn)
        self._algorithm = ""
        self.configure(entry)

    def configure(self, entry: Entry) -> None:
        """Takes on settings, at first and whenever they change."""
        self.document = entry.document
        self.attributes: Json = attributes.of_group(entry)
        self.checked: bool = entry.document["HealthCheckEnabled"]
        self.is_lambda = entry.document["TargetType"] == "lambda"
        self.codes = code_ranges(entry.document["Matcher"]["HttpCode"]) if "Matcher" in entry.document else []
        self.sticky = self._stickiness()
        self._slow_start = int(self.attributes.get("slow_start.duration_seconds", "0"))
        algorithm = self.attributes.get("load_balancing.algorithm.type", "round_robin")
        if algorithm != self._algorithm:
            self._algorithm = algorithm
            self._pick: Choose[Member] = ALGORITHMS[algorithm]()
        self._routable = None

    def _stickiness(self) -> tuple[str, str, int] | None:
        """(type, application's cookie, seconds) where clients stay with their targets."""
        found = self.attributes
        if found["stickiness.enabled"] != "true":
            return None
        kind = found["stickiness.type"]
        seconds = int(found.get(f"stickiness.{kind}.duration_seconds", "0"))
        return kind, found.get("stickiness.app_cookie.cookie_name", ""), seconds

    def changed(self) -> None:
        """A target came, went, or is in another state."""
        self._routable = None

    @property
    def routable(self) -> list[Member]:
        """The healthy ones; where there are none, all (the load balancer fails open)."""
        if self._routable is None:
            there = [member for member in self.members.values() if not member.is_draining]
            healthy = [member for member in there if not self.checked or member.health.status is health.HEALTHY]
            self._routable = healthy or there
        return self._routable

    def choose(self, tried: Collection[Member] = ()) -> Member | None:
        """The target of the next request; of those in `tried` none."""
        candidates = self.routable
        if tried:
            candidates = [member for member in candidates if member not in tried]
        if not candidates:
            return None
        if self._slow_start:
            now = self._clock.now()
            candidates = warming(candidates, lambda member: now - member.since, self._slow_start)
        return candidates[0] if len(candidates) == 1 else self._pick(candidates)

    def of_key(self, key: str) -> Member | None:
        """The target that a cookie calls so, if it may be chosen."""
        member = self.members.get(f"{self.arn}#{key}")
        return member if member is not None and member in self.routable else None
