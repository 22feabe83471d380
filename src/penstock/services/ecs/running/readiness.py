"""Whether a task's containers answer.

On AWS a service's task counts as soon as its containers have been started, and callers meet the seconds until they
listen. Here a service's task is entered in Cloud Map and target groups, and RUNNING, when its ports answer: a rollout
that is finished drops nothing. Times are real: it is processes that are waited for.
"""

import asyncio
import contextlib

from penstock.web.network import Network

PATIENCE = 10.0  # for a container that may never listen on a port that it maps
LIVES = 1.0  # for a task without ports: one that is broken ends sooner
LINGER = 0.1  # for those who have just looked up the name of a task that ends
_FIRST, _LONGEST = 0.005, 0.1


async def listening(network: Network, address: str, ports: list[int]) -> None:
    """Waits until every port accepts connections, or for PATIENCE."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(_listens(network, address, port) for port in ports))


async def _listens(network: Network, address: str, port: int) -> None:
    pause = _FIRST
    while not await _accepts(network, address, network.port(address, port)):
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, _LONGEST)


async def _accepts(network: Network, address: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(address, port, local_addr=(network.gateway, 0))
    except OSError:
        return False
    writer.close()
    return True
