"""The target groups of a runtime at work: who is in them, how those are, and how they leave.

A target that is deregistered gets nothing new. It is gone when nothing is in flight on it any more, at the latest
after the group's deregistration delay (AWS waits for that delay even if nothing is in flight).
"""

from penstock.base.clock import Timer
from penstock.call import Kernel
from penstock.iam.principal import Principal
from penstock.services.elbv2 import names
from penstock.services.elbv2.serving import functions, health
from penstock.services.elbv2.serving.checks import Checker
from penstock.services.elbv2.serving.forwarding import invoke
from penstock.services.elbv2.serving.groups import Group, Member
from penstock.services.elbv2.serving.health import Status
from penstock.services.elbv2.state import GROUP, TARGET, Entry, State
from penstock.web.dial import Address
from penstock.web.network import Network
from penstock.web.splice import Flows
from penstock.web.upstream import Upstream


class Fleet:
    def __init__(self, kernel: Kernel, state: State) -> None:
        self._kernel = kernel
        self._state = state
        self._network = kernel.shared(Network)
        self.upstream = kernel.shared(Upstream)
        self.groups: dict[str, Group] = {}
        self.flows: set[Flows] = set()  # of all network load balancers
        self._checkers: dict[str, Checker] = {}
        self._deadlines: dict[str, Timer] = {}

    def load(self) -> None:
        """At the start: nothing is in flight any more, so that what drained is gone."""
        for entry in list(self._state.all(GROUP)):
            self.groups[entry.arn] = Group(entry, self._kernel.clock)
        for entry in list(self._state.all(TARGET)):
            if "DrainingSince" in entry.document:
                self._state.drop(entry)
            else:
                self._enter(entry)
        self.follow_uses()

    def stop(self) -> None:
        for checker in self._checkers.values():
            checker.stop()
        self._checkers.clear()

    # -- changes ---------------------------------------------------------------------------------------------

    def changed(self, entry: Entry) -> None:
        """A target group or a target is there, is gone, or has changed."""
        now = self._state.entries.get(entry.arn)
        if entry.kind == TARGET and now is not None:
            self._enter(now)
        elif entry.kind == TARGET:
            self._leave(entry)
        elif now is None:
            self.groups.pop(entry.arn, None)
        elif entry.arn in self.groups:
            self.groups[entry.arn].configure(now)
            self._follow_checks(self.groups[entry.arn])
        else:
            self.groups[entry.arn] = Group(now, self._kernel.clock)

    def follow_uses(self) -> None:
        """Groups are checked as long as a load balancer sends them anything."""
        for group in self.groups.values():
            used = bool(self._state.uses(group.arn))
            if used != group.used:
                group.used = used
                for member in group.members.values():
                    member.health = health.Health()
                self._follow_checks(group)
                self._kernel.signals.notify(("elbv2", group.arn))

    def _enter(self, entry: Entry) -> None:
        group = self.groups[entry.parent]
        member = group.members.get(entry.arn)
        if member is None:
            member = Member(entry, group, self._kernel.clock.now(), self._emptied)
            group.members[entry.arn] = member
        member.set_draining("DrainingSince" in entry.document)
        self._follow_checks(group)
        self._follow_deadline(entry, member)

    def _leave(self, entry: Entry) -> None:
        group = self.groups.get(entry.parent)
        if group is not None:
            group.members.pop(entry.arn, None)
            group.changed()
        if (checker := self._checkers.pop(entry.arn, None)) is not None:
            checker.stop()
        if (timer := self._deadlines.pop(entry.arn, None)) is not None:
            timer.cancel()
        self._kernel.signals.notify(("elbv2", entry.parent))

    def _follow_checks(self, group: Group) -> None:
        for member in group.members.values():
            wanted = group.used and group.checked and not member.is_draining
            if wanted and member.arn not in self._checkers:
                self._checkers[member.arn] = Checker(self._kernel, self, member, self._told)
            elif not wanted and (checker := self._checkers.pop(member.arn, None)) is not None:
                checker.stop()

    def _told(self, member: Member) -> None:
        """A target's health has changed."""
        if member.health.status is health.HEALTHY:
            member.since = self._kernel.clock.now()
        member.group.changed()
        self._kernel.signals.notify(("elbv2", member.group.arn))

    # -- draining --------------------------------------------------------------------------------------------

    def _follow_deadline(self, entry: Entry, member: Member) -> None:
        if not member.is_draining:
            if (timer := self._deadlines.pop(entry.arn, None)) is not None:  # it was taken back
                timer.cancel()
            return
        delay = float(member.group.attributes.get("deregistration_delay.timeout_seconds", "0"))
        until = entry.document["DrainingSince"] + delay
        self._deadlines[entry.arn] = self._kernel.clock.call_at(until, lambda: self._drained(member))
        self._kernel.signals.notify(("elbv2", entry.parent))
        self._emptied(member)

    def retire(self, entry: Entry) -> bool:
        """Gives a target nothing more, from now and not only from the commit on; whether something is in flight on it.

        A request that came between the two would be on a target that is gone, and whose task may be ended.
        """
        group = self.groups.get(entry.parent)
        member = group.members.get(entry.arn) if group is not None else None
        if member is None:
            return False
        was = member.is_draining
        self._kernel.store.after_rollback(lambda: member.set_draining(was))
        member.set_draining(True)
        return self._is_busy(member)

    def _is_busy(self, member: Member) -> bool:
        if member.in_flight > 0:
            return True
        address = self.where(member)
        return address is not None and any(flows.count(address) for flows in self.flows)

    def flow_ended(self, address: Address) -> None:
        for arn in list(self._deadlines):
            entry = self._state.find(TARGET, arn)
            member = self.groups[entry.parent].members.get(arn) if entry is not None else None
            if member is not None and self.where(member) == address:
                self._emptied(member)

    def _emptied(self, member: Member) -> None:
        if member.is_draining and not self._is_busy(member):
            self._drained(member)

    def _drained(self, member: Member) -> None:
        """Its time is over, or nothing keeps it any more."""
        entry = self._state.find(TARGET, member.arn)
        if entry is None or "DrainingSince" not in entry.document:
            return
        if member.group.attributes.get("deregistration_delay.connection_termination.enabled") == "true":
            for flows in self.flows:
                if (address := self.where(member)) is not None:
                    flows.close_target(address)
        with self._kernel.store.savepoint():
            self._state.drop(entry)

    # -- what others ask -------------------------------------------------------------------------------------

    def health(self, entry: Entry) -> Status:
        group = self.groups.get(entry.parent)
        member = group.members.get(entry.arn) if group is not None else None
        return member.status() if member is not None else health.REGISTERING

    def where(self, member: Member, port: int = 0) -> Address | None:
        """The address of a target, or of another of its ports; None where nothing may be connected to."""
        address = member.address
        if member.group.document["TargetType"] == "alb":
            address = self._network.address(member.id)
        if not address.startswith("127."):
            return None  # nothing leaves the machine
        return address, self._network.port(address, port or member.port)

    def local(self, group: str) -> str | None:
        """The address that a group's targets are checked from: that of its load balancer."""
        users = self._state.uses(group)
        return self._network.address(users[0]) if users else None

    async def invoke_check(self, member: Member) -> int:
        """The status that a function answers a health check with; 0 where it fails."""
        _, _, _, region, account, _ = member.group.arn.split(":", 5)
        ctx = self._kernel.context(Principal.service(names.PRINCIPAL, account, member.group.arn), account, region)
        event = functions.check_event(member.group.document["HealthCheckPath"], member.group.arn)
        try:
            return functions.response(await invoke(ctx, member.id, event), multi=False).status
        except functions.BadResult:
            return 0
