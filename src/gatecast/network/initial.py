"""With which weights does training begin?"""

from __future__ import annotations

import numpy as np

from gatecast.network.layers.base import glorot
from gatecast.network.spec import NetworkSpec

__all__ = ["initial_weights"]

# so that the first forecasts are near the candidates' mean: the correction grows from there
HEAD_WITH_CANDIDATES = 0.1


def initial_weights(spec: NetworkSpec, seed: int, dtype: type = np.float32) -> np.ndarray:
    """Draw the initial weights `(spec.n_parameters,)`, as Keras does; equal seeds give equal weights.

    Input and head weights are Glorot uniform (Glorot and Bengio 2010), recurrent weights have orthonormal rows
    (Saxe et al. 2014), biases are zero but for the forget gate's, which is one (Jozefowicz et al. 2015). A head that
    mixes candidates begins ten times smaller, the future decoder without an effect.
    """
    rng = np.random.default_rng(seed)
    flat: np.ndarray = np.zeros(spec.n_parameters, dtype)
    views = spec.views(flat)
    for n in range(len(spec.embeddings)):
        views[f"embeddings.{n}"][:] = rng.normal(size=views[f"embeddings.{n}"].shape) * 0.1
    for n, layer in enumerate(spec.layers):
        layer.initial(rng, spec.weights_of(flat, n))
    glorot(rng, views["head.kernel"])
    if spec.n_skip_forecasts:
        views["head.kernel"] *= HEAD_WITH_CANDIDATES
    if spec.future_units:
        glorot(rng, views["future.kernel"])
    return flat
