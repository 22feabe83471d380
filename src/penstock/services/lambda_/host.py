"""What the runtime gives to function environments: credentials of their role, a network interface, a log stream."""

import logging
from collections.abc import Callable, Mapping

from penstock.base.errors import AwsError
from penstock.base.telemetry import LogLine
from penstock.call import Kernel
from penstock.compute.functions.model import FunctionSpec, Host
from penstock.compute.log_delivery import deliver
from penstock.compute.log_event import LogEvent
from penstock.compute.sessions import Credentials, RoleSessions
from penstock.iam.principal import Principal
from penstock.web.network import Network
from penstock.wire.model import Json

log = logging.getLogger("penstock")


class FunctionHost:
    def __init__(self, kernel: Kernel, configuration: Callable[[FunctionSpec], Json]) -> None:
        self._kernel = kernel
        self._configuration = configuration
        self._sessions = RoleSessions(kernel)
        self.host = Host(
            clock=kernel.clock,
            scratch=kernel.config.scratch,
            endpoint=lambda: kernel.config.endpoint,
            credentials=self._credentials_of,
            network=self._member,
            on_log=self._on_log,
            say=self._say,
        )

    def session(self, role: str, function_name: str) -> Principal:
        """The principal that a function acts as."""
        return self._sessions.principal(role, function_name)

    def _credentials_of(self, spec: FunctionSpec) -> Credentials:
        return self._sessions.credentials(self._configuration(spec)["Role"], spec.name)

    # -- network -------------------------------------------------------------------------------------

    def _member(self, spec: FunctionSpec, variables: Mapping[str, str]) -> dict[str, str]:
        """A function in a VPC has an interface there; every other one only resolves public names."""
        network = self._kernel.shared(Network)
        if not spec.vpc:
            return network.guest(variables)
        return network.guest(variables, network.address(spec.arn, spec.vpc))

    def _say(self, text: str) -> None:
        log.info("%s", text)
        self._kernel.telemetry.log(LogLine(self._kernel.clock.now(), "INFO", "lambda", text))

    # -- logs ----------------------------------------------------------------------------------------

    def _on_log(self, spec: FunctionSpec, stream: str, events: list[LogEvent]) -> None:
        """As the function's role: without its permission there are no logs."""
        if "logs" not in self._kernel.services:
            return
        principal = self.session(self._configuration(spec)["Role"], spec.name)
        ctx = self._kernel.context(principal, spec.account, spec.region)
        try:
            deliver(ctx, spec.log_group, stream, events)
        except AwsError as error:
            if error.code != "AccessDeniedException":  # of which whoever denied has told
                log.warning("The log of %s could not be stored: %s", spec.name, error)
