"""Which troubles can a fit have, made on purpose, and what does a healthy one look like? Each is seeded and varied.

`EVIDENCE` makes what the checks look at directly: errors, curves and counts of a known kind. `FITS` makes series, fits
small networks to them and diagnoses these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from gatecast import LSTMForecaster, Network, Training
from gatecast.diagnosis.evidence import Coverage, Curves, Errors, Evidence, Facts
from gatecast.diagnosis.floor import NoiseFloor
from gatecast.diagnosis.gather import gather

__all__ = ["EVIDENCE", "FITS", "Case", "healthy"]

Rng = np.random.Generator
Z = {80.0: 1.2816, 95.0: 1.96}


@dataclass(frozen=True)
class Case:
    """A trouble and its opposite.

    Args:
        code: The finding that is expected.
        measured_on: `errors`, `curves`, `counts`, or `fits` of real networks.
        troubled: Makes evidence that has it.
        healthy: Makes evidence that has not.
    """

    code: str
    measured_on: str
    troubled: Callable[[Rng], Evidence]
    healthy: Callable[[Rng], Evidence]


def healthy(rng: Rng) -> Evidence:
    """Make the evidence of a good fit: white errors as small as the linear model's, curves at rest, true intervals."""
    n = int(np.exp(rng.uniform(np.log(200), np.log(3000))))
    fresh, learned = _errors(rng, n), _errors(rng, 4 * n, 0.97)
    linear = float(np.sqrt(np.mean(fresh.linear**2)))
    floor = NoiseFloor(linear, linear * 0.95, linear * 1.05, "linear")
    facts = Facts(48, n_parameters=19_000, n_learned=4 * n, needed_lags=24, is_positive=True)
    return Evidence(fresh, learned, curves=_at_rest(rng), coverage=_coverage(rng, fresh), floor=floor, facts=facts)


def _noise(rng: Rng, n: int) -> np.ndarray:
    """Make white noise of variance 1, normal or with heavier tails."""
    return rng.normal(size=n) if rng.random() < 0.5 else rng.standard_t(6, n) / np.sqrt(1.5)


def _errors(rng: Rng, n: int, size: float = 1.0) -> Errors:
    noise = _noise(rng, n)
    fitted = 20 + _autoregression(rng.normal(size=n), 0.9)
    linear, naive = noise + 0.15 * rng.normal(size=n), noise + 0.8 * rng.normal(size=n)
    members = fitted + 0.15 * rng.normal(size=(5, n))
    return Errors(size * noise, linear, naive, fitted, np.zeros(n, int), members)


def _autoregression(noise: np.ndarray, phi: float) -> np.ndarray:
    out = noise.copy()
    for t in range(1, len(out)):
        out[t] += phi * out[t - 1]
    return out


def _with(rng: Rng, change: Callable[[np.ndarray, Evidence], np.ndarray]) -> Evidence:
    """Change the errors on new points of a healthy fit."""
    evidence = healthy(rng)
    network = change(evidence.fresh.network, evidence)
    return replace(evidence, fresh=replace(evidence.fresh, network=network))


def _remainder(rng: Rng) -> Evidence:
    phi = rng.uniform(0.3, 0.7) * rng.choice([-1, 1])
    if rng.random() < 0.5:
        return _with(rng, lambda e, _: _autoregression(e, phi) * np.sqrt(1 - phi**2))
    return _with(rng, lambda e, _: (e + phi * np.append(0.0, e[:-1])) / np.sqrt(1 + phi**2))


def _season(rng: Rng) -> Evidence:
    def change(errors: np.ndarray, _: Evidence) -> np.ndarray:
        n = len(errors)
        season = int(rng.integers(5, min(60, n // 8)))
        time = np.arange(n)
        wave = np.sin(2 * np.pi * (time / season + rng.random()))
        if rng.random() < 0.5:
            wave = rng.normal(size=season)[time % season]
        share = rng.uniform(0.2, 0.5)
        return np.sqrt(1 - share) * errors + np.sqrt(share) * wave / wave.std()

    return _with(rng, change)


def _underfit(rng: Rng) -> Evidence:
    evidence, more = healthy(rng), rng.uniform(0.75, 1.2)

    def worse(errors: Errors) -> Errors:
        return replace(errors, network=errors.linear + more * rng.normal(size=len(errors)))

    assert evidence.learned is not None
    naive = replace(evidence.fresh, naive=3 * evidence.fresh.naive)
    return replace(
        evidence, fresh=worse(naive), learned=worse(evidence.learned), facts=replace(evidence.facts, lookback=1)
    )


def _worse_than_naive(rng: Rng) -> Evidence:
    evidence = healthy(rng)
    network = evidence.fresh.naive + rng.uniform(0.9, 1.5) * rng.normal(size=len(evidence.fresh))
    return replace(evidence, fresh=replace(evidence.fresh, network=network))


def _overfit(rng: Rng) -> Evidence:
    evidence = healthy(rng)
    assert evidence.learned is not None
    learned = replace(evidence.learned, network=rng.uniform(0.4, 0.75) * evidence.learned.network)
    more = rng.uniform(0.2, 0.6)
    fresh = replace(evidence.fresh, network=evidence.fresh.network + more * rng.normal(size=len(evidence.fresh)))
    return replace(evidence, learned=learned, fresh=fresh)


def _harder_times(rng: Rng) -> Evidence:
    """Make a newer part that is harder for everybody, which is no overfit."""
    evidence, factor = healthy(rng), rng.uniform(1.0, 1.6)
    errors = evidence.fresh
    return replace(evidence, fresh=replace(errors, network=factor * errors.network, linear=factor * errors.linear))


def _leak(rng: Rng) -> Evidence:
    size = rng.uniform(0.02, 0.2)
    return _with(rng, lambda e, _: size * e)


def _covariates_help(rng: Rng) -> Evidence:
    """Make a fit whose covariates explain up to four fifths of what the past does not, which is no leak."""
    size = rng.uniform(0.45, 1.0)
    return _with(rng, lambda e, _: size * e)


def _drift(rng: Rng) -> Evidence:
    n_shift = rng.uniform(0.45, 1.0) * rng.choice([-1, 1])
    if rng.random() < 0.5:
        return _with(rng, lambda e, _: e + n_shift)
    return _with(rng, lambda e, _: e + 3 * n_shift * np.linspace(-0.5, 0.5, len(e)))


def _spread(rng: Rng) -> Evidence:
    kind = rng.integers(3)

    def change(errors: np.ndarray, evidence: Evidence) -> np.ndarray:
        n = len(errors)
        if kind == 0:
            level = (evidence.fresh.fitted - 20) / evidence.fresh.fitted.std()
            return errors * np.exp(rng.uniform(0.5, 0.8) * level)
        if kind == 1:
            return errors * np.exp(rng.uniform(1.2, 2.0) * np.linspace(0, 1, n))
        return errors * np.exp(0.8 * _autoregression(rng.normal(size=n), 0.9) * np.sqrt(1 - 0.81))

    return _with(rng, change)


def _coverage(rng: Rng, fresh: Errors, width: float = 1.0) -> Coverage:
    n_calibration = int(np.exp(rng.uniform(np.log(100), np.log(1000))))
    # the widths come from as many errors of the same kind, as the conformal ones do
    past = np.sort(np.abs(rng.permuted(_noise(rng, n_calibration))))
    # of the errors' own distribution: a width that is estimated from n of them
    own = np.abs(fresh.network)
    hits = []
    for level in Z:
        rank = min(int(np.ceil((n_calibration + 1) * level / 100)), n_calibration) - 1
        share = rng.beta(rank + 1, n_calibration - rank) if len(past) else level / 100
        hits.append(own <= width * np.quantile(own, share))
    return Coverage(np.stack(hits, axis=1).astype(float), tuple(Z), n_calibration)


def _coverage_case(low: float, high: float) -> Callable[[Rng], Evidence]:
    def make(rng: Rng) -> Evidence:
        evidence = healthy(rng)
        return replace(evidence, coverage=_coverage(rng, evidence.fresh, rng.uniform(low, high)))

    return make


def _unlike_seeds(rng: Rng) -> Evidence:
    evidence = healthy(rng)
    errors = evidence.fresh
    members = errors.fitted + rng.uniform(0.5, 1.0) * rng.normal(size=(5, len(errors)))
    return replace(evidence, fresh=replace(errors, members=members))


def _short(rng: Rng) -> Evidence:
    evidence = healthy(rng)
    weights = int(rng.uniform(70, 400) * evidence.facts.n_learned)
    return replace(evidence, facts=replace(evidence.facts, n_parameters=weights))


def _plain_size(rng: Rng) -> Evidence:
    """Make the defaults' own ratio of weights and points: 5,000 weights, 100 points and more."""
    evidence = healthy(rng)
    facts = replace(evidence.facts, n_parameters=4_900, n_learned=int(rng.uniform(100, 1000)))
    return replace(evidence, facts=facts)


def _curve(rng: Rng, pace: float, floor: float = 1.0, scatter: float = 0.003) -> Curves:
    n = int(rng.integers(12, 30))
    x = np.linspace(0, 1, n)
    loss = floor + rng.uniform(0.3, 1.0) * np.exp(-x * pace)
    train = 0.95 * loss * np.exp(scatter * rng.normal(size=n))
    return Curves(loss * np.exp(scatter * rng.normal(size=n)), train, x * 8)


def _at_rest(rng: Rng) -> Curves:
    return _curve(rng, rng.uniform(7, 20))


def _curve_case(make: Callable[[Rng], Curves]) -> Callable[[Rng], Evidence]:
    return lambda rng: replace(healthy(rng), curves=make(rng))


def _learning(rng: Rng) -> Curves:
    return _curve(rng, rng.uniform(0.5, 2.0), floor=rng.uniform(0.1, 0.5))


def _diverging(rng: Rng) -> Curves:
    curves = _at_rest(rng)
    n = len(curves.loss)
    rise = np.maximum(np.arange(n) - rng.integers(n // 4, n // 2), 0) * rng.uniform(0.03, 0.1)
    return replace(curves, loss=curves.loss * (1 + rise), train=curves.train * (1 + rise))


def _noisy(rng: Rng) -> Curves:
    return _curve(rng, rng.uniform(5, 20), scatter=rng.uniform(0.10, 0.3))


def _by_heart(rng: Rng) -> Curves:
    curves = _at_rest(rng)
    n = len(curves.loss)
    later = np.maximum(np.arange(n) - rng.integers(n // 4, n // 2), 0) / n
    return replace(curves, loss=curves.loss * (1 + rng.uniform(0.4, 1) * later), train=curves.train * (1 - 0.5 * later))


def _above_floor(rng: Rng) -> Evidence:
    size = rng.uniform(0.75, 1.2)
    return _with(rng, lambda e, evidence: evidence.fresh.linear + size * rng.normal(size=len(e)))


EVIDENCE: tuple[Case, ...] = (
    Case("predictable-remainder", "errors", _remainder, healthy),
    Case("season-in-residuals", "errors", _season, healthy),
    Case("underfit", "errors", _underfit, healthy),
    Case("worse-than-naive", "errors", _worse_than_naive, healthy),
    Case("overfit", "errors", _overfit, _harder_times),
    Case("leakage-suspected", "errors", _leak, _covariates_help),
    Case("residual-drift", "errors", _drift, healthy),
    Case("heteroscedasticity", "errors", _spread, healthy),
    Case("intervals-too-narrow", "errors", _coverage_case(0.6, 0.8), healthy),
    Case("intervals-too-wide", "errors", _coverage_case(1.35, 1.8), healthy),
    Case("seeds-disagree", "errors", _unlike_seeds, healthy),
    Case("data-too-short", "counts", _short, _plain_size),
    Case("still-learning", "curves", _curve_case(_learning), healthy),
    Case("diverging", "curves", _curve_case(_diverging), healthy),
    Case("too-noisy", "curves", _curve_case(_noisy), healthy),
    Case("past-its-best", "curves", _curve_case(_by_heart), healthy),
    Case("plateau", "curves", healthy, _curve_case(_learning)),
    Case("above-noise-floor", "errors", _above_floor, healthy),
    Case("at-noise-floor", "errors", healthy, _above_floor),
)


def _wave(rng: Rng, n: int) -> np.ndarray:
    """Make a noisy sine, or a resonant second-order autoregression."""
    period = rng.uniform(16, 60)
    if rng.random() < 0.5:
        return np.sin(2 * np.pi * np.arange(n) / period) + rng.uniform(0.3, 0.6) * rng.normal(size=n)
    radius = rng.uniform(0.93, 0.98)
    out = rng.normal(size=n)
    for t in range(2, n):
        out[t] += 2 * radius * np.cos(2 * np.pi / period) * out[t - 1] - radius**2 * out[t - 2]
    return out


def _split(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return y[: len(y) * 4 // 5], y[len(y) * 4 // 5 :]


def _diagnosed(model: LSTMForecaster, y: np.ndarray) -> Evidence:
    train, test = _split(y)
    model.progress, model.n_threads = False, 1
    return gather(model.fit(train), test=test)


def _fit_well(rng: Rng) -> Evidence:
    return _diagnosed(
        LSTMForecaster(hidden_size=24, training=Training(learning_rate=0.01)), _wave(rng, int(rng.integers(1200, 2000)))
    )


def _fit_blind(rng: Rng) -> Evidence:
    model = LSTMForecaster.tutorial()
    model.set_params(hidden_size=16, training__batch_size=8, training__epochs=5, training__learning_rate=0.005)
    return _diagnosed(model, _wave(rng, int(rng.integers(1200, 2000))))


def _fit_by_heart(rng: Rng) -> Evidence:
    y = _autoregression(rng.normal(size=int(rng.integers(260, 400))), rng.uniform(0.3, 0.8))
    model = LSTMForecaster(lookback=16, hidden_size=48, loss="mse", transform="none", network=Network(skip="none"))
    model.season_length = 1
    model.training = Training(
        mode="windows",
        scaling="standard",
        epochs=60,
        learning_rate=0.01,
        schedule="constant",
        ema_decay=0.0,
        validation_size=0,
        batch_size=8,
    )
    return _diagnosed(model, y)


def _fit_briefly(rng: Rng) -> Evidence:
    model = LSTMForecaster(
        hidden_size=16,
        network=Network(skip="none"),
        training=Training(epochs=40, learning_rate=0.0003, ema_decay=0.0, patience=0),
    )
    model.set_params(training__schedule="constant", training__validation_size=0.2)
    return _diagnosed(model, _wave(rng, int(rng.integers(1500, 2500))))


FITS: tuple[Case, ...] = (
    Case("underfit", "fits", _fit_blind, _fit_well),
    Case("predictable-remainder", "fits", _fit_blind, _fit_well),
    Case("overfit", "fits", _fit_by_heart, _fit_well),
    Case("above-noise-floor", "fits", _fit_blind, _fit_well),
    Case("still-learning", "fits", _fit_briefly, _fit_well),
)
