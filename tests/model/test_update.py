"""Does a fitted forecaster learn on from its weights, is it never worse for it, and does it keep what it knows?"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gatecast import ConfigError, DataError, LSTMForecaster, NotFittedError, PretrainedLSTM, Training
from gatecast.data.panel.panel import Panel
from made_series import COVARIATES, forecaster, with_covariates

H, N_OLD, N = 4, 160, 200
SMALL: dict[str, Any] = {"hidden_size": 8, "epochs": 4, "ensemble": 1, "lookback": 12, "season_length": 7}
DAYS = pd.date_range("2024-01-01", periods=N)


def series(name: str, level: float = 0.0, scale: float = 1.0, seed: int = 0) -> pd.DataFrame:
    y = 3 * np.sin(np.arange(N) * 2 * np.pi / 7) + np.random.default_rng(seed).normal(0, 0.5, N)
    return pd.DataFrame({"unique_id": name, "ds": DAYS, "y": level + scale * y})


DATA = pd.concat([series("a", 9), series("b", -4, seed=1)], ignore_index=True)
OLD, NEWER = DATA[DATA["ds"] < DAYS[N_OLD]], DATA[DATA["ds"] >= DAYS[N_OLD]]


def fitted(data: Any = OLD, **settings: Any) -> LSTMForecaster:
    return forecaster(H, **SMALL | settings).fit(data)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "old.safetensors"
    fitted().save(path)
    return path


def weights_of(model: LSTMForecaster) -> np.ndarray:
    return model.fitted_.ensemble.first.weights


def scales_of(model: LSTMForecaster) -> np.ndarray:
    scaling = model.fitted_.preparation.scaling
    return np.stack([scaling.center, scaling.scale])


def codes_of(model: LSTMForecaster) -> list[str]:
    return [decision.code for decision in model.fitted_.record.decisions]


def test_step_zero_is_the_old_network_and_an_update_is_never_worse(file: Path) -> None:
    old = LSTMForecaster.load(file)
    model = LSTMForecaster.load(file).update(DATA)
    history = model.history_
    assert history["validation_epoch"][0] == 0
    assert min(history["validation_loss"]) <= history["validation_loss"][0]
    # the first check is that of the old weights on the newest part
    expected = LSTMForecaster.load(file)
    expected.fit(DATA, start=old)
    assert expected.history_["validation_loss"][0] == history["validation_loss"][0]
    # a training that makes nothing better, with steps that are none, changes nothing but what is remembered
    same = forecaster(H, **SMALL | {"learning_rate": 1e-15, "epochs": 2}).fit(DATA, start=old)
    assert codes_of(same)[-1] == "decision.update_kept"
    np.testing.assert_array_equal(weights_of(same), weights_of(old))
    assert same.fitted_.lengths.tolist() == [N, N]


def test_update_of_newer_rows_is_that_of_all_rows_where_these_are_at_hand(file: Path) -> None:
    in_memory = fitted()
    np.testing.assert_array_equal(weights_of(in_memory), weights_of(LSTMForecaster.load(file)))
    scales = scales_of(in_memory)
    in_memory.update(NEWER)
    whole = LSTMForecaster.load(file).update(DATA)
    np.testing.assert_array_equal(weights_of(in_memory), weights_of(whole))
    pd.testing.assert_frame_equal(in_memory.predict(level=80), whole.predict(level=80))
    np.testing.assert_array_equal(scales_of(in_memory), scales)
    assert in_memory.predict()["ds"].min() == DAYS[-1] + pd.Timedelta(days=1)
    assert len(in_memory.predict_insample()) == 2 * N
    assert codes_of(in_memory)[-2:] in (
        ["decision.update", code] for code in ("decision.updated", "decision.update_kept")
    )
    # the same again says the same once
    assert codes_of(in_memory.update(NEWER)).count("decision.update") == 1
    assert in_memory.settings_ == fitted().settings_
    assert whole.settings_ == LSTMForecaster.load(file).settings_


def test_loaded_model_goes_on_from_what_it_remembers(file: Path, tmp_path: Path) -> None:
    old = LSTMForecaster.load(file)
    model = LSTMForecaster.load(file).update(NEWER)
    assert model.fitted_.lengths.tolist() == [N, N]
    assert model.predict()["ds"].min() == DAYS[-1] + pd.Timedelta(days=1)
    np.testing.assert_array_equal(scales_of(model), scales_of(old))
    np.testing.assert_array_equal(model.fitted_.tail, DATA["y"].to_numpy().reshape(2, N)[:, -7:])
    model.save(tmp_path / "m")
    pd.testing.assert_frame_equal(LSTMForecaster.load(tmp_path / "m").predict(9), model.predict(9))
    # with the old weights it would forecast what `predict(data=)` does
    kept = LSTMForecaster.load(file)
    kept.fit(NEWER, start=old)
    if codes_of(kept)[-1] == "decision.update_kept":
        pd.testing.assert_frame_equal(kept.predict(), old.predict(data=NEWER))


def test_rows_that_were_corrected_replace_the_old_ones() -> None:
    model = fitted()
    late = DATA[(DATA["ds"] >= DAYS[150]) & (DATA["unique_id"] == "a")].assign(y=lambda d: d["y"] + 1)
    model.update(late)
    panel: Panel = model._panel  # type: ignore[assignment]
    assert panel.lengths.tolist() == [N, N_OLD]
    np.testing.assert_array_equal(panel.series(0)[150:], late["y"])
    np.testing.assert_array_equal(panel.series(0)[:150], DATA["y"][:150])
    # series that ended earlier are forecast from their own ends
    assert model.predict().groupby("unique_id")["ds"].min().tolist() == [DAYS[-1] + DAYS.freq, DAYS[N_OLD]]


def test_new_series_get_scales_of_their_own_and_known_ones_stay(file: Path) -> None:
    new = series("c", 1000, 100.0, seed=2)
    model = LSTMForecaster.load(file).update(new)
    assert model.fitted_.after.ids.tolist() == ["a", "b", "c"]
    np.testing.assert_array_equal(scales_of(model)[:, :2], scales_of(LSTMForecaster.load(file)))
    assert 30 < scales_of(model)[1, 2] / scales_of(model)[1, 0] < 300
    found = model.predict().set_index("unique_id")
    assert found.loc["c", "LSTM"].between(500, 1500).all()
    assert found.loc["a", "ds"].min() == DAYS[N_OLD]
    both = fitted().update(pd.concat([NEWER, new]))
    assert both.fitted_.lengths.tolist() == [N, N, N]


KINDS: dict[str, dict[str, Any]] = {
    "windows": {"mode": "windows", "validation_size": 0.2},
    "difference": {"transform": "difference"},
    "box-cox and quantiles": {"transform": "box-cox", "loss": "quantile"},
    "covariates": {**COVARIATES, "calendar": True, "country": "DE"},
    "without validation": {"validation_size": 0},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_model_learns_on(kind: str, tmp_path: Path) -> None:
    data = with_covariates(200)
    cut = data["ds"].max() - pd.Timedelta(days=60)
    # rows ahead at the end, for what is known ahead
    known = data["ds"] <= data["ds"].max() - pd.Timedelta(days=10)
    old, newer = data[data["ds"] <= cut], data[(data["ds"] > cut) & known]
    future = data[~known] if "covariates" in kind else None
    model = forecaster(H, **SMALL | KINDS[kind]).fit(old)
    model.save(tmp_path / "m")
    loaded = LSTMForecaster.load(tmp_path / "m")
    for one in (model, loaded):
        one.update(newer)
        forecast = one.predict(future=future)
        assert forecast["ds"].min() == newer["ds"].max() + pd.Timedelta(days=1)
        assert np.isfinite(forecast["LSTM"]).all()
        one.save(tmp_path / "again")
        pd.testing.assert_frame_equal(LSTMForecaster.load(tmp_path / "again").predict(future=future), forecast)
    if kind == "without validation":
        assert codes_of(model)[-1] == "decision.updated_blind"


def test_unseen_categories_count_as_unknown() -> None:
    data = pd.concat([OLD.assign(shop="x"), series("c").assign(shop="y")])
    model = forecaster(H, **SMALL, past=["shop"]).fit(data)
    with pytest.warns(UserWarning, match="shop"):
        model.update(NEWER.assign(shop="z"))
    assert np.isfinite(model.predict()["LSTM"]).all()


def test_fit_that_starts_takes_open_settings_from_the_model(file: Path) -> None:
    model = LSTMForecaster(H, training=Training(epochs=1), progress=False).fit(DATA, start=file)
    assert model.settings_.hidden_size == 8
    assert model.fitted_.record.n_epochs == 1
    assert model.fitted_.lookback == 12


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden_size": 16}, r"`hidden_size=16` was passed, and the model to start from has `hidden_size=8`"),
        ({"horizon": 5}, r"`horizon=5` was passed, and the model to start from has `horizon=4`"),
        ({"past": ["price"]}, r"`past=\['price'\]` was passed, and the model to start from has `past=\[\]`"),
        ({"loss": "mse"}, r"`loss='mse'` was passed, and the model to start from has `loss='mae'`"),
    ],
)
def test_other_settings_are_refused(settings: dict[str, Any], message: str, file: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        forecaster(**{"horizon": H} | settings).fit(DATA.assign(price=1.0), start=file)


def test_wrong_starts_and_data_are_answered(file: Path) -> None:
    with pytest.raises(
        ConfigError, match="`start` must be a fitted LSTMForecaster or the path of a saved one, got int"
    ):
        forecaster(H).fit(DATA, start=7)  # type: ignore[call-overload]
    with pytest.raises(NotFittedError):
        forecaster(H).fit(DATA, start=LSTMForecaster(H))
    with pytest.raises(NotFittedError):
        LSTMForecaster(H).update(DATA)
    hours = DATA.assign(ds=pd.Timestamp("2024-01-01") + pd.to_timedelta([*range(N)] * 2, "h"))
    with pytest.raises(DataError, match="have the frequency 'h', and the model learned from 'D'"):
        forecaster(H).fit(hours, start=file)
    with pytest.raises(DataError, match="has 3 points to learn on from, and lookback 1 . horizon 4 need at least 5"):
        LSTMForecaster.load(file).update(NEWER.groupby("unique_id").head(3))
    with_shop = forecaster(H, **SMALL, past=["shop"]).fit(OLD.assign(shop="x"))
    with pytest.raises(DataError, match="lacks the column 'shop'"):
        with_shop.update(NEWER)
    with pytest.raises(DataError, match="Column 'shop' holds numbers, and the model to start from learned categories"):
        with_shop.update(NEWER.assign(shop=1.0))


def test_arrays_go_on_where_the_training_part_ended() -> None:
    y = DATA["y"].to_numpy()[:N]
    model = fitted(y[:N_OLD])
    whole = fitted(y[:N_OLD])
    model.update(y[N_OLD:])
    whole.update(y)
    pd.testing.assert_frame_equal(model.predict(), whole.predict())
    assert model.predict()["ds"].tolist() == [N, N + 1, N + 2, N + 3]


def test_pretrained_networks_read_on(tmp_path: Path) -> None:
    model = PretrainedLSTM(H, season_length=7).fit(OLD)
    expected = model.predict(data=NEWER)
    model.update(NEWER)
    assert codes_of(model)[-1] == "decision.update_read"
    # the whole series were read again, and not on from what was remembered
    np.testing.assert_allclose(model.predict()["LSTM"], expected["LSTM"], rtol=1e-4)


def test_weights_and_bounds_hold_in_an_update() -> None:
    data = DATA.assign(w=1.0, y=DATA["y"].clip(-5, 10))
    model = forecaster(H, **SMALL, lower=-5, upper=10).fit(data[data["ds"] < DAYS[N_OLD]], weight_col="w")
    newer = data[data["ds"] >= DAYS[N_OLD]]
    model.update(newer)
    assert {"decision.weighted", "decision.limits"} <= set(codes_of(model))
    assert model._panel.weights is not None  # type: ignore[union-attr]
    assert model.predict(level=99).drop(columns=["unique_id", "ds"]).to_numpy().max() <= 10
    with pytest.raises(DataError, match="beyond `upper=10`"):
        model.update(newer.assign(y=11.0, ds=newer["ds"] + pd.Timedelta(days=len(newer) // 2)))
