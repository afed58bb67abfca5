"""What does a whole network forecast, and what are the gradients of its loss? From embeddings to the future decoder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gatecast.network.inputs import LossSettings
from gatecast.network.reference.origins import loss_and_slopes, parameters, raw_slopes
from gatecast.network.spec import NetworkSpec

__all__ = ["Ahead", "Batch", "Gradients", "forward", "gradients", "loss_of"]

Array = np.ndarray


@dataclass(frozen=True)
class Ahead:
    """What is known of the steps ahead of each origin.

    Args:
        numbers: `(B, N, H, ...)`.
        codes: `(B, N, H, ...)`.
        known: `(B, N, H)`, whether anything is.
    """

    numbers: Array
    codes: Array
    known: Array


@dataclass(frozen=True)
class Batch:
    """Sequences and what is to be learned from them.

    Args:
        x: Dense inputs `(B, T, ...)`.
        y: Targets of the last N steps, `(B, N, H)`; NaN where there is none.
        codes: `(B, T, C)`, where categories enter.
        candidates: `(B, N, J, H)`, where naive forecasts are mixed.
        ahead: Where covariates are known ahead.
    """

    x: Array
    y: Array
    codes: Array | None = None
    candidates: Array | None = None
    ahead: Ahead | None = None

    @property
    def first(self) -> int:
        """The first step that is forecast from."""
        return int(self.x.shape[1] - self.y.shape[1])


@dataclass
class Gradients:
    """Mean loss over the targets that count, and its gradients."""

    loss: float
    predictions: Array  # (B, N, P, H)
    weights: Array  # flat
    inputs: Array  # the dense ones, (B, T, ...)


def forward(spec: NetworkSpec, flat: Array, x: Array, first: int = 0) -> Array:
    """Run layers and head over `x` `(B, T, F)`.

    Args:
        spec: Shape of the network.
        flat: All weights, `(spec.n_parameters,)`.
        x: Inputs, embeddings among them.
        first: The first step that is forecast from.

    Returns:
        The head's outputs `(B, T - first, spec.output_size)`; those of a plain network are its forecasts.
    """
    return _head(spec, flat, _entering(spec, flat, x, first)[-1])


def loss_of(spec: NetworkSpec, flat: Array, batch: Batch, loss: LossSettings) -> float:
    """Compute the mean loss over all targets that are there."""
    at = _Origins(spec, flat, batch, loss, forward(spec, flat, _inputs(spec, flat, batch), batch.first))
    return float(loss_and_slopes(loss, at.predictions, batch.y)[0].sum() / _count(batch))


def gradients(spec: NetworkSpec, flat: Array, batch: Batch, loss: LossSettings) -> Gradients:
    """Compute the mean loss over all targets that are there, and its gradients with respect to weights and inputs."""
    x = _inputs(spec, flat, batch)
    entering = _entering(spec, flat, x, batch.first)
    at = _Origins(spec, flat, batch, loss, _head(spec, flat, entering[-1]))
    values, slopes = loss_and_slopes(loss, at.predictions, batch.y)
    d_flat = np.zeros_like(flat)
    d = at.backward(slopes / _count(batch), d_flat)
    dx = _backward(spec, flat, entering, d, d_flat)
    if batch.codes is not None:
        _embed_backward(spec, d_flat, batch.codes, dx[..., spec.dense_inputs :])
    return Gradients(float(values.sum() / _count(batch)), at.predictions, d_flat, dx[..., : spec.dense_inputs])


def _count(batch: Batch) -> int:
    return max(int((~np.isnan(batch.y)).sum()), 1)


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
        d_raw = raw_slopes(self.loss, self.raw, slopes)
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
