"""Does `pretrained="auto"` take the way that its rule says, and never the worse one on the validation set?"""

import json

import numpy as np
import pandas as pd
import pytest

from gatecast import Forecaster, LSTMForecaster, PretrainedLSTM, Training, compare
from gatecast.data import to_panel
from gatecast.model import fit
from gatecast.model.candidates import Candidate
from gatecast.model.selection import MUCH
from gatecast.model.settings import Settings
from gatecast.model.zero_shot import is_at_once

H = 6


def months(n: int, seed: int = 0) -> pd.DataFrame:
    rng, t = np.random.default_rng(seed), np.arange(n)
    y = (50 + 0.3 * t) * (1 + 0.3 * np.sin(2 * np.pi * t / 12)) + rng.normal(0, 2, n)
    return pd.DataFrame({"unique_id": f"s{seed}", "ds": pd.date_range("1990-01-01", periods=n, freq="MS"), "y": y})


@pytest.mark.parametrize("n_series", [1, 3])
def test_short_series_are_forecast_without_training(n_series):
    data = pd.concat([months(149, seed) for seed in range(n_series)])
    model = LSTMForecaster(H).fit(data)
    pd.testing.assert_frame_equal(model.predict(level=80), PretrainedLSTM(H).fit(data).predict(level=80))
    assert not model.fitted_.record.is_trained
    why = model.fitted_.record.decisions[-1]
    assert (why.code, why.facts) == ("decision.short", {"most": 149, "limit": 150})
    assert "149" in why.say("zh")


@pytest.mark.parametrize(
    ("n_points", "settings", "expected"),
    [
        (149, {}, True),
        (150, {}, False),
        (60, {"season_length": 12, "seed": 3, "n_threads": 1, "progress": False, "max_seconds": 9}, True),
        (60, {"checkpoint": "kept", "checkpoint_seconds": 1}, True),
        (60, {"pretrained": "none"}, False),
        (60, {"pretrained": "start"}, False),
        (300, {"pretrained": "only"}, True),
        *((60, setting, False) for setting in ({"epochs": 5}, {"hidden_size": 8}, {"cell": "gru"}, {"lookback": 9})),
        *((60, setting, False) for setting in ({"loss": "mse"}, {"validation_size": 12}, {"calendar": True})),
        (60, {"future": ["price"]}, False),
    ],
)
def test_the_rule(n_points, settings, expected):
    assert is_at_once(Settings(H, **settings), to_panel(np.arange(float(n_points)))) is expected


def test_many_points_of_short_series_are_trained_on():
    ids, steps = np.repeat(np.arange(1000), 100), np.tile(np.arange(100), 1000)
    panel = to_panel(pd.DataFrame({"unique_id": ids, "ds": steps, "y": 1.0}))
    assert not is_at_once(Settings(H), panel)
    assert is_at_once(Settings(H), panel.head(np.full(1000, 99)))


def test_the_tutorial_is_what_it_was():
    model = LSTMForecaster.tutorial()
    assert not is_at_once(model.settings, to_panel(np.arange(60.0)))


@pytest.mark.parametrize("n_points", [160])
def test_longer_series_take_the_better_of_both_on_the_validation_set(n_points, monkeypatch):
    seen = []
    compare_pretrained = fit._compare_pretrained
    monkeypatch.setattr(fit, "_compare_pretrained", lambda *both: seen.append(compare_pretrained(*both)) or seen[-1])
    data = months(n_points)
    model = LSTMForecaster(H, progress=False).fit(data)
    ((_, said),) = seen
    assert said in model.fitted_.record.decisions
    errors = said.facts
    if said.code == "decision.pretrained_kept":
        assert (1 - MUCH) * errors["pretrained"] <= min(errors["started"], errors["trained"])
    else:
        assert min(errors["started"], errors["trained"]) < (1 - MUCH) * errors["pretrained"]
        is_ahead = errors["trained"] < (1 - fit.LEAD) * errors["started"]
        assert is_ahead is (said.code == "decision.trained_better")
    alone = {"pretrained_kept": "only", "started_better": "start", "trained_better": "none"}[said.code.split(".")[1]]
    same = LSTMForecaster(H, progress=False, pretrained=alone).fit(data)
    pd.testing.assert_frame_equal(model.predict(), same.predict())


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ((1.0, 2.0, 2.0), "pretrained_kept"),
        ((1.0, 0.8, 0.9), "pretrained_kept"),
        ((2.0, 1.0, 0.84), "trained_better"),
        ((2.0, 1.0, 0.86), "started_better"),
        ((1.0, 0.8, 0.6), "trained_better"),
        ((2.0, np.nan, 1.0), "trained_better"),
        ((2.0, 1.0, np.nan), "started_better"),
        ((np.nan, 1.0, 1.0), "pretrained_kept"),
        ((1.0, np.nan, np.nan), "pretrained_kept"),
    ],
)
def test_what_is_clearly_better_is_taken(errors, expected, monkeypatch):
    """Of errors that are made up, and are not known where there is no scale."""
    made = iter(errors)
    compare_pretrained = fit._compare_pretrained

    def made_up(*both):
        with monkeypatch.context() as patch:
            patch.setattr(Candidate, "mase_of", lambda *_: next(made))
            return compare_pretrained(*both)

    monkeypatch.setattr(fit, "_compare_pretrained", made_up)
    quick = {"hidden_size": 4, "epochs": 1, "lookback": 12, "ensemble": 1, "progress": False}
    monkeypatch.setattr(Settings, "leaves_network_open", True)
    model = LSTMForecaster.from_settings(Settings(H, **quick)).fit(months(160))
    assert model.fitted_.record.is_trained is (expected != "pretrained_kept")
    (said,) = (one for one in model.fitted_.record.decisions if "trained" in one.facts)
    assert said.code == f"decision.{expected}"
    np.testing.assert_equal(said.facts, dict(zip(("pretrained", "started", "trained"), errors, strict=True)))


def test_settings_of_a_training_are_followed():
    quick = LSTMForecaster(H, hidden_size=4, lookback=12, progress=False, training=Training(epochs=1))
    model = quick.fit(months(80))
    assert model.fitted_.record.is_trained
    assert model.fitted_.record.plan.hidden_size == 4


def test_a_checkpoint_of_what_is_not_trained_can_be_gone_on_from(tmp_path):
    path = tmp_path / "kept.safetensors"
    training = Training(checkpoint=path)
    first = LSTMForecaster(H, training=training).fit(months(80))
    again = LSTMForecaster(H, training=training).fit(months(80), resume=path)
    pd.testing.assert_frame_equal(first.predict(), again.predict())


def test_a_comparison_in_which_both_rows_are_the_same_is_a_tie():
    models: dict[str, Forecaster] = {"LSTM": LSTMForecaster(H), "LSTM (pretrained)": PretrainedLSTM(H)}
    found = compare(months(90), H, models, n_windows=3, progress=False)
    one, two = (found.backtest.forecasts[name] for name in models)
    pd.testing.assert_series_equal(one, two, check_names=False)
    assert found.board.verdict.best in models
    assert json.dumps(found.to_dict(), default=str)


def test_with_covariates_what_was_trained_on_is_a_candidate_too(monkeypatch):
    """What pretrained networks forecast before any training does not hear of covariates, so it is none."""
    taken = []
    compare_pretrained = fit._compare_pretrained

    def made_up(trained, started):
        made = iter((1.0, 3.0, 2.0))
        with monkeypatch.context() as patch:
            patch.setattr(Candidate, "mase_of", lambda *_: next(made))
            taken.append(compare_pretrained(trained, started))
        return taken[-1]

    monkeypatch.setattr(fit, "_compare_pretrained", made_up)
    monkeypatch.setattr("gatecast.model.plan.STEPS_FROM_PRETRAINED", (2, 2))
    data = months(80).assign(price=np.random.default_rng(0).normal(size=80))
    model = LSTMForecaster(H, past=["price"], progress=False, max_seconds=4).fit(data)
    ((best, said),) = taken
    assert said.code == "decision.trained_better"
    assert said in model.fitted_.record.decisions
    assert not best.candidate.starts
    assert model.fitted_.preparation.encoder is not None
