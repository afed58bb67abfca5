"""Is the same series read from a file however it was written, and are the facts right?"""

import gzip
import itertools

import numpy as np
import pandas as pd
import pytest

from gatecast.data.reading.files import read_table

N = 40
TIMES = pd.date_range("2023-11-25", periods=N)
HOURS = pd.date_range("2023-11-25", periods=N, freq="h")
VALUES = np.round(np.random.default_rng(3).normal(5000, 3000, N), 2)

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "gbk", "gb18030"]
STYLES = {
    "iso": "%Y-%m-%d",
    "slashes": "%Y/%m/%d",
    "day first": "%d/%m/%Y",
    "month first": "%m/%d/%Y",
    "dots": "%d.%m.%Y",
    "short": "%d/%m/%y",
    "compact": "%Y%m%d",
    "words": "%d %b %Y",
    "american": "%B %d, %Y",
    "chinese": "%Y年%m月%d日",
    "minutes": "%d.%m.%Y %H:%M",
    "seconds": "%Y-%m-%dT%H:%M:%S",
    "half day": "%m/%d/%Y %I:%M %p",
}


def plain(value):
    return f"{value:.2f}"


def english(value):
    return f'"{value:,.2f}"'


def european(value):
    return f"{value:,.2f}".replace(",", "#").replace(".", ",").replace("#", ".")


def quoted(cell, delimiter):
    return f'"{cell}"' if delimiter in cell and not cell.startswith('"') else cell


def lines(style, number, delimiter, header=("日期", "数值")):
    rows = [header] if header else []
    times = TIMES if style not in ("minutes", "seconds", "half day") else HOURS
    rows += [(time.strftime(STYLES[style]), number(value)) for time, value in zip(times, VALUES, strict=True)]
    return "\n".join(delimiter.join(quoted(cell, delimiter) for cell in row) for row in rows) + "\n"


NUMBERS = (plain, english, european)


@pytest.fixture
def written(tmp_path):
    def write(content, name="data.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_every_style_gives_the_same_panel(written, style, delimiter):
    times = TIMES if style not in ("minutes", "seconds", "half day") else HOURS
    # over the delimiters each style, and over the styles each delimiter, comes in all encodings
    first = list(STYLES).index(style) + list(DELIMITERS).index(delimiter)
    for encoding, number in zip(itertools.islice(itertools.cycle(ENCODINGS), first, None), NUMBERS, strict=False):
        table = read_table(written(lines(style, number, delimiter), encoding=encoding))
        assert table.panel.values.tolist() == VALUES.tolist(), (encoding, number)
        assert list(table.panel.times(0)) == list(times), (encoding, number)
        assert (table.time_col, table.target_col, table.delimiter) == ("日期", "数值", delimiter)


@pytest.mark.parametrize("style", STYLES)
def test_no_header_is_noticed(written, style):
    table = read_table(written(lines(style, plain, ";", header=None)))
    assert table.panel.values.tolist() == VALUES.tolist()
    assert (table.has_header, table.time_col, table.target_col) == (False, "column_1", "column_2")
    assert (table.panel.columns.time, table.panel.columns.target) == ("ds", "y")


@pytest.mark.parametrize(
    ("texts", "freq", "first", "last"),
    [
        (["1949-01", "1949-02", "1949-03"], "MS", "1949-01-01", "1949-03-01"),
        (["1949/1", "1949/2", "1949/3"], "MS", "1949-01-01", "1949-03-01"),
        (["01/1949", "02/1949", "03/1949"], "MS", "1949-01-01", "1949-03-01"),
        (["1949M01", "1949M02", "1949M03"], "MS", "1949-01-01", "1949-03-01"),
        (["194901", "194902", "194903"], "MS", "1949-01-01", "1949-03-01"),
        (["Jan 1949", "Feb 1949", "Mar 1949"], "MS", "1949-01-01", "1949-03-01"),
        (["Jan-49", "Feb-49", "Mar-49"], "MS", "1949-01-01", "1949-03-01"),
        (["1949年1月", "1949年2月", "1949年3月"], "MS", "1949-01-01", "1949-03-01"),
        (["2024Q1", "2024Q2", "2024Q3"], "QS-JAN", "2024-01-01", "2024-07-01"),
        (["2024-Q1", "2024-Q2", "2024-Q3"], "QS-JAN", "2024-01-01", "2024-07-01"),
        (["Q1 2024", "Q2 2024", "Q3 2024"], "QS-JAN", "2024-01-01", "2024-07-01"),
        (["2024年第1季度", "2024年第2季度", "2024年第3季度"], "QS-JAN", "2024-01-01", "2024-07-01"),
        (["2024-W05", "2024-W06", "2024-W07"], "W-MON", "2024-01-29", "2024-02-12"),
        (["2024W05", "2024W06", "2024W07"], "W-MON", "2024-01-29", "2024-02-12"),
        (["1949", "1950", "1951"], "YS-JAN", "1949-01-01", "1951-01-01"),
        (["1949年", "1950年", "1951年"], "YS-JAN", "1949-01-01", "1951-01-01"),
        (["1700000000", "1700003600", "1700007200"], "h", "2023-11-14 22:13:20", "2023-11-15 00:13:20"),
        (["1700000000000", "1700003600000", "1700007200000"], "h", "2023-11-14 22:13:20", "2023-11-15 00:13:20"),
        (["2024010522", "2024010523", "2024010600"], "h", "2024-01-05 22:00:00", "2024-01-06"),
        (["202401052230", "202401052300", "202401052330"], "30min", "2024-01-05 22:30:00", "2024-01-05 23:30:00"),
        (
            ["2024年1月5日 9时", "2024年1月5日 10时", "2024年1月5日 11时"],
            "h",
            "2024-01-05 09:00:00",
            "2024-01-05 11:00:00",
        ),
        (["1990/1/1 0:00", "1990/1/2 0:00", "1990/1/3 0:00"], "D", "1990-01-01", "1990-01-03"),
        (["2024-01-01", "2024-01-01 12:00", "2024-01-02"], "12h", "2024-01-01", "2024-01-02"),
        (["1", "2", "3"], 1, "1", "3"),
    ],
)
def test_other_ways_to_write_time(written, texts, freq, first, last):
    table = read_table(written("time,v\n" + "".join(f"{text},{i}\n" for i, text in enumerate(texts))))
    assert (table.freq, table.start, table.end) == (freq, first, last)
    assert table.panel.values.tolist() == [0, 1, 2]


@pytest.mark.parametrize("zone", ["Z", "+00:00", "+02:00"])
def test_time_zones_in_files(written, zone):
    text = "".join(f"2024-01-01T{hour:02d}:00:00{zone},{hour}\n" for hour in range(5))
    panel = read_table(written("ds,y\n" + text)).panel
    expected = pd.to_datetime([f"2024-01-01T{hour:02d}:00:00{zone}" for hour in range(5)])
    assert list(panel.times(0)) == list(expected)


@pytest.mark.parametrize("text", ["{:%d %b %Y %H:%M}", "{:%B %d, %Y %I:%M %p}", "{:%d-%b-%y %H:%M:%S}"])
def test_words_with_a_time_of_day(written, text):
    rows = "".join(f'"{text.format(time)}",1\n' for time in HOURS)
    assert list(read_table(written("time,v\n" + rows)).panel.times(0)) == list(HOURS)


@pytest.mark.parametrize(("style", "order"), [("%d/%m/%Y", "day first"), ("%m/%d/%Y", "month first")])
def test_order_of_day_and_month_by_regularity(written, style, order):
    # Every day is the first, so both orders are dates; only one is a monthly series.
    months = pd.date_range("2020-01-01", periods=24, freq="MS")
    table = read_table(written("Date,v\n" + "".join(f"{month.strftime(style)},1\n" for month in months)))
    assert (table.freq, table.date_order, table.date_format) == ("MS", order, style)


def test_ambiguous_order_is_settled_by_date_format(written):
    path = written("Date,v\n" + "".join(f"01/{month:02d}/2020,1\n" for month in range(1, 13)))
    assert read_table(path, date_format="%d/%m/%Y").freq == "MS"
    assert read_table(path, date_format="%m/%d/%Y").freq == "D"


@pytest.mark.parametrize(("date", "time"), [("日期", "时间"), ("Date", "Time")])
def test_date_and_time_in_two_columns_are_joined(written, date, time):
    rows = "".join(f"{t.strftime('%d/%m/%Y')};{t.strftime('%H:%M')};{v}\n" for t, v in zip(HOURS, VALUES, strict=True))
    table = read_table(written(f"{date};{time};v\n" + rows))
    assert (table.time_col, table.freq) == (f"{date} + {time}", "h")
    assert list(table.panel.times(0)) == list(HOURS)


def test_full_names_of_months_may_begin_with_may(written):
    days = pd.date_range("2024-05-01", periods=40)
    rows = "".join(f"{day:%B %d %Y},{i}\n" for i, day in enumerate(days))
    assert list(read_table(written("day,v\n" + rows)).panel.times(0)) == list(days)


def test_facts_say_what_was_understood(written):
    rows = ["shop;day;sold;price", "b;15.01.2024;1,5;7", "b;11.01.2024;2,5;7", "a;13.01.2024;3,5;7"]
    rows += ["a;14.01.2024;4;7", "b;16.01.2024;1,5;7"]
    table = read_table(written("\r\n".join(rows) + "\r\n;;;\r\n\r\n", encoding="utf-8-sig"), target_col="sold")
    facts = table.facts()
    assert facts.pop("path").endswith("data.csv")
    assert facts == {
        "format": "CSV",
        "delimiter": ";",
        "encoding": "UTF-8 with BOM",
        "is_encoding_guessed": False,
        "has_header": True,
        "date_format": "%d.%m.%Y",
        "date_order": "day first",
        "number_format": "1234,5",
        "time_col": "day",
        "target_col": "sold",
        "id_col": None,
        "ignored": ["shop", "price"],
        "n_rows": 5,
        "n_series": 1,
        "freq": "D",
        "n_gaps": 1,
        "first_gap": "2024-01-12",
        "is_sorted": False,
        "start": "2024-01-11",
        "end": "2024-01-16",
        "notes": [],
    }


def test_text_column_tells_series_apart_where_times_repeat(written):
    rows = "".join(f"{time.date()},{shop},{i}\n" for i, time in enumerate(TIMES[:3]) for shop in "ba")
    table = read_table(written("day,shop,sold\n" + rows))
    assert (table.id_col, table.n_series, table.panel.ids.tolist()) == ("shop", 2, ["b", "a"])
    assert table.first_gap is None


def test_zeros_in_front_of_ids_stay(written):
    table = read_table(written("id,ds,y\n007,2024-01-01,1\n007,2024-01-02,2\n7,2024-01-01,3\n7,2024-01-02,4\n"))
    assert table.panel.ids.tolist() == ["007", "7"]


def test_gap_in_series_is_named(written):
    rows = [f"{shop},{day.date()},1" for shop in "ab" for day in TIMES[:5] if not (shop == "b" and day == TIMES[2])]
    table = read_table(written("unique_id,ds,y\n" + "\n".join(rows)))
    assert (table.n_gaps, table.first_gap) == (1, "2023-11-27 in series 'b'")


def test_comments_blank_lines_and_unnamed_index(written):
    text = "# made by hand\n\n,ds,y\n# in between\n0,2024-01-01,1\n\n1,2024-01-02,2\n2,2024-01-03,3\n\n\n"
    table = read_table(written(text))
    assert (table.panel.values.tolist(), table.ignored) == ([1, 2, 3], ("Unnamed: 0",))


def test_index_with_dates_and_no_name_is_the_time(written):
    frame = pd.DataFrame({"temp": VALUES}, index=TIMES)
    frame.to_csv(path := written("", "frame.csv"))
    panel = read_table(path).panel
    assert list(panel.times(0)) == list(TIMES)
    assert panel.columns.time == "ds"


@pytest.mark.parametrize("text", ["v\n3\n4\n5.5\n", "3\n4\n5.5\n", "v\n3,0\n4,0\n5,5\n"])
def test_no_time_column_counts_rows(written, text):
    table = read_table(written(text))
    assert (table.time_col, table.freq, table.date_format) == (None, 1, "order of the rows")
    assert table.panel.values.tolist() == [3, 4, 5.5]


@pytest.mark.parametrize("name", ["data.csv.gz", "data.gz", "data.csv"])
def test_gzip_is_known_by_its_content(written, name):
    table = read_table(written(gzip.compress(lines("iso", plain, ",").encode()), name))
    assert (table.panel.values.tolist(), table.format) == (VALUES.tolist(), "CSV, gzip")


@pytest.mark.parametrize("name", ["data.tsv", "data.txt"])
def test_tab_files(written, name):
    assert read_table(written(lines("iso", plain, "\t"), name)).format == "TSV"


def test_parquet(tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "data.parquet"
    pd.DataFrame({"unique_id": "a", "ds": TIMES, "y": VALUES, "other": 1}).to_parquet(path)
    table = read_table(path)
    assert (table.format, table.encoding, table.delimiter, table.ignored) == ("Parquet", None, None, ("other",))
    assert list(table.panel.times(0)) == list(TIMES)


def test_floats_survive_to_the_bit(written):
    values = np.random.default_rng(0).normal(size=300) * 10.0 ** np.arange(-150, 150)
    path = written("v\n" + "\n".join(map(repr, values.tolist())) + "\n")
    assert read_table(path).panel.values.tolist() == values.tolist()


@pytest.mark.parametrize("text", ["", "NA", "NaN", "null", "n/a", "-", "?"])
def test_missing_cells_are_gaps(written, text):
    cells = [text, "1,5", text, "2.000,25", text]
    rows = "".join(f"2024-01-0{day};{cell}\n" for day, cell in enumerate(cells, start=1))
    table = read_table(written("ds;y\n" + rows))
    np.testing.assert_array_equal(table.panel.values, [np.nan, 1.5, np.nan, 2000.25, np.nan])
    assert (table.n_rows, table.n_gaps, table.first_gap, table.number_format) == (5, 3, "2024-01-01", "1.234,5")


def test_short_lines_are_gaps(written):
    panel = read_table(written("ds,y\n2024-01-01,1\n2024-01-02\n2024-01-03,4\n")).panel
    np.testing.assert_array_equal(panel.values, [1, np.nan, 4])


def test_missing_cells_in_parquet_are_gaps(tmp_path):
    pytest.importorskip("pyarrow")
    pd.DataFrame({"ds": TIMES[:3], "y": [1.0, None, 2.0]}).to_parquet(tmp_path / "data.parquet")
    np.testing.assert_array_equal(read_table(tmp_path / "data.parquet").panel.values, [1, np.nan, 2])


def test_given_names_win(written):
    path = written("ds,y,day,other\n2024-01-01,1,2023-01-01,5\n2024-01-02,2,2023-02-01,6\n")
    table = read_table(path, time_col="day", target_col="other", freq="MS")
    assert (table.freq, table.panel.values.tolist()) == ("MS", [5, 6])
