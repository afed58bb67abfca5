"""Do `fit`, `predict` and the like answer what they cannot take in one sentence, and take what is clear?"""

import datetime
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import gatecast
from gatecast import GatecastError, LSTMForecaster, Naive, PretrainedLSTM, to_panel, train_test_split

DAYS = pd.date_range("2024-01-01", periods=60)
Y = 50 + np.sin(np.arange(60) / 3)
FRAME = pd.DataFrame({"ds": DAYS, "y": Y})
TWO = pd.concat([FRAME.assign(unique_id=name) for name in (1, 2)])


def model() -> LSTMForecaster:
    return PretrainedLSTM(2)


FITTED = {"lstm": model().fit(FRAME), "naive": Naive(2).fit(FRAME)}


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Naive(h=3), "`h` is called `horizon` here: use `Naive(horizon=3)`."),
        (lambda: gatecast.AutoETS(3, seasonality=12), "use `AutoETS(season_length=12)`."),
        (lambda: Naive(3, 4), "`Naive` takes at most 1 arguments without a name, and 2 were passed."),
        (lambda: gatecast.Combination(), "`Combination` was called without `models`, which was expected."),
        (lambda: gatecast.Best(FRAME, model=1), "`model` is called `models` here"),
        (lambda: gatecast.compare(Y, h=3), "use `compare(horizon=3)`."),
        (lambda: gatecast.backtest(Y, 3, n_splits=3), "use `backtest(n_windows=3)`."),
        (lambda: gatecast.tune(FRAME, budget=3), "`tune` has no argument `budget`"),
        (lambda: gatecast.diagnose(), "`diagnose` was called without `model`"),
        (lambda: gatecast.report(FRAME, h=3), "the steps ahead are `LSTMForecaster(horizon=3)`"),
        (lambda: to_panel(X_train=FRAME), "`X_train` is called `data` here"),
    ],
)
def test_functions_and_models_answer_words_of_other_libraries(call: Callable[[], Any], says: str) -> None:
    with pytest.raises(GatecastError) as caught:
        call()
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda m: m.predict(h=3), "`h` is called `horizon` here: use `predict(horizon=3)`."),
        (lambda m: m.predict(X_df=FRAME), "`X_df` is called `future` here: use `predict(future=...)`."),
        (lambda m: m.predict(futr_df=FRAME), "`futr_df` is called `future` here"),
        (lambda m: m.predict(df=FRAME), "`df` is called `data` here: use `predict(data=...)`."),
        (lambda m: m.predict(banana=3), "`predict` has no argument `banana`"),
        (lambda m: m.predict(levels=80), "`levels` is called `level` here: use `predict(level=80)`."),
        (lambda m: m.predict(3, FRAME, FRAME), "takes at most 2 arguments without a name, and 3 were passed"),
        (lambda m: m.predict(FRAME), "takes the steps ahead first, and a table or an array was passed there"),
        (lambda m: m.predict("3"), "`horizon` must be a positive integer, got '3'"),
        (lambda m: m.fit(FRAME[["ds"]], FRAME["y"]), '`fit(X.assign(y=y), target_col="y")`'),
        (lambda m: m.fit(FRAME[["ds"]], y=FRAME["y"]), '`fit(X.assign(y=y), target_col="y")`'),
        (lambda m: m.fit(df=FRAME), "`df` is called `data` here"),
        (lambda m: m.fit(FRAME, h=3), "the steps ahead are `LSTMForecaster(horizon=3)`"),
        (lambda m: m.fit(), "`fit` was called without `data`"),
        (lambda m: m.fit(FRAME, val_size=3), "Settings belong where the model is made."),
    ],
)
@pytest.mark.parametrize("name", FITTED)
def test_calls_of_other_libraries_are_answered(name: str, call: Callable[[Any], Any], says: str) -> None:
    with pytest.raises(GatecastError) as error:
        call(FITTED[name])
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_functions_answer_too() -> None:
    with pytest.raises(GatecastError, match=r"`h` is called `horizon` here: use `forecast\(horizon=3\)`"):
        gatecast.forecast(FRAME, h=3)  # type: ignore[call-overload]
    with pytest.raises(GatecastError, match=r"`periods` is called `horizon` here: use `forecast\(horizon=3\)`"):
        gatecast.forecast(FRAME, periods=3)  # type: ignore[call-overload]
    with pytest.raises(GatecastError, match=r"`evaluate` takes the data in one place.*`evaluate\(X.assign\(y=y\)\)`"):
        FITTED["lstm"].evaluate(FRAME[["ds"]], FRAME["y"])  # type: ignore[call-arg, misc]
    with pytest.raises(GatecastError, match="`forecast` was called without `horizon`"):
        gatecast.forecast(FRAME)  # type: ignore[call-overload]
    with pytest.raises(GatecastError, match=r"use `train_test_split\(test_size=7\)`"):
        train_test_split(FRAME, horizon=7)  # type: ignore[call-arg]
    with pytest.raises(GatecastError, match="`h` is called `horizon` here: use `horizon=3`"):
        PretrainedLSTM(h=3)  # type: ignore[call-arg]
    with pytest.raises(GatecastError, match=r"sample paths are `simulate\(n_paths=9\)`"):
        FITTED["lstm"].predict(num_samples=9)  # type: ignore[call-arg]
    with pytest.raises(GatecastError, match="`seed` must be a whole number"):
        FITTED["lstm"].simulate(2, seed="a")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("forecast", "has no attribute 'forecast'. Use `predict(horizon)`."),
        ("cross_validation", "Use `gatecast.backtest("),
        ("score", "Use `evaluate(data)`."),
        ("banana", "object has no attribute 'banana'"),
    ],
)
def test_methods_of_other_libraries_are_answered(name: str, says: str) -> None:
    lstm = FITTED["lstm"]
    with pytest.raises(AttributeError) as error:
        getattr(lstm, name)
    assert says in str(error.value)
    assert not hasattr(lstm, name)


def test_an_error_inside_a_call_stays_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **more: object) -> None:
        raise TypeError("of another kind")

    monkeypatch.setattr("gatecast.model.fit.fit_panel", broken)
    with pytest.raises(TypeError, match="of another kind"):
        model().fit(FRAME)


NESTED = pd.MultiIndex.from_product([["x"], ["a", "b"]])
NO_DATA: dict[str, tuple[Any, str]] = {
    "lists": ([1.0, 2.0, [2.0, 3] * 10], "single values.*table with the columns unique_id, ds, y"),
    "arrays": (np.stack([Y, Y]), r"shape \(2, 60\).*`list\(array\)`.*table with the columns unique_id, ds, y"),
    "dict": ({"a": 1.0}, "Series 'a' has the type float"),
    "None": (None, "has the type NoneType"),
    "text": ("data.csv", "The file 'data.csv' does not exist"),
    "generator": ((value for value in Y), "has the type generator"),
    "fields": (np.zeros(9, dtype=[("a", float)]), "has the fields 'a'"),
    "two levels": (pd.DataFrame(np.c_[Y, Y], index=DAYS, columns=NESTED), r"target_col=\['x a', 'x b'\]"),
    "list ids": (TWO.assign(unique_id=[[1]] * 120), "'unique_id' holds list in row 1"),
}


@pytest.mark.parametrize("name", NO_DATA)
def test_what_is_no_table_is_said_in_a_sentence(name: str) -> None:
    data, says = NO_DATA[name]
    with pytest.raises(GatecastError, match=says):
        model().fit(data)


NAMES: dict[str, tuple[dict[str, Any], str]] = {
    "several ids": ({"id_col": ["shop", "item"]}, "`id_col"),
    "a column": ({"target_col": FRAME["y"]}, "`target_col` must be the name of"),
    "a float": ({"freq": 1.0}, "`freq` must be a pandas alias, an offset, a duration or a whole step, got 1.0"),
    "no time": ({"freq": pd.Timedelta(0)}, "`freq` must be a pandas alias"),
    "NaT": ({"freq": pd.NaT}, "`freq` must be a pandas alias"),
    "bytes": ({"freq": b"D"}, "`freq` must be a pandas alias"),
    "list": ({"freq": ["D"]}, "`freq` must be a pandas alias"),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "function", [lambda **given: model().fit(FRAME, **given), lambda **g: train_test_split(FRAME, **g)]
)
def test_names_that_make_no_sense_are_named(name: str, function: Callable[..., Any]) -> None:
    given, says = NAMES[name]
    with pytest.raises(GatecastError, match=says):
        function(**given)


@pytest.mark.parametrize(
    ("freq", "expected"),
    [
        *((DAYS.freq, "D"), (pd.Timedelta("1D"), "D"), (datetime.timedelta(days=1), "D")),
        *((np.timedelta64(1, "D"), "D"), (pd.offsets.Hour(6), "6h"), (datetime.timedelta(hours=6), "6h")),
    ],
)
def test_offsets_and_durations_mean_what_they_say(freq: Any, expected: str) -> None:
    assert to_panel(FRAME, freq=freq).freq == expected
    # steps that were asked for are kept, though three of four are empty
    assert to_panel(FRAME, freq="6h").n_gaps == 3 * 59


def test_numbers_of_numpy_and_of_columns_are_names_and_steps() -> None:
    assert to_panel(Y, freq=np.int64(2)).freq == 2
    numbered = pd.DataFrame({0: DAYS, 1: Y, 2: 1.0})
    for target in (1, np.int64(1)):
        assert to_panel(numbered, target_col=target).columns.target == "1"  # type: ignore[arg-type]
    assert to_panel(numbered, target_col="1", past=2).past["2"].tolist() == [1.0] * 60  # type: ignore[arg-type]
    with pytest.raises(GatecastError, match="`past` must be names of columns"):
        to_panel(FRAME, past=[["a"]])  # type: ignore[list-item]
    none: Any = None
    assert LSTMForecaster(2, future=none, past=none, static=none, progress=False).fit(FRAME).predict().shape == (2, 3)


BOTH = pd.MultiIndex.from_product([["a", "b"], DAYS])


@pytest.mark.parametrize(
    ("index", "id_col"),
    [
        (BOTH, "unique_id"),
        (BOTH.set_names(["shop", None]), "shop"),
        (BOTH.set_names([None, "day"]), "unique_id"),
        (BOTH.swaplevel(), "unique_id"),
    ],
)
@pytest.mark.parametrize("kind", ["series", "frame"])
def test_levels_of_an_index_without_names_are_ids_and_times(index: pd.MultiIndex, id_col: str, kind: str) -> None:
    values = pd.Series(np.r_[Y, 2 * Y], index=index)
    panel = to_panel(values if kind == "series" else values.to_frame("y"))
    assert (panel.ids.tolist(), panel.columns.id, panel.freq) == (["a", "b"], id_col, "D")
    np.testing.assert_array_equal(panel.values, values)


def test_ids_that_are_numbers_are_shown_as_numbers() -> None:
    hours = pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=60, freq="h"), "y": Y, "unique_id": 3})
    for data, says in (
        (pd.concat([TWO, hours]), "Series 1 has frequency 'D' and series 3 has 'h'"),
        (pd.concat([TWO, TWO]), "2 rows of series 1 have the time"),
    ):
        with pytest.raises(GatecastError, match=says):
            to_panel(data)
    with pytest.warns(UserWarning, match="1 of 2 series has no value of 'y' and is left out: 1"):
        to_panel(TWO.assign(y=np.where(TWO["unique_id"] == 1, np.nan, 1.0)))
    with pytest.raises(GatecastError, match="Series 1 has 60 points"):
        train_test_split(TWO, 100)


@pytest.mark.parametrize(
    "call",
    [
        lambda n: LSTMForecaster(n).fit(FRAME),
        lambda n: PretrainedLSTM(n).fit(FRAME),
        lambda n: gatecast.forecast(FRAME, n),
        lambda n: FITTED["lstm"].predict(n),
        lambda n: Naive(n).fit(FRAME),
        lambda n: FITTED["naive"].predict(n),
        lambda n: gatecast.backtest(FRAME, n, Naive()),
    ],
)
def test_more_steps_than_anybody_reads_are_refused_before_they_are_made(call: Callable[[int], object]) -> None:
    with pytest.raises(gatecast.ConfigError, match=r"`horizon` must be at most 100,000 steps, got 99,999,999\. Ask"):
        call(99_999_999)
