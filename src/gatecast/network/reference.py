"""What should the native core read, forecast and learn? The same network in readable NumPy, slow on purpose.

The oracle for the core's tests and for `gatecast doctor`. What a layer computes stands in `layers/`, what happens at an
origin in `origins.py`. Letters: `B` batch, `T` time steps, `N` origins (steps that are forecast from), `H` horizon, `J`
candidates, `P` parameters of a step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gatecast.network.inputs import LossSettings, PanelArrays, SeasonalAverage, ValueInputs
from gatecast.network.origins import loss_and_slopes, parameters, raw_slopes
from gatecast.network.spec import NetworkSpec

__all__ = ["Ahead", "Batch", "Gradients", "batch_of", "candidates_at", "forward", "gradients", "inputs_at", "loss_of"]

Array = np.ndarray

# beyond this many units the size of an outlier does not count
CLIP_CHANGE, CLIP_LEVEL = 10.0, 3.0


@dataclass(frozen=True)
class Ahead:
    """What is known of the steps ahead of each origin."""

    numbers: Array  # (B, N, H, ...)
    codes: Array  # (B, N, H, ...)
    known: Array  # (B, N, H), whether anything is


@dataclass(frozen=True)
class Batch:
    """Sequences and what is to be learned from them."""

    x: Array  # dense inputs (B, T, ...)
    y: Array  # targets of the last N steps, (B, N, H); NaN where there is none
    codes: Array | None = None  # (B, T, C), where categories enter
    candidates: Array | None = None  # (B, N, J, H), where naive forecasts are mixed
    ahead: Ahead | None = None  # where covariates are known ahead
    target_weights: Array | None = None  # what each target counts, (B, N, H); all the same when absent
    units: Array | float = 1.0  # one scaled unit in units of the data, (B, 1, 1), where pieces are counted

    @property
    def first(self) -> int:
        """The first step that is forecast from."""
        return int(self.x.shape[1] - self.y.shape[1])


@dataclass
class Gradients:
    """Weighted mean loss over the targets that count, and its gradients."""

    loss: float
    predictions: Array  # (B, N, P, H)
    weights: Array  # flat
    inputs: Array  # the dense ones, (B, T, ...)


def forward(spec: NetworkSpec, flat: Array, x: Array, first: int = 0) -> Array:
    """Run layers and head over inputs `(B, T, F)`, embeddings among them: the head's outputs `(B, T - first, ...)`."""
    return _head(spec, flat, _entering(spec, flat, x, first)[-1])


def loss_of(spec: NetworkSpec, flat: Array, batch: Batch, loss: LossSettings) -> float:
    """Compute the weighted mean loss over all targets that are there."""
    at = _Origins(spec, flat, batch, loss, forward(spec, flat, _inputs(spec, flat, batch), batch.first))
    weights = _shares(batch)
    return float((loss_and_slopes(loss, at.predictions, batch.y, batch.units)[0] * weights).sum())


def gradients(spec: NetworkSpec, flat: Array, batch: Batch, loss: LossSettings) -> Gradients:
    """Compute the weighted mean loss over all targets, and its gradients with respect to weights and inputs."""
    x = _inputs(spec, flat, batch)
    entering = _entering(spec, flat, x, batch.first)
    at = _Origins(spec, flat, batch, loss, _head(spec, flat, entering[-1]))
    values, slopes = loss_and_slopes(loss, at.predictions, batch.y, batch.units)
    d_flat = np.zeros_like(flat)
    shares = _shares(batch)
    d = at.backward(slopes * shares[:, :, None], d_flat)
    dx = _backward(spec, flat, entering, d, d_flat)
    if batch.codes is not None:
        _embed_backward(spec, d_flat, batch.codes, dx[..., spec.dense_inputs :])
    return Gradients(float((values * shares).sum()), at.predictions, d_flat, dx[..., : spec.dense_inputs])


def _shares(batch: Batch) -> Array:
    """Return the share of each target in the mean, `(B, N, H)`: its weight over the sum of the weights."""
    there = (~np.isnan(batch.y)).astype(batch.x.dtype)
    weights = there if batch.target_weights is None else there * batch.target_weights
    return np.asarray(weights / (weights.sum() or 1.0))


def _rows(spec: NetworkSpec, codes: Array) -> list[Array]:
    """Which row of each table a code stands for: code 0 is that of all unknown ones."""
    sizes = [rows for rows, _ in spec.embeddings[: codes.shape[-1]]]
    return [np.where((codes[..., n] > 0) & (codes[..., n] < rows), codes[..., n], 0) for n, rows in enumerate(sizes)]


def _embed(spec: NetworkSpec, flat: Array, codes: Array) -> Array:
    """Look up `(..., C)` codes, one after the other."""
    views = spec.views(flat)
    tables = [views[f"embeddings.{n}"][rows] for n, rows in enumerate(_rows(spec, codes))]
    return np.concatenate(tables, axis=-1) if tables else np.zeros((*codes.shape[:-1], 0), flat.dtype)


def _embed_backward(spec: NetworkSpec, d_flat: Array, codes: Array, d: Array) -> None:
    views = spec.views(d_flat)
    start = 0
    for n, rows in enumerate(_rows(spec, codes)):
        stop = start + spec.embeddings[n][1]
        np.add.at(views[f"embeddings.{n}"], rows, d[..., start:stop])
        start = stop


def _inputs(spec: NetworkSpec, flat: Array, batch: Batch) -> Array:
    if batch.codes is None:
        return batch.x
    return np.concatenate([batch.x, _embed(spec, flat, batch.codes)], axis=-1)


def _entering(spec: NetworkSpec, flat: Array, x: Array, first: int) -> list[Array]:
    """What enters each layer, and the head; after the stack only the steps from `first` on."""
    entering = []
    for n, layer in enumerate(spec.layers):
        if n == len(spec.stack):
            x = x[:, first:]
        entering.append(x)
        y = layer.forward(x, spec.weights_of(flat, n))
        x = x + y if spec.is_residual(n) else y
    return [*entering, x if spec.decoder else x[:, first:]]


def _head(spec: NetworkSpec, flat: Array, x: Array) -> Array:
    views = spec.views(flat)
    return np.asarray(x @ views["head.kernel"] + views["head.bias"])


def _backward(spec: NetworkSpec, flat: Array, entering: list[Array], d: Array, d_flat: Array) -> Array:
    """From the gradient of the head's outputs to that of the inputs; fills `d_flat`."""
    views, d_views = spec.views(flat), spec.views(d_flat)
    d_views["head.kernel"][:] = np.einsum("bnd,bno->do", entering[-1], d)
    d_views["head.bias"][:] = d.sum(axis=(0, 1))
    d = d @ views["head.kernel"].T
    for n in reversed(range(len(spec.layers))):
        if n == len(spec.stack) - 1:
            without = entering[n].shape[1] - d.shape[1]
            d = np.pad(d, ((0, 0), (without, 0), (0, 0)))
        dx, named = spec.layers[n].backward(entering[n], d, spec.weights_of(flat, n))
        d = dx + d if spec.is_residual(n) else dx
        for name, value in named.items():
            d_views[f"layers.{n}.{name}"][:] = value
    return d


class _Origins:
    """From the head's outputs `(B, N, outputs)` to the parameters of the forecasts, and back."""

    def __init__(self, spec: NetworkSpec, flat: Array, batch: Batch, loss: LossSettings, out: Array) -> None:
        self.spec, self.flat, self.batch, self.loss = spec, flat, batch, loss
        J, P, H = spec.n_skip_forecasts, spec.n_parameters_of_step, spec.horizon
        logits, raw, contexts = np.split(out, [J * H, (J + P) * H], axis=2)
        self.raw = raw.reshape(*out.shape[:2], P, H).copy()
        self.candidates = np.zeros((*out.shape[:2], J, H)) if batch.candidates is None else batch.candidates
        logits = logits.reshape(self.candidates.shape)
        shares = np.exp(logits - logits.max(axis=2, keepdims=True, initial=-np.inf))
        self.shares = shares / shares.sum(axis=2, keepdims=True)
        self.mixture = (self.shares * self.candidates).sum(axis=2)
        if batch.ahead is not None and spec.future_units:
            self._future_forward(batch.ahead, contexts.reshape(*out.shape[:2], H, spec.n_contexts))
        self.predictions = parameters(loss, self.raw, self.mixture)

    def _future_forward(self, ahead: Ahead, contexts: Array) -> None:
        """Add tanh((context, covariates) W + b) V to the parameters of each step (Wen et al. 2017, MQ-RNN)."""
        views = self.spec.views(self.flat)
        self.z = np.concatenate([contexts, ahead.numbers, _embed(self.spec, self.flat, ahead.codes)], axis=3)
        self.hidden = np.tanh(self.z @ views["future.kernel"] + views["future.bias"])
        added = (self.hidden @ views["future.out"]) * ahead.known[..., None]
        self.raw += np.moveaxis(added, 3, 2)

    def backward(self, slopes: Array, d_flat: Array) -> Array:
        """From the gradient of the parameters `(B, N, P, H)` to that of the head's outputs."""
        d_raw = raw_slopes(self.loss, self.raw, self.mixture, slopes)
        d_mixture = d_raw[:, :, self.loss.middle, None]
        d_logits = self.shares * (self.candidates - self.mixture[:, :, None]) * d_mixture
        parts = [d_logits, d_raw]
        if self.spec.future_units:
            ahead = self.batch.ahead
            shape = (*d_raw.shape[:2], self.spec.horizon, self.spec.n_contexts)
            parts.append(np.zeros(shape) if ahead is None else self._future_backward(ahead, d_raw, d_flat))
        return np.concatenate([part.reshape(*d_raw.shape[:2], -1) for part in parts], axis=2)

    def _future_backward(self, ahead: Ahead, d_raw: Array, d_flat: Array) -> Array:
        """Return the gradient of the contexts `(B, N, H, C)`."""
        views, d_views = self.spec.views(self.flat), self.spec.views(d_flat)
        d_added = np.moveaxis(d_raw, 2, 3) * ahead.known[..., None]
        d_hidden = d_added @ views["future.out"].T * (1 - self.hidden**2)
        d_views["future.out"][:] = np.einsum("bnku,bnkp->up", self.hidden, d_added)
        d_views["future.kernel"][:] = np.einsum("bnkz,bnku->zu", self.z, d_hidden)
        d_views["future.bias"][:] = d_hidden.sum(axis=(0, 1, 2))
        dz = d_hidden @ views["future.kernel"].T
        C = self.spec.n_contexts
        _embed_backward(self.spec, d_flat, ahead.codes, dz[..., C + self.spec.n_ahead_numbers :])
        return np.asarray(dz[..., :C])


def inputs_at(panel: PanelArrays, value_inputs: ValueInputs, s: int, t: int) -> Array:
    """Dense inputs at position t of series s: changes, level, whether nothing was seen, or the value; covariates."""
    y, row = _values(panel, s), int(panel.offsets[s]) + t
    about = [y[t]]
    if value_inputs.lags:
        changes = [y[t] - y[t - lag] if t >= lag else 0.0 for lag in value_inputs.lags]
        spread = 1.0 if panel.spreads is None else panel.spreads[s]
        level = np.clip(y[t] / spread, -CLIP_LEVEL, CLIP_LEVEL)
        levels = [level] if value_inputs.level else []
        changes += [y[t] - average_at(y[:t], own, 1)[0] if t >= own.season else 0.0 for own in value_inputs.averages]
        about = [*np.clip(changes, -CLIP_CHANGE, CLIP_CHANGE), *levels, float(np.isnan(panel.targets[row]))]
    return np.concatenate([about, _row(panel.numbers, row), _row(panel.static_numbers, s)]).astype(y.dtype)


def candidates_at(panel: PanelArrays, value_inputs: ValueInputs, s: int, t: int, H: int) -> Array:
    """Naive forecasts `(J, H)` made at position t of series s; the last value stands in for seasons not yet seen."""
    y = _values(panel, s)[: t + 1]
    out = np.zeros((value_inputs.n_candidates, H), y.dtype)
    for j, m in enumerate(value_inputs.skip_forecasts):
        if m < 0:
            out[j] = y[m:].mean()
        elif m > 0:
            # the value m * ceil(k / m) steps before target t + k
            sources = [t + k - m * -(-k // m) for k in range(1, H + 1)]
            out[j] = [y[at] if at >= 0 else y[t] for at in sources]
    for j, n in enumerate(value_inputs.drifts, start=len(value_inputs.skip_forecasts)):
        n = min(n, t)
        out[j] = y[t] + np.arange(1, H + 1) * ((y[t] - y[t - n]) / n if n else 0.0)
    for j, own in enumerate(value_inputs.averages, start=len(out) - len(value_inputs.averages)):
        out[j] = average_at(y, own, H)
    return out


def average_at(y: Array, average: SeasonalAverage, H: int) -> Array:
    """Seasonal average `(H,)` behind the values y; the last of them where they are less than a season."""
    m, n, newest, follows = average
    whole = len(y) // m
    if not whole:
        return np.repeat(y[-1:], H)
    seasons = y[len(y) - whole * m :].reshape(whole, m)
    used = seasons[-n:]
    step = np.polyfit(np.arange(len(used)), used.mean(axis=1), 1)[0] if follows and len(used) > 1 else 0.0
    if newest < 0:
        ends = [len(y) - back * m for back in range(1, n + 1) if len(y) - back * m + newest >= 0]
        first = used.mean() + (y[newest:].mean() - np.mean([y[end + newest : end] for end in ends]) if ends else 0.0)
    else:
        first = seasons[-newest:].mean() + step * (1 + (min(newest, whole) - 1) / 2)
    levels = first + step * np.arange(H // m + 1)
    ahead = (used.mean(axis=0) - used.mean())[None] + levels[:, None]
    return np.asarray(ahead.reshape(-1)[:H], y.dtype)


def batch_of(
    panel: PanelArrays, value_inputs: ValueInputs, places: Sequence[tuple[int, int]], T: int, first: int, H: int
) -> Batch:
    """Lay out the sequences of T steps that begin at `places`, (series, position) each; zeros after a series' end."""
    dtype, B, N = panel.values.dtype, len(places), T - first
    x = np.zeros((B, T, value_inputs.n_inputs + panel.n_inputs), dtype)
    y = np.full((B, N, H), np.nan, dtype)
    candidates = np.zeros((B, N, value_inputs.n_candidates, H), dtype)
    codes = np.zeros((B, T, panel.codes.shape[1] + panel.static_codes.shape[1]), np.int32)
    numbers_ahead = np.zeros((B, N, H, panel.n_ahead_numbers), dtype)
    codes_ahead = np.zeros((B, N, H, panel.n_ahead_codes), np.int32)
    known = np.zeros((B, N, H), bool)
    weights = None if panel.target_weights is None else np.zeros((B, N, H), dtype)
    units = panel.units[[s for s, _ in places]][:, None, None]
    for b, (s, start) in enumerate(places):
        begin, length = int(panel.offsets[s]), len(_values(panel, s))
        for t in range(min(T, length - start)):
            row = begin + start + t
            x[b, t] = inputs_at(panel, value_inputs, s, start + t)
            codes[b, t] = np.concatenate([_row(panel.codes, row), _row(panel.static_codes, s)])
        for n in range(N):
            # origins after the end count for nothing; the core sees the last point there
            at = min(start + first + n, length - 1)
            candidates[b, n] = candidates_at(panel, value_inputs, s, at, H)
            ahead = slice(begin + at + 1, begin + min(at + 1 + H, length))
            k = ahead.stop - ahead.start
            if start + first + n < length:
                y[b, n, :k] = panel.targets[ahead]
                if weights is not None and panel.target_weights is not None:
                    weights[b, n, :k] = panel.target_weights[ahead]
            known[b, n, :k] = True
            numbers_ahead[b, n, :k] = panel.numbers[ahead, : panel.n_ahead_numbers] if panel.n_ahead_numbers else 0
            codes_ahead[b, n, :k] = panel.codes[ahead, : panel.n_ahead_codes] if panel.n_ahead_codes else 0
    return Batch(x, y, codes, candidates, Ahead(numbers_ahead, codes_ahead, known), weights, units)


def _values(panel: PanelArrays, s: int) -> Array:
    return panel.values[panel.offsets[s] : panel.offsets[s + 1]]


def _row(table: Array, row: int) -> Array:
    return table[row] if table.shape[1] else table.reshape(-1)[:0]
