"""Do tables of other shapes become the same panel as long ones: several ids, series side by side, times across?"""

import itertools

import numpy as np
import pandas as pd
import pytest

from gatecast.data import to_panel
from gatecast.data.reading.files import read_source, read_table
from gatecast.exceptions import ConfigError, DataError

DAYS = pd.date_range("2024-01-01", periods=20)
VALUES = np.round(np.random.default_rng(1).normal(50, 9, 20), 2)


def shops(stores=(1, 2), items=(7, 8), **more):
    pairs = enumerate(itertools.product(stores, items))
    rows = [(s, i, d, 10 * n + k) for n, (s, i) in pairs for k, d in enumerate(DAYS)]
    return pd.DataFrame(rows, columns=["store", "item", "date", "sales"]).assign(**more)


def test_columns_that_together_name_a_series_are_joined(tmp_path):
    frame = shops()
    frame.to_csv(tmp_path / "shops.csv", index=False)
    for panel in (
        to_panel(frame, id_col=["store", "item"]),
        read_table(tmp_path / "shops.csv", id_col=("store", "item")).panel,
    ):
        assert panel.ids.tolist() == ["1/7", "1/8", "2/7", "2/8"]
        assert (panel.columns.id, panel.columns.target) == ("store/item", "sales")
        assert panel.series(3)[:2].tolist() == [30, 31]


def test_newer_rows_are_joined_like_those_of_the_training():
    panel = to_panel(shops(), id_col=["store", "item"])
    newer = to_panel(shops(), like=panel)
    assert newer.ids.tolist() == panel.ids.tolist()


def test_joined_columns_may_be_covariates():
    panel = to_panel(shops(), id_col=["store", "item"], static=["store"])
    assert panel.static["store"].tolist() == [1, 1, 2, 2]


@pytest.mark.parametrize("names", [("DE", "FR"), (1, 2)])
def test_repeated_times_name_two_columns_that_help(names):
    frame = shops(names, ("K", "L"))
    with pytest.raises(DataError, match=r"`id_col=\['store', 'item'\]`"):
        to_panel(frame.rename(columns={"sales": "y"}))


def test_one_id_of_two_names_the_other():
    with pytest.raises(DataError, match=r"2 rows of series 1 have.*`id_col=\['store', 'item'\]`"):
        to_panel(shops(), id_col="store")


@pytest.mark.parametrize("names", [["store", "store"], [1, 1], ["store", 1.5]])
def test_ids_must_be_different_names(names):
    with pytest.raises(ConfigError, match="`id_col` must be the name of a column or a list of different ones"):
        to_panel(shops(), id_col=names)


def test_an_empty_part_of_an_id_is_named():
    frame = shops().astype({"item": object})
    frame.loc[3, "item"] = None
    with pytest.raises(DataError, match="'store', 'item' do not all hold a name in row 4"):
        to_panel(frame, id_col=["store", "item"])


def test_columns_side_by_side_are_series_where_they_are_named(tmp_path):
    frame = pd.DataFrame({"date": DAYS, "A": VALUES, "B": VALUES + 1, "price": 3.0})
    with pytest.raises(DataError, match=r"in a wide table.*`target_col=\['A', 'B'\]`"):
        to_panel(frame)
    panel = to_panel(frame, target_col=["A", "B"], future=["price"])
    assert (panel.ids.tolist(), panel.freq) == (["A", "B"], "D")
    np.testing.assert_array_equal(panel.series(1), VALUES + 1)
    frame.assign(B=["x"] + ["1"] * 19).to_csv(tmp_path / "wide.csv", index=False)
    with pytest.raises(DataError, match="'x' in line 2 .column 'B'."):
        read_table(tmp_path / "wide.csv", target_col=["A", "B"])


def test_a_column_that_is_called_like_the_made_ones_is_named():
    frame = pd.DataFrame({"date": DAYS, "A": VALUES, "B": VALUES, "y": 1.0})
    with pytest.raises(DataError, match="there is a column 'y' already"):
        to_panel(frame, target_col=["A", "B"])


@pytest.mark.parametrize("style", ["%Y-%m-%d", "%m/%d/%y", "%d.%m.%Y", "%b %d %Y"])
def test_times_across_are_read(tmp_path, style):
    wide = pd.DataFrame([VALUES, VALUES + 1], columns=DAYS.strftime(style))
    wide.insert(0, "country", ["Chad", "Mali"])
    wide.insert(1, "Lat", [15.4, 17.6])
    wide.to_csv(tmp_path / "wide.csv", index=False)
    for panel in (to_panel(wide), read_table(tmp_path / "wide.csv").panel):
        assert (panel.ids.tolist(), panel.freq, panel.columns.id) == (["Chad", "Mali"], "D", "country")
        assert list(panel.times(0)) == list(DAYS)
        np.testing.assert_array_equal(panel.series(1), VALUES + 1)


def test_a_world_bank_file_is_read(tmp_path):
    years = [str(year) for year in range(1960, 1990)]
    rows = [["Aland", "ALA", "Load", "L", "", *map(str, range(29))], ["Borduria", "BOR", "Load", "L", *["2"] * 29, ""]]
    rows += [["Nowhere", "NOW", "Load", "L", *[""] * 30]]
    header = ["Country Name", "Country Code", "Indicator Name", "Indicator Code", *years]
    lines = ['"Data Source","Made up",', "", '"Last Updated Date","2024-01-01",', ""]
    lines += [",".join(f'"{cell}"' for cell in row) + "," for row in (header, *rows)]
    (tmp_path / "API.csv").write_text("\ufeff" + "\r\n".join(lines) + "\r\n")
    table = read_table(tmp_path / "API.csv")
    assert (table.n_series, table.freq, table.id_col) == (2, "YS-JAN", "Country Name")
    assert (table.start, table.end) == ("1960-01-01", "1989-01-01")
    assert table.notes == ("Left out: lines 1 to 4.",)


def test_a_column_of_years_beside_dates_is_no_time_across():
    frame = pd.DataFrame({"date": DAYS, "2022": VALUES, "2023": VALUES, "2024": VALUES})
    with pytest.raises(DataError, match="Several columns may be the target"):
        to_panel(frame)


def test_months_beside_a_year_are_read(tmp_path):
    names = pd.date_range("2015-01-01", periods=12, freq="MS").strftime("%b").str.upper()
    wide = pd.DataFrame(np.arange(36).reshape(3, 12), columns=names).assign(YEAR=[2015, 2016, 2017], Annual=9.0)
    wide.to_csv(tmp_path / "wide.csv", index=False)
    for panel in (to_panel(wide), read_table(tmp_path / "wide.csv").panel):
        assert (panel.n_series, panel.freq, panel.values.tolist()) == (1, "MS", [*range(36)])
    with pytest.raises(DataError, match="'YEAR' holds 'total' in row 4, beside a column for each month"):
        to_panel(pd.concat([wide.astype({"YEAR": object}), pd.DataFrame({"YEAR": ["total"]})]))


HOURS_ACROSS = {
    "numbers": [str(h) for h in range(24)],
    "counted": [f"H{h}" for h in range(1, 25)],
    "clocks": [f"{h:02d}:00" for h in range(24)],
    "Chinese": [f"{h}时" for h in range(24)],
}


@pytest.mark.parametrize("kind", HOURS_ACROSS)
def test_hours_beside_a_date_are_read(tmp_path, kind):
    wide = pd.DataFrame(np.arange(240).reshape(10, 24), columns=HOURS_ACROSS[kind])
    wide.insert(0, "date", DAYS[:10])
    wide.to_csv(tmp_path / "wide.csv", index=False)
    for panel in (to_panel(wide), read_table(tmp_path / "wide.csv").panel):
        assert (panel.freq, panel.values.tolist()) == ("h", [*range(240)])
        assert list(panel.times(0)) == list(pd.date_range(DAYS[0], periods=240, freq="h"))


def test_half_hours_by_their_ends_beside_a_date_and_a_meter():
    ends = [f"{(n + 1) // 2:02d}:{'30' if n % 2 == 0 else '00'}" for n in range(48)]
    wide = pd.DataFrame(np.arange(192).reshape(4, 48), columns=ends)
    wide = wide.assign(day=["2024-01-01", "2024-01-02"] * 2, meter=["a", "a", "b", "b"])
    panel = to_panel(wide)
    assert (panel.ids.tolist(), panel.freq, panel.n_gaps) == (["a", "b"], "30min", 0)
    assert str(panel.times(0)[0]) == "2024-01-01 00:30:00"
    assert panel.series(1)[0] == 96


def test_days_beside_a_month_are_read():
    days = pd.date_range("2023-01-01", "2023-12-31")
    wide = pd.DataFrame({"year": days.year, "month": days.month, "day": days.day, "v": np.arange(365.0)})
    wide = wide.pivot_table("v", ["year", "month"], "day").reset_index()
    panel = to_panel(wide)
    assert (panel.freq, panel.values.tolist()) == ("D", [*range(365)])


def test_quarters_beside_a_year_are_read():
    wide = pd.DataFrame(np.arange(40).reshape(10, 4), columns=["Q1", "Q2", "Q3", "Q4"])
    panel = to_panel(wide.assign(Year=range(2010, 2020)))
    assert (panel.freq, panel.values.tolist(), str(panel.times(0)[1])[:10]) == ("QS-JAN", [*range(40)], "2010-04-01")


def test_names_of_rows_may_lack_a_part():
    wide = pd.DataFrame([VALUES, VALUES, VALUES + 1], columns=DAYS.strftime("%m/%d/%y"))
    wide.insert(0, "Country", ["Italy", "China", "China"])
    wide.insert(0, "Province", ["", "Hubei", "Anhui"])
    assert to_panel(wide).ids.tolist() == ["Italy", "Hubei/China", "Anhui/China"]


def test_columns_with_two_levels_are_named_by_what_tells_them_apart():
    frame = pd.DataFrame({("Close", "ABC"): VALUES, ("Volume", "ABC"): 1.0}, index=DAYS)
    assert to_panel(frame, target_col="Close").values.tolist() == VALUES.tolist()
    several = pd.DataFrame({("Close", "ABC"): VALUES, ("Close", "XYZ"): 1.0}, index=DAYS)
    assert to_panel(several, target_col=["Close ABC", "Close XYZ"]).ids.tolist() == ["Close ABC", "Close XYZ"]


def test_an_index_without_names_is_kept():
    index = pd.MultiIndex.from_product([["a", "b"], DAYS])
    panel = to_panel(pd.DataFrame({"y": [*VALUES, *VALUES]}, index=index))
    assert (panel.ids.tolist(), panel.freq) == (["a", "b"], "D")


def test_lists_beside_values_are_one_sentence():
    with pytest.raises(DataError, match="holds lists or arrays beside single values"):
        to_panel([1.0, [1.0, 2.0]])


def test_the_source_of_a_future_file_has_joined_ids(tmp_path):
    shops().to_csv(tmp_path / "shops.csv", index=False)
    columns = to_panel(shops(), id_col=["store", "item"]).columns
    assert "store/item" in read_source(tmp_path / "shops.csv", like=columns).frame


def test_a_column_named_by_a_raised_digit_is_a_target():
    # a raised digit is a digit to Python, and no number
    frame = pd.DataFrame({"day": DAYS, "\u00b9": VALUES})
    assert to_panel(frame).values.tolist() == VALUES.tolist()
    with pytest.raises(DataError, match="'\u00b9' and '\u00b2'|'\u00b9', '\u00b2'"):
        to_panel(frame.assign(**{"\u00b2": VALUES, "\u00b3": VALUES}))
