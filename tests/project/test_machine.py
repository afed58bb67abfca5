"""Does the package see what a container allows, and what a user asks for?"""

import os
from pathlib import Path

import pytest

from gatecast import ConfigError
from gatecast._machine import available_memory, n_processors, wanted_threads
from gatecast.network.wrapper import thread_count


def system(root: Path, cgroup: str, files: dict[str, str]) -> Path:
    """Write the system's files below a folder."""
    for name, text in ({"proc/self/cgroup": cgroup} | files).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return root


@pytest.fixture(autouse=True)
def _eight_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)


@pytest.mark.parametrize(
    ("cgroup", "files", "expected"),
    [
        ("0::/", {}, 8),
        ("0::/", {"sys/fs/cgroup/cpu.max": "max 100000"}, 8),
        ("0::/", {"sys/fs/cgroup/cpu.max": "200000 100000"}, 2),
        ("0::/", {"sys/fs/cgroup/cpu.max": "150000 100000"}, 2),
        ("0::/", {"sys/fs/cgroup/cpu.max": "20000 100000"}, 1),
        ("0::/a/b", {"sys/fs/cgroup/a/cpu.max": "300000 100000", "sys/fs/cgroup/a/b/cpu.max": "max 100000"}, 3),
        ("0::/host/path", {"sys/fs/cgroup/cpu.max": "400000 100000"}, 4),
        ("4:cpu,cpuacct:/x\n5:memory:/", {"sys/fs/cgroup/cpu/x/cpu.cfs_quota_us": "-1"}, 8),
        (
            "4:cpu,cpuacct:/x",
            {"sys/fs/cgroup/cpu/x/cpu.cfs_quota_us": "50000", "sys/fs/cgroup/cpu/x/cpu.cfs_period_us": "25000"},
            2,
        ),
        ("nonsense", {"sys/fs/cgroup/cpu.max": "nonsense"}, 8),
    ],
)
def test_quota_of_a_container_counts(tmp_path: Path, cgroup: str, files: dict[str, str], expected: int) -> None:
    assert n_processors(system(tmp_path, cgroup, files)) == expected


def test_no_system_files_leave_the_affinity(tmp_path: Path) -> None:
    assert n_processors(tmp_path) == 8


def test_memory_is_the_smallest_of_all_limits(tmp_path: Path) -> None:
    files = {"proc/meminfo": "MemTotal: 9000 kB\nMemAvailable: 8000 kB"}
    assert available_memory(system(tmp_path, "0::/", files)) == 8000 * 1024
    files = {"sys/fs/cgroup/memory.max": "5000000", "sys/fs/cgroup/memory.current": "1000000"}
    assert available_memory(system(tmp_path, "0::/", files)) == 4_000_000
    assert available_memory(tmp_path / "nothing") > 0


def test_threads_of_the_environment_count_where_none_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatecast.network.wrapper.n_processors", lambda: 2)
    monkeypatch.delenv("GATECAST_THREADS", raising=False)
    assert (thread_count(), thread_count(3), thread_count(100)) == (2, 3, 8)
    monkeypatch.setenv("GATECAST_THREADS", "1")
    assert (thread_count(), thread_count(3)) == (1, 3)
    for wrong in ("0", "-1", "two", "1.5", "²"):
        monkeypatch.setenv("GATECAST_THREADS", wrong)
        with pytest.raises(ConfigError, match="GATECAST_THREADS is .*, and a positive whole number was expected"):
            wanted_threads()
