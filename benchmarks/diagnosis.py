"""How often does a diagnosis see a trouble that is there, and how often one that is not?

`python benchmarks/diagnosis.py` makes troubles and healthy fits of every kind, prints the rates and writes them to
`results/diagnosis.json`. Findings about errors, curves and counts are asked about made ones directly; those about fits
also about networks that are trained. It needs gatecast and nothing else.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from gatecast.diagnosis.checks import CHECKS, judge
from made_troubles import EVIDENCE, FITS, Case, healthy

LATEST = Path(__file__).resolve().parent / "results" / "diagnosis.json"
HITS, FALSE_ALARMS = 0.90, 0.05
# made ones of each kind: below 200 a rate of 5 % is not told from one of 8 %; fits take their time
N_MADE, N_FITS = 250, 60
# thresholds were chosen on draws from earlier seeds, and these are of no other use
FRESH = 1_000


def main() -> int:
    """Measure and print; 1 where a goal was not reached."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--made", type=int, default=N_MADE, help="made troubles of each kind")
    parser.add_argument("--fits", type=int, default=N_FITS, help="fits of each kind")
    parser.add_argument("--json", type=Path, default=None, help="write here; a whole run goes to results/")
    arguments = parser.parse_args()
    started = time.monotonic()
    rows = [_measure(number, case, arguments.made) for number, case in enumerate(EVIDENCE)]
    alarms = _any_alarm(arguments.made)
    rows += _fits(arguments.fits) if arguments.fits else []
    report = {
        "goals": {"hits": HITS, "false_alarms": FALSE_ALARMS},
        "rows": rows,
        "healthy_with_any_warning": alarms,
        "seconds": round(time.monotonic() - started),
    }
    is_whole = (arguments.made, arguments.fits) == (N_MADE, N_FITS)
    out = arguments.json or (LATEST if is_whole else None)
    if out is not None:
        out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        print(f"Written to {out}.")
    return 0 if all(row["reached"] for row in rows) else 1


def _measure(number: int, case: Case, n: int) -> dict[str, Any]:
    """Ask one check about n troubles and n healthy ones."""
    check = next(check for check in CHECKS if any(_code(check, case, number, seed) for seed in range(5)))
    hits = sum(check(case.troubled(_rng(number, 1, seed))) is not None for seed in range(n))
    alarms = sum(check(case.healthy(_rng(number, 2, seed))) is not None for seed in range(n))
    return _row(case.code, case.measured_on, n, hits, alarms)


def _code(check: Any, case: Case, number: int, seed: int) -> bool:
    finding = check(case.troubled(_rng(number, 1, seed)))
    return finding is not None and finding.code == case.code


def _any_alarm(n: int) -> dict[str, float]:
    """Ask all checks about healthy evidence: how often does any of them warn?"""
    seen: Counter[str] = Counter()
    for seed in range(n):
        warned = [f.code for f in judge(healthy(_rng(99, 3, seed))) if f.severity in ("warning", "error")]
        seen.update({*warned, *(["any"] if warned else [])})
    print(f"healthy evidence with any warning: {seen['any'] / n:.1%} of {n}", flush=True)
    return {code: count / n for code, count in seen.items()}


def _fits(n: int) -> list[dict[str, Any]]:
    """Train and diagnose n networks of each kind; a kind that several findings share is trained once."""
    makers = {make for case in FITS for make in (case.troubled, case.healthy)}
    codes: dict[Any, list[list[str]]] = {}
    for make in sorted(makers, key=lambda make: make.__name__):
        codes[make] = [[f.code for f in judge(make(_rng(50, 4, seed)))] for seed in range(n)]
        print(make.__name__, Counter(code for found in codes[make] for code in found), flush=True)

    def count(make: Any, code: str) -> int:
        return sum(code in found for found in codes[make])

    return [
        _row(case.code, case.measured_on, n, count(case.troubled, case.code), count(case.healthy, case.code))
        for case in FITS
    ]


def _row(code: str, measured_on: str, n: int, hits: int, alarms: int) -> dict[str, Any]:
    rates = {"hits": hits / n, "false_alarms": alarms / n}
    reached = rates["hits"] >= HITS and rates["false_alarms"] <= FALSE_ALARMS
    print(f"{code:24} {measured_on:7} hits {hits / n:6.1%}  false alarms {alarms / n:6.1%}  of {n}", flush=True)
    return {"code": code, "measured_on": measured_on, "n": n, **rates, "reached": reached}


def _rng(*seed: int) -> np.random.Generator:
    return np.random.default_rng([*seed, FRESH])


if __name__ == "__main__":
    sys.exit(main())
