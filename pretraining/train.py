"""How are the pretrained networks made? From nothing but made series, bit for bit the same from the same seed."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gatecast._files import read_tensors, write_tensors
from gatecast.data.panel.arrays import Floats
from gatecast.network.initial import initial_weights
from gatecast.network.inputs import PanelArrays, cut
from gatecast.network.wrapper import (
    FINISHED,
    OptimizerSettings,
    SegmentSource,
    Trainer,
    make_trainer,
    segment_source,
    thread_count,
)
from gatecast.pretraining.family import FAMILY, LOSS, SeasonClass
from gatecast.pretraining.made_panel import made_panel
from gatecast.pretraining.weights import KEPT, write_weights

__all__ = ["Course", "pretrain", "rates_of"]

KEY = "gatecast_pretraining"
Rng = np.random.Generator


@dataclass(frozen=True)
class Course:
    """How one network is trained.

    Args:
        n_steps: Training steps.
        fresh_every: Steps after which new series are made.
        n_series: Made series at a time.
        batch_size: Sequences in a step, if they are the longest ones; of shorter ones there are as many more.
        n_groups: Groups of series of similar length; sequences of a step are from one of them.
        run: Steps with the same group that follow each other.
        learning_rate: The highest one.
        ema_decay: Decay of the moving average of the weights, which is kept.
        clip_norm: The gradient's global norm is clipped to this.
    """

    n_steps: int = 8000
    fresh_every: int = 400
    n_series: int = 6000
    batch_size: int = 16
    n_groups: int = 6
    run: int = 4
    learning_rate: float = 0.004
    ema_decay: float = 0.998
    clip_norm: float = 0.5


# courses and seeds of the networks that come with the package, by season
NETWORKS = {
    1: (Course(12000), (0, 1, 2)),
    4: (Course(24000), (0, 1)),
    5: (Course(5000), (0,)),
    7: (Course(10000), (0, 1)),
    12: (Course(28000), (0, 1)),
    24: (Course(6000, batch_size=32, n_groups=1), (0, 1)),
    52: (Course(8000), (0, 1)),
}
# a course of seconds, whose weights a test compares with kept ones
MINIATURE = Course(n_steps=40, fresh_every=20, n_series=60, batch_size=8, ema_decay=0.9)


def rates_of(course: Course) -> Floats:
    """Return the learning rates `(n_steps,)`: up in 3 % of the steps, level, and down in a cosine from a third on."""
    done = (np.arange(course.n_steps) + 0.5) / course.n_steps
    down = 0.5 * (1 + np.cos(np.pi * np.clip((done - 0.3) / 0.7, 0.0, 1.0)))
    return course.learning_rate * np.minimum(1.0, done / 0.03) * np.maximum(down, 0.005)


def pretrain(
    own: SeasonClass,
    seed: int,
    course: Course,
    folder: Path,
    n_threads: int | None = None,
    on_turn: Callable[[int], None] | None = None,
) -> Floats:
    """Train the network of a class, going on from what an earlier run left in `folder`.

    Args:
        own: The class.
        seed: Of weights, series and batches.
        course: How.
        folder: Where `<season>-<seed>.safetensors` keeps the state after each set of made series, with its log.
        n_threads: Threads; the weights do not depend on them.
        on_turn: Is told the steps that were taken each time that the state was kept.

    Returns:
        `(spec.n_parameters,)` float32.
    """
    folder.mkdir(parents=True, exist_ok=True)
    threads = thread_count(n_threads)
    optimizer = OptimizerSettings(course.clip_norm, 0.0, course.ema_decay)
    trainer = make_trainer(own.spec, initial_weights(own.spec, seed), LOSS, optimizer, threads)
    kept = folder / f"{own.season}-{seed}.safetensors"
    log = _resume(trainer, kept) if kept.exists() else []
    rates, edges = rates_of(course), np.geomspace(*own.lengths, course.n_groups + 1)
    shares = _shares(edges)
    while (done := len(log) * course.fresh_every) < course.n_steps:
        started = time.monotonic()
        n = min(course.fresh_every, course.n_steps - done)
        records = np.zeros((n, 5))
        # what is made depends on the seed and the turn alone, so that a run that goes on makes the same
        rng = np.random.default_rng([seed, own.season, len(log)])
        arrays = made_panel(own, course.n_series, rng)
        made = time.monotonic() - started
        sources = _sources(arrays, own, course.batch_size, edges, rng)
        for at in range(0, n, course.run):
            here = slice(at, min(at + course.run, n))
            source = sources[rng.choice(len(sources), p=shares)]
            outcome, _ = trainer.run_into(source, done + at, rates[done:][here], records[here])
            if outcome != FINISHED:
                raise FloatingPointError(f"the loss of season {own.season} is no number after {done + at} steps")
        seconds = time.monotonic() - started
        log.append({"step": done + n, "loss": float(records[:, 0].mean()), "seconds": seconds, "making": made})
        _keep(trainer, kept, log)
        if on_turn is not None:
            on_turn(done + n)
    return np.asarray(trainer.mean_weights())


def _sources(arrays: PanelArrays, own: SeasonClass, batch_size: int, edges: Floats, rng: Rng) -> list[SegmentSource]:
    """Take series of similar length together, so that hardly a step is spent on what comes after their ends."""
    lengths = np.diff(arrays.offsets)
    groups = np.digitize(lengths, edges[1:-1])
    sources = []
    for group in range(len(edges) - 1):
        rows = np.flatnonzero(groups == group)
        longest = int(lengths[rows].max())
        alike = cut(arrays.series(rows), arrays.offsets[rows], lengths[rows])
        n = batch_size * own.lengths[1] // longest
        seed = int(rng.integers(2**62))
        sources.append(segment_source(alike, own.value_inputs(), own.burn_in, longest - own.burn_in, n, seed))
    return sources


def _shares(edges: Floats) -> Floats:
    """Say how many of the steps see each group: longer series have more to learn from, and users have short ones."""
    roots = np.sqrt(edges[1:])
    return roots / roots.sum()


def _keep(trainer: Trainer, path: Path, log: list[dict[str, float]]) -> None:
    tensors = {"weights": trainer.weights(), "mean_weights": trainer.mean_weights(), "moments": trainer.moments()}
    write_tensors(path, KEY, tensors, {"log": log, "adam_steps": trainer.adam_steps})


def _resume(trainer: Trainer, path: Path) -> list[dict[str, float]]:
    tensors, facts, _ = read_tensors(path, KEY)
    trainer.set_weights(tensors["weights"])
    trainer.set_mean_weights(tensors["mean_weights"])
    trainer.set_moments(tensors["moments"], facts["adam_steps"])
    return list(facts["log"])


def _tell(own: SeasonClass, seed: int) -> Callable[[int], None]:
    return lambda done: print(f"season {own.season}, seed {seed}: {done} steps", flush=True)


def main() -> None:
    """Train all networks of all seeds, those that a folder holds finished left as they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=Path("build/pretraining"), help="where unfinished networks are kept"
    )
    parser.add_argument("--seasons", type=int, nargs="+", default=list(NETWORKS), help="classes; all if absent")
    parser.add_argument("--out", type=Path, default=KEPT, help="the file of weights that comes with the package")
    asked = parser.parse_args()
    weights = {}
    for own in FAMILY:
        course, seeds = NETWORKS[own.season]
        for seed in seeds if own.season in asked.seasons else ():
            weights[own.season, seed] = pretrain(own, seed, course, asked.folder, on_turn=_tell(own, seed))
    write_weights(asked.out, weights)
    print(f"Written to {asked.out}: {len(weights)} networks, {asked.out.stat().st_size / 1e6:.2f} MB.")


if __name__ == "__main__":
    main()
