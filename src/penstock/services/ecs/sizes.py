"""Sizes of tasks: CPU units and MiB, and which of them Fargate has. Pure.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
"""

import re

from penstock.services.ecs.errors import client

_GB = 1024
_CPU = re.compile(r"(?:(\d+)|(\d*\.?\d+)\s*vcpu)", re.IGNORECASE)
_MEMORY = re.compile(r"(?:(\d+)|(\d*\.?\d+)\s*gb)", re.IGNORECASE)

FARGATE: dict[int, range | tuple[int, ...]] = {
    256: (512, _GB, 2 * _GB),
    512: range(_GB, 4 * _GB + 1, _GB),
    1024: range(2 * _GB, 8 * _GB + 1, _GB),
    2048: range(4 * _GB, 16 * _GB + 1, _GB),
    4096: range(8 * _GB, 30 * _GB + 1, _GB),
    8192: range(16 * _GB, 60 * _GB + 1, 4 * _GB),
    16384: range(32 * _GB, 120 * _GB + 1, 8 * _GB),
}


def cpu(text: str) -> int:
    """`256`, `.25 vCPU` -> 256. Raises ClientException."""
    return _units(text, _CPU, "cpu", 128, 196_608)


def memory(text: str) -> int:
    """`512`, `0.5 GB` -> 512. Raises ClientException."""
    return _units(text, _MEMORY, "memory", 6, 1 << 24)


def _units(text: str, form: re.Pattern[str], name: str, least: int, most: int) -> int:
    match = form.fullmatch(text.strip())
    value = 0 if match is None else int(match[1]) if match[1] else round(float(match[2]) * 1024)
    if not least <= value <= most:
        raise client(
            f"Invalid '{name}' setting for task. For more information, see the Troubleshooting section of the Amazon "
            "ECS Developer Guide."
        )
    return value


def fits_fargate(cpu: int, memory: int) -> bool:
    return memory in FARGATE.get(cpu, ())
