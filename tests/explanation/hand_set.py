"""On which models is tried what is said of them? Small ones, some with weights that are set by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd

from gatecast.network.ensemble import Ensemble
from made_series import forecaster


def hourly(n=400, name="y", seed=0):
    noise = np.random.default_rng(seed).normal(size=n)
    wave = 50 + 10 * np.sin(2 * np.pi * np.arange(n) / 24) + noise
    return pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=n, freq="h"), name: wave})


def fitted(data, **settings):
    """Fit for one epoch, which takes milliseconds."""
    small = {"horizon": 2, "hidden_size": 5, "n_layers": 2, "epochs": 1, "lookback": 24, "season_length": 24}
    return forecaster(**{**small, "transform": "none", "progress": False, **settings}).fit(data)


def set_weights(model, **weights):
    """Give a fitted model other weights: zeros, but for those that are named (dots as `__`)."""
    network = model.fitted_.ensemble.first
    flat = np.zeros_like(network.weights)
    views = network.spec.views(flat)
    for name, values in weights.items():
        views[name.replace("__", ".")][:] = values
    model._fitted = replace(model.fitted_, ensemble=Ensemble((replace(network, weights=flat),)))
    return model


def forget_bias(forget, n_gates=4):
    """Return a bias `(4D,)` with which the forget gates of D units stand at these shares."""
    shares = np.asarray(forget)
    bias = np.zeros(n_gates * len(shares))
    bias[len(shares) : 2 * len(shares)] = np.log(shares / (1 - shares))
    return bias
