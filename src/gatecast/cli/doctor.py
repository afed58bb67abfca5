"""What does `gatecast doctor` do? Say what is installed and in use, and check the core."""

from __future__ import annotations

import os
import platform
import re
import sys
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, requires, version

import typer

from gatecast import __version__
from gatecast._json import JsonObject
from gatecast.cli.checks import Check, check_core
from gatecast.cli.commands import DoctorOptions
from gatecast.cli.output import Printer
from gatecast.network import wrapper

__all__ = ["doctor"]

NEEDED = ("numpy", "pandas", "narwhals", "safetensors", "scipy", "tqdm", "typer", "rich", "charset-normalizer")
# what an extra brings, as a package's own description says it: matplotlib>=3.10; extra == "plots"
EXTRA = re.compile(r"(?P<package>[\w.-]+)[^;]*;.*\bextra\s*==\s*['\"](?P<extra>[\w-]+)['\"]")
ALL = "all"


def doctor(options: DoctorOptions) -> None:
    """Run the command; exit code 1 when a check fails."""
    printer = Printer(shown=not options.json)
    facts = _facts()
    _say_facts(printer, facts)
    checks = check_core()
    healthy = all(check.passed for check in checks)
    _say_checks(printer, checks, healthy)
    if options.json:
        printer.json({"healthy": healthy, **facts, "checks": [asdict(check) for check in checks]})
    if not healthy:
        raise typer.Exit(1)


def _facts() -> JsonObject:
    return {
        "gatecast": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "compiler": wrapper.compiler(),
        "packages": {name: _version(name) for name in NEEDED},
        "extras": _extras(),
        "instruction_sets": {"available": wrapper.available_isas(), "in_use": wrapper.isa()},
        "threads": {"in_use": wrapper.thread_count(), "processors": os.cpu_count()},
        "executable": sys.executable,
    }


def _extras() -> dict[str, dict[str, str | None]]:
    """Return the packages of each extra, with their versions; None where one is not installed."""
    found: dict[str, dict[str, str | None]] = {}
    for match in filter(None, map(EXTRA.match, requires("gatecast") or [])):
        if match["extra"] != ALL:
            found.setdefault(match["extra"], {})[match["package"]] = _version(match["package"])
    return found


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _say_facts(printer: Printer, facts: JsonObject) -> None:
    forced = " (forced by GATECAST_ISA)" if os.environ.get("GATECAST_ISA") else ""
    sets, threads = facts["instruction_sets"], facts["threads"]
    shown = {
        "gatecast": facts["gatecast"],
        "Python": f"{facts['python']}, {facts['executable']}",
        "platform": facts["platform"],
        "core built by": facts["compiler"],
        "packages": ", ".join(f"{name} {number or 'missing'}" for name, number in facts["packages"].items()),
        "instructions": f"{sets['in_use']} in use{forced}; available: {', '.join(sets['available'])}",
        "threads": f"{threads['in_use']} in use, {threads['processors']} processors",
    }
    for extra, packages in facts["extras"].items():
        is_whole = all(packages.values())
        there = ", ".join(f"{name} {number}" for name, number in packages.items())
        shown[f"extra {extra}"] = there if is_whole else f"not installed: pip install 'gatecast[{extra}]'"
    printer.facts("This installation", shown)


def _say_checks(printer: Printer, checks: list[Check], healthy: bool) -> None:
    rows = {f"{'ok  ' if check.passed else 'FAIL'}  {check.name}": check.detail for check in checks}
    seconds = sum(check.seconds for check in checks)
    printer.facts(f"The core against the NumPy reference ({seconds:.1f} s)", rows)
    if healthy:
        printer.say("All is well.", style="bold")
        return
    printer.say(
        "The core computes something else than the reference. Don't trust forecasts made here: please report it with "
        "the output of `gatecast doctor --json`. A slower instruction set may work, e.g. GATECAST_ISA="
        f"{wrapper.available_isas()[0]}.",
        style="bold",
    )
