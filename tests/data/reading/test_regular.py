"""Does the fast reader of regular text files see in them, cell by cell, what the other one sees?"""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from gatecast.data.reading import formats, regular
from gatecast.data.reading.decoding import decode
from gatecast.data.reading.files import read_table
from gatecast.data.reading.iso_dates import read_alike
from gatecast.data.reading.text import read_regular, read_text
from gatecast.exceptions import DataError

RNG = np.random.default_rng(0)
DAYS = [f"2023-{1 + k // 28:02d}-{1 + k % 28:02d}" for k in range(300)]
# numbers whose nearest float is missed by a bit where digits are added up, and others at the edges of the type
HARD = ["0.1", "1e-310", "-0", "0.30000000000000004", "9007199254740993", "1.7976931348623157e308", ".5", "5.", "-1E5"]


def table(rows, header="id,ds,y", end="\n"):
    return end.join([header, *rows]) + end


REGULAR = {
    "plain": table(f"s{k % 3},{day},{k / 7}" for k, day in enumerate(DAYS)),
    "no header": "\n".join(f"{day},{k}.5" for k, day in enumerate(DAYS)),
    "windows": table((f"s,{day},{k}" for k, day in enumerate(DAYS)), end="\r\n"),
    "semicolons": table((f"s;{day};{k},5" for k, day in enumerate(DAYS)), "id;ds;y"),
    "tabs": table((f"s\t{day}\t{k}" for k, day in enumerate(DAYS)), "id\tds\ty"),
    "bars": table((f"s|{day}|{k}" for k, day in enumerate(DAYS)), "id|ds|y"),
    "missing": table(f"s,{day},{'' if k % 9 == 4 else k}" for k, day in enumerate(DAYS)),
    "codes": table(f"s,{day},{'NA' if k % 9 == 4 else k}" for k, day in enumerate(DAYS)),
    "infinite": table(f"s,{day},{'inf' if k == 250 else k + 0.5}" for k, day in enumerate(DAYS)),
    "not a number": table(f"s,{day},{'nan' if k == 250 else k + 0.5}" for k, day in enumerate(DAYS)),
    "late text": table(f"s,{day},{'broken' if k == 299 else k}" for k, day in enumerate(DAYS)),
    "late fraction": table(f"s,{day},{k if k < 299 else 1.5}" for k, day in enumerate(DAYS)),
    "late large": table(f"s,{day},{k if k < 299 else 2**63}" for k, day in enumerate(DAYS)),
    "hexadecimal": table(f"s,{day},{'0x1F' if k == 299 else k}" for k, day in enumerate(DAYS)),
    "flags": table(f"s,{day},{k % 2 == 0}" for k, day in enumerate(DAYS)),
    "zeros in front": table(f"00{k % 7},{day},{k}" for k, day in enumerate(DAYS)),
    "numbers as ids": table(f"{k % 7},{day},{k}" for k, day in enumerate(DAYS)),
    "zeros later": table(f"{k if k < 299 else '0300'},{day},{k}" for k, day in enumerate(DAYS)),
    "thousands": table((f"s;{day};{k}.234,5" for k, day in enumerate(DAYS)), "id;ds;y"),
    "hard numbers": table(f"s,{day},{HARD[k % len(HARD)]}" for k, day in enumerate(DAYS)),
    "digits": table(f"s,{day},{x!r}" for day, x in zip(DAYS, (RNG.normal(size=300) * 1e9).tolist(), strict=True)),
    "chinese": table((f"门店{k % 3},{day},{k}" for k, day in enumerate(DAYS)), "门店,日期,销量"),
    "unnamed": table((f"{k},{day},{k / 2}" for k, day in enumerate(DAYS)), ",ds,y"),
    "named twice": table((f"{day},{k},{k + 1}" for k, day in enumerate(DAYS)), "ds,y,y"),
    "spaces behind": table(f"s {k % 2} ,{day},{k} " for k, day in enumerate(DAYS)),
}
IRREGULAR = {
    "quotes": table(f'"s, {k % 3}",{day},{k}' for k, day in enumerate(DAYS)),
    "comments": "# made by hand\n" + REGULAR["plain"],
    "title": "Sales of our shops\n\n" + REGULAR["plain"],
    "blank line": REGULAR["plain"].replace("s0,2023-01-04", "\ns0,2023-01-04"),
    "footer": REGULAR["plain"] + "Total,,5000\n",
    "short line": REGULAR["plain"] + "s1,2024-01-01\n",
    "long line": REGULAR["plain"] + "s1,2024-01-01,4,5\n",
    "long and short": REGULAR["plain"] + "s1,2024-01-01,4,5\ns1,2024-01-02\n",
    "spaces in front": table(f"s, {day}, {k}" for k, day in enumerate(DAYS)),
    "empty columns": table((f"{k},{day},{k / 2},," for k, day in enumerate(DAYS)), ",ds,y,,"),
    "empty first cell": REGULAR["plain"].replace("s0,2023-01-04", ",2023-01-04"),
    "empty first line": ",,\n" + REGULAR["plain"],
    "single column": "\n".join(map(str, range(300))),
    "units below": table(["name,day,kWh", *(f"s,{day},{k}" for k, day in enumerate(DAYS))]),
    "old end of lines": table((f"s,{day},{k}" for k, day in enumerate(DAYS)), end="\r"),
    "markdown": table((f"|s|{day}|{k}|" for k, day in enumerate(DAYS)), "|id|ds|y|\n|--|--|--|"),
}
READERS = {"pandas": 1 << 30, "pyarrow": 0}


@pytest.fixture(params=READERS)
def reader(request, monkeypatch):
    if request.param == "pyarrow":
        pytest.importorskip("pyarrow")
    monkeypatch.setattr(regular, "SMALL", READERS[request.param])
    monkeypatch.setattr(regular, "N_SAMPLE", 100)
    # blocks end within the table
    monkeypatch.setattr(regular, "BLOCK", 2000)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "with mark"])
@pytest.mark.parametrize("name", REGULAR)
def test_regular_files_are_read_as_by_the_other_reader(name, mark, reader):
    content = mark + REGULAR[name].encode()
    fast, slow = read_regular(content), read_text(decode(content, "data.csv"), "data.csv")
    assert fast is not None
    # equal to the last bit, and of the same types
    assert_frame_equal(fast.frame, slow.frame, check_exact=True)
    for column in slow.frame:
        # pandas 3 lets nobody write to what it gives out
        assert fast.frame[column].to_numpy().flags.writeable == slow.frame[column].to_numpy().flags.writeable
        assert [type(cell) for cell in fast.frame[column]] == [type(cell) for cell in slow.frame[column]]
    assert (fast.delimiter, fast.has_header, fast.decoded.encoding, fast.notes) == (
        slow.delimiter,
        slow.has_header,
        slow.decoded.encoding,
        slow.notes,
    )
    assert [fast.line(row) for row in (0, 1, 150, 299)] == [slow.line(row) for row in (0, 1, 150, 299)]


@pytest.mark.parametrize("name", IRREGULAR)
def test_what_is_not_regular_is_left_to_the_other_reader(name, reader):
    assert read_regular(IRREGULAR[name].encode()) is None


@pytest.mark.parametrize("encoding", ["utf-16", "gb18030", "cp1252"])
def test_other_encodings_are_left_to_the_other_reader(encoding, reader):
    header = "Größe,Höhe,Maß" if encoding == "cp1252" else "门店,日期,销量"
    assert read_regular(REGULAR["plain"].replace("id,ds,y", header).encode(encoding)) is None


def test_ids_that_were_named_keep_their_zeros(reader):
    content = REGULAR["zeros in front"].replace("id,ds,y", "code,ds,y").encode()
    assert read_regular(content, ["code"]).frame["code"].tolist()[:2] == ["000", "001"]
    assert read_regular(content).frame["code"].tolist()[:2] == [0, 1]


@pytest.mark.parametrize("name", ["late text", "infinite"])
def test_errors_name_the_same_line(name, tmp_path, reader, monkeypatch):
    path = tmp_path / "data.csv"
    path.write_text(REGULAR[name])
    with pytest.raises(DataError) as fast:
        read_table(path)
    monkeypatch.setattr(formats, "read_regular", lambda *_: None)
    with pytest.raises(DataError) as slow:
        read_table(path)
    assert str(fast.value) == str(slow.value)
    assert f"line {302 if name == 'late text' else 252}"[:6] in str(fast.value)


def test_panels_of_large_files_are_those_of_the_other_reader(tmp_path, monkeypatch):
    # more than a megabyte, as it comes
    path = tmp_path / "large.csv"
    days = pd.date_range("1990-01-01", periods=6000).strftime("%Y-%m-%d")
    values = RNG.normal(size=(8, 6000)).round(4)
    path.write_text(table(f"shop {s},{day},{values[s, k]}" for s in range(8) for k, day in enumerate(days)))
    fast = read_table(path)
    monkeypatch.setattr(formats, "read_regular", lambda *_: None)
    slow = read_table(path)
    assert fast.facts() == slow.facts()
    np.testing.assert_array_equal(fast.panel.values, slow.panel.values)
    np.testing.assert_array_equal(fast.panel.values, values.ravel())
    assert fast.panel.ids.tolist() == slow.panel.ids.tolist() == [f"shop {s}" for s in range(8)]


@pytest.mark.parametrize("text", ["2024-02-29", "2024/02/29 23:59", "2024.02.29T23:59:59", "1678-01-01 00:00:00"])
def test_times_that_are_written_alike_are_those_of_pandas(text):
    dates = read_alike([text, text])
    assert dates.times.tolist() == [pd.Timestamp(text.replace(".", "-"))] * 2
    assert dates.times.unit == "ns"


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["2024-02-30"],
        ["2024-13-01"],
        ["2024-00-01"],
        ["2024-01-00"],
        ["2024-01-31 24:00"],
        ["2024-01-31 10:60"],
        ["2024-01-31 10:00:60"],
        ["1677-01-31"],
        ["2024-01/31"],
        ["2024-01-31", "2024/01/31"],
        ["2024-01-31", "2024-01-3"],
        ["2024-01-31", None],
        ["2024-01-31", 20240131],
        ["2024-01-3\u0661"],
        ["2024-01-31_10:00"],
        ["31.01.2024"],
    ],
)
def test_other_times_are_left_to_the_layouts(texts):
    assert read_alike(texts) is None
