"""Is a scale that was learned where nothing varied left once the series moves: in a fit, in newer rows, in streams?"""

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gatecast import LSTMForecaster, PretrainedLSTM
from gatecast.data.panel.panel import Panel
from gatecast.model.hold_out import hold_out_lengths, moves_late
from gatecast.model.settings import Settings
from made_series import SMALL, forecaster, wave

LIVE = 40 + wave(260, period=7, seed=1)
LAUNCH = np.r_[np.zeros(100), LIVE[:20]]
PRICE = np.r_[np.full(170, 9.99), np.full(30, 12.49)]


def panel_of(*series: np.ndarray) -> Panel:
    ids, offsets = np.array(list("abcde")[: len(series)], object), np.cumsum([0, *map(len, series)])
    return Panel(ids, np.concatenate(series), offsets, np.zeros(len(series), np.int64), 1)


@pytest.mark.parametrize("settings", [SMALL, SMALL | {"mode": "windows"}, {"pretrained": "start", "progress": False}])
@pytest.mark.parametrize(("y", "low", "high"), [(LAUNCH, 40, 65), (PRICE, 12.3, 12.7)], ids=["launch", "price"])
def test_a_fit_follows_what_moved_in_the_newest_part_alone(
    y: np.ndarray, low: float, high: float, settings: dict[str, Any]
) -> None:
    model = forecaster(3, **settings).fit(y)
    forecast = model.predict(level=80)
    assert forecast["LSTM"].between(low, high).all()
    assert (forecast["LSTM-hi-80"] > forecast["LSTM-lo-80"]).all()
    assert any("stays the same until its newest part" in said for said in model.decisions_)


def test_what_moves_late_is_learned_from_beside_other_series() -> None:
    panel = panel_of(LIVE[:120], LAUNCH, np.full(120, 7.0))
    assert hold_out_lengths(Settings(3), panel).tolist() == [24, 0, 24]
    assert not moves_late(Settings(3), panel)
    assert moves_late(Settings(3), panel_of(LAUNCH, np.full(120, 7.0)))
    # what never moves at all is forecast as what it is
    assert not moves_late(Settings(3), panel_of(np.full(120, 7.0)))
    forecast = forecaster(3, **SMALL).fit(panel).predict()
    of = {id_: forecast.loc[forecast["unique_id"] == id_, "LSTM"] for id_ in "abc"}
    assert of["b"].between(35, 70).all()
    assert of["c"].tolist() == [7.0] * 3


def newer(values: np.ndarray, first: int) -> pd.DataFrame:
    return pd.DataFrame({"ds": np.arange(first, first + len(values)), "y": values})


@pytest.fixture(scope="module")
def asleep() -> LSTMForecaster:
    return PretrainedLSTM(2).fit(np.full(100, 9.99))


def test_newer_rows_give_a_scale(asleep: LSTMForecaster) -> None:
    assert asleep.predict(data=newer(np.full(5, 9.99), 100))["LSTM"].tolist() == [9.99, 9.99]
    for n in (1, 2, 30):
        stepped = asleep.predict(data=newer(np.full(n, 12.49), 100))
        assert stepped["LSTM"].between(12.2, 12.8).all()
        assert stepped["ds"].tolist() == [100 + n, 101 + n]
    awake = asleep.predict(data=newer(LIVE[:60], 100))
    assert awake["LSTM"].between(35, 70).all()
    # so it is of rows that come a little later, and where the whole history is passed
    assert asleep.predict(data=newer(LIVE[:60], 102))["LSTM"].between(35, 70).all()
    assert asleep.predict(data=newer(np.r_[np.full(100, 9.99), LIVE[:60]], 0))["LSTM"].between(35, 70).all()


def test_a_series_asleep_among_others_wakes_up() -> None:
    both = panel_of(LIVE[:200], np.zeros(200))
    model = forecaster(3, **SMALL | {"transform": "none"}, season_length=7).fit(both)
    rows = pd.concat([newer(LIVE[200:], 200).assign(unique_id=id_) for id_ in "ab"])
    forecast = model.predict(data=rows)
    assert forecast.loc[forecast["unique_id"] == "b", "LSTM"].between(35, 70).all()
    # others do not notice
    alone = model.predict(data=rows[rows["unique_id"] == "a"])
    np.testing.assert_allclose(forecast["LSTM"][:3], alone["LSTM"], rtol=1e-5)
    # nothing tells that it wakes up before it does
    assert model.evaluate(rows).mae < 6


def test_an_evaluation_sees_that_a_series_moves(asleep: LSTMForecaster) -> None:
    found = asleep.evaluate(newer(LIVE[:60], 100))
    assert found.n_origins == 60
    assert found.rmse < 12


def test_a_stream_follows_as_newer_rows_do(asleep: LSTMForecaster) -> None:
    stream = asleep.stream()
    assert stream.update(9.99).tolist() == stream.update(float("nan")).tolist() == [9.99, 9.99]
    rows = [9.99, np.nan]
    for value in LIVE[:10]:
        rows.append(value)
        np.testing.assert_allclose(stream.update(value), asleep.predict(data=newer(np.array(rows), 100))["LSTM"])


@pytest.fixture(scope="module")
def awake() -> LSTMForecaster:
    return PretrainedLSTM(2).fit(LIVE[:200])


@pytest.mark.parametrize("name", ["asleep", "awake"])
@pytest.mark.parametrize("copied", [lambda stream: pickle.loads(pickle.dumps(stream)), copy.deepcopy])
def test_a_copy_of_a_stream_goes_on_alike(name: str, copied: Any, request: pytest.FixtureRequest) -> None:
    stream = request.getfixturevalue(name).stream()
    for value in (9.99, *LIVE[200:220], np.nan):
        stream.update(value)
    other = copied(stream)
    for value in (np.nan, *LIVE[220:230]):
        np.testing.assert_array_equal(stream.update(value), other.update(value))


@pytest.mark.parametrize("name", ["asleep", "awake"])
def test_a_saved_stream_is_a_model_that_knows_its_newest_values(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    stream = request.getfixturevalue(name).stream()
    for value in LIVE[200:220]:
        forecast = stream.update(value)
    stream.save(tmp_path / "stream.safetensors")
    loaded = LSTMForecaster.load(tmp_path / "stream.safetensors")
    table = loaded.predict()
    np.testing.assert_allclose(table["LSTM"], forecast, rtol=1e-6)
    assert table["ds"].iloc[0] == request.getfixturevalue(name).predict()["ds"].iloc[0] + 20
    assert loaded.fitted_.tail[0, -1] == LIVE[219]


def test_a_long_stream_forgets_what_its_memories_hold(awake: LSTMForecaster, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, settling = awake.stream(), awake.stream()
    for n, value in enumerate(LIVE[200:]):
        monkeypatch.setattr("gatecast.model.stream.MOST_SINCE", 7)
        forecast = settling.update(value)
        monkeypatch.undo()
        # the arithmetic is the same
        np.testing.assert_allclose(forecast, plain.update(value), rtol=1e-6, err_msg=str(n))
    assert len(settling.__getstate__()["_since"]) <= 7


def test_a_covariate_that_never_changed_is_said_not_to_count() -> None:
    data = newer(LIVE[:200], 0).assign(ds=pd.date_range("2024-01-01", periods=200), price=9.99)
    model = forecaster(2, **SMALL, future=["price"]).fit(data[:190])
    ahead = data[190:192]
    expected = model.predict(future=ahead)
    told = "Column 'price' never changed in what the model learned from, and is 12.49 now: .* it does not count"
    with pytest.warns(UserWarning, match=told):
        changed = model.predict(future=ahead.assign(price=[9.99, 12.49]))
    pd.testing.assert_frame_equal(changed, expected)
