"""What comes of hostile input, case after case? `test_fuzz` runs a few of them, this program many.

    PYTHONPATH=tests python tests/hostile/fuzz.py models --cases 10000
    PYTHONPATH=tests python tests/hostile/fuzz.py --minutes 1

prints each case that ends otherwise than it may, how the others ended, and the slowest ones. Case `n` is the same on
every machine, and so is how many cases a minute has: as many as two processors once ran in about one.
"""

import argparse
import collections
import os
import random
import resource
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from hostile.fuzz_files import FILES
from hostile.fuzz_fits import fit_one
from hostile.fuzz_tables import read_one

__all__ = ["TARGETS", "many"]

# each takes what draws its case and a folder of its own, and may say how it ended
TARGETS: dict[str, Callable[[random.Random, Path], str | None]] = {"fits": fit_one, "texts": read_one, **FILES}
A_MINUTE = {"fits": 6000, "texts": 4000, "models": 8000, "checkpoints": 6000, "backtests": 4000}
A_MINUTE |= {"parquet": 3500, "studies": 350}
# the first cases are those of the tests
FIRST = 1_000_000
# of the processor; a case that needs more is a fault too
MOST_SECONDS = 5


def many(target: str, n_cases: int, first: int = FIRST) -> int:
    """Run so many cases of a target; returns how many failed."""
    ends: collections.Counter[str] = collections.Counter()
    slow = []
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for case in range(first, first + n_cases):
            # of the processor, as other programs run beside this one
            started = time.process_time()
            try:
                end = TARGETS[target](random.Random(case), Path(folder)) or "fine"
            except Exception:
                end = "failed"
                print(f"--- {target} {case}\n{traceback.format_exc()[-1500:]}", flush=True)
            took = time.process_time() - started
            slow.append((round(took, 2), case))
            ends["failed" if took > MOST_SECONDS else end] += 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{target}: {dict(ends)}; the slowest: {sorted(slow)[-3:]}; at most {peak:.0f} MB", flush=True)
    return ends["failed"]


def main() -> int:
    """Run the targets that are named, side by side; returns how many cases failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; all if none is named")
    parser.add_argument("--cases", type=int, help="of each target")
    parser.add_argument("--minutes", type=int, default=1, help="for each target, where no number of cases is said")
    parser.add_argument("--first", type=int, default=FIRST, help="the number of the first case")
    asked = parser.parse_args()
    wrong = sorted(set(asked.targets) - set(TARGETS))
    if wrong:
        parser.error(f"{wrong} is no target of {', '.join(TARGETS)}")
    wanted = {target: asked.cases or asked.minutes * A_MINUTE[target] for target in asked.targets or TARGETS}
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        running = [pool.submit(many, target, n_cases, asked.first) for target, n_cases in wanted.items()]
        return sum(one.result() for one in as_completed(running))


if __name__ == "__main__":
    sys.exit(bool(main()))
