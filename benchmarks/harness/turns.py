"""How much faster? Contestants take turns within one run, and the ratio of each round is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

__all__ = ["Ratio", "Times", "fastest", "take_turns"]

Timer = Callable[[int], float]
ROUNDS = 7
SLICE_SECONDS = 0.3


@dataclass(frozen=True)
class Ratio:
    """Median over the rounds of theirs / ours, with the smallest and the largest."""

    value: float
    low: float
    high: float


class Times:
    """Seconds per step of each contestant, in the order of the rounds."""

    def __init__(self, seconds: Mapping[str, list[float]]) -> None:
        self.seconds = dict(seconds)

    def median(self, name: str) -> float:
        """Median seconds per step of a contestant."""
        return median(self.seconds[name])

    def ratio(self, theirs: str, ours: str = "gatecast") -> Ratio:
        """Compare two contestants round by round."""
        ratios = [a / b for a, b in zip(self.seconds[theirs], self.seconds[ours], strict=True)]
        return Ratio(median(ratios), min(ratios), max(ratios))


def seconds_per_step(timer: Timer, guess: int = 2) -> tuple[float, int]:
    """Measure roughly, and find how many steps fill a slice of time."""
    steps = guess
    while True:
        seconds = timer(steps)
        if seconds > SLICE_SECONDS / 4 or steps >= 1_000_000:
            return seconds / steps, max(2, round(SLICE_SECONDS * steps / seconds))
        steps = min(steps * 8, 1_000_000)


def fastest(timers: Mapping[str, Timer]) -> str:
    """Name the fastest of several settings, each tried twice."""
    seconds = {name: min(seconds_per_step(timer)[0] for _ in range(2)) for name, timer in timers.items()}
    return min(seconds, key=lambda name: seconds[name])


def take_turns(timers: Mapping[str, Timer], rounds: int = ROUNDS, fixed: Mapping[str, int] | None = None) -> Times:
    """Let contestants work in turn, A B C A B C ...

    Args:
        timers: By name; called with a number of steps, each returns the seconds they took.
        rounds: How often each has its turn.
        fixed: Steps of contestants that need some to get going; the others fill an equal slice of time.
    """
    fixed = fixed or {}
    steps = {name: fixed.get(name) or seconds_per_step(timer)[1] for name, timer in timers.items()}
    seconds: dict[str, list[float]] = {name: [] for name in timers}
    for _ in range(rounds):
        for name, timer in timers.items():
            seconds[name].append(timer(steps[name]) / steps[name])
    return Times(seconds)
