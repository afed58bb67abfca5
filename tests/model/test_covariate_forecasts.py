"""Are covariates used: does a forecast become far better where one decides everything, and is what lacks named?"""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from gatecast import ConfigError, DataError, LSTMForecaster
from gatecast.data.features.encoding import CategoryColumn
from made_series import COVARIATES, SMALL, forecaster, with_covariates

TRAINED: dict[str, Any] = {"hidden_size": 16, "lookback": 8, "epochs": 150, "progress": False, "transform": "none"}
N, H = 400, 5
DAYS = pd.date_range("2023-01-01", periods=N + 60, freq="D")


def decided_by(kind: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """A series that a covariate decides, which without it is noise; returns the settings too."""
    rng = np.random.default_rng(1)
    n = N + 60
    noise = rng.normal(0, 0.1, n)
    data = pd.DataFrame({"unique_id": "a", "ds": DAYS})
    if kind == "number":
        data["x"] = rng.normal(50, 20, n)
        return data.assign(y=data["x"] / 10 + noise), {"future": ["x"]}
    if kind == "flag":
        data["x"] = rng.random(n) < 0.5
        return data.assign(y=4.0 * data["x"] + noise), {"future": ["x"]}
    if kind == "category":
        data["x"] = rng.choice(["low", "middle", "high"], n)
        return data.assign(y=data["x"].map({"low": 0.0, "middle": 5.0, "high": 9.0}) + noise), {"future": ["x"]}
    if kind == "past":
        # what was observed today comes to the target tomorrow
        data["x"] = rng.normal(0, 1, n)
        return data.assign(y=3 * data["x"].shift(1, fill_value=0.0) + noise), {"past": ["x"]}
    if kind == "calendar":
        return data.assign(y=5.0 * (data["ds"].dt.day_of_week >= 5) + noise), {"calendar": True, "season_length": 1}
    by_series = [data.assign(unique_id=str(k), level=float(k % 2)) for k in range(6)]
    both = pd.concat(by_series, ignore_index=True)
    # a step that comes on the same random days, upwards in one half of the series and downwards in the other
    step = np.tile(rng.random(n) < 0.3, 6)
    data = both.assign(x=step, y=np.where(step, 4.0 * (2 * both["level"] - 1), 0.0) + rng.normal(0, 0.1, 6 * n))
    if kind == "static number":
        return data, {"future": ["x"], "static": ["level"]}
    return data.assign(level=np.where(data["level"] > 0, "up", "down")), {"future": ["x"], "static": ["level"]}


def mae_ahead(data: pd.DataFrame, settings: dict[str, Any], horizon: int) -> float:
    model = forecaster(horizon=horizon, **TRAINED | settings).fit(data[data["ds"] < DAYS[N]])
    return model.evaluate(data).mae


@pytest.mark.parametrize(
    ("kind", "horizon"),
    [("number", H), ("flag", H), ("category", H), ("past", 1)],
)
def test_covariate_that_decides_everything_makes_the_forecast_far_better(kind: str, horizon: int) -> None:
    data, settings = decided_by(kind)
    # noise of 0.1 remains, whose mean absolute error is 0.08
    assert mae_ahead(data, settings, horizon) < 0.35 * mae_ahead(data, {}, horizon)


def test_calendar_says_what_no_history_does() -> None:
    data, settings = decided_by("calendar")
    model = forecaster(horizon=1, **TRAINED | settings | {"lookback": 5}).fit(data[data["ds"] < DAYS[N]])
    # two new series of the same five numbers: after one comes a Saturday, after the other a Thursday
    quiet = np.random.default_rng(2).normal(0, 0.1, 5)
    new = [
        pd.DataFrame({"unique_id": name, "ds": pd.date_range(end=end, periods=5), "y": quiet})
        for name, end in (("friday", "2024-01-12"), ("wednesday", "2024-01-10"))
    ]
    forecast = model.predict(data=pd.concat(new))["LSTM"].to_numpy()
    # they are scaled by their own spread, so that the height of a weekend is not known, but that it is higher
    assert forecast[0] > forecast[1] + 3 * quiet.std()


@pytest.mark.parametrize("kind", ["static number", "static category"])
def test_static_column_says_what_no_history_does(kind: str) -> None:
    data, settings = decided_by(kind)
    up, down = data["level"].max(), data["level"].min()
    model = forecaster(horizon=1, **TRAINED | settings).fit(data[data["ds"] < DAYS[N]])
    # two new series in which no step came yet
    quiet = pd.DataFrame({"ds": DAYS[:20], "y": 0.0, "x": False})
    new = pd.concat([quiet.assign(unique_id=i, level=level) for i, level in (("p", up), ("q", down))])
    ahead = pd.DataFrame({"unique_id": ["p", "q"], "ds": DAYS[20], "x": True})
    known = new.assign(y=new["y"] + np.random.default_rng(2).normal(0, 0.1, 40))
    forecast = model.predict(data=known, future=ahead)["LSTM"] / (known.groupby("unique_id")["y"].std().to_numpy())
    # new series are scaled by their own history, so that the size of the step is not known, but its direction is
    assert forecast[0] > 1
    assert forecast[1] < -1


def test_holidays_are_known_ahead() -> None:
    pytest.importorskip("holidays")
    import holidays

    days = pd.date_range("2018-01-01", "2023-12-31", freq="D")
    free = holidays.country_holidays("DE", years=range(2018, 2024))
    is_free = np.array([day in free for day in days.date])
    y = 10 - 8.0 * is_free + np.random.default_rng(0).normal(0, 0.1, len(days))
    data = pd.DataFrame({"ds": days, "y": y})
    train = data[:-40]
    errors = {}
    for country in (None, "DE"):
        settings = TRAINED | {"epochs": 60, "season_length": 1}
        model = forecaster(horizon=40, country=country, **settings).fit(train)
        forecast = model.predict()["LSTM"].to_numpy()
        errors[country] = np.abs(forecast - y[-40:])[is_free[-40:]].mean()
    # Christmas is in these 40 days; a holiday is an error of 8 without the calendar
    assert is_free[-40:].sum() >= 2
    assert errors["DE"] < 0.4 * errors[None]


@pytest.fixture(scope="module")
def model() -> LSTMForecaster:
    data = with_covariates(260)
    return forecaster(horizon=4, **SMALL | COVARIATES).fit(data[data["ds"] < "2024-08-01"])


def ahead(begin: str = "2024-08-01", n: int = 4) -> pd.DataFrame:
    data = with_covariates(260)[["unique_id", "ds", "price", "is_open", "weather"]]
    return data[(data["ds"] >= begin) & (data["ds"] < pd.Timestamp(begin) + pd.Timedelta(days=n))]


def test_forecast_follows_what_is_known_ahead(model: LSTMForecaster) -> None:
    usual = model.predict(future=ahead())["LSTM"].to_numpy()
    last = ahead()["ds"] == "2024-08-04"
    other = model.predict(future=ahead().assign(price=ahead()["price"] + 5.0 * last))["LSTM"].to_numpy()
    is_last = np.tile([False, False, False, True], 2)
    # the price of a day belongs to that day's forecast alone
    np.testing.assert_array_equal(usual[~is_last], other[~is_last])
    assert (usual[is_last] != other[is_last]).all()


def test_order_and_further_rows_and_columns_of_the_future_do_not_matter(model: LSTMForecaster) -> None:
    expected = model.predict(future=ahead())
    shuffled = with_covariates(260).sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(model.predict(future=shuffled), expected)
    polars = model.predict(future=pl.DataFrame(ahead().to_dict("list")))
    pd.testing.assert_frame_equal(polars, expected)


def test_missing_future_rows_are_named_with_column_series_and_days(model: LSTMForecaster) -> None:
    with pytest.raises(DataError, match=r"No future rows were passed.*'price', 'is_open', 'weather'.*2024-08-01"):
        model.predict()
    incomplete = ahead()
    gone = (incomplete["unique_id"] == "b") & (incomplete["ds"] == "2024-08-03")
    with pytest.raises(DataError, match=r"lack 3 values: 'price', 'is_open', 'weather' of series 'b' at 2024-08-03"):
        model.predict(future=incomplete[~gone])
    with pytest.raises(DataError, match=r"lack 1 value: 'price' of series 'b' at 2024-08-03"):
        model.predict(future=incomplete.assign(price=incomplete["price"].mask(gone)))
    with pytest.raises(DataError, match="lack the column 'weather'"):
        model.predict(future=incomplete.drop(columns="weather"))
    # beyond the trained horizon more days are needed
    with pytest.raises(DataError, match=r"2024-08-05"):
        model.predict(6, future=ahead())


def test_unknown_category_is_forecast_as_unknown(model: LSTMForecaster) -> None:
    with pytest.warns(UserWarning, match="'weather' holds 'hail', which was not in .*'rain', 'snow', 'sun'"):
        hail = model.predict(future=ahead().assign(weather="hail"))["LSTM"]
    with pytest.warns(UserWarning, match="'weather' holds 'frogs'"):
        other = model.predict(future=ahead().assign(weather="frogs"))["LSTM"]
    assert np.isfinite(hail).all()
    np.testing.assert_array_equal(hail, other)
    assert (hail != model.predict(future=ahead().assign(weather="rain"))["LSTM"]).any()


def test_future_for_a_model_that_knows_nothing_ahead_is_refused() -> None:
    data = with_covariates(100)
    plain = forecaster(horizon=4, **SMALL).fit(data)
    with pytest.raises(ConfigError, match=r"learned from no column that is known ahead.*leave it out"):
        plain.predict(future=data)


def test_stream_of_a_model_with_covariates_is_refused(model: LSTMForecaster) -> None:
    with pytest.raises(ConfigError, match=r"learned from covariates.*predict\(data="):
        model.stream("a")


def test_new_series_brings_its_own_covariates(model: LSTMForecaster) -> None:
    new = with_covariates(120, ids=("x",)).assign(region="west")
    known = new[new["ds"] < "2024-04-01"]
    forecast = model.predict(data=known, future=new, level=80)
    assert forecast["unique_id"].tolist() == ["x"] * 4
    assert np.isfinite(forecast.iloc[:, 2:].to_numpy(float)).all()
    # and its static columns, which nobody else knows
    with pytest.raises(DataError, match="region"):
        model.predict(data=known.drop(columns="region"), future=new)


def test_newer_rows_need_no_static_columns_of_known_series(model: LSTMForecaster) -> None:
    data = with_covariates(260)
    newer = data[(data["ds"] >= "2024-08-01") & (data["ds"] < "2024-08-20")]
    whole = data[data["ds"] < "2024-08-20"]
    expected = model.predict(data=whole, future=data)
    pd.testing.assert_frame_equal(model.predict(data=newer, future=data), expected)
    pd.testing.assert_frame_equal(model.predict(data=newer.drop(columns=["size", "region"]), future=data), expected)


def test_newer_rows_with_missing_past_values_go_on_from_the_last_ones(model: LSTMForecaster) -> None:
    data = with_covariates(260)
    hole = (data["ds"] >= "2024-08-01") & (data["ds"] < "2024-08-04")
    data["visitors"] = data["visitors"].astype(float).mask(hole)
    newer = data[(data["ds"] >= "2024-08-01") & (data["ds"] < "2024-08-20")]
    whole = data[data["ds"] < "2024-08-20"]
    one, two = (model.predict(data=d, future=data)["LSTM"] for d in (newer, whole))
    np.testing.assert_array_equal(one, two)


def test_column_that_is_not_there_is_named() -> None:
    with pytest.raises((DataError, ConfigError), match="prise"):
        forecaster(**SMALL, future=["prise"]).fit(with_covariates(100))
    with pytest.raises(ConfigError, match="target"):
        forecaster(**SMALL, past=["y"]).fit(with_covariates(100))
    with pytest.raises(ConfigError, match="stands twice"):
        forecaster(**SMALL, past=["price"], future=["price"]).fit(with_covariates(100))
    with pytest.raises(ConfigError, match="XX"):
        forecaster(**SMALL, country="XX").fit(with_covariates(100))


@pytest.mark.parametrize("column", ["number", "category"])
def test_few_new_rows_are_read_on_like_all_at_once(column: str) -> None:
    """Fewer new rows than the longest season were once cut out of too short a table where one kind was lacking."""
    data, settings = decided_by(column)
    train, new, ahead = data[:N], data[N : N + 3], data[N + 3 : N + 3 + H].drop(columns="y")
    model = forecaster(horizon=H, season_length=30, **SMALL | settings).fit(train)
    followed = model.predict(data=new, future=ahead)
    whole = model.predict(data=data[: N + 3], future=ahead)
    # the state is carried over in float32, once from the training part and once from the beginning
    np.testing.assert_allclose(followed["LSTM"], whole["LSTM"], rtol=1e-4, atol=1e-4)


def test_categories_of_newer_rows_are_encoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    days = pd.date_range("2024-01-01", periods=90)
    data = pd.DataFrame({"ds": days, "y": np.arange(90.0) % 7, "shop": "a", "day": [f"d{t % 7}" for t in range(90)]})
    model = forecaster(**SMALL | {"horizon": 2, "past": ["day"], "future": ["shop"]}).fit(data[:80])
    calls: list[str] = []
    encode = CategoryColumn.encode
    monkeypatch.setattr(CategoryColumn, "encode", lambda own, values: calls.append(own.name) or encode(own, values))
    ahead = pd.DataFrame({"ds": days[-1] + pd.to_timedelta([1, 2], "D"), "shop": "a"})
    newer = data[80:].assign(day="feast")
    with pytest.warns(UserWarning, match="Column 'day' holds 'feast', which was not in what the model learned from"):
        model.predict(data=newer, future=ahead)
    # the rows, and what is known ahead
    assert sorted(calls) == ["day", "shop", "shop"]
    with pytest.warns(UserWarning, match="Column 'shop' holds 'b', which was not in what the model learned from"):
        model.predict(data=data[80:], future=ahead.assign(shop="b"))
