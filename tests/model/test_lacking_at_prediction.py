"""What if something is lacking or new at prediction? Each works, or says in one sentence what is missing."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gatecast import DataError, LSTMForecaster, PretrainedLSTM, Training

N, H = 60, 3
END = pd.Timestamp("2024-01-01") + pd.Timedelta(days=N)
ROLES = {"past": ["temp"], "future": ["price", "kind"], "static": ["size"]}


def rows(n: int, after: int = 0, ids: str = "ab") -> pd.DataFrame:
    """Return n days of each series from so many days behind the training part on."""
    steps = np.arange(after, after + n)
    one = pd.DataFrame({"ds": END + pd.to_timedelta(steps, "D"), "y": 5 + np.sin(steps), "temp": np.cos(steps)})
    one = one.assign(price=steps % 3 + 1.0, kind=np.where(steps % 2, "x", "z"))
    return pd.concat([one.assign(unique_id=id_, size=float(ord(id_))) for id_ in ids], ignore_index=True)


@functools.cache
def fitted(kind: str) -> Any:
    data = rows(N, -N)
    if kind == "pretrained":
        return PretrainedLSTM(H).fit(data)
    quick: dict[str, Any] = {"hidden_size": 4, "ensemble": 1, "progress": False, "lookback": 10}
    mode = Training(epochs=1, mode="windows" if kind == "windows" else "sequence")
    return LSTMForecaster(H, training=mode, **quick, **(ROLES if kind == "covariates" else {})).fit(data)


AHEAD, NEWER, AFTER_NEWER = rows(H), rows(5), rows(H, 5)
WORKS: dict[str, tuple[str, Any, Any]] = {
    "all is there": ("covariates", None, AHEAD),
    "past values are empty": ("covariates", NEWER.assign(temp=np.nan), AFTER_NEWER),
    "known values are empty in newer rows": ("covariates", NEWER.assign(price=np.nan), AFTER_NEWER),
    "no static column": ("covariates", NEWER.drop(columns="size"), AFTER_NEWER),
    "a gap before, with covariates": ("covariates", rows(5, 4), rows(H, 9)),
    "one newer row": ("plain", rows(1), None),
    "a gap before": ("plain", rows(5, 4), None),
    "windows, fewer rows than lookback": ("windows", rows(2), None),
    "windows, a gap before": ("windows", rows(2, 4), None),
    "pretrained, one newer row": ("pretrained", rows(1), None),
    "pretrained, a short new series": ("pretrained", rows(3, ids="z"), None),
    "pretrained, a gap before": ("pretrained", rows(3, 4), None),
}


@pytest.mark.parametrize("name", WORKS)
def test_it_is_forecast(name: str) -> None:
    kind, data, future = WORKS[name]
    forecast = fitted(kind).predict(data=data, future=future)
    begin = END if data is None else data["ds"].max() + pd.Timedelta(days=1)
    n_series = 2 if data is None else data["unique_id"].nunique()
    assert np.isfinite(forecast["LSTM"]).all()
    assert forecast["ds"].tolist() == [*pd.date_range(begin, periods=H)] * n_series


NEW_KIND = "'kind' holds 'new', which was not in what the model learned from .*counts as missing"


@pytest.mark.parametrize(
    ("data", "future"), [(None, AHEAD.assign(kind="new")), (NEWER.assign(kind="new"), AFTER_NEWER)]
)
def test_a_category_that_was_never_seen_counts_as_missing_with_a_warning(data: Any, future: Any) -> None:
    with pytest.warns(UserWarning, match=NEW_KIND):
        forecast = fitted("covariates").predict(data=data, future=future)
    assert np.isfinite(forecast["LSTM"]).all()


SAYS: dict[str, tuple[str, Any, Any, str]] = {
    "no rows about the future": ("covariates", None, None, "'price', 'kind' of 2024-03-01 to 2024-03-03 were expected"),
    "a column ahead": ("covariates", None, AHEAD.drop(columns="price"), "future rows lack the column 'price'"),
    "a value ahead": (
        "covariates",
        None,
        AHEAD.assign(price=[np.nan, *[1.0] * 5]),
        "lack 1 value: 'price' of series 'a'",
    ),
    "a day ahead": ("covariates", None, AHEAD[AHEAD["ds"] < END + pd.Timedelta(days=2)], "at 2024-03-03"),
    "a series ahead": ("covariates", None, AHEAD[AHEAD["unique_id"] == "a"], "'price', 'kind' of series 'b'"),
    "a past column": ("covariates", NEWER.drop(columns="temp"), AFTER_NEWER, "lacks the column 'temp'.*left empty"),
    "a static column of a new series": (
        *("covariates", rows(12, ids="ac").drop(columns="size"), rows(H, 12, "ac")),
        r"lacks the static column 'size'.*has not seen \('c'\)",
    ),
    "a short new series": (
        "plain",
        rows(2, ids="z"),
        None,
        "'z' has 2 points and .*lookback of 10 points was expected",
    ),
    "a single row of a new series": ("plain", rows(1, ids="z"), None, "'z' has a single point and "),
    "a gap too long to fill": ("plain", rows(5, 800), None, "'a' has 5 points and does not go on where"),
}


@pytest.mark.parametrize("name", SAYS)
def test_what_is_missing_is_said_in_a_sentence(name: str) -> None:
    kind, data, future, says = SAYS[name]
    with pytest.raises(DataError, match=says) as error:
        fitted(kind).predict(data=data, future=future)
    assert "\n" not in str(error.value)
