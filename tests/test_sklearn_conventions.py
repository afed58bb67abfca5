"""Does a forecaster behave as scikit-learn expects of an estimator, although that is not installed with gatecast?"""

import copy
import inspect
import pickle
from dataclasses import FrozenInstanceError, fields

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError as SklearnNotFittedError
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.utils.validation import check_is_fitted

from gatecast import ConfigError, LSTMForecaster, Naive, Network, NotFittedError, SeasonalNaive, Training
from gatecast.model.settings import SETTINGS, Everyday, Settings
from made_series import wave

SMALL = Training(epochs=2)
MODELS = [
    LSTMForecaster(3, hidden_size=4, lookback=5, training=SMALL, progress=False),
    SeasonalNaive(3, season_length=25),
]


@pytest.fixture(params=MODELS, ids=lambda model: type(model).__name__)
def model(request: pytest.FixtureRequest):
    return clone(request.param)


@pytest.fixture
def fitted(model):
    return model.fit(wave(120))


def copies(model):
    return {
        "copy": copy.copy(model),
        "deepcopy": copy.deepcopy(model),
        "pickle": pickle.loads(pickle.dumps(model)),
    }


def test_constructor_has_each_everyday_setting_with_its_own_default_and_type() -> None:
    parameters = list(inspect.signature(LSTMForecaster).parameters.values())
    assert [p.name for p in parameters] == [own.name for own in fields(Everyday)] + ["network", "training"]
    for parameter, own in zip(parameters, fields(Everyday), strict=False):
        assert parameter.default is SETTINGS[own.name].default
        assert parameter.annotation == own.type
        assert parameter.kind is (parameter.POSITIONAL_OR_KEYWORD if own.name == "horizon" else parameter.KEYWORD_ONLY)


def test_params_are_the_arguments_of_the_constructor() -> None:
    model = LSTMForecaster(3, network=Network(cell="gru"), training=SMALL)
    assert set(model.get_params(deep=False)) == set(inspect.signature(LSTMForecaster).parameters)
    deep = model.get_params()
    assert deep["horizon"] == 3
    assert deep["network__cell"] == "gru"
    assert deep["training__epochs"] == 2
    assert {name.rpartition("__")[2] for name in deep} == {*SETTINGS, "network", "training"}


def test_set_params_changes_what_it_names_alone() -> None:
    model = LSTMForecaster(3, training=SMALL)
    assert model.set_params(horizon=4, training__patience=0, network=Network(cell="gru")) is model
    assert model.settings == Settings(4, epochs=2, patience=0, cell="gru")
    # the groups of others are theirs
    assert Training(epochs=2) == SMALL
    with pytest.raises(FrozenInstanceError):
        SMALL.epochs = 3


@pytest.mark.parametrize("wrong", [{"epochs": 3}, {"training__epoch": 3}, {"horizn": 3}, {"horizon__x": 3}])
def test_set_params_refuses_what_is_not_there(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"use|Did you mean") as caught:
        LSTMForecaster().set_params(**wrong)
    assert type(caught.value) is ConfigError


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("horizn", "Did you mean `horizon`?"),
        ("epochs", r"`epochs` is a setting of `training`: use `set_params\(training__epochs=3\)`"),
        ("cell", r"use `set_params\(network__cell=3\)`"),
    ],
)
def test_unknown_attribute_is_an_error_with_the_nearest_name(name: str, answer: str) -> None:
    with pytest.raises(ConfigError, match=answer):
        setattr(LSTMForecaster(), name, 3)
    with pytest.raises(ConfigError, match=r"Naive has no setting `horizn`. Did you mean `horizon`\?"):
        Naive().horizn = 3


def test_clone_is_unfitted_and_has_the_same_settings(fitted) -> None:
    other = clone(fitted)
    assert other is not fitted
    assert other.get_params() == fitted.get_params()
    with pytest.raises(NotFittedError):
        other.predict()


def test_equality_and_hash_are_those_of_the_object(model) -> None:
    other = clone(model)
    assert model != other
    assert len({model, other, model}) == 2


def test_copies_of_an_unfitted_model_have_the_same_settings(model) -> None:
    for how, other in copies(model).items():
        assert other.get_params() == model.get_params(), how
        assert other.fit(wave(120)).predict().equals(clone(model).fit(wave(120)).predict()), how


def test_copies_of_a_fitted_model_make_the_same_forecast(fitted, tmp_path) -> None:
    joblib.dump(fitted, tmp_path / "model.joblib")
    for how, other in (copies(fitted) | {"joblib": joblib.load(tmp_path / "model.joblib")}).items():
        pd.testing.assert_frame_equal(other.predict(level=80), fitted.predict(level=80), obj=how)
        pd.testing.assert_frame_equal(other.predict(data=wave(130)), fitted.predict(data=wave(130)), obj=how)


def test_pickled_lstm_can_be_saved_and_looked_into(tmp_path) -> None:
    model = clone(MODELS[0]).fit(wave(120))
    other = pickle.loads(pickle.dumps(model))
    model.save(tmp_path / "one")
    other.save(tmp_path / "other")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    np.testing.assert_array_equal(other.gates().layers[0]["forget"], model.gates().layers[0]["forget"])


def test_what_is_learned_is_there_once_it_is_fitted() -> None:
    model = clone(MODELS[0])
    learned = ("history_", "fitted_", "decisions_", "stop_reason_", "settings_")
    assert not any(hasattr(model, name) for name in learned)
    with pytest.raises(SklearnNotFittedError):
        check_is_fitted(model)
    model.fit(wave(120))
    assert all(hasattr(model, name) for name in learned)
    check_is_fitted(model)


def test_baseline_says_whether_it_is_fitted() -> None:
    model = Naive()
    assert not hasattr(model, "seasons_")
    with pytest.raises(SklearnNotFittedError):
        check_is_fitted(model)
    check_is_fitted(model.fit(wave(120)))


@pytest.mark.parametrize("kind", [AttributeError, ValueError, NotFittedError])
def test_forecast_before_fit_is_refused(model, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=r"is not fitted, and a fitted one was expected\. Call `fit\(data\)` first"):
        model.predict()


def test_settings_that_are_changed_after_a_fit_count_from_the_next_one(tmp_path) -> None:
    model = clone(MODELS[0]).fit(wave(120))
    before, shown = model.predict(), repr(model)
    model.set_params(horizon=7, loss="mse", training__epochs=1, n_threads=1)
    pd.testing.assert_frame_equal(model.predict(), before)
    assert repr(model) == shown
    assert model.settings_.horizon == 3
    model.save(tmp_path / "model")
    assert repr(LSTMForecaster.load(tmp_path / "model")) == shown
    model.fit(wave(120))
    assert len(model.predict()) == 7
    assert repr(model) != shown
    assert model.settings_.epochs == 1


def test_fit_that_fails_leaves_what_was_learned_before() -> None:
    model = clone(MODELS[0]).fit(wave(120))
    before = model.predict()
    with pytest.raises(ConfigError):
        model.set_params(horizon=0).fit(wave(120))
    pd.testing.assert_frame_equal(model.predict(), before)
    assert model.settings_.horizon == 3


def test_repr_can_be_pasted() -> None:
    model = LSTMForecaster(3, quantiles=np.array([0.1, 0.5, 0.9]), network=Network(dropout=0.1), training=SMALL)
    given = "horizon=3, quantiles=[0.1, 0.5, 0.9], network=Network(dropout=0.1), training=Training(epochs=2)"
    assert repr(model) == f"LSTMForecaster({given})"
    assert repr(eval(repr(model))) == repr(model)


def test_grid_search_chooses_settings() -> None:
    """The scorer is ours, since scikit-learn's do not know time series; cloning and setting is what is tested."""
    y = wave(160)

    def score(model: LSTMForecaster, test: np.ndarray, _: object = None) -> float:
        return -float(np.abs(model.predict(len(test))["LSTM"].to_numpy() - test).mean())

    class Fitting(LSTMForecaster):
        def fit(self, data, target=None):
            return super().fit(data)

    model = Fitting(3, hidden_size=4, lookback=5, progress=False)
    grid = {"training__epochs": [1, 40], "network__cell": ["lstm"]}
    found = GridSearchCV(model, grid, scoring=score, cv=TimeSeriesSplit(2, test_size=5)).fit(y)
    assert found.best_estimator_.settings_.epochs == found.best_params_["training__epochs"]
    assert np.isfinite(found.cv_results_["mean_test_score"]).all()
