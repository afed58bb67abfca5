"""What may this process use of the machine? Processors and memory, also inside a container with limits."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from gatecast.exceptions import ConfigError

__all__ = ["available_memory", "n_processors", "wanted_threads"]

# a limit of a control group that is none
NO_LIMIT = ("max", "-1", "")
# bytes that are taken for free where the system says nothing
USUAL_MEMORY = 4 << 30


def n_processors(root: Path = Path("/")) -> int:
    """Return how many processors this process may use: those it is bound to, and no more than its quota of time.

    A quota of one and a half processors (`docker run --cpus 1.5`) counts as two. `root` is where the system's files
    are.
    """
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([own, *(math.ceil(quota) for quota in _quotas(root))]))


def wanted_threads() -> int | None:
    """Return the number of threads in `GATECAST_THREADS`, None where it is not set; ConfigError if it is no number."""
    text = os.environ.get("GATECAST_THREADS", "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise ConfigError(
            f"GATECAST_THREADS is {text!r}, and a positive whole number was expected. Set it to 2, or unset it."
        )
    return int(text)


def available_memory(root: Path = Path("/")) -> int:
    """Return how many bytes of memory may still be used, by the system's count and by the limits of a container."""
    found = [limit - used for limit, used in _memory_limits(root)]
    text = _read(root / "proc/meminfo")
    lines = [line.split() for line in text.splitlines() if line.startswith("MemAvailable:")]
    found += [int(line[1]) * 1024 for line in lines]
    return max(min(found), 0) if found else USUAL_MEMORY


@lru_cache(maxsize=8)
def _quotas(root: Path) -> tuple[float, ...]:
    """Return the quotas of processor time, read once: a forecast of milliseconds asks for them."""
    found = []
    for folder in _groups(root, "cpu"):
        quota, _, period = _read(folder / "cpu.max").partition(" ")
        if not quota:
            quota, period = _read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us")
        if quota not in NO_LIMIT and period.isdecimal() and int(period):
            found.append(int(quota) / int(period))
    return tuple(found)


def _memory_limits(root: Path) -> Iterator[tuple[int, int]]:
    for folder in _groups(root, "memory"):
        for limit, used in (("max", "current"), ("limit_in_bytes", "usage_in_bytes")):
            most, now = _read(folder / f"memory.{limit}"), _read(folder / f"memory.{used}")
            if most.isdecimal() and now.isdecimal():
                yield int(most), int(now)


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Yield the folders of the control groups that this process is in, of the first and second version."""
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers and controller not in controllers.split(","):
            continue
        mounted = root / "sys/fs/cgroup" / (controller if controllers else "")
        own = mounted / path.lstrip("/")
        # in a container the path is that of the host, and the group itself is what is mounted
        yield from (folder for folder in (own, *own.parents) if folder == mounted or mounted in folder.parents)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
