"""Is a validation set of the user's own what is held out, and nothing else, and are callbacks told of it?"""

import threading

import numpy as np
import pandas as pd
import pytest

from gatecast import ConfigError, DataError, LSTMForecaster, PretrainedLSTM, Training

QUICK = {"hidden_size": 6, "n_layers": 1, "lookback": 8, "progress": False, "pretrained": "none", "season_length": 7}


def table(n=160, ids=("a", "b"), start=0):
    t = np.arange(start, start + n)
    frames = [
        pd.DataFrame(
            {
                "unique_id": name,
                "ds": pd.Timestamp("2024-01-01") + pd.to_timedelta(t, "D"),
                "y": 10 + k + np.sin(2 * np.pi * t / 7) + 0.1 * np.cos(t * t),
            }
        )
        for k, name in enumerate(ids)
    ]
    return pd.concat(frames, ignore_index=True)


def model(horizon=2, **more):
    return LSTMForecaster(horizon, **{**QUICK, **more}, training=Training(epochs=2, **more.pop("own", {})))


def cut(data, day):
    first = data["ds"] < pd.Timestamp(day)
    return data[first], data[~first]


def test_it_is_the_fit_that_holds_the_same_rows_out():
    data = table()
    known, newer = cut(data, "2024-05-20")
    n = len(newer) // 2
    own = model().fit(known, validation_data=newer)
    held = LSTMForecaster(2, **QUICK, training=Training(epochs=2, validation_size=n)).fit(data)
    assert own.fitted_.record.hold_out == held.fitted_.record.hold_out == (n, n)
    assert own.history_["validation_loss"] == held.history_["validation_loss"]
    pd.testing.assert_frame_equal(own.predict(level=80), held.predict(level=80))
    assert own.predict()["ds"].min() > data["ds"].max()


def test_series_may_have_validation_sets_of_their_own_lengths():
    data = table()
    known, newer = cut(data, "2024-05-20")
    shuffled = pd.concat([known[known["unique_id"] == "b"], known[known["unique_id"] == "a"]])
    some = newer[(newer["unique_id"] == "b")].iloc[2:9]
    fitted = model().fit(shuffled, validation_data=some).fitted_
    held = dict(zip(fitted.after.ids.tolist(), fitted.record.hold_out, strict=True))
    # with the two steps that are missing before it
    assert held == {"a": 0, "b": 9}


def test_what_is_held_out_teaches_nothing():
    known, newer = cut(table(), "2024-05-20")
    other = newer.assign(y=newer["y"] * 3)
    one, two = (model().fit(known, validation_data=each).fitted_ for each in (newer, other))
    np.testing.assert_array_equal(one.preparation.scaling.scale, two.preparation.scaling.scale)
    assert one.record.history["validation_loss"] != two.record.history["validation_loss"]


def test_arrays_go_on():
    y = table(ids=("a",))["y"].to_numpy()
    fitted = model().fit(y[:130], validation_data=y[130:])
    assert fitted.fitted_.record.hold_out == (30,)
    assert fitted.predict()["ds"].tolist() == [160, 161]


def test_a_short_series_is_trained_on_where_one_is_passed():
    y = table(120, ids=("a",))["y"].to_numpy()
    settings = {name: value for name, value in QUICK.items() if name not in ("pretrained", "hidden_size", "n_layers")}
    assert LSTMForecaster(2, progress=False).fit(y).fitted_.record.is_pretrained
    auto = LSTMForecaster(2, **settings, training=Training(epochs=1)).fit(y[:100], validation_data=y[100:])
    assert auto.fitted_.record.hold_out in ((20,), (0,))
    assert not PretrainedLSTM(2).fit(y[:100], validation_data=y[100:]).fitted_.record.is_trained


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (lambda rows: rows.assign(unique_id="c"), DataError, "series 'c'"),
        (lambda rows: rows.assign(ds=rows["ds"] - pd.Timedelta(days=5)), DataError, "begins at"),
        (lambda rows: rows.groupby("unique_id").head(1), DataError, "at least one horizon"),
    ],
)
def test_wrong_rows_are_answered(change, error, said):
    known, newer = cut(table(), "2024-05-20")
    with pytest.raises(error, match=said):
        model().fit(known, validation_data=change(newer))


def test_two_ways_to_hold_out_are_one_too_many():
    known, newer = cut(table(), "2024-05-20")
    with pytest.raises(ConfigError, match="Leave one out"):
        LSTMForecaster(2, **QUICK, training=Training(validation_size=9)).fit(known, validation_data=newer)
    with pytest.raises(ConfigError, match="`start`"):
        model().fit(known, validation_data=newer, start=model().fit(known))


class Told:
    def __init__(self):
        self.calls, self.threads = [], set()

    def on_validation(self, step, record):
        self.calls.append((step, record))
        self.threads.add(threading.current_thread().name)


def test_callbacks_are_told_of_every_check_of_every_network():
    told, other = Told(), Told()
    fitted = model(ensemble=3, seed=3).fit(table(), callbacks=[told, other])
    assert told.calls == other.calls
    assert {record["network"] for _, record in told.calls} >= {0, 1, 2}
    names = {"network", "n_steps", "validation_loss", "train_loss", "validation_rmse", "train_rmse"}
    assert all(set(record) == names and 0 < step <= record["n_steps"] for step, record in told.calls)
    losses = [record["validation_loss"] for _, record in told.calls]
    assert set(fitted.history_["validation_loss"]) <= set(losses)
    # nothing follows a fit that has no callbacks
    n = len(told.calls)
    model().fit(table())
    assert len(told.calls) == n


def test_a_fit_in_another_thread_is_not_told_of():
    told = Told()

    class Fitting(Told):
        def on_validation(self, step, record):
            super().on_validation(step, record)
            if len(self.calls) == 1:
                thread = threading.Thread(target=lambda: model(seed=9).fit(table(ids=("x",))))
                thread.start()
                thread.join()

    own = Fitting()
    model().fit(table(), callbacks=[own, told])
    assert {record["network"] for _, record in told.calls} == {record["network"] for _, record in own.calls}
    alone = Told()
    model().fit(table(), callbacks=[alone])
    assert told.calls == alone.calls


def test_what_a_callback_raises_ends_the_fit():
    class Enough(Exception):  # noqa: N818
        pass

    class Stopping:
        def on_validation(self, step, record):
            raise Enough

    for ensemble in (1, 2):
        with pytest.raises(Enough):
            model(ensemble=ensemble).fit(table(), callbacks=[Stopping()])


@pytest.mark.parametrize("wrong", [[print], ["loss"], [Told], None])
def test_what_is_no_callback_is_answered(wrong):
    with pytest.raises(ConfigError, match="on_validation"):
        model().fit(table(), callbacks=wrong)
