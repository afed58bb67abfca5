"""Which reports do the tests look at? Tiny fits of a series with a nasty name, made once."""

from functools import cache

import numpy as np
import pandas as pd

from gatecast import LSTMForecaster, Training
from gatecast.comparison import compare
from gatecast.reporting import Report, report

NASTY = (
    "<script>window.ran=1</script>",
    "</script><script>window.ran=2</script>",
    "{{7*7}} {% x %}",
    '"><img src=x onerror="window.ran=3">\'',
    "line\nbreak & <b>bold</b> %{y}",
    "long" * 2_500,
)


def nasty_table(n: int = 60) -> pd.DataFrame:
    """Six series whose names are traps, and columns with such names."""
    random = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=n)
    parts = [
        pd.DataFrame(
            {NASTY[0]: name, NASTY[1]: days, NASTY[2]: 50 + 10 * np.sin(np.arange(n) * 0.9) + random.normal(size=n)}
        )
        for name in NASTY
    ]
    return pd.concat(parts, ignore_index=True)


@cache
def nasty_report(lang: str = "en") -> Report:
    """A report on that table."""
    table = nasty_table()
    names = {"id_col": NASTY[0], "time_col": NASTY[1], "target_col": NASTY[2]}
    model = LSTMForecaster(
        3, hidden_size=6, lookback=8, progress=False, training=Training(epochs=2, validation_size=0.2)
    )
    model.fit(table, **names)
    # models may have any name, too
    rivals = {"LSTM": model, NASTY[3]: _naive(), "SeasonalNaive": _seasonal(), NASTY[0]: _drift()}
    found = compare(table, 3, rivals, n_windows=2, progress=False, n_jobs=1, **names)
    return report(model, comparison=found, lang=lang)


def _naive():
    from gatecast import Naive

    return Naive(3)


def _seasonal():
    from gatecast import SeasonalNaive

    return SeasonalNaive(3, season_length=7)


def _drift():
    from gatecast import Drift

    return Drift(3)


@cache
def small_report(lang: str = "en") -> Report:
    """A report on one harmless series."""
    from gatecast.datasets import sine

    data = sine(260).drop(columns="clean")
    model = LSTMForecaster(4, hidden_size=8, lookback=12, progress=False, training=Training(epochs=2)).fit(data)
    found = compare(data, 4, [model, "SeasonalNaive", "LinearAR"], n_windows=2, progress=False)
    return report(model, comparison=found, lang=lang)
