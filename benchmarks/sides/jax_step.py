"""JAX's side of a batch-1 step: a scan over many steps in one compiled call, in the fastest of several forms.

`general` is the cell that one would write for any length. `by hand` uses what gatecast's core uses too: the
state before the only step is zero, so the recurrent product, its gradient and its part of Adam are left out.
"""

from __future__ import annotations

from functools import partial
from time import perf_counter

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from sides.layout import join, part

__all__ = ["JaxStep"]

BETA1, BETA2, EPSILON, RATE = 0.9, 0.999, 1e-7, 1e-3


def _loss(weights, x, y):
    """Mean squared error of one window of one point; without "U" the recurrent product is left out."""
    D = weights["V"].shape[0]
    h, c = jnp.zeros((1, D)), jnp.zeros((1, D))
    z = x @ weights["W"] + weights["b"]
    if "U" in weights:
        z += h @ weights["U"]
    i, f, g, o = jnp.split(z, 4, axis=1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    h = jax.nn.sigmoid(o) * jnp.tanh(c)
    return jnp.mean((h @ weights["V"] + weights["c"] - y) ** 2)


def _step(restore, carry, batch):
    weights, m, v, step = carry
    loss, gradient = jax.value_and_grad(lambda w: _loss(restore(w), *batch))(weights)
    step = step + 1
    rate = RATE * jnp.sqrt(1 - BETA2**step) / (1 - BETA1**step)
    m = jax.tree.map(lambda m, g: m + (g - m) * (1 - BETA1), m, gradient)
    v = jax.tree.map(lambda v, g: v + (g * g - v) * (1 - BETA2), v, gradient)
    weights = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + EPSILON), weights, m, v)
    return (weights, m, v, step), loss


class JaxStep:
    """LSTM(D) and a dense layer, mean squared error, Adam; one sequence of one step."""

    def __init__(self, data: dict[str, np.ndarray], D: int, n_threads: int) -> None:
        # JAX has as many threads as the process may use processors
        del n_threads
        names = ("W", "U", "b", "V", "c")
        self.weights = {name: jnp.asarray(piece) for name, piece in zip(names, part(data["weights"], D), strict=True)}
        self.x, self.y = data["x"][:, :, 0], data["y"][:, :, 0]
        self.choose(self.variants("general")[0])

    def variants(self, form: str) -> list[str]:
        return [f"{form}, {adam}, unroll {n}" for adam in ("tree", "flat") for n in (1, 4, 8)]

    def choose(self, variant: str) -> None:
        form, adam, unroll = variant.split(", ")
        weights = dict(self.weights)
        if form == "by hand":
            del weights["U"]
        self.start, self.restore = ravel_pytree(weights) if adam == "flat" else (weights, lambda w: w)
        step = partial(_step, self.restore)
        scan = partial(jax.lax.scan, step, unroll=int(unroll.split()[1]))
        self.scan = jax.jit(scan)

    def _carry(self):
        zero = jax.tree.map(jnp.zeros_like, self.start)
        return self.start, zero, zero, jnp.float32(0)

    def _batches(self, steps: int):
        order = np.arange(steps) % len(self.x)
        return jnp.asarray(self.x[order]), jnp.asarray(self.y[order])

    def _flat(self, tree) -> np.ndarray:
        """In our order; without "U" nothing happens to it."""
        pieces = self.restore(tree)
        return join(*(pieces[name] if name in pieces else self.weights["U"] for name in self.weights))

    def prove(self, steps: int) -> dict[str, np.ndarray]:
        x, y = self._batches(steps)
        gradient = jax.grad(_loss)(self.weights, x[0], y[0])
        updated = self.scan(self._carry(), (x[:1], y[:1]))[0][0]
        losses = self.scan(self._carry(), (x, y))[1]
        flat = join(*(gradient[name] for name in self.weights))
        return {"gradient": flat, "updated": self._flat(updated), "losses": np.asarray(losses)}

    def time(self, steps: int) -> float:
        carry, batches = self._carry(), self._batches(steps)
        # compiles where this number of steps is new
        jax.block_until_ready(self.scan(carry, batches))
        start = perf_counter()
        jax.block_until_ready(self.scan(carry, batches))
        return perf_counter() - start
