"""What comes of tables that are made at random and then broken? A panel, or an error of gatecast's own."""

import io
import random
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gatecast import GatecastError
from gatecast.data.reading.files import read_table

__all__ = ["read_one", "write_one"]

STARTS = ("2024-01-01", "1999-12-31", "1970-01-01", "2024-02-29", "2024-10-27 00:00")
FREQS = ("D", "h", "MS", "ME", "W", "B", "QS", "YS", "15min", "s")
LAYOUTS = ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%Y%m%d", "%d %b %Y", "%Y-%m-%d %H:%M:%S", "%Y年%m月%d日", "%y-%m-%d")
NAMES = ("ds", "y", "date", "value", "unique_id", "时间", "", "x", "=1", "a b", "Datum", "year", "month", "t")
ODD = ("", " ", "NA", "nan", "-", "--", "null", "inf", "-1e400", "1,5", "1.234,5", "(3)", "5%", "$7", "0x1F", "1_000")
ODD += (
    "NaT",
    "2024-13-01",
    "9" * 40,
    "\0",
    '"',
    "a" * 300,
    "−3",
    "１２",
    "1e308",
    "True",
    "2024-W05",
    "\ufeff",
    "\xa0",
)


def made(rng: random.Random) -> pd.DataFrame:
    """Make a table: times, numbers, at times ids and other columns."""
    n = rng.choice([0, 1, 2, 5, 40, 200])
    times = pd.date_range(rng.choice(STARTS), periods=n, freq=rng.choice(FREQS))
    layout = rng.choice([*LAYOUTS, None])
    columns: dict[str, Any] = {"ds": times if layout is None else times.strftime(layout)}
    if rng.random() < 0.2:
        columns["ds"] = np.arange(n) * rng.choice([1, 2, -1, 10**12])
    values = np.array([rng.gauss(0, 1) for _ in range(n)]) * rng.choice([1, 1e-300, 1e300, 0])
    # too large ones are another number then
    with np.errstate(invalid="ignore"):
        columns["y"] = values if rng.random() < 0.7 else values.astype(np.int64, casting="unsafe")
    for _ in range(rng.choice([0, 0, 1, 3])):
        columns[rng.choice(NAMES)] = rng.choice([values, ["a", "b"] * (n // 2) + ["c"] * (n % 2), [None] * n])
    frame = pd.DataFrame(columns)
    if rng.random() < 0.3:
        frame = pd.concat([frame.assign(unique_id=k) for k in rng.choice([("a", "b"), (1, 2), ("x", "x")])])
    if rng.random() < 0.3:
        frame = frame.sample(frac=rng.choice([0.5, 1.0]), random_state=rng.randrange(1000))
    return frame.rename(columns={name: rng.choice([name, rng.choice(NAMES)]) for name in frame})


def broken_cells(frame: pd.DataFrame, rng: random.Random) -> pd.DataFrame:
    """Replace some cells by what people or programs write there."""
    if not frame.size:
        return frame
    cells = frame.astype(object).to_numpy()
    for _ in range(rng.choice([0, 1, 3, 20])):
        cells[rng.randrange(cells.shape[0]), rng.randrange(cells.shape[1])] = rng.choice(ODD)
    return pd.DataFrame(cells, columns=frame.columns)


def broken_bytes(content: bytes, rng: random.Random) -> bytes:
    """Change, cut, repeat or insert some bytes."""
    out = bytearray(content)
    for _ in range(rng.choice([0, 0, 1, 2, 10])):
        at = rng.randrange(len(out) + 1)
        way = rng.randrange(4)
        if way == 0 and at < len(out):
            out[at] = rng.randrange(256)
        elif way == 1:
            del out[at : at + rng.choice([1, 10, 1000])]
        elif way == 2:
            out[at:at] = out[max(at - 100, 0) : at]
        else:
            out[at:at] = rng.choice([b"\n", b",", b";", b'"', b"\0", b"\xff\xfe", b"\r", b"\t", "北".encode()])
    return bytes(out)


def write_one(rng: random.Random, folder: Path) -> Path:
    """Write a table in one of the formats."""
    frame, kind = made(rng), rng.choice(["csv", "csv", "tsv", "txt", "xlsx", "parquet"])
    path, stream = folder / f"table.{kind}", io.BytesIO()
    if kind == "parquet":
        frame = frame.loc[:, ~frame.columns.duplicated()].reset_index(drop=True)
        frame.to_parquet(stream)
        content = stream.getvalue()
    else:
        delimiter = "\t" if kind in ("tsv", "xlsx") else rng.choice([",", ";", "|", "\t", " "])
        text = broken_cells(frame, rng).to_csv(
            index=rng.random() < 0.1,
            header=rng.random() < 0.9,
            sep=delimiter,
            decimal=rng.choice([".", ","]),
            lineterminator=rng.choice(["\n", "\r\n", "\r"]),
        )
        text = (
            rng.choice(["", "", "title\n\n", "# note\n", "\ufeff"]) + text + rng.choice(["", "", "total,5\n", "\n\n"])
        )
        content = text.encode(rng.choice(["utf-8", "utf-8", "utf-16", "gb18030", "cp1252"]), errors="replace")
    path.write_bytes(broken_bytes(content, rng))
    return path


def read_one(rng: random.Random, folder: Path) -> None:
    """Read a table that is made at random: a panel comes of it, or a sentence."""
    path = write_one(rng, folder)
    try:
        table = read_table(path)
    except GatecastError:
        return
    assert table.panel.n_series >= 1, "a panel without series"
    assert not np.isinf(table.panel.values).any(), "values that are infinite"
