"""Which series is a network to learn from before it sees anybody's data? Made ones, from processes with drawn settings.

Every function makes n series at once, `(n, length)`, with a loop over time and none over series. Paths come in units of
their one-step innovations; `observed` turns them into amounts, counts and numbers around a level as tables hold them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gatecast.data.panel.arrays import Floats

__all__ = ["KINDS", "lasting_trends", "make_series", "observed", "random_walks", "season_patterns"]

Rng = np.random.Generator
# a season of more than so many of the shortest is a year of days
FAR, DAYS_OF_YEAR = 14, 365.25


def make_series(kind: str, n: int, length: int, seasons: tuple[int, ...], rng: Rng) -> Floats:
    """Make paths of one kind.

    Args:
        kind: A name in `KINDS`.
        n: Series.
        length: Points of each.
        seasons: Seasons in steps, the shortest first; empty for none.
        rng: Where chance comes from.

    Returns:
        `(n, length)`, in units of the innovations.
    """
    return KINDS[kind](n, length, seasons, rng)


def ets(n: int, length: int, seasons: tuple[int, ...], rng: Rng) -> Floats:
    """Exponential smoothing in innovation form (Hyndman et al. 2008, chapter 3): level, damped trend and season."""
    m = seasons[0] if seasons else 1
    alpha = np.where(rng.random(n) < 0.3, rng.uniform(0.9, 1.0, n), rng.beta(1.2, 2.0, n))
    beta = np.where(rng.random(n) < 0.5, 0.0, alpha * rng.beta(1.0, 8.0, n))
    gamma = np.where(rng.random(n) < 0.5, 0.0, rng.beta(1.0, 6.0, n) * (1.0 - alpha))
    phi = np.where(rng.random(n) < 0.45, 1.0, rng.uniform(0.8, 0.995, n))
    has_trend = rng.random(n) < 0.75
    beta, trend = beta * has_trend, has_trend * slopes(n, rng)
    season = season_patterns(n, m, rng) * season_sizes(n, rng)[:, None]
    e, level = innovations(n, length, rng), np.zeros(n)
    out = np.empty((n, length))
    for t in range(length):
        damped, s = phi * trend, season[:, t % m]
        out[:, t] = level + damped + s + e[:, t]
        level = level + damped + alpha * e[:, t]
        trend = damped + beta * e[:, t]
        season[:, t % m] = s + gamma * e[:, t]
    return out + other_seasons(n, length, seasons, rng)


def sarima(n: int, length: int, seasons: tuple[int, ...], rng: Rng) -> Floats:
    """Seasonal ARIMA with poles drawn by area from a disk, ordinary, seasonal and fractional differences undone."""
    m = seasons[0] if seasons else 1
    warm = 3 * m + 60
    e = innovations(n, length + warm, rng)
    x = _arma(e, _polynomial(n, 4, 0.97, rng), _polynomial(n, 3, 0.9, rng))
    if m > 1:
        # seasonal factors of first order: ordinary ones where the season is stationary, else differences
        is_seasonal = rng.random(n) < 0.85
        differenced = is_seasonal & (rng.random(n) < 0.75)
        ar = np.where(is_seasonal & ~differenced, rng.uniform(0.0, 0.95, n), 0.0)
        ma = np.where(is_seasonal, -rng.uniform(0.2, 0.97, n) * (rng.random(n) < 0.85), 0.0)
        x = _seasonal_filter(x, m, np.where(differenced, 1.0, ar), ma)
    x = x[:, warm:]
    # d = 0, 1, or a fraction between
    order = np.select([(u := rng.random(n)) < 0.35, u < 0.85], [np.zeros(n), np.ones(n)], rng.uniform(0.0, 1.0, n))
    x = np.where((order == 1)[:, None], np.cumsum(x, axis=1), _fractional(x, np.where(order == 1, 0.0, order)))
    lift = (rng.random(n) < 0.35) * slopes(n, rng) * (order == 1)
    return np.asarray(x + lift[:, None] * np.arange(length))


def components(n: int, length: int, seasons: tuple[int, ...], rng: Rng) -> Floats:
    """Add a trend (linear, broken, logistic, square, exponential), seasons with an envelope, and AR(1) noise."""
    t = np.linspace(0.0, 1.0, length)[None]
    size = np.exp(rng.uniform(np.log(0.5), np.log(60.0), (n, 1))) * rng.choice([-1.0, 1.0, 1.0], (n, 1))
    at, speed = rng.uniform(0.1, 1.0, (n, 1)), np.exp(rng.uniform(np.log(3.0), np.log(30.0), (n, 1)))
    bend = rng.normal(0.0, 1.0, (n, 1))
    shapes = (
        np.zeros((n, length)),
        t + np.zeros((n, 1)),
        t + bend * np.maximum(t - at, 0.0),
        1.0 / (1.0 + np.exp(-speed * (t - at))),
        t**2 + bend * t,
        np.expm1(2.0 * at * t),
        np.sqrt(t + 0.02) + np.zeros((n, 1)),
    )
    trend = np.choose(rng.integers(0, len(shapes), (n, 1)), shapes) * size
    m = seasons[0] if seasons else 1
    season = season_patterns(n, m, rng)[:, np.arange(length) % m] * season_sizes(n, rng)[:, None]
    season = season * envelopes(n, length, rng)
    noise = _arma(innovations(n, length + 60, rng), _polynomial(n, 1, 0.95, rng), np.zeros((n, 1)))[:, 60:]
    return np.asarray(trend + season + noise + other_seasons(n, length, seasons, rng))


def gaussian_process(n: int, length: int, seasons: tuple[int, ...], rng: Rng) -> Floats:
    """Draw from Gaussian processes whose kernels are sums and products of usual ones (as KernelSynth, Ansari 2024)."""
    groups = max(1, n // 24)
    t = np.arange(length, dtype=np.float64)
    gap = np.abs(t[:, None] - t[None])
    out = np.empty((n, length))
    for rows in np.array_split(rng.permutation(n), groups):
        kernel = _kernel(gap, t, seasons, rng)
        for _ in range(rng.integers(0, 5)):
            other = _kernel(gap, t, seasons, rng)
            kernel = kernel + other if rng.random() < 0.6 else kernel * other / np.sqrt(kernel.max() * other.max())
        noise = np.exp(rng.uniform(np.log(0.01), np.log(1.0))) * kernel.diagonal().mean()
        root = np.linalg.cholesky(kernel + (noise + 1e-6 * kernel.diagonal().max()) * np.eye(length))
        out[rows] = rng.normal(size=(len(rows), length)) @ root.T / np.sqrt(noise + 1e-12)
    return out


def regimes(n: int, length: int, seasons: tuple[int, ...], rng: Rng) -> Floats:
    """Follow an Ornstein-Uhlenbeck process whose mean, speed and noise switch between two regimes, with seasons."""
    stay = rng.uniform(0.85, 0.999, n)
    means = rng.normal(0.0, 1.0, (2, n)) * np.exp(rng.uniform(0.0, np.log(15.0), n))
    speeds = np.where(rng.random((2, n)) < 0.5, rng.uniform(0.3, 1.0, (2, n)), rng.uniform(0.01, 0.3, (2, n)))
    sizes = np.exp(rng.normal(0.0, 0.5, (2, n)))
    drift = (rng.random(n) < 0.4) * slopes(n, rng)
    e, switch = innovations(n, length, rng), rng.random((n, length))
    state, rows = rng.integers(0, 2, n), np.arange(n)
    x, out = means[state, rows].copy(), np.empty((n, length))
    for t in range(length):
        state = np.where(switch[:, t] < stay, state, 1 - state)
        x = x + speeds[state, rows] * (means[state, rows] - x) + sizes[state, rows] * e[:, t]
        means = means + drift
        out[:, t] = x
    m = seasons[0] if seasons else 1
    season = season_patterns(n, m, rng)[:, np.arange(length) % m] * season_sizes(n, rng)[:, None]
    return out + season * (rng.random((n, 1)) < 0.7)


def innovations(n: int, length: int, rng: Rng) -> Floats:
    """Draw innovations of size 1: normal or Student's t, of constant or wandering volatility."""
    e = rng.normal(size=(n, length))
    tailed = rng.random(n) < 0.35
    freedom = rng.uniform(2.5, 8.0, (int(tailed.sum()), 1))
    e[tailed] /= np.sqrt(rng.chisquare(np.broadcast_to(freedom, (len(freedom), length))) / freedom)
    wanders = rng.random(n) < 0.2
    log_size = np.cumsum(rng.normal(0.0, 0.12, (int(wanders.sum()), length)), axis=1)
    e[wanders] *= np.exp(np.clip(log_size, -1.5, 1.5))
    return np.clip(e, -20.0, 20.0)


def slopes(n: int, rng: Rng) -> Floats:
    """Draw changes per step, between unnoticeable ones and such as outgrow the noise; two of three rise."""
    return np.asarray(np.exp(rng.uniform(np.log(0.01), np.log(1.5), n)) * rng.choice([-1.0, 1.0, 1.0], n))


def lasting_trends(n: int, share: float, sizes: tuple[float, float], rng: Rng) -> Floats:
    """Draw changes per step that last, between two sizes: a share of the series have one, and three of four rise."""
    size = np.exp(rng.uniform(np.log(sizes[0]), np.log(sizes[1]), n)) * rng.choice([-1.0, 1.0, 1.0, 1.0], n)
    return np.asarray(size * (rng.random(n) < share))


def random_walks(n: int, length: int, rng: Rng) -> Floats:
    """Sum innovations, of three in ten with a trend, of three in ten with a little that is undone the next day."""
    e = innovations(n, length, rng)
    undone = rng.uniform(-0.15, 0.3, (n, 1)) * (rng.random((n, 1)) < 0.3)
    e[:, 1:] -= undone * e[:, :-1]
    lift = rng.normal(0.0, 0.1, (n, 1)) * (rng.random((n, 1)) < 0.3)
    return np.cumsum(e + lift, axis=1)


def season_sizes(n: int, rng: Rng) -> Floats:
    """Draw how large a season is beside the noise, up to one that hides it; one of five has none."""
    return np.asarray(np.exp(rng.uniform(np.log(0.3), np.log(50.0), n)) * (rng.random(n) < 0.8))


def season_patterns(n: int, m: int, rng: Rng) -> Floats:
    """Draw seasons of mean 0 and size 1, `(n, m)`: harmonics, each step by itself, a few spikes, or steps."""
    if m == 1:
        return np.zeros((n, 1))
    k = np.arange(1, m // 2 + 1)
    decay = k ** -rng.uniform(0.0, 2.0, (n, 1)) * (rng.random((n, len(k))) < rng.uniform(0.3, 1.0, (n, 1)))
    phase = 2 * np.pi * (k[None, :, None] * np.arange(m) / m + rng.random((n, len(k), 1)))
    waves = np.einsum("nk,nkm->nm", decay * np.abs(rng.normal(size=(n, len(k)))), np.cos(phase))
    each = rng.normal(size=(n, m))
    spikes = np.where(rng.random((n, m)) < 1.5 / m, rng.normal(1.0, 0.5, (n, m)), 0.0)
    # weekend dips, nights: a block of steps that differs from the rest
    block = ((np.arange(m) - rng.integers(0, m, (n, 1))) % m < np.maximum(1, rng.integers(1, m, (n, 1)) // 2)) * 1.0
    kind = rng.choice(4, (n, 1), p=[0.5, 0.25, 0.1, 0.15])
    pattern = np.choose(kind, (waves, each, spikes, block + 0.3 * waves))
    pattern = pattern - pattern.mean(axis=1, keepdims=True)
    size = pattern.std(axis=1, keepdims=True)
    return np.asarray(pattern / np.where(size > 1e-9, size, 1.0))


def other_seasons(n: int, length: int, seasons: tuple[int, ...], rng: Rng) -> Floats:
    """Add the longer seasons, each to three of four series."""
    total = np.zeros((n, length))
    for m in seasons[1:]:
        if m > FAR * seasons[0]:
            total += years(n, length, m, rng)
            continue
        pattern = season_patterns(n, m, rng)
        if seasons[0] < m and m % seasons[0] == 0:
            # most weeks consist of days that differ as a whole
            by_day = np.repeat(season_patterns(n, m // seasons[0], rng), seasons[0], axis=1)
            # or of days whose course is larger or smaller, as that of days without work
            course = np.tile(season_patterns(n, seasons[0], rng), m // seasons[0]) * by_day
            kind = rng.choice(3, (n, 1), p=[0.3, 0.3, 0.4])
            pattern = np.choose(kind, (pattern, by_day, course / np.maximum(course.std(axis=1, keepdims=True), 1e-9)))
        size = season_sizes(n, rng) * (rng.random(n) < 0.8)
        total += pattern[:, np.arange(length) % m] * size[:, None]
    return total


def years(n: int, length: int, m: int, rng: Rng) -> Floats:
    """Draw the year of days: slow waves, weeks that differ as holidays do, and single days, some of a date.

    Args:
        n: Series.
        length: Points of each.
        m: Days of a year of whole weeks, 364.
        rng: Where chance comes from.

    Returns:
        `(n, length)`, in units of the innovations; one of four series has no year.
    """
    t = np.arange(length) + rng.integers(0, m, (n, 1))
    k = np.arange(1, 7)
    sizes = k ** -rng.uniform(0.5, 2.0, (n, 1)) * np.abs(rng.normal(size=(n, len(k))))
    angle = 2 * np.pi * t / DAYS_OF_YEAR
    waves = sum(sizes[:, i, None] * np.cos(f * angle + rng.uniform(0, 2 * np.pi, (n, 1))) for i, f in enumerate(k))
    # weeks that differ come back on the same days of the week, dates one or two days later in it
    spans = np.repeat(np.where(rng.random((n, m // 7)) < 0.08, rng.normal(0.0, 2.0, (n, m // 7)), 0.0), 7, axis=1)
    days = np.where(rng.random((n, m)) < 0.02, rng.normal(0.0, 4.0, (n, m)), 0.0)
    has_dates = rng.random((n, 1)) < 0.5
    date = (t + np.where(has_dates, t // m, 0)) % m
    rows = np.arange(n)[:, None]
    total = waves * (rng.random((n, 1)) < 0.8)
    total = total + (rng.random((n, 1)) < 0.4) * spans[rows, t % m] + (rng.random((n, 1)) < 0.5) * days[rows, date]
    spread = np.maximum(total.std(axis=1, keepdims=True), 1e-9)
    size = np.exp(rng.uniform(np.log(0.3), np.log(20.0), (n, 1))) * (rng.random((n, 1)) < 0.75)
    return np.asarray(total / spread * size)


def envelopes(n: int, length: int, rng: Rng) -> Floats:
    """Let a season grow, shrink or swell: factors around 1."""
    t = np.linspace(-1.0, 1.0, length)[None]
    change = rng.normal(0.0, 0.5, (n, 1)) * (rng.random((n, 1)) < 0.5)
    swell = rng.uniform(0.0, 0.5, (n, 1)) * (rng.random((n, 1)) < 0.2)
    wave = np.cos(2 * np.pi * (rng.uniform(0.3, 3.0, (n, 1)) * t + rng.random((n, 1))))
    return np.exp(change * t) * (1.0 + swell * wave)


def changed(x: Floats, rng: Rng) -> Floats:
    """Add what happens to real series: outliers, breaks of level, shocks that fade, mixtures, time and sign turned."""
    n, length = x.shape
    if not length:
        return x
    size = _one_step_size(x)
    # a mixture of two paths of the same batch
    mixed = np.flatnonzero(rng.random(n) < 0.15)
    share = rng.beta(1.0, 1.0, (len(mixed), 1))
    x[mixed] = share * x[mixed] + (1 - share) * x[rng.permutation(n)[: len(mixed)]]
    back = rng.random(n) < 0.1
    x[back] = x[back, ::-1]
    flipped = rng.random(n) < 0.15
    x[flipped] *= -1.0
    hit = (rng.random((n, 1)) < 0.15) & (rng.random((n, length)) < 0.015)
    x = x + hit * rng.normal(0.0, 6.0, (n, length)) * size
    broken = rng.random((n, 1)) < 0.12
    after = np.arange(length) >= rng.integers(0, length, (n, 1))
    x = x + broken * after * rng.normal(0.0, 5.0, (n, 1)) * size
    since = np.arange(length) - rng.integers(0, length, (n, 1))
    fading = np.where(since >= 0, rng.uniform(0.5, 0.95, (n, 1)) ** np.maximum(since, 0), 0.0)
    return x + (rng.random((n, 1)) < 0.08) * fading * rng.normal(0.0, 6.0, (n, 1)) * size


def observed(x: Floats, rng: Rng) -> Floats:
    """Turn paths into what tables hold: two of three in percent of their level, the others around one, some counted.

    Args:
        x: `(n, length)` in units of the innovations.
        rng: Where chance comes from.
    """
    n = len(x)
    centered = x - np.median(x, axis=1, keepdims=True)
    step = np.exp(rng.uniform(np.log(0.01), np.log(0.15), (n, 1)))
    reach = np.abs(centered).max(axis=1, keepdims=True)
    growing = np.exp(centered * np.minimum(step, 4.0 / np.maximum(reach, 1e-9)))
    # around a level that keeps most of it positive, or around none
    base = np.where(rng.random((n, 1)) < 0.8, reach * rng.uniform(1.02, 4.0, (n, 1)), 0.0)
    level = base + centered
    y = np.where(rng.random((n, 1)) < 0.65, growing, level)
    y = y / np.maximum(np.abs(y).mean(axis=1, keepdims=True), 1e-9)
    counted = rng.random((n, 1)) < 0.12
    rate = np.exp(rng.uniform(np.log(0.5), np.log(300.0), (n, 1)))
    counts = rng.poisson(np.clip(y * rate, 0.0, 1e5)).astype(np.float64)
    rounded = np.round(y * rate)
    y = np.where(counted, counts, np.where(rng.random((n, 1)) < 0.1, rounded, y))
    low = np.quantile(y, 0.1, axis=1, keepdims=True)
    return np.asarray(np.where(rng.random((n, 1)) < 0.02, np.maximum(y, low), y))


def _one_step_size(x: Floats) -> Floats:
    if x.shape[1] < 2:
        return np.ones((len(x), 1))
    return np.maximum(np.median(np.abs(np.diff(x, axis=1)), axis=1, keepdims=True), 1e-9)


def _polynomial(n: int, order: int, radius: float, rng: Rng) -> Floats:
    """Draw up to `order` poles within a disk, real ones and conjugate pairs, and multiply them out, `(n, order)`.

    Uniform by area, so that coefficients of high order do not gather where paths are almost unstable.
    """
    coefficients = np.zeros((n, order + 1))
    coefficients[:, 0] = 1.0
    wanted = rng.integers(0, order + 1, n)
    used = np.zeros(n, int)
    for _ in range(order):
        r = radius * np.sqrt(rng.random(n))
        angle = np.pi * rng.random(n)
        is_pair = (rng.random(n) < 0.5) & (used + 2 <= wanted)
        is_one = ~is_pair & (used + 1 <= wanted)
        real = r * np.where(rng.random(n) < 0.75, 1.0, -1.0)
        first = np.where(is_pair, -2 * r * np.cos(angle), np.where(is_one, -real, 0.0))
        second = np.where(is_pair, r**2, 0.0)
        shifted = np.pad(coefficients, ((0, 0), (2, 0)))
        coefficients = coefficients + first[:, None] * shifted[:, 1:-1] + second[:, None] * shifted[:, :-2]
        used += 2 * is_pair + is_one
    return -coefficients[:, 1:]


def _arma(e: Floats, ar: Floats, ma: Floats) -> Floats:
    """Filter: `x[t] = sum ar[k] x[t-k] + e[t] - sum ma[k] e[t-k]`."""
    p, q = ar.shape[1], ma.shape[1]
    n, length = e.shape
    x = np.zeros((n, length + p))
    past = np.concatenate([np.zeros((n, q)), e], axis=1)
    for t in range(length):
        own = (ar * x[:, t : t + p][:, ::-1]).sum(axis=1)
        x[:, t + p] = own + e[:, t] - (ma * past[:, t : t + q][:, ::-1]).sum(axis=1)
    return x[:, p:]


def _seasonal_filter(x: Floats, m: int, ar: Floats, ma: Floats) -> Floats:
    """Filter: `z[t] = ar z[t-m] + x[t] + ma x[t-m]`."""
    z = x.copy()
    z[:, m:] += ma[:, None] * x[:, :-m]
    for t in range(m, x.shape[1]):
        z[:, t] += ar * z[:, t - m]
    return z


def _fractional(x: Floats, order: Floats) -> Floats:
    """Integrate by a fraction of an order, `(1 - B)^-d` (Granger and Joyeux 1980)."""
    length = x.shape[1]
    k = np.arange(1, length)
    weights = np.cumprod(np.concatenate([np.ones((len(x), 1)), (k - 1 + order[:, None]) / k], axis=1), axis=1)
    size = 2 * length
    return np.fft.irfft(np.fft.rfft(x, size) * np.fft.rfft(weights, size), size)[:, :length]


def _kernel(gap: Floats, t: Floats, seasons: tuple[int, ...], rng: Rng) -> Floats:
    """Draw one kernel `(T, T)`: smooth, rough, a season, or a line."""
    length = len(t)
    shares = [0.25, 0.2, 0.4 if seasons else 0.0, 0.15 if seasons else 0.55]
    kind, size = rng.choice(4, p=shares), np.exp(rng.normal(0.0, 0.8))
    scale = np.exp(rng.uniform(np.log(1.0), np.log(length)))
    if kind == 0:
        exponent = -0.5 * (gap / scale) ** 2
    elif kind == 1:
        exponent = -gap / scale
    elif kind == 2:
        width = np.exp(rng.uniform(np.log(0.3), np.log(2.0)))
        exponent = -2.0 * (np.sin(np.pi * gap / int(rng.choice(seasons))) / width) ** 2
    else:
        at = rng.uniform(0.0, length)
        return np.asarray(size * (4.0 * (t[:, None] - at) * (t[None] - at) / length**2 + 0.1))
    return np.asarray(size * np.exp(exponent))


KINDS: dict[str, Callable[[int, int, tuple[int, ...], Rng], Floats]] = {
    "ets": ets,
    "sarima": sarima,
    "components": components,
    "gaussian_process": gaussian_process,
    "regimes": regimes,
}
