"""Are counts forecast by their distribution: whole numbers that hold as often as they say, wherever a model goes?"""

import numpy as np
import pandas as pd
import pytest

from gatecast import ConfigError, DataError, LSTMForecaster
from gatecast.network.inputs import COUNT_LOSSES
from made_series import forecaster

H, SMALL = 4, {"hidden_size": 8, "ensemble": 1, "lookback": 8, "season_length": 1}
LEVELS, QUANTILES = [50, 80, 95], [0.05, 0.5, 0.9]


def sold(n_series=30, n_points=90, seed=0):
    """Negative binomial sales around a rate of each series, from a piece in five months to a dozen a month."""
    rng = np.random.default_rng(seed)
    rates = np.exp(np.linspace(-1.6, 2.5, n_series))[:, None]
    y = rng.negative_binomial(2.0, 2.0 / (2.0 + rates), (n_series, n_points))
    ids = [f"part {k:02d}" for k in range(n_series)]
    months = pd.date_range("2015-01-01", periods=n_points, freq="MS")
    return pd.DataFrame({"unique_id": np.repeat(ids, n_points), "ds": np.tile(months, n_series), "y": y.ravel() * 1.0})


def of_whole_numbers(table):
    values = table.select_dtypes("number").drop(columns=["LSTM", "path"], errors="ignore").to_numpy()
    return bool((values == np.floor(values)).all() and (values >= 0).all())


@pytest.fixture(scope="module", params=COUNT_LOSSES)
def model(request):
    return forecaster(H, loss=request.param, epochs=30, **SMALL).fit(sold())


def test_intervals_quantiles_and_paths_are_whole_numbers(model):
    # beyond the trained horizon too, where intervals are wider
    found = model.predict(H + 3, level=LEVELS, quantiles=QUANTILES)
    assert of_whole_numbers(found)
    ends = [f"LSTM-lo-{level}" for level in LEVELS[::-1]] + [f"LSTM-hi-{level}" for level in LEVELS]
    assert (np.diff(found[ends].to_numpy(), axis=1) >= 0).all()
    assert (np.diff(found.filter(like="-ql").to_numpy(), axis=1) >= 0).all()
    paths = model.simulate(50, seed=1)
    assert (paths["LSTM"] == np.floor(paths["LSTM"])).all()
    assert (paths["LSTM"] >= 0).all()


def test_the_forecast_is_the_mean_of_the_distribution(model):
    rates = sold().groupby("unique_id")["y"].mean()
    found = model.predict().groupby("unique_id")["LSTM"].mean()
    # a small network knows rates from 0.2 to 12 within a third, and their sum within a tenth
    assert (np.abs(np.log(found / rates)) < 0.4).mean() > 0.9
    assert found.sum() == pytest.approx(rates.sum(), rel=0.1)
    paths = model.simulate(400, seed=0)
    np.testing.assert_allclose(paths.groupby("unique_id")["LSTM"].mean(), found, rtol=0.05, atol=0.02)


def test_files_and_streams_know_the_distribution(model, tmp_path):
    model.save(tmp_path / "model.gatecast")
    again = LSTMForecaster.load(tmp_path / "model.gatecast")
    asked = {"level": 80, "quantiles": QUANTILES}
    pd.testing.assert_frame_equal(again.predict(**asked), model.predict(**asked))
    pd.testing.assert_frame_equal(again.simulate(5, seed=3), model.simulate(5, seed=3))
    stream = again.stream("part 07")
    newer = pd.DataFrame({"unique_id": "part 07", "ds": [pd.Timestamp("2022-07-01")], "y": [3.0]})
    expected = model.predict(data=newer, level=80)
    np.testing.assert_allclose(stream.update(3.0), expected["LSTM"], rtol=1e-5)
    np.testing.assert_array_equal(stream.intervals(80)[1], expected["LSTM-hi-80"])


@pytest.mark.parametrize("loss", ["negative-binomial", "zero-inflated"])
def test_intervals_hold_nearly_as_often_as_they_say(loss):
    data = sold(n_points=200)
    learned_from = data[data["ds"] < data["ds"].max() - pd.Timedelta("1700D")]
    trained = forecaster(H, loss=loss, epochs=40, **SMALL).fit(learned_from)
    found = trained.evaluate(data).coverage
    # whole numbers hold a little more; a tenth of 1,600 forecasts has a standard error of 0.01
    assert 0.78 < found[80.0] < 0.9
    assert 0.93 < found[95.0] < 0.99


def test_paths_without_anything_held_out_are_drawn_step_by_step():
    fitted = forecaster(H, loss="poisson", epochs=2, validation_size=0, **SMALL).fit(sold())
    paths = fitted.simulate(40, seed=0)
    assert (paths["LSTM"] == np.floor(paths["LSTM"])).all()
    by_step = paths[paths["unique_id"] == "part 29"]["LSTM"].to_numpy().reshape(40, H)
    correlation = np.corrcoef(by_step.T)[np.triu_indices(H, 1)]
    # of 40 independent pairs it has a standard error of 0.16
    assert np.abs(correlation).max() < 0.6


def test_a_series_that_never_changed_stays_what_it_was():
    data = sold(6)
    data.loc[data["unique_id"] == "part 02", "y"] = 7.0
    found = forecaster(H, loss="zero-inflated", epochs=2, **SMALL).fit(data).predict(level=80, quantiles=[0.1])
    assert set(found.query("unique_id == 'part 02'").drop(columns=["unique_id", "ds"]).to_numpy().ravel()) == {7.0}


def test_missing_counts_are_skipped():
    data = sold(6)
    data.loc[5:9, "y"] = np.nan
    found = forecaster(H, loss="negative-binomial", epochs=2, **SMALL).fit(data).predict(level=80)
    assert np.isfinite(found["LSTM-hi-80"]).all()


def test_counts_with_many_zeros_get_their_distribution_and_the_record_says_why():
    data = sold(8)
    data = data[data["unique_id"] < "part 04"]
    fitted = forecaster(H, epochs=2, **SMALL).fit(data)
    record = fitted.fitted_.record
    assert record.plan.loss == "zero-inflated"
    (said,) = [one for one in record.decisions if one.code == "decision.counts"]
    assert "whole numbers with many zeros" in str(said)
    assert of_whole_numbers(fitted.predict(level=80))
    # a loss that was asked for needs no reason, and another scaling has no distribution
    asked = forecaster(H, loss="poisson", epochs=1, **SMALL).fit(data).fitted_.record
    assert "decision.counts" not in [one.code for one in asked.decisions]
    assert forecaster(H, epochs=1, scaling="standard", **SMALL).fit(data).fitted_.record.plan.loss == "mse"


def test_other_numbers_among_counts_have_no_distribution():
    data = sold(8)
    data.loc[data["unique_id"] == "part 07", "y"] += 0.5
    data = data[(data["unique_id"] < "part 04") | (data["unique_id"] == "part 07")]
    fitted = forecaster(H, epochs=1, **SMALL).fit(data)
    assert fitted.fitted_.record.plan.loss == "mse"


def test_many_short_series_are_trained_and_few_are_not():
    data = sold(40, 40)
    many, few = (data[data["unique_id"] < name] for name in ("part 14", "part 08"))
    settings = {"progress": False, "season_length": 1, "n_threads": 1}
    assert LSTMForecaster(H, **settings).fit(few).fitted_.record.is_pretrained
    trained = LSTMForecaster(H, **settings).fit(many).fitted_
    assert trained.ensemble.first.loss.loss == "zero-inflated"
    # of fewer than three horizons there is too little to learn from
    assert LSTMForecaster(14, **settings).fit(many).fitted_.record.is_pretrained


def test_learning_on_keeps_the_distribution():
    data = sold(10)
    first = data[data["ds"] < "2021-06-01"]
    fitted = forecaster(H, loss="zero-inflated", epochs=3, **SMALL).fit(first)
    more = fitted.update(data[data["ds"] >= "2021-06-01"])
    assert of_whole_numbers((fitted if more is None else more).predict(level=80))


@pytest.mark.parametrize(("value", "named"), [(-1.0, "-1 of series 'part 01'"), (0.5, "0.5 of series 'part 01'")])
def test_what_is_no_count_is_refused(value, named):
    data = sold(3)
    data.loc[100, "y"] = value
    with pytest.raises(DataError, match='`loss="poisson"` is the likelihood of counts') as caught:
        forecaster(H, loss="poisson", epochs=1, **SMALL).fit(data)
    assert named in str(caught.value)


@pytest.mark.parametrize("wrong", [{"transform": "log1p"}, {"scaling": "standard"}, {"scaling": "minmax"}])
def test_what_makes_other_numbers_of_counts_is_refused(wrong):
    with pytest.raises(ConfigError, match="takes counts as they are"):
        forecaster(H, loss="negative-binomial", **SMALL, **wrong).fit(sold(3))
