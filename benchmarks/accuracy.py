"""How accurate is gatecast on real series, with the same settings everywhere, and how long does it take?

`make accuracy DATA=folder` runs this: all tasks and seeds, one table, one file. It needs gatecast and nothing else.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from accuracy_tasks import REGISTRY, report, rivals
from accuracy_tasks.model import SETTINGS
from accuracy_tasks.rows import Options, Row
from harness import machine
from harness.environment import ROOT
from harness.processes import processors

__all__ = ["main"]

LATEST = ROOT / "benchmarks" / "results" / "accuracy.json"
DEFAULTS = Options(Path())


def main() -> int:
    """Run what was asked for; 1 where a task failed."""
    arguments = _arguments()
    if arguments.list:
        for task in REGISTRY.values():
            print(f"{task.name:18} {task.question}")
        return 0
    if arguments.markdown:
        print(report.markdown(LATEST), rivals.markdown(LATEST), sep="\n\n")
        return 0
    if arguments.data is None:
        sys.exit("No --data was passed, and a folder with the series sets was expected: add `--data FOLDER`.")
    options = Options(arguments.data, arguments.seeds, arguments.ensemble)
    return _measure(arguments.only or list(REGISTRY), options, arguments.json)


def _measure(names: list[str], options: Options, out: Path | None) -> int:
    if processors():
        os.sched_setaffinity(0, processors())
    facts = _facts(options)
    rows: list[Row] = []
    failures: dict[str, str] = {}
    for name in names:
        print(f"{name}: {REGISTRY[name].question}", file=sys.stderr, flush=True)
        try:
            rows += REGISTRY[name].run(options)
        # the others are still worth their time, and the table says which one failed
        except Exception as error:  # noqa: BLE001
            failures[name] = f"{type(error).__name__}: {error}"
    report.show(rows, facts["machine"], failures)
    if out is None and options == Options(options.folder) and not failures:
        # a part of the seeds replaces nothing, a part of the tasks only what it measured
        report.update(LATEST, rows, facts, list(REGISTRY))
        print(f"Written to {LATEST}.")
    elif out:
        report.write(out, rows, facts, failures)
        print(f"Written to {out}.")
    return 1 if failures else 0


def _facts(options: Options) -> dict[str, Any]:
    asked = {"seeds": options.seeds, "ensembles": options.ensembles}
    return {"machine": machine.facts(), "settings": SETTINGS, **asked}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=_folder, metavar="FOLDER", help="where the series sets lie")
    parser.add_argument("--only", type=_names, default=[], metavar="NAMES", help="these tasks, with commas between")
    parser.add_argument("--seeds", type=_numbers, default=DEFAULTS.seeds, help="with commas between; 0,1,2 if absent")
    parser.add_argument("--ensemble", type=_sizes, default=DEFAULTS.ensembles, help="numbers of members; 1,5 if absent")
    parser.add_argument(
        "--json", type=Path, help=f"write here; a whole run goes to {LATEST.relative_to(ROOT)} if absent"
    )
    parser.add_argument("--markdown", action="store_true", help="print the newest whole result as the READMEs have it")
    parser.add_argument("--list", action="store_true", help="name the tasks and end")
    return parser.parse_args()


def _folder(text: str) -> Path:
    if not text or not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} was passed, and a folder with the series sets was expected")
    return Path(text)


def _names(text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in REGISTRY]
    if unknown:
        raise argparse.ArgumentTypeError(f"there is no task {unknown[0]!r}, use one of {', '.join(REGISTRY)}")
    return names


def _numbers(text: str) -> tuple[int, ...]:
    numbers = text.split(",")
    if not all(number.isdecimal() for number in numbers):
        raise argparse.ArgumentTypeError(f"{text!r} was passed, and whole numbers with commas between were expected")
    return tuple(int(number) for number in numbers)


def _sizes(text: str) -> tuple[int, ...]:
    sizes = _numbers(text)
    if 0 in sizes:
        raise argparse.ArgumentTypeError("0 members were asked for, and at least 1 was expected: use for example 1,5")
    return sizes


if __name__ == "__main__":
    sys.exit(main())
