"""Are new data put in the right place beside the training part, wherever their series begin and end?"""

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatecast import DataError, LSTMForecaster, to_panel
from gatecast.data.panel.panel import Panel
from gatecast.model.alignment import align, match_series
from made_series import SMALL, forecaster, wave

DAY, FIRST = datetime.timedelta(days=1), datetime.datetime(2024, 1, 1)
IDS = ("a", "b", "c")
Span = tuple[int, int]
# where a series begins and how many points it has, in days from the first one
SPANS = st.tuples(st.integers(0, 20), st.integers(1, 30))
TABLES = st.dictionaries(st.sampled_from(IDS), SPANS, min_size=2)
LOOKBACK = 12


def frame(spans: dict[str, Span]) -> pd.DataFrame:
    """Daily series, one value for each day so that it does not matter where a table begins."""
    parts = [
        {"unique_id": id_, "ds": FIRST + (begin + k) * DAY, "y": wave(200, seed=IDS.index(id_))[begin + k]}
        for id_, (begin, n) in spans.items()
        for k in range(n)
    ]
    return pd.DataFrame(parts)


def panel_of(spans: dict[str, Span]) -> Panel:
    return to_panel(frame(spans), freq="D")


@settings(max_examples=60)
@given(train=TABLES, data=TABLES)
def test_steps_are_counted_as_on_a_calendar(train: dict[str, Span], data: dict[str, Span]) -> None:
    panel = panel_of(train)
    known = panel_of(data)
    match = match_series(panel.tail_from(panel.lengths), known)
    for s, id_ in enumerate(known.ids.tolist()):
        begin = data[id_][0]
        if id_ not in train:
            assert (match.rows[s], match.n_before[s], match.lead[s]) == (-1, 0, 0)
            continue
        end = sum(train[id_])
        assert panel.ids[match.rows[s]] == id_
        # days of the data that the training part has, and days that are missing between the two
        assert match.n_before[s] == len(range(begin, end))
        assert match.lead[s] == len(range(end, begin))


@given(st.integers(1, 30), st.integers(0, 40))
def test_steps_without_times_are_counted_alike(n: int, begin: int) -> None:
    train = Panel(np.array([0]), np.zeros(n), np.array([0, n]), np.array([0]), 1)
    data = Panel(np.array(["another"]), np.zeros(5), np.array([0, 5]), np.array([begin]), 1)
    # one series is that of a training part of one series, whatever it is called
    match = match_series(train.tail_from(train.lengths), data)
    assert (match.rows[0], match.n_before[0], match.lead[0]) == (0, max(n - begin, 0), max(begin - n, 0))


def test_another_frequency_is_refused() -> None:
    after = panel_of({"a": (0, 9)})
    hours = to_panel(pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=9, freq="h"), "y": np.arange(9.0)}))
    with pytest.raises(DataError, match="have the frequency 'h', and the model learned from 'D'"):
        match_series(after, hours)


@pytest.fixture(scope="module")
def model() -> LSTMForecaster:
    """Fitted on three series that end on different days."""
    spans = {"a": (0, 90), "b": (5, 80), "c": (0, 100)}
    return forecaster(3, **SMALL | {"lookback": LOOKBACK, "transform": "none"}, season_length=7).fit(frame(spans))


ENDS = {"a": 90, "b": 85, "c": 100}
NEWER = st.dictionaries(
    st.sampled_from(IDS), st.tuples(st.integers(0, LOOKBACK), st.integers(1, 20)), min_size=2, max_size=3
)


def newer(leads: dict[str, Span]) -> pd.DataFrame:
    return frame({id_: (ENDS[id_] + lead, n) for id_, (lead, n) in leads.items()})


def forecast(model: LSTMForecaster, data: Any) -> dict[str, list[float]]:
    table = model.predict(data=data)
    return {id_: table.loc[table["unique_id"] == id_, "LSTM"].tolist() for id_ in table["unique_id"].unique()}


@given(leads=NEWER)
def test_steps_that_are_missing_before_newer_rows_are_a_gap(model: LSTMForecaster, leads: dict[str, Span]) -> None:
    alignment = align(model.fitted_, to_panel(newer(leads), freq="D"))
    assert alignment.follows.all()
    ends = np.array([FIRST + ENDS[id_] * DAY for id_ in alignment.panel.ids.tolist()], "datetime64[ns]")
    np.testing.assert_array_equal(alignment.panel.starts, ends)
    # the same as rows that say that nothing was observed
    blank = frame({id_: (ENDS[id_], lead) for id_, (lead, _) in leads.items()}).assign(y=np.nan)
    full = pd.concat([blank, newer(leads)]).sort_values(["unique_id", "ds"]) if len(blank) else newer(leads)
    assert forecast(model, to_panel(newer(leads), freq="D")) == forecast(model, to_panel(full, freq="D"))


@given(leads=NEWER, seed=st.integers(0, 99))
def test_series_do_not_depend_on_those_beside_them(model: LSTMForecaster, leads: dict[str, Span], seed: int) -> None:
    together = forecast(model, to_panel(newer(leads).sample(frac=1, random_state=seed), freq="D"))
    assert together.keys() == leads.keys()
    for id_, lead in leads.items():
        alone = forecast(model, to_panel(newer({id_: lead}), freq="D"))
        # sums of a batch of another size are added in another order
        np.testing.assert_allclose(together[id_], alone[id_], rtol=1e-5)


@given(n=st.tuples(*[st.integers(1, 20)] * 3))
def test_newer_rows_alone_are_judged_as_in_the_whole_table(model: LSTMForecaster, n: tuple[int, int, int]) -> None:
    alone = newer({id_: (0, k) for id_, k in zip(IDS, n, strict=True)})
    whole = pd.concat([frame({"a": (0, 90), "b": (5, 80), "c": (0, 100)}), alone]).sort_values(["unique_id", "ds"])
    first, second = model.evaluate(to_panel(alone, freq="D")), model.evaluate(whole)
    assert first.n_origins == second.n_origins == sum(n)
    # what was remembered of the training part is what reading it again gives
    for name, score in first.scores.items():
        assert score.rmse == pytest.approx(second.scores[name].rmse, rel=1e-5)


def test_data_too_far_behind_are_read_from_their_own_beginning(model: LSTMForecaster) -> None:
    far = dict.fromkeys(IDS, (LOOKBACK + 1, 20))
    alignment = align(model.fitted_, to_panel(newer(far), freq="D"))
    assert not alignment.follows.any()
    assert np.isnan(alignment.anchors).all()
    with pytest.raises(DataError, match="does not go on where the training part ended"):
        model.predict(data=to_panel(newer(dict.fromkeys(IDS, (LOOKBACK + 1, LOOKBACK - 1))), freq="D"))
