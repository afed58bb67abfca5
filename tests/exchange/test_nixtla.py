"""Do Nixtla's tools for errors, hierarchies and transforms read tables and panels of ours, as the page says?"""

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from coreforecast.grouped_array import GroupedArray
from coreforecast.scalers import LocalStandardScaler
from hierarchicalforecast.core import HierarchicalReconciliation
from hierarchicalforecast.methods import BottomUp, MinTrace
from hierarchicalforecast.utils import aggregate
from utilsforecast.evaluation import evaluate
from utilsforecast.losses import mae, rmse

from exchange.page import run_sections
from gatecast import PretrainedLSTM, to_panel, train_test_split
from made_series import table

MODEL = PretrainedLSTM(6, season_length=12)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_utilsforecast_measures_our_forecasts(library: str) -> None:
    data = table(80) if library == "pandas" else pl.from_pandas(table(80))
    train, test = train_test_split(data, test_size=6)
    joined = MODEL.fit(train).predict()
    merged = test.merge(joined) if library == "pandas" else test.join(joined, on=["unique_id", "ds"])
    measured = evaluate(merged, metrics=[mae, rmse])
    errors = (merged["y"] - merged["LSTM"]).to_numpy().reshape(2, 6)
    expected = [*np.abs(errors).mean(axis=1), *np.sqrt((errors**2).mean(axis=1))]
    np.testing.assert_allclose(measured["LSTM"].to_numpy(), expected)


def test_hierarchicalforecast_makes_our_forecasts_add_up() -> None:
    shops = table(80, ids=("a", "b", "c"))
    shops["region"] = shops["unique_id"].map({"a": "north", "b": "north", "c": "south"})
    shops = shops.assign(country="all").rename(columns={"unique_id": "shop"})
    levels = [["country"], ["country", "region"], ["country", "region", "shop"]]
    data, summing, tags = aggregate(shops, levels)
    forecast = MODEL.fit(data).predict()
    # each level is forecast by itself
    whole, parts = (forecast[forecast["unique_id"].isin(tags[level])] for level in ("country", "country/region/shop"))
    assert np.abs(whole["LSTM"].to_numpy() - parts.groupby("ds")["LSTM"].sum().to_numpy()).max() > 1e-6
    methods = HierarchicalReconciliation([BottomUp(), MinTrace("ols")])
    made = methods.reconcile(Y_hat_df=forecast, S_df=summing, tags=tags)
    for method in ("LSTM/BottomUp", "LSTM/MinTrace_method-ols"):
        wide = made.pivot_table(index="ds", columns="unique_id", values=method)
        for level in ("country/region", "country/region/shop"):
            np.testing.assert_allclose(wide[tags[level]].sum(axis=1), wide["all"], rtol=1e-9)


def test_coreforecast_transforms_a_panel() -> None:
    panel = to_panel(table(50))
    groups = GroupedArray(panel.values, panel.offsets.astype(np.int32))
    scaled = LocalStandardScaler().fit_transform(groups)
    for s in range(panel.n_series):
        own = panel.series(s)
        np.testing.assert_allclose(scaled[panel.offsets[s] : panel.offsets[s + 1]], (own - own.mean()) / own.std())
    assert isinstance(MODEL.fit(panel).predict(), pd.DataFrame)


def test_examples_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_sections("ONNX", "utilsforecast, hierarchicalforecast, coreforecast")
