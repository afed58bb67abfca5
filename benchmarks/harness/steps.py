"""Which training step is measured? Its size, its weights and batches, and the two ways to speak of its cost."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import numpy as np

from gatecast.network.initial import initial_weights
from gatecast.network.spec import NetworkSpec
from harness.processes import THREADS, SideProcess
from harness.proof import PROOF_STEPS, prove_equal
from harness.turns import fastest

__all__ = ["StepCase", "choose_fastest"]

N_BATCHES = 8


@dataclass(frozen=True)
class StepCase:
    """One input feature, LSTM(D), Dense(1); T time steps, B sequences, loss on the last step."""

    T: int
    B: int
    D: int

    @property
    def spec(self) -> NetworkSpec:
        """Shape of the network."""
        return NetworkSpec.plain(1, (self.D,), 1)

    @property
    def name(self) -> str:
        """As the goals call it."""
        return f"T={self.T} B={self.B} D={self.D}"

    @property
    def operations(self) -> float:
        """Floating-point operations of a step: forward once, backward twice, two for each multiply-add."""
        return 3 * 2 * self.T * self.B * (1 + self.D) * 4 * self.D

    def data(self) -> dict[str, np.ndarray]:
        """Weights as gatecast and Keras draw them, and batches of noise: x (N, B, T, 1), y (N, B, 1, 1)."""
        rng = np.random.default_rng(0)
        return {
            "weights": initial_weights(self.spec, 0),
            "x": rng.standard_normal((N_BATCHES, self.B, self.T, 1), np.float32),
            "y": rng.standard_normal((N_BATCHES, self.B, 1, 1), np.float32),
        }

    def side(
        self,
        stack: ExitStack,
        name: str,
        *,
        environment: Mapping[str, str] | None = None,
        n_threads: int = THREADS,
    ) -> SideProcess:
        """Start a side of this case; it ends with `stack`."""
        side = SideProcess(name, self.data(), environment=environment, D=self.D, n_threads=n_threads)
        return stack.enter_context(side)

    def prove(self, peer: str, ours: SideProcess, theirs: SideProcess) -> float:
        """Show that both compute the same; returns the largest difference, relative."""
        mine, other = (side.arrays("prove", steps=PROOF_STEPS) for side in (ours, theirs))
        return prove_equal(self.spec, peer, mine, other)


def choose_fastest(side: SideProcess, variants: list[str]) -> str:
    """Let a side use the fastest of its settings."""

    def timer(variant: str, steps: int) -> float:
        side.call("choose", variant=variant)
        return float(side.call("time", steps=steps))

    best = fastest({variant: partial(timer, variant) for variant in variants})
    side.call("choose", variant=best)
    return best
