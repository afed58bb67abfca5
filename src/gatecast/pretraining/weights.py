"""Where are the pretrained weights kept, and how are those of a shorter horizon taken from them?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from gatecast._files import Tensors, read_tensors, write_tensors
from gatecast.data.panel.arrays import Array, Ints
from gatecast.exceptions import ModelFileError
from gatecast.network.spec import NetworkSpec
from gatecast.pretraining.family import SeasonClass

__all__ = ["KEPT", "pretrained_networks", "widened", "write_weights"]

KEPT = Path(__file__).with_name("weights.safetensors")
KEY = "gatecast_pretrained"


def write_weights(path: Path, weights: Mapping[tuple[int, int], Array]) -> None:
    """Keep weights in half precision.

    Args:
        path: The file.
        weights: `(n_parameters,)` of each season and seed.
    """
    tensors = {f"{season}.{seed}": flat.astype(np.float16) for (season, seed), flat in sorted(weights.items())}
    write_tensors(path, KEY, tensors, {"format": 1})


@lru_cache(maxsize=16)
def pretrained_networks(own: SeasonClass, horizon: int, season: int) -> tuple[NetworkSpec, tuple[Array, ...]]:
    """Return the shape of a class's networks and the weights of each, cut to the first steps of their horizon.

    Args:
        own: The class.
        horizon: Steps ahead; networks of a shorter one keep their own.
        season: Steps in the season of the series, which may be another than that of the class.

    Returns:
        The shape and weights `(n_parameters,)` float32, which nobody may change.

    Raises:
        ModelFileError: The file of weights, which comes with the package, is missing or damaged.
    """
    prefix = f"{own.season}."
    flats = [flat.astype(np.float32) for name, flat in _kept().items() if name.startswith(prefix)]
    steps = own.steps(season, horizon)
    spec = replace(own.spec, horizon=len(steps))
    weights = tuple(_with_steps(own.spec, spec, flat, steps) for flat in flats)
    for flat in weights:
        flat.flags.writeable = False
    return spec, weights


def widened(spec: NetworkSpec, flat: Array, wider: NetworkSpec, first: Array) -> Array:
    """Return weights of a network that reads more, and forecasts what the narrower one does as long as it is untrained.

    Args:
        spec: Shape of the narrower network.
        flat: Its weights `(spec.n_parameters,)`.
        wider: The same shape with covariates as further inputs.
        first: Weights `(wider.n_parameters,)` with which the training of such a network would begin; what covariates
            become on their way is taken from them.

    Returns:
        `(wider.n_parameters,)` float32. New inputs have weights of zero, and so has what comes of the steps ahead.
    """
    out = first.copy()
    views = wider.views(out)
    for name, weights in spec.views(flat).items():
        if name == "layers.0.kernel":
            views[name][...] = 0
            views[name][: len(weights)] = weights
        else:
            # a head's numbers for the steps ahead stand behind all others
            views[name][..., : weights.shape[-1]] = weights
    if wider.future_units:
        views["future.out"][...] = 0
    return out


@cache
def _kept() -> Tensors:
    try:
        tensors, _, checksum = read_tensors(KEPT, KEY)
    except (OSError, ValueError, KeyError) as error:
        raise _damaged(str(error)) from None
    if checksum is None:
        raise _damaged("its checksum does not match its content")
    return tensors


def _damaged(reason: str) -> ModelFileError:
    return ModelFileError(
        f"The pretrained weights {KEPT} cannot be read ({reason}). Install gatecast again, or fit with "
        '`pretrained="none"`.'
    )


def _with_steps(spec: NetworkSpec, other: NetworkSpec, flat: Array, steps: Ints) -> Array:
    """Take the head's outputs for some steps, all else as it is."""
    out = np.empty(other.n_parameters, flat.dtype)
    views = other.views(out)
    for name, weights in spec.views(flat).items():
        if name.startswith("head."):
            by_step = weights.reshape(*weights.shape[:-1], -1, spec.horizon)[..., steps]
            views[name][...] = by_step.reshape(views[name].shape)
        else:
            views[name][...] = weights
    return out
