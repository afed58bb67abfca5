"""Does each bad file say in one sentence what is wrong, where, and what to do?"""

import gzip
import sys
from pathlib import Path

import pandas as pd
import pytest

from gatecast.data.reading.files import read_table
from gatecast.exceptions import DataError

GOOD = "ds,y\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n"
# What the file holds, what it is called, and what the sentence must say.
BAD = {
    "empty": ("", "a.csv", ["a.csv", "empty"]),
    "blank": ("\n \n\n", "a.csv", ["empty"]),
    "only comments": ("# a\n# b\n", "a.csv", ["empty"]),
    "header only": ("ds,y\n", "a.csv", ["header but no rows"]),
    "binary": (b"\x00\x01\x02" * 50, "a.csv", ["binary", "CSV"]),
    "no known encoding": (bytes(range(128, 256)) * 4, "a.csv", ["UTF-8", "line 1", "encoding="]),
    "damaged gzip": (gzip.compress(GOOD.encode())[:-6], "a.csv.gz", ["damaged", "Copy it again"]),
    "no gzip": (GOOD, "a.csv.gz", ["no gzip file"]),
    "empty gzip": (gzip.compress(b""), "a.csv.gz", ["empty"]),
    "damaged parquet": (b"PAR1 and then nothing", "a.parquet", ["Parquet", "damaged"]),
    "no parquet": (GOOD, "a.parquet", ["no Parquet file"]),
    "spreadsheet": (b"PK\x03\x04 xl/workbook.xml", "a.xlsx", ["damaged", "Copy or save it again"]),
    "spreadsheet called csv": (b"PK\x03\x04 xl/workbook.xml", "a.csv", ["damaged"]),
    "old spreadsheet": (b"\xd0\xcf\x11\xe0", "a.xls", ["spreadsheet"]),
    "zip": (b"PK\x03\x04 a.csv", "a.zip", ["zip archive", "Unpack it"]),
    "no numbers": (
        "day,name\n2024-01-01,a\n2024-01-02,b\n",
        "a.csv",
        ["No column holds numbers", "'name' with 'a'", "without signs or units"],
    ),
    "several targets": ("day,a,b\n2024-01-01,1,2\n2024-01-02,1,2\n", "a.csv", ["'a', 'b'", "target_col="]),
    "several times": ("sent,got,v\n2024-01-01,2024-02-01,2\n", "a.csv", ["'sent', 'got'", "time_col="]),
    "duplicates": (GOOD + "2024-01-02,9\n", "a.csv", ["2 rows", "2024-01-02", "line 3, line 5"]),
    "irregular": (
        "ds,y\n2024-01-01,1\n2024-01-02,2\n2024-01-05,3\n2024-02-09,4\n",
        "a.csv",
        ["1 day (once)", "3 days (once)", "freq="],
    ),
    "unclear order": (
        "Date,v\n" + "".join(f"01/{month:02d}/2020,1\n" for month in range(1, 13)),
        "a.csv",
        ["'Date'", "'01/01/2020'", 'date_format="%d/%m/%Y"', '--date-format "%d/%m/%Y"'],
    ),
    "all missing": ("ds,y\n2024-01-01,NA\n2024-01-02,-\n", "a.csv", ["No column", "'y' with 'NA'"]),
    "inf": (GOOD + "2024-01-04,inf\n", "a.csv", ["'y'", "inf", "line 5"]),
    "text": (GOOD + "2024-01-04,NaN\n2024-01-05,oops\n", "a.csv", ["'y'", "1 value", "'oops'", "line 6", "2024-01-05"]),
    "text after comments": ("# hi\n\n" + GOOD + "#\n2024-01-04,oops\n", "a.csv", ["'oops'", "line 8"]),
    "text after quoted lines": (
        'ds,y,note\n2024-01-01,1,"two\nlines"\n2024-01-02,x,\n2024-01-03,3,\n',
        "a.csv",
        ["'x'", "line 4"],
    ),
    "text without header": ("2024-01-01,1\n2024-01-02,!\n2024-01-03,2\n", "a.csv", ["'!'", "line 2"]),
    "bad date": (GOOD + "2024-01-04,4\n2024-01-99,5\n", "a.csv", ["'ds'", "'2024-01-99'", "line 6", "%Y-%m-%d"]),
    "no date": (GOOD + ",5\n", "a.csv", ["'ds'", "empty", "line 5"]),
    "no dates": ("ds,y\nlater,1\nsoon,2\n", "a.csv", ["'ds' holds no dates", "'later'"]),
    "long line": (GOOD + "2024-01-04,1,234\n", "a.csv", ["3 cells", "line 5", "2 were expected"]),
    "different frequencies": (
        "unique_id,ds,y\n"
        + "".join(f"a,2024-01-0{day},1\n" for day in range(1, 7))
        + "".join(f"b,2024-0{month}-01,1\n" for month in range(1, 7)),
        "a.csv",
        ["'a'", "'D'", "'b'", "'MS'"],
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_file_says_what_and_where(tmp_path, case):
    content, name, parts = BAD[case]
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as error:
        read_table(path)
    message = str(error.value)
    assert not [part for part in parts if part not in message], message
    assert "\n" not in message


def test_missing_file_suggests_near_names(tmp_path):
    (tmp_path / "passengers.csv").write_text(GOOD)
    with pytest.raises(DataError, match="does not exist.*Did you mean 'passengers.csv'"):
        read_table(tmp_path / "passenger.csv")
    with pytest.raises(DataError, match="folder .* does not exist either"):
        read_table(tmp_path / "nowhere" / "passengers.csv")


def test_folder(tmp_path):
    with pytest.raises(DataError, match="is a folder"):
        read_table(tmp_path)


def test_permission(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text(GOOD)

    def refuse(self):
        raise PermissionError(13, "Permission denied")

    # The tests may run as root, who may read everything.
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(DataError, match="may not be read.*permissions"):
        read_table(path)


def test_unknown_name_suggests_the_nearest(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("Month,Passengers\n1949-01,112\n1949-02,118\n")
    with pytest.raises(DataError, match="`target_col='passenger'`.*'Month', 'Passengers'.*Did you mean 'Passengers'"):
        read_table(path, target_col="passenger")
    with pytest.raises(DataError, match="`time_col='xyz'`.*Use one of 'Month', 'Passengers'"):
        read_table(path, time_col="xyz")


def test_date_format_that_does_not_fit(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(GOOD)
    with pytest.raises(DataError, match="'2024-01-01' in line 2.*%d/%m/%Y"):
        read_table(path, date_format="%d/%m/%Y")


def test_parquet_without_pyarrow(tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    path = tmp_path / "a.parquet"
    pd.DataFrame({"y": [1.0, 2.0]}).to_parquet(path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DataError, match=r"pip install 'gatecast\[parquet\]'"):
        read_table(path)


def test_parquet_names_rows(tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "a.parquet"
    pd.DataFrame({"ds": [1, 2, 3], "y": [1.0, float("inf"), 2.0]}).to_parquet(path)
    with pytest.raises(DataError, match="row 2"):
        read_table(path)
