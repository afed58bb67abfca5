"""Do forecasts of a hierarchy add up, whichever way they are reconciled, and are they those of hierarchicalforecast?"""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hierarchicalforecast.core import HierarchicalReconciliation
from hierarchicalforecast.methods import MinTrace
from hierarchicalforecast.utils import aggregate

from gatecast import ConfigError, DataError, GatecastError, PretrainedLSTM, forecast_hierarchy
from gatecast.hierarchies import METHODS

LEVELS = [["country"], ["country", "region"], ["country", "region", "shop"]]
PARTS = {"FR": ["FR/n", "FR/s"], "FR/n": ["FR/n/a", "FR/n/b"], "FR/s": ["FR/s/c"]}


def shops(n=72):
    t, rng = np.arange(n), np.random.default_rng(0)
    frames = [
        pd.DataFrame(
            {
                "country": "FR",
                "region": "s" if shop == "c" else "n",
                "shop": shop,
                "month": pd.date_range("2018-01-01", periods=n, freq="MS"),
                "sold": (20 + 5 * k) * (1 + 0.3 * np.sin(2 * np.pi * t / 12)) + rng.normal(0, 2, n),
            }
        )
        for k, shop in enumerate("abc")
    ]
    return pd.concat(frames, ignore_index=True)


def wide(table, column="LSTM"):
    return table.pivot_table(index="month", columns="unique_id", values=column)


@pytest.mark.parametrize("reconcile", METHODS)
def test_forecasts_add_up(reconcile):
    names = {"time_col": "month", "target_col": "sold"}
    found = forecast_hierarchy(shops(), PretrainedLSTM(4, season_length=12), LEVELS, reconcile=reconcile, **names)
    assert list(found) == ["unique_id", "month", "LSTM"]
    assert len(found) == 6 * 4
    columns = wide(found)
    for whole, parts in PARTS.items():
        np.testing.assert_allclose(columns[whole], columns[parts].sum(axis=1), rtol=1e-6)


def test_they_are_what_the_library_makes_of_our_forecasts_and_errors():
    data = shops().rename(columns={"month": "ds", "sold": "y"})
    model = PretrainedLSTM(4, season_length=12)
    found = forecast_hierarchy(data, model, LEVELS, level=80)
    whole, summing, tags = aggregate(data, LEVELS)
    forecast = PretrainedLSTM(4, season_length=12).fit(whole).predict(level=80)
    known = model.predict_insample().dropna()
    made = HierarchicalReconciliation([MinTrace("mint_shrink")]).reconcile(
        Y_hat_df=forecast, S_df=summing, tags=tags, Y_df=known, level=[80]
    )
    for end in ("", "-lo-80", "-hi-80"):
        theirs = made[f"LSTM/MinTrace_method-mint_shrink{end}"]
        np.testing.assert_allclose(found[f"LSTM{end}"], theirs, rtol=1e-6)
    assert (found["LSTM-lo-80"] < found["LSTM"]).all()


def test_a_table_of_polars_comes_back_as_one():
    data = pl.from_pandas(shops().rename(columns={"month": "ds", "sold": "y"}))
    found = forecast_hierarchy(data, PretrainedLSTM(2, season_length=12), LEVELS)
    assert isinstance(found, pl.DataFrame)
    assert found.columns == ["unique_id", "ds", "LSTM"]


def test_wrong_calls_are_answered(monkeypatch):
    data, model = shops(), PretrainedLSTM(2)
    with pytest.raises(ConfigError, match="reconcile"):
        forecast_hierarchy(data, model, LEVELS, reconcile="best")
    with pytest.raises(ConfigError, match="lists of columns"):
        forecast_hierarchy(data, model, ["country", "shop"])
    with pytest.raises(DataError, match="no column 'town'"):
        forecast_hierarchy(data, model, [["town"]])
    names = {"time_col": "month", "target_col": "sold"}
    with pytest.raises(DataError, match='`reconcile="ols"`'):
        forecast_hierarchy(data.groupby("shop").head(9), model, LEVELS, **names)
    monkeypatch.setitem(__import__("sys").modules, "hierarchicalforecast", None)
    with pytest.raises(GatecastError, match=r"gatecast\[hierarchies\]"):
        forecast_hierarchy(data, model, LEVELS, **names)
