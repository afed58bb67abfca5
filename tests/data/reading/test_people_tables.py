"""Are files read as people and offices write them: titles, totals, units, codes, spreadsheets, JSON, and by options?"""

import json
import zipfile

import numpy as np
import pandas as pd
import pytest

from gatecast.data.reading.files import read_table
from gatecast.data.reading.find import text_kind
from gatecast.data.reading.numbers import parse_numbers
from gatecast.exceptions import ConfigError, DataError

DAYS = pd.date_range("2024-01-01", periods=20)
ROWS = "".join(f"{day.date()},{i + 0.5}\n" for i, day in enumerate(DAYS))
TABLE = "date,sales\n" + ROWS


@pytest.fixture
def written(tmp_path):
    def write(content, name="data.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


BESIDE = {
    "titles": ("Sales of all shops\nMade on 2024-03-05\n\n" + TABLE, ["Left out: lines 1 to 3."]),
    "a title with commas": ("Sales, all shops\n" + TABLE, ["Left out: line 2 below the header."]),
    "a title of a spreadsheet": ("Sales of all shops,\n,\n" + TABLE, ["Left out: lines 1 to 2."]),
    "separator": ("sep=,\n" + TABLE, []),
    "names and their values": (
        "Station,Berlin\nUnit,kWh\nMade on,2024-03-01\n" + TABLE,
        ["Left out: lines 1 to 3."],
    ),
    "bars around": (
        "| date | sales |\n|---|---|\n" + "".join(f"| {row.replace(',', ' | ')} |\n" for row in ROWS.split()),
        [],
    ),
    "units": ("date,sales\n,MW\n" + ROWS, ["Left out: line 2 below the header."]),
    "units of all": ("date,sales\nYYYY-MM-DD,MW\n" + ROWS, ["Left out: line 2 below the header."]),
    "a total": (TABLE + "Total,200\n", ["Left out: from line 22 on (Total, 200)."]),
    "a Chinese total and a source": (TABLE + "合计,200\n\n来源: 我们\n", ["Left out: from line 22 on (合计, 200)."]),
    "a note": (TABLE + "\nSource: our office\n", ["Left out: from line 23 on (Source: our office)."]),
    "empty rows": (TABLE.replace("2024-01-05", ",\n2024-01-05"), []),
    "names in a comment": ("# made by hand\n#date,sales\n" + ROWS, []),
    "between spaces": (TABLE.replace(",", "    "), []),
    "between single spaces": (TABLE.replace(",", " "), []),
    "old line ends": ("A title\r\r" + TABLE.replace("\n", "\r"), ["Left out: lines 1 to 2."]),
}


@pytest.mark.parametrize("case", BESIDE)
def test_what_is_no_row_is_left_out_and_said(written, case):
    text, notes = BESIDE[case]
    table = read_table(written(text))
    assert (table.target_col, table.time_col, table.freq, table.n_gaps) == ("sales", "date", "D", 0)
    assert table.panel.values.tolist() == [i + 0.5 for i in range(20)]
    assert list(table.notes) == notes


@pytest.mark.parametrize("case", ["titles", "units", "names in a comment", "empty rows"])
def test_errors_name_the_line_of_the_file(written, case):
    text = BESIDE[case][0].replace(",19.5", ",oops")
    line = text.splitlines().index("2024-01-20,oops") + 1
    with pytest.raises(DataError, match=f"'oops' in line {line} "):
        read_table(written(text))


def test_two_lines_of_names(written):
    cells = "".join(f"{day.date()},{i},1,{i + 7},2\n" for i, day in enumerate(DAYS))
    merged = read_table(written(",Shop A,,Shop B,\ndate,sold,price,sold,price\n" + cells), target_col="Shop B sold")
    assert merged.panel.values[:2].tolist() == [7, 8]
    assert merged.ignored == ("Shop A sold", "Shop A price", "Shop B price")
    quotes = "Price,Close,High,Low,Open\nTicker,ABC,ABC,ABC,ABC\nDate,,,,\n" + cells
    table = read_table(written(quotes), target_col="Low")
    assert (table.time_col, table.panel.values[:2].tolist()) == ("Date", [7, 8])


def test_a_broken_last_row_is_no_total(written):
    with pytest.raises(DataError, match="'2024-01-99' in line 22"):
        read_table(written(TABLE + "2024-01-99,5\n"))
    with pytest.raises(DataError, match="'oops' in line 22"):
        read_table(written(TABLE + "2024-01-21,oops\n"))


def test_a_line_that_is_too_long_is_named_in_one_sentence(written):
    with pytest.raises(DataError, match="^'data.csv' has 3 cells in line 22, and 2 were expected.*`skip_rows=`"):
        read_table(written(TABLE + "2024-01-21,1,234\n"))


NUMBERS = {
    "percent": (["52.04%", "3%"], [52.04, 3], "1234.5%"),
    "dollars": (["$52,040.00", "-$3.00"], [52040, -3], "$1,234.5"),
    "euros": (["1 234,5 €", "2,5 €"], [1234.5, 2.5], "1 234,5€"),
    "ten thousands": (["52.04万", "9,800"], [520400, 9800], "1,234.5万"),
    "letters": (["1.2K", "3.4M"], [1200, 3.4e6], "1234.5"),
    "one letter": (["1.5M", "2M"], [1.5, 2], "1234.5M"),
    "brackets": (["(50.03)", "54.63"], [-50.03, 54.63], "(1234.5)"),
    "minus behind": (["50.03-", "54.63"], [-50.03, 54.63], "1234.5"),
    "another minus": (["−50.03", "54.63"], [-50.03, 54.63], "1234.5"),
    "full width": (["１２３．５", "4"], [123.5, 4], "1234.5"),
    "hard spaces": (["1\u00a0234,5", "2,5"], [1234.5, 2.5], "1 234,5"),
    "quantity": (["5 kWh", "6.5 kWh"], [5, 6.5], "1234.5kWh"),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_signs_and_units_that_all_cells_have_are_read(case):
    texts, values, shown = NUMBERS[case]
    numbers = parse_numbers(pd.Series(texts))
    np.testing.assert_allclose(numbers.floats, values, rtol=1e-15)
    assert (numbers.convention, text_kind(pd.Series(texts))) == (shown, "number text")


@pytest.mark.parametrize("texts", [["5%", "5"], ["$5", "€5"], ["5 kg", "5 g"], ["1.5M", "3"]])
def test_units_that_differ_are_no_numbers(texts):
    assert np.isnan(parse_numbers(pd.Series(texts)).floats).any()


def test_names_with_digits_stay_names():
    assert text_kind(pd.Series(["A1", "A2", "shop 3"])) == "text"


CODES = ["--", ".", "..", "缺失", "暂无", "NIL", "(null)", "N.A.", "\\N", "#DIV/0!", "—", "missing"]


@pytest.mark.parametrize("code", CODES)
def test_codes_for_missing_are_gaps_and_counted(written, code):
    table = read_table(written(TABLE.replace(",4.5", f",{code}").replace(",9.5", f",{code}")))
    assert np.flatnonzero(np.isnan(table.panel.values)).tolist() == [4, 9]
    assert table.notes == (f"Taken as missing in sales: {code.lower()!r} (2 times).",)


def test_a_number_for_missing_is_asked_about_and_named(written):
    path = written(TABLE.replace(",4.5", ",-999"))
    table = read_table(path)
    assert table.panel.values[4] == -999
    assert "sales holds -999 once, far below all other values: pass --na=-999" in table.notes[0]
    above = read_table(written(TABLE.replace(",4.5", ",9999"), "above.csv"))
    assert "sales holds 9999 once, far above all other values: pass --na=9999" in above.notes[0]
    assert np.isnan(read_table(path, na=("-999",)).panel.values[4])
    assert np.isnan(read_table(written(TABLE.replace(",4.5", ",off")), na=("OFF",)).panel.values[4])


def test_numbers_beside_a_gap_are_read_to_the_bit(written):
    values = np.random.default_rng(0).normal(size=400) * 10.0 ** np.arange(-200, 200)
    cells = [*map(repr, values.tolist()), "--"]
    read = read_table(written("v\n" + "\n".join(cells) + "\n1\n")).panel.values
    assert read[:400].tolist() == values.tolist()


def test_the_mark_before_decimals_may_be_given(written):
    path = written("ds;y\n2024-01-01;1.234\n2024-01-02;2.345\n2024-01-03;3,5\n")
    assert read_table(path, decimal=",").panel.values.tolist() == [1234, 2345, 3.5]
    whole = written("ds;y\n2024-01-01;1.234\n2024-01-02;2.345\n")
    assert read_table(whole).panel.values.tolist() == [1.234, 2.345]
    assert read_table(whole, decimal=",").panel.values.tolist() == [1234, 2345]


def test_lines_may_be_skipped(written):
    assert read_table(written("a,b,c\nd,e,f\n" + TABLE), skip_rows=2).n_rows == 20


@pytest.mark.parametrize(("how", "value"), [("sum", 11.0), ("mean", 5.5), ("last", 10.0)])
def test_rows_with_one_time_may_be_merged(written, how, value):
    path = written(TABLE.replace(",0.5", ",1", 1) + "2024-01-01,10\n")
    table = read_table(path, duplicates=how)
    assert table.panel.values[:2].tolist() == [value, 1.5]
    assert table.notes == (f"1 row has the time of another one: the {how} of sales was taken.",)
    with pytest.raises(DataError, match="2 rows have the time 2024-01-01"):
        read_table(path)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"duplicates": "first"}, "`duplicates` must be one of"),
        ({"decimal": ";"}, "`decimal` must be '.' or ','"),
        ({"skip_rows": -1}, "`skip_rows` must be a number of lines"),
        ({"encoding": "utf9"}, "`encoding` must be"),
    ],
)
def test_wrong_options_are_refused(written, named, message):
    with pytest.raises(ConfigError, match=message):
        read_table(written(TABLE), **named)


def xlsx(path, sheets):
    """Write a workbook of cells by hand: a date is a number with a style."""
    with zipfile.ZipFile(path, "w") as file:
        main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        package = "http://schemas.openxmlformats.org/package/2006/relationships"
        types = "http://schemas.openxmlformats.org/package/2006/content-types"
        file.writestr("[Content_Types].xml", f'<Types xmlns="{types}"/>')
        link = f'<Relationship Id="w" Type="{office}/officeDocument" Target="xl/workbook.xml"/>'
        file.writestr("_rels/.rels", f'<Relationships xmlns="{package}">{link}</Relationships>')
        names = "".join(f'<sheet name="{name}" sheetId="{i}" r:id="r{i}"/>' for i, name in enumerate(sheets, 1))
        file.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{names}</sheets></workbook>'
        )
        links = [f'<Relationship Id="r{i}" Type="{office}/worksheet" Target="worksheets/s{i}.xml"/>' for i in (1, 2, 3)]
        links.append(f'<Relationship Id="s" Type="{office}/styles" Target="styles.xml"/>')
        file.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}">{"".join(links)}</Relationships>'
        )
        styles = '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs>'
        file.writestr("xl/styles.xml", f'<styleSheet xmlns="{main}">{styles}</styleSheet>')
        for i, rows in enumerate(sheets.values(), 1):
            lines = "".join(f"<row>{''.join(map(as_cell, row))}</row>" for row in rows)
            content = f'<worksheet xmlns="{main}"><sheetData>{lines}</sheetData></worksheet>'
            file.writestr(f"xl/worksheets/s{i}.xml", content)
    return path


def as_cell(value):
    if isinstance(value, pd.Timestamp):
        return f'<c s="1"><v>{(value - pd.Timestamp("1899-12-30")) / pd.Timedelta("1D"):g}</v></c>'
    return f"<c><v>{value}</v></c>" if isinstance(value, float) else f'<c t="inlineStr"><is><t>{value}</t></is></c>'


def test_a_spreadsheet_is_read_with_its_titles_and_totals(tmp_path):
    pytest.importorskip("python_calamine")
    rows = [
        ["Sales of all shops"],
        ["date", "sales"],
        *([day, i + 0.5] for i, day in enumerate(DAYS)),
        ["Total", 200.0],
    ]
    path = xlsx(tmp_path / "data.xlsx", {"empty": [], "2024": rows, "other": [["date", "sales"], [DAYS[0], 7.0]]})
    table = read_table(path)
    assert (table.format, table.freq, table.n_rows) == ("spreadsheet", "D", 20)
    assert table.panel.values.tolist() == [i + 0.5 for i in range(20)]
    assert "the other sheets ('other'); the table is '2024'" in table.notes[0]
    assert read_table(path, sheet="other").panel.values.tolist() == [7]
    assert read_table(path, sheet="3").panel.values.tolist() == [7]
    with pytest.raises(ConfigError, match="`sheet='x'` is no sheet.*'empty', '2024', 'other'"):
        read_table(path, sheet="x")
    rows[5][1] = "oops"
    with pytest.raises(DataError, match="'oops' in row 6"):
        read_table(xlsx(tmp_path / "bad.xlsx", {"a": rows}))


def test_a_table_beside_empty_columns_and_below_titles_of_a_spreadsheet(tmp_path):
    pytest.importorskip("python_calamine")
    beside = ["", ""]
    rows = [["", "Report"], ["", "2024"], [*beside, "date", "sales"], [*beside, "", "EUR"]]
    rows += [[*beside, day, i + 0.5] for i, day in enumerate(DAYS)]
    table = read_table(xlsx(tmp_path / "data.xlsx", {"a": [*rows, [*beside, "Total", 200.0]]}))
    assert (table.target_col, table.panel.values.tolist()) == ("sales", [i + 0.5 for i in range(20)])


def test_an_error_about_the_first_sheet_names_the_others(tmp_path):
    pytest.importorskip("python_calamine")
    path = xlsx(tmp_path / "data.xlsx", {"About": [["read me"]], "Data": [["date", "sales"], [DAYS[0], 7.0]]})
    with pytest.raises(DataError, match="Sheet 'About': .* The other sheets are 'Data': `sheet=`"):
        read_table(path)


RECORDS = [{"ds": str(day.date()), "y": i + 0.5} for i, day in enumerate(DAYS)]
JSON = {
    "lines": "\n".join(map(json.dumps, RECORDS)),
    "list": json.dumps(RECORDS),
    "pairs": json.dumps([[one["ds"], one["y"]] for one in RECORDS]),
    "numbered rows": json.dumps({name: {str(i): one[name] for i, one in enumerate(RECORDS)} for name in ("ds", "y")}),
    "columns": json.dumps({"ds": [one["ds"] for one in RECORDS], "y": [one["y"] for one in RECORDS]}),
}


@pytest.mark.parametrize("case", JSON)
@pytest.mark.parametrize("name", ["data.json", "data.jsonl"])
def test_json_is_read(written, case, name):
    table = read_table(written(JSON[case], name))
    assert (table.freq, table.format) == ("D", "JSON lines" if case == "lines" else "JSON")
    assert table.panel.values.tolist() == [i + 0.5 for i in range(20)]


@pytest.mark.parametrize("text", ['{"a": {"b": 1}}', "[1, 2]x", '[{"a": [1]}]', '{"ds": "2024-01-01"', "[" * 100_000])
def test_bad_json_is_one_sentence(written, text):
    with pytest.raises(DataError, match="JSON|objects or lists"):
        read_table(written(text, "data.json"))


def test_names_of_many_columns_are_told_apart_in_linear_time(written):
    # in quadratic time the names alone would take half a minute
    names = ["date", "s", "s", "s.1", *["x"] * 10_000]
    row = ",".join(["2024-01-01", *["1"] * (len(names) - 1)])
    table = read_table(written(f"{','.join(names)}\n{row}\n"), target_col="s.2", time_col="date")
    assert (len(table.ignored), len(set(table.ignored))) == (len(names) - 2, len(names) - 2)
