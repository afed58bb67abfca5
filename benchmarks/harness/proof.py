"""Do both sides compute the same? Shown before anything is timed: loss, gradients, weights after a step, loss trace."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gatecast.network.spec import NetworkSpec

__all__ = ["PROOF_STEPS", "TOLERANCE", "NotEqualError", "prove_equal"]

# float32 sums of some thousand terms in different orders differ by about 1e-6 of the largest
TOLERANCE = 1e-4
PROOF_STEPS = 20


class NotEqualError(RuntimeError):
    """The sides disagree, so there is nothing to compare the speed of."""


def prove_equal(
    spec: NetworkSpec, peer: str, ours: Mapping[str, np.ndarray], theirs: Mapping[str, np.ndarray]
) -> float:
    """Compare two sides that started from the same weights and saw the same batches.

    Args:
        spec: Shape of the network.
        peer: Name for the message.
        ours: `gradient` and `updated` (weights after one step), flat in our order, and `losses`, one for each step.
        theirs: The same.

    Returns:
        The largest difference found, relative to the largest number of its array.

    Raises:
        NotEqualError: A difference exceeds `TOLERANCE`.
    """
    worst = 0.0
    for name in ("gradient", "updated"):
        pairs = zip(spec.views(ours[name]).items(), spec.views(theirs[name]).values(), strict=True)
        for (part, mine), other in pairs:
            worst = max(worst, _compare(f"{name} of {part}", peer, mine, other))
    return max(worst, _compare("losses", peer, ours["losses"], theirs["losses"]))


def _compare(what: str, peer: str, mine: np.ndarray, other: np.ndarray) -> float:
    largest = float(np.abs(other).max())
    difference = float(np.abs(mine - other).max()) / (largest or 1.0)
    if not difference <= TOLERANCE:
        raise NotEqualError(
            f"The {what} differ from {peer}'s by {difference:.1e} of their size, and {TOLERANCE:g} is allowed: "
            "nothing was timed. Run `make test` to see which side is wrong."
        )
    return difference
