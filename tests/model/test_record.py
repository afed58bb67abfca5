"""Does a fit know what it did: is all that is said about it what happened, here and in the file?"""

import json
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gatecast import LSTMForecaster, Training, to_panel
from gatecast._json import converted
from gatecast.diagnosis import diagnose
from gatecast.diagnosis.checks.curves import diverging, too_noisy
from gatecast.diagnosis.gather import gather
from gatecast.exceptions import TrainingError
from gatecast.model.fitted import FitRecord, facts_of
from gatecast.reporting.ahead import about_forecast
from gatecast.texts.message import Message
from gatecast.training.stop import Stop
from made_series import SMALL, forecaster, wave, with_covariates

# steps so long that weights overflow; nothing is held out that would be judged before
DIVERGING: dict[str, Any] = SMALL | {"learning_rate": 1e38, "epochs": 50, "transform": "none", "validation_size": 0}
HAN = re.compile("[\u4e00-\u9fff]")
# what would be a passage in English, but for names of settings
ENGLISH = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")


def logistic_map(n: int = 360, x: float = 0.3) -> np.ndarray:
    """Chaos without noise, of which more is learned the longer it is trained."""
    values = np.empty(n)
    for t in range(n):
        x = 3.8 * x * (1 - x)
        values[t] = x
    return values


@pytest.fixture(scope="module")
def longer() -> LSTMForecaster:
    """A fit whose training was made longer than planned at first."""
    return LSTMForecaster(2, hidden_size=16, progress=False).fit(logistic_map())


# --- wrong numbers ---------------------------------------------------------------------------------------------------


def test_no_more_steps_are_taken_than_were_planned(longer: LSTMForecaster) -> None:
    record = longer.fitted_.record
    epochs = len(longer.history_["loss"])
    assert epochs > 200
    assert record.n_steps == record.plan.n_steps == epochs * record.plan.steps_per_epoch
    assert facts_of(longer.fitted_)["training"].startswith(f"{epochs:,} of {epochs:,} steps.")
    # training took so long that there is one network instead of five
    assert record.plan.n_members == len(longer.fitted_.ensemble.networks) == 1


def test_diagnosis_sees_the_learning_rate_that_was_used() -> None:
    model = LSTMForecaster(1, hidden_size=16, transform="none", progress=False, training=Training(epochs=50)).fit(
        logistic_map()
    )
    errors = {attempt.learning_rate: attempt.error for attempt in model.fitted_.record.attempts}
    used = model.fitted_.record.learning_rate
    assert gather(model).facts.learning_rate == used
    # the higher one is taken where its error is clearly smaller, as it is here
    assert errors[0.01] < 0.95 * errors[0.003]
    assert used == 0.01


@pytest.mark.parametrize("rate", [0.01, "find"])
def test_learning_rate_that_was_given_or_found_is_recorded(rate: Any, tmp_path: Path) -> None:
    settings = SMALL | {"transform": "none", "learning_rate": rate}
    model = forecaster(**settings, checkpoint=tmp_path / "fit").fit(wave())
    used = model.fitted_.record.learning_rate
    # a third of one of the rates that are tried
    assert used == 0.01 if rate == 0.01 else 1e-5 / 3 <= used <= 1 / 3
    assert gather(model).facts.learning_rate == used
    found = [decision for decision in model.fitted_.record.decisions if decision.code == "decision.rate_found"]
    assert len(found) == (rate == "find")
    # a fit that goes on from a file does not look for it again, and knows it all the same
    assert forecaster(**settings).fit(wave(), resume=tmp_path / "fit").fitted_.record.learning_rate == used


@pytest.mark.parametrize("check", [diverging, too_noisy])
def test_a_lower_learning_rate_is_lower_than_the_one_in_force(check: Any) -> None:
    model = forecaster(**SMALL | {"learning_rate": 0.01, "epochs": 30}, patience=0).fit(wave())
    evidence = gather(model)
    assert evidence.curves is not None
    n = np.arange(25)
    loss = 1.0 + n / 5 if check is diverging else 1.0 + 0.5 * (n % 2)
    finding = check(replace(evidence, curves=replace(evidence.curves, loss=loss, train=loss, epochs=n.astype(float))))
    assert 0 < finding.settings["learning_rate"] < 0.01


@pytest.mark.parametrize(("clip_norm", "advised"), [(0.2, 0.05), (0.0, 0.2), (1.0, 0.2)])
def test_no_advice_clips_the_gradient_less(clip_norm: float, advised: float) -> None:
    with pytest.raises(TrainingError, match="not a finite number") as caught:
        forecaster(**DIVERGING, clip_norm=clip_norm).fit(wave())
    assert f"training=Training(clip_norm={advised:g})`" in str(caught.value)
    assert 'training=Training(scaling="standard")' in str(caught.value)


def test_no_advice_names_what_is_in_force_already() -> None:
    with pytest.raises(TrainingError, match="not a finite number") as caught:
        forecaster(**DIVERGING, scaling="standard").fit(wave())
    assert "scaling" not in str(caught.value)


def test_settings_changed_after_the_fit_change_no_fact() -> None:
    model = forecaster(**SMALL, learning_rate=0.01).fit(wave())
    before = gather(model).facts
    model.season_length, model.hidden_size, model.loss = 9, 99, "quantile"
    model.training = Training(mode="windows", learning_rate=0.5, patience=3, validation_size=0, refit_full=True)
    assert gather(model).facts == before


def test_intervals_of_measured_errors_are_known_as_such() -> None:
    y = wave(360)
    settings = SMALL | {"transform": "difference", "loss": "quantile"}
    model = forecaster(4, **settings).fit(y[:300])
    # the quantiles of a sum of changes are not the sums of their quantiles
    assert not model.fitted_.learns_intervals
    coverage = gather(model, test=y[300:]).coverage
    assert coverage is not None
    assert coverage.n_calibration == len(model.fitted_.calibration.residuals) > 0
    blind = forecaster(4, **settings, validation_size=0).fit(y)
    assert not blind.fitted_.has_intervals
    assert about_forecast(blind, to_panel(y), None, None)["levels"] == []


# --- what is recorded ------------------------------------------------------------------------------------------------


def test_record_holds_what_was_chosen(longer: LSTMForecaster) -> None:
    fitted, record = longer.fitted_, longer.fitted_.record
    assert record.transform == fitted.preparation.transform.name
    assert record.value_inputs == fitted.ensemble.first.value_inputs
    assert record.seasons.source == "search"
    # of a single series a fifth at most
    assert record.hold_out == (72,)
    assert (record.n_held_out, record.n_series_held_out) == (72, 1)
    assert record.stop is Stop.FINISHED
    assert record.refit_steps is None
    taken = min(record.attempts, key=lambda attempt: attempt.error)
    assert (taken.epochs, taken.learning_rate) == (record.plan.epochs, record.learning_rate)
    assert taken.n_steps == record.n_steps
    assert [decision.code for decision in record.decisions][-2:] == ["decision.longer", "decision.single"]
    assert longer.decisions_ == tuple(str(decision) for decision in record.decisions)


def test_second_training_is_recorded() -> None:
    model = forecaster(**SMALL | {"transform": "none"}, refit_full=True).fit(wave())
    record = model.fitted_.record
    assert record.n_held_out > 0
    assert record.refit_steps is not None
    assert record.decisions[-1] == Message("decision.again", {"n": record.refit_steps})
    # all points were learned from in the end
    assert gather(model).part == "training part"


def test_record_goes_through_json_and_the_model_file(longer: LSTMForecaster, tmp_path: Path) -> None:
    record = longer.fitted_.record
    assert converted(json.loads(json.dumps(asdict(record))), FitRecord) == record
    longer.save(tmp_path / "m")
    assert LSTMForecaster.load(tmp_path / "m").fitted_.record == record


def test_loaded_model_is_diagnosed_as_the_one_that_was_fitted(longer: LSTMForecaster, tmp_path: Path) -> None:
    longer.save(tmp_path / "m")
    loaded = LSTMForecaster.load(tmp_path / "m")
    assert diagnose(loaded, logistic_map()).findings == diagnose(longer).findings


def test_everything_recorded_is_said_in_chinese_too(longer: LSTMForecaster) -> None:
    data = with_covariates(220)
    data.loc[data["ds"] > data["ds"].max() - np.timedelta64(3, "D"), "y"] = np.nan
    settings = SMALL | {"future": ["price"], "refit_full": True}
    ahead = forecaster(3, **settings, learning_rate="find").fit(data)
    decisions = [*longer.fitted_.record.decisions, *ahead.fitted_.record.decisions]
    codes = {decision.code.removeprefix("decision.") for decision in decisions}
    assert {"longer", "single", "rate_found", "again", "future", "values"} <= codes
    checks = [*longer.fitted_.record.seasons.checks, *ahead.fitted_.record.seasons.checks]
    messages = [*decisions, *(check.message for check in checks)]
    for message in (*messages, *(stop.message for stop in Stop), *(stop.advice for stop in Stop)):
        assert HAN.search(message.say("zh"))
        assert not ENGLISH.search(message.say("zh"))
