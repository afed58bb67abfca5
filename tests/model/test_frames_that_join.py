"""Do forecasts join with their own future rows, whatever the types of times and ids?"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import gatecast
from gatecast import LSTMForecaster, Naive, PretrainedLSTM, Training
from gatecast.charts.timeline import make_timeline
from gatecast.data.panel.type_facts import TypeFacts, types_of_facts

N, H = 36, 4
KEYS = ["unique_id", "ds"]
BERLIN = "Europe/Berlin"
HOURS, DAYS = pd.date_range("2024-03-30", periods=N, freq="h"), pd.date_range("2024-01-01", periods=N)


def rows(times: Any = HOURS, ids: tuple[Any, Any] = ("a", "b")) -> pd.DataFrame:
    """Return two series with the same times."""
    both = pd.concat([pd.Series(times)] * 2, ignore_index=True)
    return pd.DataFrame({"unique_id": np.repeat(ids, N), "ds": both, "y": np.arange(2.0 * N) % 7})


def aware(frame: pd.DataFrame, zone: Any = BERLIN) -> pd.DataFrame:
    return frame.assign(ds=frame["ds"].dt.tz_localize("UTC").dt.tz_convert(zone))


def periods(freq: str) -> pd.DataFrame:
    return rows(pd.period_range("2001-01-01", periods=N, freq=freq))


def in_polars(dtype: Any, frame: pd.DataFrame | None = None, column: str = "ds") -> pl.DataFrame:
    return pl.from_pandas(rows() if frame is None else frame).with_columns(pl.col(column).cast(dtype))


def in_arrow(dtype: Any, frame: pd.DataFrame | None = None, column: str = "ds") -> pa.Table:
    table = pa.Table.from_pandas(rows() if frame is None else frame, preserve_index=False)
    cells = table.column(column)
    typed = cells.dictionary_encode() if pa.types.is_dictionary(dtype) else cells.cast(dtype)
    return table.set_column(table.column_names.index(column), column, typed)


UNITS = ("s", "ms", "us", "ns")
STEPS = rows(np.arange(N))
NUMBERED = rows(ids=(7, 8))
FRAMES: dict[str, Callable[[], Any]] = {
    **{f"pandas {u}": lambda u=u: rows().astype({"ds": f"datetime64[{u}]"}) for u in UNITS},
    **{f"pandas {u} Berlin": lambda u=u: aware(rows()).astype({"ds": f"datetime64[{u}, {BERLIN}]"}) for u in UNITS},
    "pandas days Berlin": lambda: aware(rows(DAYS)),
    "pandas days of Berlin in UTC": lambda: rows(DAYS.tz_localize(BERLIN).tz_convert("UTC") + pd.Timedelta(days=70)),
    "pandas UTC": lambda: aware(rows(), datetime.UTC),
    "pandas offset": lambda: aware(rows(), datetime.timezone(datetime.timedelta(hours=2))),
    **{f"pandas arrow {u}": lambda u=u: rows().astype({"ds": pd.ArrowDtype(pa.timestamp(u))}) for u in UNITS},
    "pandas arrow Berlin": lambda: aware(rows()).astype({"ds": pd.ArrowDtype(pa.timestamp("us", BERLIN))}),
    "pandas arrow dates": lambda: rows(DAYS).astype({"ds": pd.ArrowDtype(pa.date32())}),
    "pandas dates": lambda: rows(DAYS.date),
    "pandas datetimes": lambda: rows(pd.Series(HOURS.to_pydatetime(), dtype=object)).astype({"ds": object}),
    **{f"pandas period {f}": lambda f=f: periods(f) for f in ("min", "h", "D", "W", "W-WED", "M", "2M", "Q-JAN", "Y")},
    "pandas periods as objects": lambda: periods("M").astype({"ds": object}),
    **{f"pandas steps {t}": lambda t=t: STEPS.astype({"ds": t}) for t in ("int8", "int32", "int64", "uint16")},
    **{f"pandas steps {t}": lambda t=t: STEPS.astype({"ds": t}) for t in ("Int32", "Int64", "float64")},
    "pandas arrow steps": lambda: STEPS.astype({"ds": pd.ArrowDtype(pa.int32())}),
    **{
        f"pandas ids {t}": lambda t=t: rows().astype({"unique_id": t})
        for t in ("category", "string", "string[pyarrow]")
    },
    "pandas ids ordered": lambda: rows().astype({"unique_id": pd.CategoricalDtype(["z", "b", "a"], ordered=True)}),
    **{
        f"pandas ids {t}": lambda t=t: rows().astype({"unique_id": pd.ArrowDtype(t)})
        for t in (pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string()))
    },
    **{
        f"pandas ids {t}": lambda t=t: NUMBERED.astype({"unique_id": t})
        for t in ("int64", "int32", "uint8", "Int64", "float64", "object", "category")
    },
    "pandas arrow numbers": lambda: NUMBERED.astype({"unique_id": pd.ArrowDtype(pa.int16())}),
    **{f"polars {u}": lambda u=u: in_polars(pl.Datetime(u)) for u in ("ms", "us", "ns")},
    **{f"polars {u} Berlin": lambda u=u: in_polars(pl.Datetime(u, BERLIN), aware(rows())) for u in ("ms", "us", "ns")},
    "polars dates": lambda: in_polars(pl.Date, rows(DAYS)),
    **{
        f"polars steps {t}": lambda t=t: in_polars(t, STEPS)
        for t in (pl.Int8, pl.Int32, pl.Int64, pl.UInt16, pl.UInt64, pl.Float64)
    },
    "polars categorical": lambda: in_polars(pl.Categorical, column="unique_id"),
    "polars enum": lambda: in_polars(pl.Enum(["z", "b", "a"]), column="unique_id"),
    **{
        f"polars numbers {t}": lambda t=t: in_polars(t, NUMBERED, "unique_id")
        for t in (pl.Int32, pl.Int64, pl.UInt8, *([pl.Int128] if hasattr(pl, "Int128") else []))
    },
    **{f"arrow {u}": lambda u=u: in_arrow(pa.timestamp(u)) for u in UNITS},
    **{f"arrow {u} Berlin": lambda u=u: in_arrow(pa.timestamp(u, BERLIN), aware(rows())) for u in UNITS},
    "arrow date32": lambda: in_arrow(pa.date32(), rows(DAYS)),
    "arrow date64": lambda: in_arrow(pa.date64(), rows(DAYS)),
    "arrow steps": lambda: in_arrow(pa.int32(), STEPS),
    "arrow large strings": lambda: in_arrow(pa.large_string(), column="unique_id"),
    "arrow dictionary": lambda: in_arrow(pa.dictionary(pa.int32(), pa.string()), column="unique_id"),
    "arrow numbers": lambda: in_arrow(pa.int16(), NUMBERED, "unique_id"),
}
# one of each kind, where another path of the code is tested
SOME = ("pandas us Berlin", "pandas arrow us", "pandas dates", "pandas period M", "pandas ids category", "polars dates")
SOME += ("polars us Berlin", "polars enum", "polars steps Int32", "arrow us", "arrow date32", "arrow dictionary")


def assert_joins(forecast: Any, future: Any, n: int = 2 * H) -> None:
    """Check that keys have the same types and that each row of the future finds its forecast."""
    assert type(forecast) is type(future)
    if isinstance(future, pd.DataFrame):
        assert forecast.dtypes[KEYS].to_list() == future.dtypes[KEYS].to_list()
        assert len(future.merge(forecast, on=KEYS, validate="one_to_one")) == n
    elif isinstance(future, pl.DataFrame):
        assert forecast.select(KEYS).schema == future.select(KEYS).schema
        assert len(future.join(forecast, on=KEYS, validate="1:1")) == n
    else:
        assert forecast.select(KEYS).schema.types == future.select(KEYS).schema.types
        # Arrow joins no dictionaries with each other
        plain = [table.to_pandas().astype({"unique_id": object}) for table in (future, forecast)]
        assert len(plain[0].merge(plain[1], on=KEYS, validate="one_to_one")) == n


@pytest.mark.parametrize("name", FRAMES)
def test_forecasts_join_with_their_future_rows(name: str, tmp_path: Path) -> None:
    train, future = gatecast.train_test_split(FRAMES[name](), H)
    model = PretrainedLSTM(H).fit(train)
    assert_joins(model.predict(level=80), future)
    earlier, later = gatecast.train_test_split(train, H)
    assert_joins(PretrainedLSTM(H).fit(earlier).predict(data=later), future)
    assert_joins(model.predict_insample(), train, n=2 * (N - H))
    model.save(tmp_path / "model.safetensors")
    assert_joins(PretrainedLSTM.load(tmp_path / "model.safetensors").predict(), future)


@pytest.mark.parametrize("name", SOME)
def test_so_do_those_of_trained_models_paths_and_baselines(name: str, tmp_path: Path) -> None:
    train, future = gatecast.train_test_split(FRAMES[name](), H)
    model = LSTMForecaster(H, hidden_size=4, ensemble=1, training=Training(epochs=1), progress=False).fit(train)
    assert_joins(model.predict(), future)
    assert_joins(Naive(H).fit(train).predict(), future)
    if not isinstance(train, pa.Table):
        paths = model.simulate(1)
        assert_joins(paths, future)


@pytest.mark.parametrize("name", SOME)
def test_they_can_be_drawn(name: str) -> None:
    train, _ = gatecast.train_test_split(FRAMES[name](), H)
    model = PretrainedLSTM(H).fit(train)
    for forecast in (H, model.predict()):
        drawn = make_timeline(model, train, None, forecast, model.fitted_.after.ids[0])
        assert drawn.forecast_times.dtype == drawn.times.dtype
        assert (drawn.forecast_times > drawn.times[-1]).all()
        assert len(drawn.forecast_times) == H


def test_a_type_that_cannot_hold_the_times_to_come_is_not_kept() -> None:
    near_the_end = STEPS.assign(ds=STEPS["ds"] + 127 - N + 1)
    forecast = gatecast.forecast(near_the_end.astype({"ds": "int8"}), H)
    assert forecast["ds"].tolist() == [128, 129, 130, 131] * 2
    assert gatecast.forecast(in_polars(pl.Int8, near_the_end), H)["ds"].to_list() == [128, 129, 130, 131] * 2
    arrow = gatecast.forecast(in_arrow(pa.int8(), near_the_end), H)
    assert arrow.column("ds").to_pylist() == [128, 129, 130, 131] * 2
    by_hour = gatecast.forecast(in_polars(pl.Date, rows(DAYS)), 2, freq="12h")
    assert by_hour["ds"].to_list()[:2] == [datetime.datetime(2024, 2, 5, 12), datetime.datetime(2024, 2, 6)]


def test_a_new_series_outside_the_categories_keeps_its_name() -> None:
    data = rows().astype({"unique_id": "category"})
    model = PretrainedLSTM(H).fit(data)
    newer = rows(ids=("a", "c"))
    assert set(model.predict(data=newer)["unique_id"]) == {"a", "c"}


def test_newer_rows_of_another_library_give_tables_of_that_library() -> None:
    data = rows(DAYS)
    earlier, rest = gatecast.train_test_split(data, 2 * H)
    later, future = gatecast.train_test_split(rest, H)
    model = PretrainedLSTM(H).fit(earlier.astype({"unique_id": "category"}))
    assert_joins(model.predict(data=in_polars(pl.Date, later)), in_polars(pl.Date, future))
    polars = PretrainedLSTM(H).fit(in_polars(pl.Date, earlier))
    assert_joins(polars.predict(data=later), future)


@pytest.mark.parametrize(
    ("backend", "facts"),
    [
        ("pandas", TypeFacts("no type")),
        ("pandas", TypeFacts("arrow:no type")),
        ("polars", TypeFacts("DataFrame")),
        ("polars", TypeFacts("List")),
        ("polars", TypeFacts("no type")),
        ("pyarrow", TypeFacts("dictionary<values=one, indices=two, ordered=0>")),
    ],
)
def test_a_name_of_no_type_is_refused(backend: str, facts: TypeFacts) -> None:
    with pytest.raises(ValueError, match="type"):
        types_of_facts({"ds": facts}, backend)
