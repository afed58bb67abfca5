"""How fast is gatecast, beside what people use today?

`make bench` runs this: it sets up `.venv-bench`, proves, times and prints one table. Until it has that environment it
needs nothing but Python's standard library.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from harness import environment

__all__ = ["main"]

LATEST = environment.ROOT / "benchmarks" / "results" / "latest.json"


def main() -> int:
    """Run what was asked for; 1 where a measurement failed."""
    arguments = _arguments()
    if Path(sys.prefix).resolve() != environment.VENV.resolve():
        environment.ensure()
        os.execv(environment.python(), [str(environment.python()), *sys.argv])
    from measurements import REGISTRY

    if arguments.list:
        for measurement in REGISTRY.values():
            print(f"{measurement.name:15} {measurement.question}")
        return 0
    unknown = sorted(set(arguments.only) - set(REGISTRY))
    if unknown:
        sys.exit(f"There is no measurement {unknown[0]!r}. Use one of {', '.join(REGISTRY)}.")
    # a few measurements alone do not replace the newest whole result
    out = arguments.out or (None if arguments.only else LATEST)
    return _measure(arguments.only or list(REGISTRY), out)


def _measure(names: list[str], out: Path | None) -> int:
    from harness import machine, report
    from harness.goals import Row
    from measurements import REGISTRY

    facts = machine.facts()
    rows: list[Row] = []
    failures: dict[str, str] = {}
    for name in names:
        print(f"{name}: {REGISTRY[name].question}", file=sys.stderr, flush=True)
        try:
            rows += REGISTRY[name].run()
        # the others are still worth their time, and the table says which one failed
        except Exception as error:  # noqa: BLE001
            failures[name] = str(error)
    report.show(rows, facts, failures)
    if out:
        report.write(out, rows, facts, failures)
        print(f"Written to {out}.")
    return 1 if failures else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="run these measurements, and write no file"
    )
    parser.add_argument("--list", action="store_true", help="name the measurements and end")
    parser.add_argument(
        "--out", type=Path, help=f"write the JSON here instead of {LATEST.relative_to(environment.ROOT)}"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
