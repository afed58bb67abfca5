"""Is what is too much, or made to be, refused before memory is taken for it?"""

import gzip
import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from gatecast import DataError, LSTMForecaster, ModelFileError
from gatecast.cli.app import run
from gatecast.data.reading import limits
from gatecast.data.reading.files import read_table
from gatecast.data.reading.limits import check_archive
from made_series import forecaster, wave

ROWS = b"ds,y\n" + b"".join(b"2024-01-%02d,%d\n" % (day, day) for day in range(1, 31))


def test_gzip_that_becomes_very_long_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.csv.gz"
    with gzip.open(path, "wb", compresslevel=9) as stream:
        stream.write(ROWS)
        for _ in range(200):
            stream.write(b"0" * (1 << 20))
    with pytest.raises(DataError, match=r"unpacks to more than 64 MB, and at most 100 times as much.* Unpack it"):
        read_table(path)


def test_table_that_packs_well_is_read(tmp_path: Path) -> None:
    path = tmp_path / "table.csv.gz"
    path.write_bytes(gzip.compress(ROWS))
    assert read_table(path).n_rows == 30


def sheet(cells: str) -> bytes:
    """Return an archive with one sheet of some cells, which is all of a spreadsheet that is looked at."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", f"<sheetData>{cells}</sheetData>")
    return stream.getvalue()


def test_a_cell_far_from_the_table_is_refused(tmp_path: Path) -> None:
    table = "".join(f'<row r="{n}"><c r="A{n}"/><c r="B{n}"/></row>' for n in range(1, 50))
    check_archive(tmp_path / "sheet.xlsx", sheet(table))
    check_archive(tmp_path / "sheet.xlsx", sheet(table + '<row r="900" spans="1:2"><c r="AA900" t="s"/></row>'))
    with pytest.raises(DataError, match="99 cells on an area of 1,048,576 rows and 16,384 columns"):
        check_archive(tmp_path / "sheet.xlsx", sheet(table + '<row r="1048576"><c r="XFD1048576"/></row>'))


def test_archive_that_becomes_very_long_is_refused(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"<row/>" * (12 << 20))
    with pytest.raises(DataError, match="unpacks to more than 64 MB"):
        check_archive(tmp_path / "sheet.xlsx", stream.getvalue())
    with pytest.raises(DataError, match="is damaged"):
        check_archive(tmp_path / "sheet.xlsx", b"PK\3\4")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"2024-02-01," + b"7" * (2 << 20), "2,097,152 bytes in one cell, and at most 1,048,576 were"),
        (b"1," * 200_000, "200,001 cells, and at most 100,000 were"),
        (b"1234567;" * (3 << 20), "25,165,824 bytes, and at most 16,777,216 were"),
    ],
)
def test_line_that_no_table_has_is_named(tmp_path: Path, line: bytes, says: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(ROWS + line + b"\n")
    with pytest.raises(DataError, match=f"Line 32 of .* has {says} expected"):
        read_table(path)


def test_parquet_of_very_many_rows_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    values = pa.DictionaryArray.from_arrays(np.zeros(1_000_000, np.int8), pa.array([1.0]))
    parquet.write_table(pa.table({"y": values}), path)
    limit = 4_000_000
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "available_memory", lambda: limit)
        with pytest.raises(DataError, match=r"holds 1,000,000 rows of 1 columns, .* 4 MB of memory are free"):
            read_table(path)


def test_parquet_of_many_rows_counts_what_times_and_series_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "table.parquet"
    zeros = pa.DictionaryArray.from_arrays(np.zeros(200_000, np.int8), pa.array([1.0]))
    parquet.write_table(pa.table({"ds": zeros, "y": zeros}), path)
    # each row takes 64 bytes beside two values of 32
    monkeypatch.setattr(limits, "available_memory", lambda: 20_000_000)
    with pytest.raises(DataError, match=r"200,000 rows of 2 columns, which take about 24 MB, and 19 MB of memory"):
        read_table(path)


def test_file_that_is_larger_than_the_memory_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "table.csv"
    with path.open("wb") as stream:
        stream.truncate(10 << 30)
    monkeypatch.setattr(limits, "available_memory", lambda: 8 << 30)
    with pytest.raises(DataError, match=r"has 10,240 MB, which takes about 81,920 MB to read, and 8,192 MB of memory"):
        read_table(path)


@pytest.mark.parametrize("kind", ["/dev/zero", "pipe", "folder"])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = Path(kind) if kind.startswith("/") else tmp_path / "x"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    with pytest.raises(DataError, match=r"is a device or a pipe|is a folder"):
        read_table(path)
    with pytest.raises(ModelFileError, match="cannot be read"):
        LSTMForecaster.load(path)
    with pytest.raises(ModelFileError, match=r"cannot be written|no complete checkpoint"):
        forecaster(2, checkpoint=path).fit(wave(60))


def test_too_little_memory_is_the_fault_of_the_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_memory(*_: object, **__: object) -> None:
        raise MemoryError

    path = tmp_path / "table.csv"
    path.write_bytes(ROWS)
    monkeypatch.setattr("gatecast.data.reading.formats.read_regular", no_memory)
    assert run(["forecast", str(path), "--horizon", "2"]) == 2
    assert "The memory is not enough for this table and these settings" in capsys.readouterr().err
