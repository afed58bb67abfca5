"""How do made series become what a network learns from? Cut, bent and scaled by a part that stands for the past."""

from __future__ import annotations

import numpy as np

from gatecast.data.panel.arrays import Floats, Ints
from gatecast.data.values.boxcox import SHIFT, power_of
from gatecast.data.values.scaling import naive_scale
from gatecast.network.inputs import PanelArrays
from gatecast.pretraining.family import SeasonClass
from gatecast.pretraining.made import changed, lasting_trends, make_series, observed, random_walks

__all__ = ["SHARES", "made_panel"]

# how many of the series are of each kind
SHARES = {"ets": 0.4, "sarima": 0.25, "components": 0.2, "gaussian_process": 0.08, "regimes": 0.07}
# series of similar length that are made at once
TOGETHER = 1000
# a scale is learned from the first points, this share of them at least, and is off by about this factor
LEAST_PAST, SCALE_ERROR = 0.2, 0.2
# so many of the series that are never negative are bent, by powers from 0, the logarithm, to this one
BENT, MOST_POWER = 0.6, 0.5
# what no network learns from: jumps of so many scales
LARGEST_JUMP = 1e3

# yearly and quarterly series grow or shrink for as long as they are known: the share that does, by season, and their
# least and largest change in a step
LASTING = {1: (0.35, (0.1, 2.0)), 4: (0.4, (0.03, 0.6))}
# the season of business days, and the share of its series that are random walks
BUSINESS_WEEK, WALKS = 5, 0.4

Rng = np.random.Generator


def made_panel(own: SeasonClass, n: int, rng: Rng) -> PanelArrays:
    """Make about `n` series as a network of a class reads them, those that hardly vary left out.

    Most of those that are never negative are bent, by powers between the logarithm and the root. The scale of each
    comes from a random first part, because at a forecast only the past is known.
    """
    lengths = lengths_of(n, *own.lengths, rng)
    series: list[Floats] = []
    for block in np.array_split(np.sort(lengths), max(1, n // TOGETHER)):
        whole = make_mixture(len(block), int(block.max()), own.seasons, rng)
        series += [
            scaled for y, length in zip(whole, block, strict=True) if len(scaled := _scaled(y[:length], own, rng))
        ]
    order = rng.permutation(len(series))
    values = np.concatenate([series[s] for s in order]).astype(np.float32)
    offsets = np.concatenate([[0], np.cumsum([len(series[s]) for s in order])]).astype(np.int64)
    return PanelArrays(values, values, offsets, np.ones(len(series)))


def make_mixture(n: int, length: int, seasons: tuple[int, ...], rng: Rng) -> Floats:
    """Make series of all kinds in the shares of `SHARES`, `(n, length)`, in random order."""
    counts = rng.multinomial(n, list(SHARES.values()))
    paths = [
        make_series(kind, count, length, seasons, rng) for kind, count in zip(SHARES, counts, strict=True) if count
    ]
    mixed = np.concatenate(paths)[rng.permutation(n)]
    if seasons == (BUSINESS_WEEK,):
        # prices of business days are hardly more than the sum of what was new each day
        walks = np.flatnonzero(rng.random(n) < WALKS)
        mixed[walks] = random_walks(len(walks), length, rng)
    shortest = seasons[0] if seasons else 1
    if shortest in LASTING:
        mixed += lasting_trends(n, *LASTING[shortest], rng)[:, None] * np.arange(length)
    return observed(changed(mixed, rng), rng)


def lengths_of(n: int, least: int, most: int, rng: Rng) -> Ints:
    """Draw lengths whose logarithms are equally likely, so that short series are learned as well as long ones."""
    return np.exp(rng.uniform(np.log(least), np.log(most + 1), n)).astype(np.int64).clip(least, most)


def _scaled(y: Floats, own: SeasonClass, rng: Rng) -> Floats:
    """Scale one series, `(n,)`; empty where it cannot be."""
    n_past = max(int(len(y) * rng.uniform(LEAST_PAST, 1.0)), min(len(y), own.season + 2))
    past, bends, power = y[:n_past], rng.random() < BENT, rng.uniform(0.0, MOST_POWER)
    if bends and y.min() >= 0 and np.median(past) > 0:
        y = power_of(np.log(y / np.median(past) + SHIFT), np.asarray(power))
    scale = naive_scale(y[:n_past], np.array([0, n_past]), own.season)[0] * np.exp(rng.normal(0.0, SCALE_ERROR))
    y = (y - y[:n_past].mean()) / scale
    return y if np.isfinite(scale) and np.abs(np.diff(y)).max() < LARGEST_JUMP else y[:0]
