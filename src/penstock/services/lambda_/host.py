"""What the runtime gives to function environments: credentials of their role, and a place for their logs.

The principal behind an environment's access key is the session of the function's role, as it is for a caller from
outside; an environment's keys live as long as the runtime.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping

from penstock.base.errors import AwsError
from penstock.call import Context, Kernel
from penstock.compute.model import Credentials, FunctionSpec, Host, LogEvent
from penstock.iam import keys
from penstock.iam.principal import Principal
from penstock.web.network import Network
from penstock.wire.model import Json

_ROLE = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):role/(?:.*/)?([^/]+)")
_BATCH_BYTES = 1024 * 1024
_BATCH_EVENTS = 10_000
_EVENT_CHARACTERS = 256 * 1024 - 26
log = logging.getLogger("penstock")


class FunctionHost:
    def __init__(self, kernel: Kernel, configuration: Callable[[FunctionSpec], Json]) -> None:
        self._kernel = kernel
        self._configuration = configuration
        self._sessions: dict[tuple[str, str], Principal] = {}  # by role and function name
        self._credentials: dict[tuple[str, str], Credentials] = {}
        self.host = Host(
            clock=kernel.clock,
            endpoint=lambda: kernel.config.endpoint,
            credentials=self._credentials_of,
            network=self._member,
            on_log=self._on_log,
        )

    def session(self, role: str, function_name: str) -> Principal:
        """The principal that a function acts as."""
        found = self._sessions.get((role, function_name))
        if found is None:
            found = self._sessions[role, function_name] = self._assume(role, function_name)
        return found

    def _assume(self, role: str, session: str) -> Principal:
        match = _ROLE.fullmatch(role)
        account, name = (match[1], match[2]) if match else (self._kernel.config.account, role)
        try:
            ctx = self._kernel.context(account=account)
            role_id = ctx.call_now("iam", "GetRole", {"RoleName": name})["Role"]["RoleId"]
        except AwsError:  # a role need not exist while IAM is not enforced
            role_id = keys.unique_id("AROA")
        return Principal.role_session(account, name, session, role_id)

    def _credentials_of(self, spec: FunctionSpec) -> Credentials:
        role: str = self._configuration(spec)["Role"]
        found = self._credentials.get((role, spec.name))
        if found is None:
            principal = self.session(role, spec.name)
            access_key = keys.access_key_id("ASIA", principal.account)
            found = Credentials(access_key, keys.secret_access_key(), keys.session_token())
            self._credentials[role, spec.name] = found
            self._kernel.principals[access_key] = principal
        return found

    # -- network -------------------------------------------------------------------------------------

    def _member(self, spec: FunctionSpec, variables: Mapping[str, str]) -> dict[str, str]:
        """A function in a VPC has an interface there; every other one only resolves public names."""
        network = self._kernel.shared(Network)
        if not spec.subnets:
            return network.guest(variables)
        return network.guest(variables, network.address(spec.arn, self._vpc(spec)))

    def _vpc(self, spec: FunctionSpec) -> str:
        ctx = self._kernel.context(Principal.service("lambda.amazonaws.com", spec.account), spec.account, spec.region)
        found = ctx.call_now("ec2", "DescribeSubnets", {"SubnetIds": [spec.subnets[0]]})
        vpc: str = found["Subnets"][0]["VpcId"]
        return vpc

    # -- logs ----------------------------------------------------------------------------------------

    def _on_log(self, spec: FunctionSpec, stream: str, events: list[LogEvent]) -> None:
        if "logs" not in self._kernel.services:
            return
        principal = Principal.service("lambda.amazonaws.com", spec.account)
        ctx = self._kernel.context(principal, spec.account, spec.region)
        names = {"logGroupName": spec.log_group, "logStreamName": stream}
        try:
            for batch in _batches(events):
                _write(ctx, {**names, "logEvents": batch}, names)
        except AwsError as error:
            log.warning("The log of %s could not be stored: %s", spec.name, error)


def _write(ctx: Context, request: Json, names: Json) -> None:
    try:
        ctx.call_now("logs", "PutLogEvents", request)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
        _make_place(ctx, names)
        ctx.call_now("logs", "PutLogEvents", request)


def _batches(events: list[LogEvent]) -> Iterator[list[Json]]:
    """As PutLogEvents takes them: 10,000 events and 1 MB at most, each with 26 bytes of its own, cut at 256 KB."""
    batch: list[Json] = []
    room = _BATCH_BYTES
    for event in events:
        message = event.message[:_EVENT_CHARACTERS] or " "
        size = len(message.encode()) + 26
        if size > room or len(batch) == _BATCH_EVENTS:
            yield batch
            batch, room = [], _BATCH_BYTES
        batch.append({"timestamp": int(event.at * 1000), "message": message})
        room -= size
    yield batch


def _make_place(ctx: Context, names: Json) -> None:
    """The group and the stream, whichever is missing."""
    for operation, wanted in (("CreateLogGroup", ["logGroupName"]), ("CreateLogStream", [*names])):
        try:
            ctx.call_now("logs", operation, {name: names[name] for name in wanted})
        except AwsError as error:
            if error.code != "ResourceAlreadyExistsException":
                raise
