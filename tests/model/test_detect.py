"""Which points does `detect` call anomalies, how often wrongly, and is a stream told the same?"""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest

from gatecast import ConfigError, DataError, LSTMForecaster, PretrainedLSTM, Training, datasets

COLUMNS = ["expected", "lower", "upper", "score", "anomaly"]


def wave(n=240, noise=0.3, seed=0):
    rng = np.random.default_rng(seed)
    return 20 + 3 * np.sin(np.arange(n) * np.pi / 3) + noise * rng.normal(size=n)


def found_at(table, time="ds"):
    return table.loc[table["anomaly"], time].tolist()


@pytest.fixture(scope="module")
def at_once():
    return PretrainedLSTM(horizon=2, season_length=6).fit(wave())


@pytest.fixture(scope="module")
def trained():
    settings = {"season_length": 6, "pretrained": "none", "progress": False, "hidden_size": 8}
    model = LSTMForecaster(2, lookback=12, **settings, training=Training(epochs=15, ema_decay=0.9))
    return model.fit(wave(600))


@pytest.mark.parametrize("kind", ["ets", "components", "gaussian_process"])
def test_false_alarms_are_kept_on_clean_series(kind):
    data = datasets.made(kind, n=8, n_points=250, season_length=12, seed=4)
    found = PretrainedLSTM(horizon=1, season_length=12).fit(data).detect(false_alarms=0.05)
    judged = found["score"].notna()
    assert judged.sum() > 1800
    assert 0.03 < found["anomaly"][judged].mean() < 0.07
    outside = (found["y"] < found["lower"]) | (found["y"] > found["upper"])
    pd.testing.assert_series_equal(outside, found["anomaly"], check_names=False)
    assert ((found["score"] > -np.log10(0.05)) == found["anomaly"])[judged].all()


def test_a_spike_is_found_and_what_follows_it_is_not_blamed(at_once):
    y = wave(seed=1)
    y[150] += 12
    found = at_once.detect(y)
    assert 150 in found_at(found)
    assert not found["anomaly"][151:165].any()
    assert found["score"][150] > 4


def test_a_shift_of_the_level_is_found_where_it_begins(at_once):
    y = wave(seed=2)
    y[150:] += 8
    found = found_at(at_once.detect(y))
    assert 150 in found
    # a new level is not an anomaly for ever
    assert sum(t > 160 for t in found) <= 3


def test_a_season_that_is_missing_is_found(at_once):
    y = wave(noise=0.1, seed=3)
    y[150:156] = 20
    assert sum(150 <= t < 156 for t in found_at(at_once.detect(y))) >= 3


def test_no_later_point_counts(trained):
    y = wave(700, seed=5)
    changed = y.copy()
    changed[650:] += 30
    before, after = trained.detect(y), trained.detect(changed)
    pd.testing.assert_frame_equal(before[:650], after[:650])


def test_the_table_is_the_users_own():
    days = pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 4, 29), eager=True)
    table = pl.DataFrame({"shop": ["a"] * 120, "day": days, "sold": wave(120)})
    table = table.with_columns(sold=pl.when(pl.col("day") == pl.date(2024, 3, 1)).then(None).otherwise("sold"))
    found = PretrainedLSTM(horizon=1, season_length=6).fit(table, id_col="shop").detect()
    assert found.columns == ["shop", "day", "sold", *COLUMNS]
    assert found["anomaly"].dtype == pl.Boolean
    gap = found.filter(pl.col("sold").is_nan())
    assert (gap.height, gap["anomaly"].to_list(), np.isfinite(gap["expected"][0])) == (1, [False], True)
    assert np.isnan(gap["score"][0])


@pytest.mark.parametrize("which", ["at_once", "trained"])
@pytest.mark.parametrize("transform", ["", "difference"])
def test_a_stream_is_told_what_a_table_is(which, transform, request):
    model = request.getfixturevalue(which)
    if transform and which == "trained":
        model = LSTMForecaster(1, lookback=6, transform=transform, pretrained="none", progress=False, hidden_size=4)
        model.set_params(training__epochs=2).fit(wave(300))
    n = int(model.fitted_.lengths[0])
    newer = wave(n + 60, seed=6)[n:]
    newer[20], newer[30] = newer[20] + 9, np.nan
    table = model.detect(pd.DataFrame({"ds": np.arange(n, n + 60), "y": newer}))
    stream, told = model.stream(), []
    for t, value in enumerate(newer):
        if t == 25:
            stream = pickle.loads(pickle.dumps(stream))
        told.append(stream.detect(value))
    assert table["anomaly"].sum() >= 1
    for name in COLUMNS:
        np.testing.assert_allclose([getattr(one, name) for one in told], table[name], rtol=1e-5, err_msg=name)


def test_newer_rows_follow_the_training_part(trained):
    y = wave(640, seed=7)
    newer = trained.detect(y[600:])
    assert newer["score"].notna().all()
    # arrays have no times of their own
    assert newer["ds"].tolist() == list(range(40))


def test_a_share_of_false_alarms_is_a_share(at_once):
    for wrong in (0, 1, 0.6, -0.1, "1 %", None):
        with pytest.raises(ConfigError, match="false_alarms"):
            at_once.detect(false_alarms=wrong)
    with pytest.raises(ConfigError, match="false_alarms"):
        at_once.stream().detect(20.0, false_alarms=5)


def test_a_wrong_value_leaves_a_stream_as_it_was(at_once):
    stream, other = at_once.stream(), at_once.stream()
    with pytest.raises(DataError, match="finite"):
        stream.detect(np.inf)
    assert stream.detect(50.0) == other.detect(50.0)
    assert stream.detect(20.0) == other.detect(20.0)


def test_a_loaded_model_asks_for_data(trained, tmp_path):
    trained.save(tmp_path / "model")
    loaded = LSTMForecaster.load(tmp_path / "model")
    with pytest.raises(DataError, match=r"detect\(data\)"):
        loaded.detect()
    assert len(loaded.detect(wave(620, seed=8)[600:])) == 20


def test_a_column_of_the_same_name_is_refused():
    model = PretrainedLSTM(horizon=1).fit(pd.DataFrame({"ds": range(60), "score": wave(60)}))
    with pytest.raises(DataError, match="'score'"):
        model.detect()


def test_a_series_that_never_changed_is_no_error():
    found = PretrainedLSTM(horizon=1, season_length=1).fit([5.0] * 60).detect()
    assert not found["anomaly"].any()
    stream = PretrainedLSTM(horizon=1, season_length=1).fit([5.0] * 60).stream()
    assert [stream.detect(value).anomaly for value in (5.0, 5.0)] == [False, False]
    assert np.isfinite(stream.detect(9.0).score)


def test_counts_with_many_zeros_keep_their_rate():
    rng = np.random.default_rng(0)
    sold = np.where(rng.random(400) < 0.1, rng.poisson(3, 400) + 1, 0).astype(float)
    found = PretrainedLSTM(horizon=1, season_length=1).fit(sold).detect(false_alarms=0.02)
    assert found["anomaly"].mean() < 0.04
