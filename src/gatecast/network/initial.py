"""With which weights does training begin?"""

from __future__ import annotations

import numpy as np

from gatecast.network.spec import NetworkSpec

__all__ = ["initial_weights"]


def initial_weights(spec: NetworkSpec, seed: int, dtype: type = np.float32) -> np.ndarray:
    """Draw the initial weights, as Keras does.

    Input and head weights are Glorot uniform (Glorot and Bengio 2010), recurrent weights have orthonormal rows
    (Saxe et al. 2014), biases are zero but for the forget gate's, which is one (Jozefowicz et al. 2015).

    Args:
        spec: Shape of the network.
        seed: The same seed gives the same weights.
        dtype: `np.float32` or `np.float64`.

    Returns:
        `(spec.n_parameters,)`, all weights in the order of `spec.shapes`.
    """
    rng = np.random.default_rng(seed)
    flat: np.ndarray = np.zeros(spec.n_parameters, dtype)
    for name, weight in spec.views(flat).items():
        if name.endswith("recurrent_kernel"):
            weight[:] = _orthonormal_rows(rng, *weight.shape)
        elif name.endswith("kernel"):
            limit = np.sqrt(6.0 / sum(weight.shape))
            weight[:] = rng.uniform(-limit, limit, weight.shape)
        elif name.startswith("layers"):
            D = weight.size // 4
            weight[D : 2 * D] = 1.0
    return flat


def _orthonormal_rows(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    q, r = np.linalg.qr(rng.normal(size=(columns, rows)))
    return (q * np.sign(np.diag(r))).T
