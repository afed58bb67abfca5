"""Does training look after itself: stop, keep to its time, join networks, survive Ctrl-C, and say what it did?"""

import signal
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gatecast import DataError, LSTMForecaster, TrainingError, to_panel
from gatecast.model import members
from gatecast.training import loop
from gatecast.training.progress import _Silent
from gatecast.training.stop import Stop
from made_series import SMALL, forecaster, table, wave

PLAIN: dict[str, Any] = SMALL | {"horizon": 3, "transform": "none"}


def weights(model: LSTMForecaster) -> np.ndarray:
    return np.stack([network.weights for network in model.fitted_.ensemble.networks])


@pytest.fixture
def slow_clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let each look at the clock find a second gone since 1000.0; the time stands in the list."""
    now = [1000.0]

    def clock() -> float:
        now[0] += 1.0
        return now[0]

    monkeypatch.setattr(loop.time, "monotonic", clock)
    monkeypatch.setattr(loop, "SECONDS_PER_CALL", 0.0)
    return now


def test_weights_are_those_of_the_best_look_at_the_validation_part() -> None:
    model = forecaster(**PLAIN | {"epochs": 60}).fit(wave())
    losses = model.history_["validation_loss"]
    assert len(losses) > 5
    assert model.fitted_.record.validation_loss == min(losses)


def test_early_stop_has_its_reason_and_fewer_steps() -> None:
    # noise cannot be learned, so that the validation loss soon rises
    y = np.random.default_rng(0).normal(size=400)
    settings = SMALL | {"epochs": 300, "learning_rate": 0.05, "transform": "none", "hidden_size": 32}
    model = forecaster(**settings, patience=3).fit(y)
    assert model.stop_reason_ is Stop.NO_IMPROVEMENT
    assert "patience" in model.stop_reason_.remedy
    losses = model.history_["validation_loss"]
    assert min(losses) in losses[: len(losses) - 3]
    to_the_end = forecaster(**settings, patience=0).fit(y)
    assert to_the_end.stop_reason_ is Stop.FINISHED
    assert len(to_the_end.history_["loss"]) == 300 > len(model.history_["loss"])


@pytest.mark.usefixtures("slow_clock")
def test_time_limit_ends_training_with_its_reason() -> None:
    model = forecaster(**PLAIN | {"epochs": 1000}, max_seconds=60).fit(wave())
    assert model.stop_reason_ is Stop.TIME
    assert "max_seconds" in model.stop_reason_.remedy
    assert len(model.history_["loss"]) < 1000
    assert np.isfinite(model.predict()["LSTM"]).all()


@pytest.mark.parametrize("settings", [{}, {"ensemble": 3}, {"transform": "auto"}])
def test_no_time_at_all_still_gives_a_forecast(settings: dict[str, Any]) -> None:
    model = forecaster(**PLAIN | settings, max_seconds=1e-9).fit(wave())
    assert model.stop_reason_ is Stop.TIME
    assert np.isfinite(model.predict()["LSTM"]).all()


def test_members_differ_by_seed_and_the_median_counts() -> None:
    settings = PLAIN | {"seed": 5}
    model = forecaster(**settings, ensemble=3).fit(table())
    singles = [forecaster(**settings | {"seed": 5 + k}).fit(table()) for k in range(3)]
    np.testing.assert_array_equal(weights(model), np.concatenate([weights(single) for single in singles]))
    each = np.stack([single.predict()["LSTM"] for single in singles])
    # the median is taken of scaled forecasts in single precision
    np.testing.assert_allclose(model.predict()["LSTM"], np.median(each, axis=0), rtol=1e-6)
    assert len({w.tobytes() for w in weights(model)}) == 3


def test_one_series_gets_several_networks_without_being_asked() -> None:
    settings = PLAIN | {"epochs": None, "learning_rate": 0.003}
    # noise, of which nothing is left to learn after the usual course
    y = np.random.default_rng(0).normal(size=200)
    model, same = forecaster(**settings).fit(y), forecaster(**settings, ensemble=5).fit(y)
    np.testing.assert_array_equal(weights(model), weights(same))
    assert len(weights(model)) == 5
    assert "ensemble" not in repr(model)


def test_median_of_quantiles_stays_in_order() -> None:
    model = forecaster(**PLAIN, ensemble=4, loss="quantile").fit(wave())
    found = model.predict(quantiles=[0.05, 0.25, 0.5, 0.75, 0.95]).iloc[:, 3:].to_numpy(float)
    assert (np.diff(found, axis=1) >= 0).all()


@pytest.mark.parametrize(
    "settings", [{"ensemble": 3}, {"transform": "auto"}, {"mode": "windows"}, {"loss": "student", "ensemble": 2}]
)
def test_any_number_of_threads_gives_the_same_bits(settings: dict[str, Any]) -> None:
    fits = [forecaster(**PLAIN | settings, n_threads=n).fit(table()) for n in (1, 2, 5)]
    for other in fits[1:]:
        np.testing.assert_array_equal(weights(other), weights(fits[0]))
        pd.testing.assert_frame_equal(other.predict(level=80), fits[0].predict(level=80))


def test_largest_seed_has_members_too() -> None:
    assert len(weights(forecaster(**PLAIN, ensemble=2, seed=2**63 - 1).fit(wave()))) == 2


def test_averaged_weights_are_not_the_last_ones() -> None:
    settings = PLAIN | {"validation_size": 0, "epochs": 20}
    last, mean = (forecaster(**settings, ema_decay=a).fit(wave()) for a in (0.0, 0.9))
    assert last.history_["loss"] == mean.history_["loss"]
    assert (weights(last) != weights(mean)).any()


def test_weight_decay_makes_weights_smaller() -> None:
    settings = PLAIN | {"validation_size": 0, "epochs": 100}
    free, decayed = (forecaster(**settings, weight_decay=d, learning_rate=0.02).fit(wave()) for d in (0.0, 1.0))
    assert np.linalg.norm(weights(decayed)) < 0.8 * np.linalg.norm(weights(free))


@pytest.mark.parametrize("ensemble", [1, 3])
def test_interrupted_fit_keeps_the_weights_so_far(ensemble: int, monkeypatch: pytest.MonkeyPatch) -> None:
    started = threading.Event()

    def start_timer(*_: object) -> None:
        # training is under way now, so the signal comes in the middle of it
        if not started.is_set():
            started.set()
            threading.Timer(0.3, signal.raise_signal, [signal.SIGINT]).start()

    monkeypatch.setattr(_Silent, "advance", start_timer)
    model = forecaster(**PLAIN | {"hidden_size": 64, "epochs": 100_000}, ensemble=ensemble, patience=0)
    with pytest.raises(KeyboardInterrupt):
        model.fit(wave())
    assert model.stop_reason_ is Stop.INTERRUPTED
    assert "fit" in model.stop_reason_.remedy
    assert np.isfinite(model.predict(level=80)["LSTM"]).all()


def test_interruption_of_a_trial_ends_the_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    train, calls = members.train, []

    def interrupted(*args: Any) -> Any:
        calls.append(1)
        result = train(*args)
        return replace(result, stop=Stop.INTERRUPTED)

    monkeypatch.setattr(members, "train", interrupted)
    model = forecaster(**PLAIN | {"transform": "auto"})
    with pytest.raises(KeyboardInterrupt):
        model.fit(wave())
    assert len(calls) == 1
    assert np.isfinite(model.predict()["LSTM"]).all()


def test_failure_of_one_member_ends_all(monkeypatch: pytest.MonkeyPatch) -> None:
    real = members.train_one

    def failing(task: Any, seed: int, *args: Any, **named: Any) -> Any:
        if seed == 1:
            raise TrainingError("no number")
        return real(task, seed, *args, **named)

    monkeypatch.setattr(members, "train_one", failing)
    model = forecaster(**PLAIN | {"epochs": 1_000_000, "patience": 0, "n_threads": 2}, ensemble=2)
    with pytest.raises(TrainingError, match="no number"):
        model.fit(wave())


def test_choice_of_the_transform_is_explained() -> None:
    model = forecaster(**SMALL, horizon=3).fit(np.exp(0.02 * np.arange(300)) * wave())
    # so few epochs may be worse than the naive forecast, which is told at the end
    codes = [decision.code.removeprefix("decision.") for decision in model.fitted_.record.decisions]
    assert codes[:2] in (["values", "rate_alike"], ["values", "rate_worse"])
    assert codes[2:] in ([], ["no_better"])
    assert "MASE" in model.decisions_[0]
    assert model.fitted_.preparation.transform.name in model.decisions_[0]
    # nothing is left to choose
    given = forecaster(**PLAIN, learning_rate=0.01).fit(wave())
    assert all("transform" not in decision for decision in given.decisions_)


def test_validation_part_without_observations_is_no_validation_part() -> None:
    y = wave()
    y[-30:] = np.nan
    y[-1] = 10.0
    model = forecaster(**PLAIN, validation_size=20).fit(y[:-1])
    assert model.history_["validation_loss"] == []
    assert len(model.history_["loss"]) == 3


@pytest.mark.parametrize("more", [{}, {"ensemble": 3}, {"mode": "windows"}, {"transform": "auto"}])
def test_all_points_are_learned_in_the_end(more: dict[str, Any]) -> None:
    y = wave(200)
    settings = PLAIN | {"season_length": 7} | more
    held, full = (forecaster(**settings, validation_size=40, refit_full=f).fit(y) for f in (False, True))
    # what is learned from all points is the scale of all points
    everything = forecaster(**settings, validation_size=0).fit(y)
    expected = everything.fitted_.preparation.scaling.scale
    assert held.fitted_.preparation.scaling.scale != pytest.approx(expected, rel=1e-6)
    np.testing.assert_array_equal(full.fitted_.preparation.scaling.scale, expected)
    assert (weights(full) != weights(held)).any()
    # what was measured before stays: curves, and errors that intervals are made of
    assert full.history_ == held.history_
    np.testing.assert_array_equal(full.fitted_.calibration.residuals, held.fitted_.calibration.residuals)
    assert full.decisions_[:-1] == held.decisions_
    assert "Trained again on all points" in full.decisions_[-1]


def test_training_again_is_training_on_all_points_for_as_long_as_was_best() -> None:
    more = {"batch_size": 4, "learning_rate": 0.01, "season_length": 1, "lookback": 12}
    y, settings = wave(200), PLAIN | more
    full = forecaster(**settings | {"epochs": 40}, validation_size=40, refit_full=True).fit(y)
    # two steps of 4 x 32 targets cover the 148 targets that are not held out, and all 188 too
    epochs = full.history_["validation_epoch"][int(np.argmin(full.history_["validation_loss"]))]
    assert f"in {round(2 * epochs)} steps" in full.decisions_[-1]
    same = forecaster(**settings | {"epochs": round(epochs)}, validation_size=0).fit(y)
    np.testing.assert_array_equal(weights(full), weights(same))


def test_where_nothing_is_held_back_nothing_is_trained_again() -> None:
    settings = PLAIN | {"validation_size": 0}
    plain, full = (forecaster(**settings, refit_full=f).fit(wave()) for f in (False, True))
    np.testing.assert_array_equal(weights(full), weights(plain))
    assert full.decisions_ == plain.decisions_


def test_time_limit_leaves_time_to_train_again(slow_clock: list[float]) -> None:
    model = forecaster(**PLAIN | {"epochs": 1000}, max_seconds=200, refit_full=True).fit(wave())
    assert model.stop_reason_ is Stop.TIME
    assert 1 < len(model.history_["loss"]) < 1000
    n_steps = int(model.decisions_[-1].split(" in ")[1].split()[0])
    assert 1 < n_steps < 1000
    assert slow_clock[0] < 1000 + 250


def test_empty_panel_is_refused() -> None:
    panel = forecaster(**PLAIN).fit(table()).fitted_.after
    nothing = replace(panel, ids=panel.ids[:0], offsets=np.array([0]), starts=panel.starts[:0])
    with pytest.raises(DataError, match="hold no series"):
        forecaster(**PLAIN).fit(nothing)


@pytest.mark.parametrize(("validation_size", "ensemble"), [(0, 1), (0, 2), (0.2, 1)])
def test_steps_taken_are_remembered(validation_size: float, ensemble: int, tmp_path: Path) -> None:
    settings = PLAIN | {"batch_size": 4, "epochs": 5, "learning_rate": 0.01, "season_length": 1}
    model = forecaster(**settings, validation_size=validation_size, ensemble=ensemble).fit(wave())
    n_steps = model.fitted_.record.n_steps
    n_targets = (300 if not validation_size else 240) - 12
    # 32 targets in each of 4 segments, as often as covers all targets five times
    assert n_steps == 5 * -(-n_targets // (4 * 32))
    model.save(tmp_path / "m")
    assert LSTMForecaster.load(tmp_path / "m").fitted_.record.n_steps == n_steps


CURVES = ("validation_loss", "train_loss", "validation_rmse", "train_rmse")


@pytest.mark.parametrize("transform", ["none", "log1p", "box-cox", "difference", "seasonal-difference"])
@pytest.mark.parametrize("mode", ["sequence", "windows"])
def test_curves_are_in_the_units_of_the_data(transform: str, mode: str) -> None:
    """By hand: the kept weights forecast from the same origins, and the errors are counted."""
    settings = SMALL | {"horizon": 3, "transform": transform, "mode": mode, "season_length": 7, "ema_decay": 0}
    y = wave(300) * np.exp(np.arange(300) / 200)
    model = forecaster(**settings, validation_size=40, learning_rate=0.01).fit(y)
    history, H = model.history_, 3
    assert [len(history[name]) for name in CURVES] == [len(history["validation_epoch"])] * 4
    best = int(np.argmin(history["validation_loss"]))
    for name, begin, end in (("train_rmse", 220, 260), ("validation_rmse", 260, 300)):
        errors = []
        for origin in range(begin, end - H + 1):
            # the fit's own model, standing before `origin`
            table_ = forecast_from(model, y[:origin])
            errors.append(y[origin : origin + H] - table_)
        # read from a zero state `lookback` and a segment before, in single precision
        assert history[name][best] == pytest.approx(np.sqrt(np.mean(np.square(errors))), rel=1e-3)


def forecast_from(model: LSTMForecaster, y: np.ndarray) -> np.ndarray:
    """Forecast behind `y`, scaled as in training and read from its beginning."""
    fitted = model.fitted_
    panel = to_panel(y)
    arrays = fitted.preparation.arrays(panel)
    memories = fitted.ensemble.read(fitted.ensemble.blank(arrays), arrays)
    anchors = fitted.preparation.transform.anchors(panel.values, panel.offsets)
    point = fitted.ensemble.forecast(memories)[:, fitted.ensemble.first.loss.middle].astype(float)
    return fitted.preparation.restore(point, None, anchors)[0]


def test_network_that_learns_by_heart_is_seen_to() -> None:
    # noise can be learned by heart but not forecast
    y = np.random.default_rng(0).normal(size=150)
    settings = SMALL | {"epochs": 600, "learning_rate": 0.02, "transform": "none", "hidden_size": 48, "patience": 0}
    history = forecaster(**settings).fit(y).history_
    assert history["train_rmse"][-1] < 0.5 * history["train_rmse"][0]
    assert history["validation_rmse"][-1] > history["validation_rmse"][0]
