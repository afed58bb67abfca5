"""Does a forecast know what was on the same days of earlier years, however it is asked for, and nothing too early?"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gatecast import LSTMForecaster
from gatecast.data.features import encoding
from gatecast.model import inputs
from made_series import SMALL, forecaster

pytest.importorskip("holidays")

H = 5
DAYS = pd.date_range("2017-01-01", "2022-12-31", freq="D")
END, LATER, LAST = (pd.Timestamp(day) for day in ("2021-12-20", "2022-01-20", "2022-03-31"))
TRAINED: dict[str, Any] = {"hidden_size": 16, "lookback": 8, "progress": False, "transform": "none", "season_length": 7}


def yearly(seed: int = 0, height: float = 8.0) -> pd.DataFrame:
    """A weekly wave with noise, and peaks and dips on the same sixty random dates of each year."""
    rng = np.random.default_rng(seed)
    date = DAYS.strftime("%m-%d")
    dates = rng.permutation(sorted(set(date)))[:60]
    effect = pd.Series(height * rng.choice([-1.0, 1.0], 60), index=dates)
    y = 10 + np.sin(2 * np.pi * np.arange(len(DAYS)) / 7) + rng.normal(0, 0.2, len(DAYS))
    return pd.DataFrame({"unique_id": "a", "ds": DAYS, "y": y + effect.reindex(date).fillna(0).to_numpy()})


YOUNG = pd.Timestamp("2021-10-01")
DATA = pd.concat([yearly(), yearly(1).assign(unique_id="b"), yearly(2)[DAYS >= YOUNG].assign(unique_id="young")])
KINDS: dict[str, dict[str, Any]] = {
    "sequence": {},
    "windows": {"mode": "windows", "epochs": 1},
    "ensemble": {"ensemble": 2, "transform": "log1p"},
    "difference": {"transform": "difference"},
}


def before(day: pd.Timestamp, data: pd.DataFrame = DATA) -> pd.DataFrame:
    return data[data["ds"] < day]


@pytest.fixture(scope="module", params=KINDS)
def model(request: pytest.FixtureRequest) -> LSTMForecaster:
    settings = SMALL | {"epochs": 1, "transform": "none", "calendar": True, "country": "US"} | KINDS[request.param]
    return forecaster(horizon=H, **settings).fit(before(END))


def forecast(model: LSTMForecaster, data: pd.DataFrame | None, horizon: int | None = None) -> np.ndarray:
    return model.predict(horizon, data)["LSTM"].to_numpy()


def test_forecast_depends_on_nothing_behind_its_origin(model: LSTMForecaster) -> None:
    other = DATA.assign(y=np.where(DATA["ds"] >= LATER, 50.0, DATA["y"]))
    one, two = (model.predict_insample(before(LAST, data))["LSTM"].to_numpy() for data in (DATA, other))
    until = (before(LAST)["ds"] <= LATER).to_numpy()
    np.testing.assert_array_equal(one[until], two[until])
    assert (one[~until] != two[~until]).mean() > 0.9


def test_forecast_remembers_the_year_before(model: LSTMForecaster) -> None:
    """The year before lies far out of what the network reads of the newest points."""
    fitted = model.fitted_
    years = fitted.years.copy()
    a_year_ago = (END - (END - pd.DateOffset(years=1))).days
    years[0, -a_year_ago + 1] += 3
    other = LSTMForecaster.from_settings(model.settings_)
    other._fitted, other._fit_settings = replace(fitted, years=years), model.settings_
    changed = (forecast(other, None) != forecast(model, None)).reshape(3, H)
    # the second day that is forecast and those beside it, of series "a" alone
    assert changed[0, 1]
    # a difference adds up what came before
    assert changed[0, 4] == (model.transform == "difference")
    assert not changed[1:].any()


def test_newer_rows_are_read_on_like_all_at_once(model: LSTMForecaster) -> None:
    for day in (END + pd.Timedelta(days=2), LATER, LAST):
        newer = DATA[(DATA["ds"] >= END) & (DATA["ds"] < day)]
        whole = forecast(model, before(day))
        # the state is carried over in float32, once from the training part and once from the beginning
        np.testing.assert_allclose(forecast(model, newer), whole, rtol=1e-4, atol=1e-4)
    # some days between were not observed
    gap = DATA[(DATA["ds"] >= END + pd.Timedelta(days=3)) & (DATA["ds"] < LATER)]
    both = pd.concat([before(END), gap]).sort_values(["unique_id", "ds"])
    np.testing.assert_allclose(forecast(model, gap), forecast(model, both), rtol=1e-4, atol=1e-4)


def test_first_forecast_of_an_evaluation_is_that_of_predict(model: LSTMForecaster) -> None:
    actual = DATA.loc[DATA["ds"] == END, "y"].to_numpy()
    first = model.evaluate(DATA[DATA["ds"] == END])
    assert first.mae == pytest.approx(np.abs(forecast(model, None, 1) - actual).mean(), rel=1e-5)
    assert first.mae == pytest.approx(model.evaluate(before(END + pd.Timedelta(days=1))).mae, rel=1e-5)


def test_loaded_model_says_the_same(model: LSTMForecaster, tmp_path: Path) -> None:
    model.save(tmp_path / "m")
    loaded = LSTMForecaster.load(tmp_path / "m")
    newer = DATA[(DATA["ds"] >= END) & (DATA["ds"] < LATER)]
    for data in (None, newer, before(LATER)):
        np.testing.assert_array_equal(forecast(loaded, data), forecast(model, data))
    pd.testing.assert_frame_equal(loaded.simulate(3, data=newer), model.simulate(3, data=newer))


def test_longer_forecast_begins_like_a_short_one_and_outlives_what_is_known(model: LSTMForecaster) -> None:
    long = model.predict(3 * H)
    head = long.groupby("unique_id").head(H)["LSTM"].to_numpy()
    np.testing.assert_array_equal(head, forecast(model, None))
    # more than a year later the year before is not known
    assert np.isfinite(forecast(model, None, 500)).all()


def test_new_series_brings_its_own_years(model: LSTMForecaster) -> None:
    new = before(LATER, yearly(7).assign(unique_id="new"))
    whole, shorter = forecast(model, new), forecast(model, new[-200:])
    assert np.isfinite(whole).all()
    assert (whole != shorter).any()


def spikes(model: LSTMForecaster, data: pd.DataFrame) -> float:
    """Return the mean absolute error on the days of one year that are out of the wave."""
    made = model.predict_insample(data)
    year = made["ds"] >= pd.Timestamp("2022-01-01")
    is_far = (made["y"] - 10).abs() > 4
    return float((made["LSTM"] - made["y"])[year & is_far].abs().mean())


def test_dates_that_come_back_each_year_are_known_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    data = yearly()
    train = before(pd.Timestamp("2022-01-01"), data)
    errors = []
    for _ in range(2):
        # with a time limit training is not made longer: then the cycles alone would learn the peaks too
        model = forecaster(horizon=1, calendar=True, max_seconds=1e6, **TRAINED).fit(train)
        errors.append(spikes(model, data))
        # the calendar without yearly lags
        monkeypatch.setattr(inputs, "fit_yearly_lags", lambda *_, **__: None)
    # a peak of 8 that nobody expects is an error of 8, and the calendar's cycles tell a part of it
    assert errors[1] > 5
    assert errors[0] < 0.4 * errors[1]


def test_holidays_are_told_apart_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    import holidays

    names = holidays.country_holidays("US", years=range(2017, 2023), observed=False)
    # one goes up where another goes down, and the day after tells them apart too
    up = {"Thanksgiving Day", "Independence Day", "Labor Day", "Memorial Day"}
    effect = [0.0 if day not in names else 8.0 if names[day] in up else -8.0 for day in DAYS.date]
    noise = np.random.default_rng(0).normal(0, 0.2, len(DAYS))
    data = pd.DataFrame({"unique_id": "a", "ds": DAYS, "y": 10 + noise + effect})
    train = before(pd.Timestamp("2022-01-01"), data)
    errors = []
    fit_categories = encoding.fit_categories
    for _ in range(2):
        model = forecaster(horizon=1, country="US", **TRAINED).fit(train)
        errors.append(spikes(model, data))
        monkeypatch.setattr(
            encoding, "fit_categories", lambda c: () if encoding.NEAR_HOLIDAY in c else fit_categories(c)
        )
    assert errors[0] < 0.5 * errors[1]


def test_same_seed_gives_the_same_model_through_a_checkpoint(tmp_path: Path) -> None:
    settings = SMALL | {"epochs": 1, "calendar": True, "transform": "none", "horizon": H}
    once = forecaster(**settings).fit(before(END))
    file = tmp_path / "fit.ckpt"
    forecaster(**settings, checkpoint=file).fit(before(END))
    again = forecaster(**settings).fit(before(END), resume=file)
    np.testing.assert_array_equal(forecast(again, None), forecast(once, None))
