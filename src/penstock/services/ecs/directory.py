"""Names of Service Connect on the runtime's network: one address in each VPC, whatever their ports lead to."""

from penstock.web.network import Network


class Directory:
    def __init__(self, network: Network) -> None:
        self._network = network
        self._ports: dict[tuple[str, str], set[int]] = {}  # VPC, name -> ports

    def enter(self, vpc: str, name: str, port: int) -> str:
        """The address at which the name's port is to listen."""
        self._ports.setdefault((vpc, name), set()).add(port)
        self._network.zone(name, self._find)
        return self._address(vpc, name)

    def leave(self, vpc: str, name: str, port: int) -> None:
        ports = self._ports[vpc, name]
        ports.discard(port)
        if not ports:
            del self._ports[vpc, name]
            self._network.release(_owner(vpc, name))
        if all(other != name for _, other in self._ports):
            self._network.zone(name, None)

    def _find(self, name: str, vpc: str) -> list[str] | None:
        return [self._address(vpc, name)] if (vpc, name) in self._ports else None

    def _address(self, vpc: str, name: str) -> str:
        return self._network.address(_owner(vpc, name), vpc)


def _owner(vpc: str, name: str) -> str:
    return f"service-connect:{vpc}:{name}"
