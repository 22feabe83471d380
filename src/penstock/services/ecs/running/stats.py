"""Docker's statistics, as far as they are known of a process: memory, CPU time, processes. Containers have no network
of their own whose bytes could be counted.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-examples.html
"""

import contextlib
import os
from datetime import UTC, datetime
from pathlib import Path

from penstock.compute.containers.model import ContainerStatus
from penstock.compute.supervisor import resident_kb
from penstock.wire.model import Json

_TICK = 10**9 // os.sysconf("SC_CLK_TCK")  # nanoseconds
_USER, _SYSTEM = 11, 12  # fields of /proc/<pid>/stat behind the name in brackets


class Stats:
    """Of one container; each answer holds the CPU times of the one before, so that a rate can be told."""

    def __init__(self) -> None:
        self._read = "0001-01-01T00:00:00Z"
        self._cpu: Json = {"cpu_usage": {"total_usage": 0, "usage_in_kernelmode": 0, "usage_in_usermode": 0}}

    def answer(self, status: ContainerStatus, now: float, limit: int | None) -> Json:
        """`limit` is the task's memory in bytes."""
        former_read, self._read = self._read, datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z")
        former, self._cpu = self._cpu, _cpu(status.pid)
        used = resident_kb(status.pid) * 1024 if status.pid is not None else 0
        memory = {"usage": used, "max_usage": used, "stats": {"rss": used}}
        return {
            "read": self._read,
            "preread": former_read,
            "id": status.runtime_id,
            "name": status.name,
            "num_procs": 0,
            "memory_stats": memory | ({"limit": limit} if limit is not None else {}),
            "cpu_stats": self._cpu,
            "precpu_stats": former,
            "networks": {},
            "blkio_stats": {},
            "storage_stats": {},
            "pids_stats": {"current": 1 if status.pid is not None else 0},
        }


def _cpu(pid: int | None) -> Json:
    """Nanoseconds of the process, and of the whole machine."""
    user = system = machine = 0
    with contextlib.suppress(OSError, IndexError, ValueError):  # no /proc, or the process has just ended
        if pid is not None:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            user, system = int(fields[_USER]) * _TICK, int(fields[_SYSTEM]) * _TICK
        times = Path("/proc/stat").read_text().partition("\n")[0].split()[1:]
        machine = sum(map(int, times)) * _TICK
    return {
        "cpu_usage": {"total_usage": user + system, "usage_in_kernelmode": system, "usage_in_usermode": user},
        "system_cpu_usage": machine,
        "online_cpus": os.cpu_count() or 1,
        "throttling_data": {"periods": 0, "throttled_periods": 0, "throttled_time": 0},
    }
