"""Do dates, numbers, frequencies and whole tables come back as they were written, whatever the layout?"""

import csv

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatecast.data import to_panel
from gatecast.data.reading.dates import parse_dates
from gatecast.data.reading.files import read_table
from gatecast.data.reading.numbers import parse_numbers

FREQUENCIES = [
    *(
        "s",
        "10s",
        "250ms",
        "min",
        "15min",
        "90min",
        "h",
        "4h",
        "12h",
        "D",
        "3D",
        "B",
        "W-SUN",
        "W-WED",
        "2W-MON",
        "28D",
    ),
    *("MS", "ME", "BMS", "BME", "2MS", "QS-JAN", "QS-FEB", "QE-DEC", "QE-OCT", "BQS-JAN", "BQE-DEC"),
    *("YS-JAN", "YS-APR", "YE-DEC", "YE-JUN", "BYS-JAN", "BYE-JUN"),
]
# Years fit two digits, which mean 1969 to 2068.
STARTS = st.datetimes(pd.Timestamp("1970-01-01"), pd.Timestamp("2020-01-01")).map(
    lambda time: pd.Timestamp(time).floor("D")
)
# How a time is written, and the shortest step that it can show.
STYLES = {
    "%Y-%m-%d": "D",
    "%Y/%m/%d": "D",
    "%Y.%m.%d": "D",
    "%d/%m/%Y": "D",
    "%m/%d/%Y": "D",
    "%d.%m.%Y": "D",
    "%d-%m-%y": "D",
    "%m/%d/%y": "D",
    "%Y%m%d": "D",
    "%d %b %Y": "D",
    "%B %d, %Y": "D",
    "%d-%b-%y": "D",
    "%Y年%m月%d日": "D",
    "%G-W%V-%u": "D",
    "%Y-%m": "MS",
    "%m/%Y": "MS",
    "%b %Y": "MS",
    "%Y年%m月": "MS",
    "%YM%m": "MS",
    "%Y-%m-%d %H:%M": "h",
    "%Y-%m-%dT%H:%M:%S": "h",
    "%Y-%m-%dT%H:%M:%SZ": "h",
    "%d.%m.%Y %H:%M": "h",
    "%m/%d/%Y %I:%M %p": "h",
    "%Y%m%d%H%M": "h",
    "%Y年%m月%d日 %H时": "h",
    "%Y年%m月%d日 %H:%M:%S": "h",
}
# The mark of the decimals and the one of the thousands.
CONVENTIONS = [(".", ""), (".", ","), (".", " "), (".", "'"), (",", ""), (",", "."), (",", " "), (",", "\u00a0")]
CONVENTIONS += [(",", "\u202f"), (",", "\u2009"), (".", "’")]


def written(hundredths, decimal, thousands):
    """Write a number with two decimals, from which its convention is clear."""
    sign, (whole, rest) = "-" * (hundredths < 0), divmod(abs(hundredths), 100)
    return f"{sign}{whole:,}".replace(",", thousands) + f"{decimal}{rest:02d}"


HUNDREDTHS = st.integers(-(10**11), 10**11) | st.integers(-200_000, 200_000)


@st.composite
def with_gaps(draw, n):
    """The positions of n that are kept: both ends, and in between about three of four."""
    missing = draw(st.sets(st.integers(1, n - 2), max_size=n // 4))
    return np.setdiff1d(np.arange(n), sorted(missing))


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=4)
@given(start=STARTS, n=st.integers(32, 60), data=st.data())
def test_dates_are_read_as_they_were_written(style, start, n, data):
    times = pd.date_range(start, periods=n, freq=STYLES[style])
    if data.draw(st.booleans(), "shuffled"):
        times = times[data.draw(st.randoms(use_true_random=False)).sample(range(len(times)), len(times))]
    dates = parse_dates(pd.Series(times.strftime(style), dtype=object))
    assert dates is not None
    assert list(dates.times.tz_localize(None)) == list(times)


@pytest.mark.parametrize(("decimal", "thousands"), CONVENTIONS)
@pytest.mark.parametrize("prefer_comma", [False, True])
@given(numbers=st.lists(HUNDREDTHS, min_size=1, max_size=20), missing=st.sampled_from(["", "NA", "-", " n/a "]))
def test_numbers_are_read_as_they_were_written(decimal, thousands, prefer_comma, numbers, missing):
    texts = [written(number, decimal, thousands) for number in numbers]
    floats = parse_numbers(pd.Series([*texts, missing], dtype=object), prefer_comma=prefer_comma).floats
    # what Python reads from the plain digits is the nearest float
    assert floats[:-1].tolist() == [float(written(number, ".", "")) for number in numbers]
    assert np.isnan(floats[-1])


@given(numbers=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_floats_of_python_are_read_to_the_bit(numbers):
    assert parse_numbers(pd.Series([repr(number) for number in numbers], dtype=object)).floats.tolist() == numbers


@pytest.mark.parametrize("freq", FREQUENCIES)
@settings(max_examples=5)
@given(start=STARTS, n=st.integers(24, 60), data=st.data())
def test_gaps_change_neither_frequency_nor_grid(freq, start, n, data):
    times, kept = pd.date_range(start, periods=n, freq=freq), data.draw(with_gaps(n))
    panel = to_panel(pd.Series(kept.astype(float), index=times[kept]))
    assert panel.freq == to_panel(pd.Series(np.zeros(n), index=times)).freq
    assert list(panel.times(0)) == list(times)
    np.testing.assert_array_equal(panel.values, np.where(np.isin(np.arange(n), kept), np.arange(n), np.nan))


@pytest.mark.parametrize("freq", ["h", "15min", "D", "W-SUN", "MS"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Shanghai", "UTC"])
@settings(max_examples=4)
@given(start=STARTS, n=st.integers(24, 400), data=st.data())
def test_gaps_beside_changes_of_the_clock(freq, zone, start, n, data):
    times, kept = pd.date_range(start, periods=n, freq=freq, tz=zone), data.draw(with_gaps(n))
    panel = to_panel(pd.Series(kept.astype(float), index=times[kept]))
    assert (panel.freq, panel.timezone) == (freq, zone)
    assert list(panel.times(0)) == list(times)
    assert np.flatnonzero(~np.isnan(panel.values)).tolist() == kept.tolist()


@given(step=st.integers(1, 10**6), start=st.integers(-(10**9), 10**9), n=st.integers(8, 60), data=st.data())
def test_integer_steps_with_gaps(step, start, n, data):
    kept = data.draw(with_gaps(n))
    panel = to_panel(pd.DataFrame({"step": start + step * kept, "v": kept * 1.5}))
    assert (panel.freq, panel.starts.tolist(), panel.lengths.tolist()) == (step, [start], [n])
    assert panel.values[kept].tolist() == (kept * 1.5).tolist()


@st.composite
def long_tables(draw):
    """Several series of one frequency that begin and end at different times, with gaps."""
    freq, n_series = draw(st.sampled_from(["h", "D", "B", "W-SUN", "MS", "QE-DEC"])), draw(st.integers(1, 4))
    parts = []
    for name in draw(st.permutations(["b", "a", "shop 10", "Ü"]))[:n_series]:
        n, first = draw(st.integers(8, 30)), draw(st.integers(0, 20))
        times = pd.date_range("2021-03-05", periods=60, freq=freq)[first : first + n]
        kept = draw(with_gaps(n))
        parts.append(pd.DataFrame({"unique_id": name, "ds": times[kept], "y": draw(st.integers(0, 9)) + kept * 0.5}))
    return pd.concat(parts, ignore_index=True)


def by_name(panel):
    series = enumerate(panel.ids.tolist())
    return {name: (list(panel.times(s)), np.nan_to_num(panel.series(s), nan=-1.0).tolist()) for s, name in series}


@given(table=long_tables(), random=st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(table, random):
    shuffled = table.iloc[random.sample(range(len(table)), len(table))]
    panel, other = to_panel(table), to_panel(shuffled)
    assert other.freq == panel.freq
    assert by_name(other) == by_name(panel)
    assert other.ids.tolist() == list(dict.fromkeys(shuffled["unique_id"]))


@given(table=long_tables(), data=st.data())
def test_order_of_series_does_not_matter(table, data):
    order = data.draw(st.permutations(list(table["unique_id"].unique())))
    permuted = pd.concat([table[table["unique_id"] == name] for name in order])
    panel = to_panel(permuted)
    assert panel.ids.tolist() == order
    assert by_name(panel) == by_name(to_panel(table))


@given(
    style=st.sampled_from(sorted(STYLES)),
    convention=st.sampled_from(CONVENTIONS),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    has_header=st.booleans(),
    shuffle=st.none() | st.randoms(use_true_random=False),
    start=STARTS,
    data=st.data(),
)
def test_table_is_read_as_it_was_written(
    tmp_path_factory, style, convention, delimiter, line_end, has_header, shuffle, start, data
):
    n = 32
    times, kept = pd.date_range(start, periods=n, freq=STYLES[style]), data.draw(with_gaps(n))
    numbers = data.draw(st.lists(HUNDREDTHS, min_size=len(kept), max_size=len(kept)))
    rows = [(times[i].strftime(style), written(y, *convention)) for i, y in zip(kept, numbers, strict=True)]
    if shuffle:
        shuffle.shuffle(rows)
    path = tmp_path_factory.mktemp("layouts") / "data.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter, lineterminator=line_end).writerows([("when", "what")] * has_header + rows)
    # digits alone are dates where they rise by regular steps
    is_plain = style in ("%Y%m%d", "%Y%m%d%H%M")
    table = read_table(path, time_col=("when" if has_header else "column_1") if is_plain else None)
    assert list(table.panel.times(0).tz_localize(None)) == list(times)
    assert table.panel.values[kept].tolist() == [float(written(number, ".", "")) for number in numbers]
    assert (table.panel.n_gaps, table.has_header, table.delimiter) == (n - len(kept), has_header, delimiter)
