"""How long does one training step take, beside PyTorch's, and how much of the machine's peak is that?"""

from __future__ import annotations

from contextlib import ExitStack

from harness.goals import Row
from harness.processes import THREADS
from harness.steps import StepCase, choose_fastest
from harness.turns import Times, take_turns

__all__ = ["run"]

CASES = (StepCase(32, 32, 50), StepCase(64, 64, 128), StepCase(168, 128, 128))
# glibc returns large blocks to the system and PyTorch touches them anew at each step, unless told to keep them
KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": "2000000000",
    "MALLOC_TRIM_THRESHOLD_": "4000000000",
    "MALLOC_TOP_PAD_": "300000000",
}
TORCH = "torch_step:TorchStep"
KEPT = "PyTorch, malloc tuned"


def run() -> list[Row]:
    """Measure every case."""
    return [row for case in CASES for row in _measure(case)]


def _measure(case: StepCase) -> list[Row]:
    with ExitStack() as stack:
        ours, theirs = case.side(stack, "gatecast_step:GatecastStep"), case.side(stack, TORCH)
        kept = case.side(stack, TORCH, environment=KEEP_MEMORY)
        difference = case.prove("PyTorch", ours, theirs)
        variant = choose_fastest(theirs, theirs.call("variants"))
        kept.call("choose", variant=variant)
        peak = theirs.call("sgemm", n=2048, repeats=10, n_threads=THREADS)
        timers = {
            "gatecast": ours.timer("time"),
            "PyTorch": theirs.timer("time"),
            KEPT: kept.timer("time"),
            "one step a call": ours.timer("time_single"),
        }
        times = take_turns(timers)
        peak = max(peak, theirs.call("sgemm", n=2048, repeats=10, n_threads=THREADS))
    return _rows(case, times, peak, f"{variant}; equal to {difference:.0e}")


def _rows(case: StepCase, times: Times, peak: float, note: str) -> list[Row]:
    def compared(peer: str, text: str) -> Row:
        ratio = times.ratio(peer)
        return Row(
            "training_step", f"{case.name}: {peer} / gatecast", ratio.value, "times", ratio.low, ratio.high, text
        )

    rows = [compared("PyTorch", note), compared(KEPT, "the same, glibc told to keep freed memory")]
    for name in times.seconds:
        rate = case.operations / times.median(name)
        text = f"{rate / 1e9:.0f} GFLOP/s, {rate / peak:.0%} of sgemm's {peak / 1e9:.0f}"
        ms = [1e3 * seconds for seconds in times.seconds[name]]
        label = f"gatecast, {name}" if name == "one step a call" else name
        rows.append(
            Row("training_step", f"{case.name}: {label}", 1e3 * times.median(name), "ms", min(ms), max(ms), text)
        )
    return rows
