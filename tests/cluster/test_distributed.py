"""Does one call forecast all partitions of a table, and learn from the sample that was asked for?

The engine is a list of pandas tables, as its own users may write one; real engines are in `tests/cluster/real_*.py`.
Oracles: the functions for partitions, and hashes that are counted by hand.
"""

import json
import pickle
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from cluster.made_frames import monthly, sorted_rows
from gatecast import ConfigError, DataError, LSTMForecaster, PretrainedLSTM, Training, distributed, partition
from gatecast.distributed import sampling
from gatecast.distributed.engines import engine_of
from gatecast.texts.message import Message

FRAME = monthly(24)
ZERO_SHOT = PretrainedLSTM(horizon=3, season_length=12)
QUICK = LSTMForecaster(
    3, hidden_size=4, lookback=24, pretrained="none", ensemble=1, training=Training(epochs=1), progress=False
)


@dataclass
class Partitions:
    """Tables that stand for partitions, and what was done to them."""

    frame: list
    calls: list = field(default_factory=list)

    def types(self):
        return dict(self.frame[0].dtypes)

    def map(self, function, made, columns, keys=(), n_partitions=None, content=None):
        # as on the way to a worker
        function = pickle.loads(pickle.dumps(function))
        parts = [part[list(columns)] for part in self.frame]
        if keys:
            n = n_partitions or len(parts)
            whole = pd.concat(parts)
            place = whole.groupby(list(keys)).ngroup() % n
            parts = [whole[place == k] for k in range(n)]
        tables = [function(part, *(() if content is None else (content,))) for part in parts]
        for table in tables:
            assert table.dtypes.to_dict() == made.dtypes
        self.calls.append((keys, content))
        return Partitions(tables, self.calls)

    def collect(self):
        return pd.concat(self.frame, ignore_index=True)


def scattered(frame=FRAME, n=4):
    """Deal the rows of all series out to partitions."""
    return Partitions([frame.iloc[k::n] for k in range(n)])


def joined(tables):
    return sorted_rows(pd.concat(tables))


def test_each_partition_is_forecast_without_training():
    table = scattered()
    forecast = distributed.forecast(table, ZERO_SHOT, level=80, freq="MS", n_partitions=3)
    assert len(forecast) == 3
    expected = partition.forecast(FRAME, 3, 80, season_length=12, freq="MS")
    points = ["unique_id", "ds", "LSTM"]
    pd.testing.assert_frame_equal(joined(forecast)[points], expected[points], rtol=1e-6)
    assert table.calls == [(("unique_id",), None)]


def test_whole_partitions_are_not_shuffled():
    table = Partitions([rows for _, rows in FRAME.groupby("unique_id")][:3])
    forecast = distributed.forecast(table, ZERO_SHOT, freq="MS", is_whole=True)
    assert table.calls == [((), None)]
    assert [part["unique_id"].unique().tolist() for part in forecast] == [["s000"], ["s001"], ["s002"]]


def test_one_model_learns_from_a_sample_and_forecasts_all():
    table = scattered()
    forecast = distributed.forecast(table, QUICK, level=80, sample=6)
    model = distributed.fit(table, QUICK, sample=6)
    drawn = model.fitted_.after.ids.tolist()
    assert len(drawn) == 6
    own = LSTMForecaster.from_settings(QUICK.settings).fit(
        sorted_rows(FRAME[FRAME["unique_id"].isin(drawn)]), target_col="y"
    )
    expected = partition.predict_with(partition.model_bytes(own), FRAME, 80)
    pd.testing.assert_frame_equal(joined(forecast), expected, rtol=1e-5)
    keys, content = table.calls[3]
    assert keys == ("unique_id",)
    assert content[:8] == partition.model_bytes(model)[:8]


def test_a_fitted_model_forecasts_all():
    model = LSTMForecaster.from_settings(QUICK.settings).fit(monthly(3, first=90), target_col="y")
    forecast = distributed.forecast(scattered(), model, quantiles=0.9)
    expected = partition.predict_with(partition.model_bytes(model), FRAME, quantiles=0.9)
    pd.testing.assert_frame_equal(joined(forecast), expected, rtol=1e-6)


def test_pretrained_networks_take_season_and_widths_from_a_sample():
    forecast = distributed.forecast(scattered(), PretrainedLSTM(3), level=80, sample=12)
    model = distributed.fit(scattered(), PretrainedLSTM(3), sample=12)
    assert model.fitted_.season_length == 12
    pd.testing.assert_frame_equal(
        joined(forecast), partition.predict_with(partition.model_bytes(model), FRAME, 80), rtol=1e-6
    )


def test_a_model_for_each_group():
    forecast = distributed.forecast(scattered(), ZERO_SHOT, by="region")
    expected = partition.fit_predict(FRAME, ZERO_SHOT, by="region")
    by = ("region", "unique_id", "ds")
    pd.testing.assert_frame_equal(sorted_rows(pd.concat(forecast), by), sorted_rows(expected, by), rtol=1e-6)


def test_the_record_says_what_was_drawn():
    table = scattered()
    told = distributed.fit(table, ZERO_SHOT, sample=5, seed=3).fitted_.record.decisions[-1]
    assert told == Message("decision.sampled", {"n": 5, "n_all": 24, "seed": 3})
    model = distributed.fit(table, ZERO_SHOT, sample=6, strata="region")
    assert str(model.fitted_.record.decisions[-1]) == (
        "The model learned from 6 of 24 series, as many of each value of 'region', drawn by the hash of their names "
        "(seed 0)."
    )
    again = partition._unpacked(partition.model_bytes(model))
    assert again.decisions_ == model.decisions_


def test_the_sample_is_the_same_however_rows_are_scattered():
    drawn = [set(distributed.fit(scattered(n=n), ZERO_SHOT, sample=7).fitted_.after.ids) for n in (1, 3, 4)]
    assert drawn[0] == drawn[1] == drawn[2]
    other = set(distributed.fit(scattered(), ZERO_SHOT, sample=7, seed=1).fitted_.after.ids)
    assert other != drawn[0]


def test_as_many_series_come_from_each_stratum_and_smaller_ones_whole():
    size = FRAME["unique_id"].map({f"s{s:03d}": "large" if s > 2 else "small" for s in range(24)})
    frame = FRAME.assign(size=size)
    drawn = sampling.draw(scattered(frame), ["unique_id", "ds", "y"], "unique_id", 10, ["size"])
    counts = drawn.rows.groupby("size")["unique_id"].nunique()
    assert counts.to_dict() == {"large": 7, "small": 3}
    # whole series
    assert (drawn.rows.groupby("unique_id").size() == 48).all()
    assert (drawn.n_series, drawn.n_known) == (10, 24)


def test_more_series_than_there_are():
    drawn = sampling.draw(scattered(), ["ds", "y"], "unique_id", 100)
    assert len(drawn.rows) == len(FRAME)


def test_the_number_of_many_series_is_estimated(monkeypatch):
    monkeypatch.setattr(sampling, "SKETCH", 200)
    n = 3000
    frame = pd.DataFrame({"unique_id": [f"s{s}" for s in range(n)], "y": 1.0})
    drawn = sampling.draw(scattered(frame), ["unique_id", "y"], "unique_id", 900)
    # five standard errors of 1 / sqrt(198)
    assert abs(drawn.n_known - n) < 5 * n / np.sqrt(198)
    # exactly those with the smallest hashes
    assert abs(drawn.n_series - 900) <= 0
    smallest = frame["unique_id"][np.argsort(sampling.hashes(frame["unique_id"], 0))[:900]]
    assert set(drawn.rows["unique_id"]) == set(smallest)


def test_hashes_are_uniform_and_the_same_for_numbers_and_texts():
    names = pd.Series(np.arange(4000))
    found = sampling.hashes(names, 0)
    np.testing.assert_array_equal(found, sampling.hashes(names.astype(str), 0))
    # the largest distance from a uniform distribution (Kolmogorov-Smirnov), of which one in a million is above 2.7
    distance = np.abs(np.sort(found) - np.arange(4000) / 4000).max()
    assert distance * np.sqrt(4000) < 2.7


def test_covariates_and_columns_of_strata_are_kept_apart():
    frame = FRAME.assign(price=np.random.default_rng(0).normal(size=len(FRAME)), other=1)
    model = LSTMForecaster.from_settings(QUICK.settings).set_params(past=["price"])
    fitted = distributed.fit(scattered(frame), model, sample=6, strata=["region"])
    assert list(fitted.fitted_.after.past) == ["price"]
    assert not model.__sklearn_is_fitted__()


WRONG = {
    "a table of one machine": (
        lambda: distributed.forecast(FRAME, ZERO_SHOT),
        "`frame` has the type DataFrame of pandas",
    ),
    "no model": (lambda: distributed.forecast(scattered(), 12), "`model` has the type int"),
    "a wrong setting": (lambda: distributed.forecast(scattered(), LSTMForecaster(0)), "`horizon` must be"),
    "no such column": (lambda: distributed.forecast(scattered(), ZERO_SHOT, id_col="shop"), "no column 'shop'"),
    "no such group": (lambda: distributed.forecast(scattered(), ZERO_SHOT, by="shop"), "no column 'shop'"),
    "no such stratum": (lambda: distributed.fit(scattered(), ZERO_SHOT, strata="shop"), "no column 'shop'"),
    "no such target": (lambda: distributed.forecast(scattered(), ZERO_SHOT, target_col="z"), "no column 'z'"),
    "no such covariate": (lambda: distributed.forecast(scattered(), LSTMForecaster(3, past=["z"])), "no column 'z'"),
    "a size of nothing": (lambda: distributed.fit(scattered(), ZERO_SHOT, sample=0), "`sample` must be"),
    "a seed below 0": (lambda: distributed.fit(scattered(), ZERO_SHOT, seed=-1), "`seed` must be"),
    "no partitions": (lambda: distributed.forecast(scattered(), ZERO_SHOT, n_partitions=0), "`n_partitions` must be"),
    "no flag": (lambda: distributed.forecast(scattered(), ZERO_SHOT, is_whole=2), "`is_whole` must be"),
    "a sample of groups": (
        lambda: distributed.forecast(scattered(), QUICK, by="region", sample=3),
        "`sample` or `strata` was passed with `by=",
    ),
    "a level of Nixtla's": (lambda: distributed.forecast(scattered(), ZERO_SHOT, levels=80), "is called `level` here"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_calls_are_told(wrong):
    call, told = WRONG[wrong]
    with pytest.raises(ConfigError, match=told):
        call()


def test_a_fitted_model_learns_from_nothing():
    model = LSTMForecaster.from_settings(QUICK.settings).fit(monthly(3), target_col="y")
    with pytest.raises(ConfigError, match="`sample` or `strata` was passed with a fitted model"):
        distributed.forecast(scattered(), model, sample=3)
    with pytest.raises(ConfigError, match="A fitted model was passed with `by="):
        distributed.forecast(scattered(), model, by="region")
    with pytest.raises(ConfigError, match="`sample` or `strata` was passed with a fitted model"):
        distributed.fit(scattered(), model)


def test_texts_for_times_are_told_before_anything_is_computed():
    table = scattered(FRAME.assign(ds=FRAME["ds"].astype(str).astype("string")))
    with pytest.raises(DataError, match="Column 'ds' holds texts of the type string"):
        distributed.forecast(table, ZERO_SHOT)
    assert table.calls == []


def test_messages_can_be_stored():
    told = distributed.fit(scattered(), ZERO_SHOT, sample=6, strata="region").fitted_.record.decisions[-1]
    assert Message.from_dict(json.loads(json.dumps(told.to_dict()))) == told


def test_own_engines_are_taken():
    table = scattered()
    assert engine_of(table) is table
