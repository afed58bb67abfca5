"""Do errors and notes of tables name what helps, and are shapes and texts read in which a value could be lost?"""

import re

import numpy as np
import pandas as pd
import pytest

from gatecast.data.reading.files import read_table
from gatecast.data.reading.formats import as_strptime
from gatecast.exceptions import ConfigError, DataError

DAYS = pd.date_range("2024-01-01", periods=36)
VALUES = np.arange(36) + 10.5
TABLE = "date,sales\n" + "".join(f"{day.date()},{value}\n" for day, value in zip(DAYS, VALUES, strict=True))


def read(text, **named):
    return read_table("data.csv", content=text.encode(), **named)


def rows(head, cells):
    return head + "\n" + "".join(",".join(map(str, row)) + "\n" for row in cells)


def message(text, **named):
    """Return what is said of a table that cannot be read."""
    with pytest.raises(DataError) as caught:
        read(text, **named)
    return str(caught.value)


LONG = {
    "one id": (
        rows("who,date,v", [(w, day.date(), value) for w in (11, 12) for day, value in zip(DAYS, VALUES, strict=True)]),
        2,
    ),
    "three ids": (
        rows("a,b,c,date,v", [(a, b, c, day.date(), 2.5) for a in "xy" for b in "pq" for c in (1, 2) for day in DAYS]),
        8,
    ),
}


@pytest.mark.parametrize("case", LONG)
def test_the_target_is_named_with_what_names_the_series(case):
    text, n_series = LONG[case]
    remedy = re.search(r"`(target_col=.*)`", message(text))[1]
    assert read(text, **eval(f"dict({remedy})", {})).n_series == n_series


def test_a_column_that_nearly_tells_rows_apart_is_named():
    text = rows("shop,date,v", [(shop, day.date(), 2.5) for shop in "ab" for day in DAYS] + [("a", "2024-01-05", 3)])
    assert "`id_col='shop'`, and remove or add up the row that is there twice beside it (line 74)" in message(text)
    assert read(text, id_col="shop", duplicates="sum").n_series == 2


def test_parts_that_lack_are_no_duplicates():
    text = rows("year,v", [(2020 + i // 12, i) for i in range(48)])
    assert "Each time has 12 rows: add a column that says which part of it a row is" in message(text)


@pytest.mark.parametrize(
    ("form", "meant"),
    [
        ("YYYY-MM-DD", "%Y-%m-%d"),
        ("dd.mm.yyyy hh:mm", "%d.%m.%Y %H:%M"),
        ("TT.MM.JJJJ", "%d.%m.%Y"),
        ("MMM-yy", "%b-%y"),
        ("iso", "%d/%m/%Y"),
    ],
)
def test_forms_of_spreadsheets_are_translated(form, meant):
    assert as_strptime(form) == meant
    with pytest.raises(ConfigError, match=re.escape(f"Use `date_format={meant!r}`")):
        read(TABLE, date_format=form)


@pytest.mark.parametrize(
    ("word", "meant"), [("monthly", "MS"), ("1 day", "D"), ("hours", "h"), ("Weekly", "W"), ("annual", "YS")]
)
def test_words_for_frequencies_get_their_alias(word, meant):
    with pytest.raises(ConfigError, match=f"Use `freq='{meant}'`"):
        read(TABLE, freq=word)


def test_the_encoding_of_windows_gets_its_name():
    with pytest.raises(ConfigError, match="Did you mean `encoding='cp1252'`"):
        read(TABLE, encoding="ansi")


@pytest.mark.parametrize("name", ["data.csv", "data.xls"])
def test_web_pages_are_named(name):
    with pytest.raises(DataError, match="is a web page"):
        read_table(name, content=b"<!DOCTYPE html><html><body>Log in</body></html>")


def test_names_over_two_lines_lose_no_row():
    table = read(TABLE.replace("date,sales", 'date,"sales\n(EUR)"'))
    assert (table.n_rows, table.start, table.panel.values[0]) == (36, "2024-01-01", 10.5)


def test_points_are_between_thousands_beside_decimal_commas():
    german = [(f"{day:%d.%m.%Y}", f"1.{i:03d}", "1,5") for i, day in enumerate(DAYS)]
    text = "\n".join(";".join(row) for row in [("Datum", "Umsatz", "Preis"), *german])
    assert read(text, target_col="Umsatz").panel.values.tolist() == [1000.0 + i for i in range(36)]
    pointed = text.replace("1.001", "0.5")
    assert read(pointed, target_col="Umsatz").panel.values[:2].tolist() == [1.0, 0.5]
    alone = "\n".join(";".join(row[:2]) for row in [("Datum", "Umsatz"), *german])
    table = read(alone)
    assert table.panel.values[1] == 1.001
    assert "pass `--decimal ,`" in table.notes[0]
    assert read(alone, decimal=",").panel.values[1] == 1001
    # a single row, whose number has no thousandths
    assert read("Datum;Umsatz\n31.12.1999;1,5\n").panel.values.tolist() == [1.5]


def test_words_of_devices_are_missing_numbers_alone():
    table = read(TABLE.replace("12.5", "unavailable").replace("14.5", "No Data"))
    assert (table.n_gaps, table.notes) == (2, ("Taken as missing in sales: 'unavailable' (once), 'no data' (once).",))
    text = rows("store,date,v", [(store, day.date(), 2.5) for store in ("unknown", "b") for day in DAYS])
    assert read(text).panel.ids.tolist() == ["unknown", "b"]


def test_flags_of_eurostat_are_left_out():
    months = [f"{month:%Y-%m} " for month in pd.date_range("2020-01-01", periods=12, freq="MS")]
    text = "\t".join(["freq,geo\\TIME_PERIOD", *months]) + "\nM,DE\t" + "\t".join([": ", "2.5 p", *["3.5 "] * 10])
    table = read_table("data.tsv", content=text.encode())
    assert (table.n_gaps, table.panel.values[-11:-9].tolist()) == (0, [2.5, 3.5])


def across(part, cells, names):
    """Write numbers that rise in the order of time, the parts below each other and the wholes across."""
    return rows(
        ",".join([part, *names]), [(cell, *(100 * j + i for j in range(len(names)))) for i, cell in enumerate(cells)]
    )


ACROSS = {
    "months": (across("Month", range(1, 13), ["2019", "2020", "2021"]), "MS", "2019-01-01", 36),
    "Chinese months": (across("月份", [f"{m}月" for m in range(1, 13)], ["2019年", "2020年"]), "MS", "2019-01-01", 24),
    "weeks": (across("Week", range(1, 53), ["2021", "2022", "2023"]), "W-MON", "2021-01-04", 156),
    "quarters": (across("Quarter", ["Q1", "Q2", "Q3", "Q4"], ["2019", "2020", "2021"]), "QS-JAN", "2019-01-01", 12),
    "hours": (across("hour", range(24), [str(day.date()) for day in DAYS[:5]]), "h", "2024-01-01", 120),
    "hours by their ends": (
        across("hour", range(1, 25), [str(day.date()) for day in DAYS[:5]]),
        "h",
        "2024-01-01",
        120,
    ),
    "times of day": (
        across("time", ["00:00", "12:00"], [str(day.date()) for day in DAYS[:9]]),
        "12h",
        "2024-01-01",
        18,
    ),
}


@pytest.mark.parametrize("case", ACROSS)
def test_wholes_stand_across_and_their_parts_below_each_other(case):
    text, freq, start, n = ACROSS[case]
    table = read(text)
    assert (table.freq, table.start, table.n_series, table.n_gaps, table.n_rows) == (freq, start, 1, 0, n)
    assert (np.diff(table.panel.values) > 0).all()


def test_years_and_months_without_names_below_units():
    months = [(2020 + i // 12, f"{pd.Timestamp(2020, i % 12 + 1, 1):%B}", i + 0.5) for i in range(36)]
    cells = "".join(f"{year};{month};{value};1\n" for year, month, value in months)
    table = read("Table 1\nMonths;;;\n;;Index;Change\n;;2020=100;in (%)\n" + cells, target_col="Index")
    assert (table.freq, table.start, table.n_gaps, table.target_col) == ("MS", "2020-01-01", 0, "Index")


def test_a_first_line_about_the_file_is_left_out():
    about = '"EXTF";700;21;"Buchungsstapel";9;1;2;3\n'
    table = read(about + "Datum;Betrag\n" + "".join(f"{day:%d.%m.%Y};{i},5\n" for i, day in enumerate(DAYS)))
    assert (table.freq, table.n_rows, table.panel.values[0]) == ("D", 36, 0.5)
