"""How is what was written broken, so that its checksum still says that it is whole?"""

import contextlib
import copy
import json
import math
import random
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from gatecast._files import write_tensors

__all__ = ["NESTED", "break_arrays", "break_facts", "break_rows", "nested", "read_facts", "write_broken"]

Arrays = dict[str, np.ndarray]

ODD: tuple[object, ...] = (None, True, False, -1, 0, 1, 2, 7, 1000, 2**31 - 1, 2**31, 2**53, 2**63 - 1, 2**64, 10**30)
ODD += (-(2**63), 0.5, -1.5, math.nan, math.inf, -math.inf, 1e308, 5e-324, "", "x", "h", "W-SUN", "gru", "none", "\0")
ODD += ("1", "Europe/Berlin", "polars", [], {}, [1], [[]], [None], {"code": "x", "facts": {}}, [1] * 1000, "y" * 10_000)
NUMBERS = (math.nan, math.inf, -math.inf, -1.0, 0.0, 1e-300, 1e30, 1e300, 2.0**31, -(2.0**62))
TYPES = ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u8", "?")


def break_facts(facts: Any, rng: random.Random) -> Any:
    """Return plain facts of which one, anywhere, is another one, is missing or is too much."""
    facts = copy.deepcopy(facts)
    holder, key = rng.choice(list(_places(facts)))
    way = rng.randrange(8)
    if way == 0 and isinstance(holder, dict):
        del holder[key]
    elif way == 1 and isinstance(holder, dict):
        holder[f"{key}_"] = holder.pop(key)
    elif way == 2 and isinstance(holder[key], list):
        holder[key] = holder[key] * rng.choice([0, 2, 3]) + rng.sample(holder[key], min(1, len(holder[key])))
    elif way == 3:
        # see `write_broken`
        holder[key] = f"nested {rng.choice([10, 400, 900, 100_000])}"
    elif way == 4 and isinstance(holder[key], int | float):
        holder[key] = rng.choice([holder[key] + 1, holder[key] - 1, -holder[key], holder[key] * 1000])
    elif way == 5:
        other_holder, other = rng.choice(list(_places(facts)))
        holder[key] = copy.deepcopy(other_holder[other])
    else:
        holder[key] = rng.choice(ODD)
    return facts


def break_arrays(arrays: Arrays, rng: random.Random) -> Arrays:
    """Return arrays of which one has another content, shape, type or name, is missing, or is too much."""
    arrays = dict(arrays)
    name = rng.choice(sorted(arrays))
    array = arrays[name]
    way = rng.randrange(9)
    if way == 0:
        del arrays[name]
    elif way == 1:
        arrays[f"{name}s"] = arrays.pop(name)
    elif way == 2:
        arrays[name] = arrays[rng.choice(sorted(arrays))]
    elif way == 3:
        with np.errstate(all="ignore"):
            arrays[name] = array.astype(rng.choice(TYPES))
    elif way == 4:
        arrays[name] = _reshaped(array, rng)
    else:
        arrays[name] = _filled(array, rng, is_all=way == 5)
    return arrays


def _places(facts: Any) -> Iterator[tuple[Any, Any]]:
    keys = facts.keys() if isinstance(facts, dict) else range(len(facts)) if isinstance(facts, list) else ()
    for key in keys:
        yield facts, key
        yield from _places(facts[key])


def _reshaped(array: np.ndarray, rng: random.Random) -> np.ndarray:
    ways = [
        array[None],
        array.ravel(),
        array[:0],
        array[:-1],
        np.concatenate([array, array]),
        array.T,
        array[..., None],
    ]
    # of one that holds nothing any more no larger one is made
    longer = array[:0] if not array.size else np.zeros((10_000, *array.shape[1:]), array.dtype)
    return rng.choice([*ways, np.zeros((0, 2**40), array.dtype), longer])


def _filled(array: np.ndarray, rng: random.Random, *, is_all: bool) -> np.ndarray:
    filled = array.copy()
    number = rng.choice(NUMBERS)
    with np.errstate(all="ignore"):
        if is_all:
            filled[...] = np.array(number).astype(array.dtype)
        elif array.size:
            filled.flat[rng.randrange(array.size)] = np.array(number).astype(array.dtype)
    return filled


def read_facts(content: bytes, key: str) -> Any:
    """Return the facts that a file of arrays holds beside them."""
    n = int.from_bytes(content[:8], "little")
    facts = json.loads(json.loads(content[8 : 8 + n])["__metadata__"][key])
    del facts["sha256"]
    return facts


NESTED = r'"nested (\d+)"'


def nested(found: re.Match[str]) -> str:
    """Return lists within lists in place of the text that stands for them."""
    return "[" * int(found[1]) + "]" * int(found[1])


def break_rows(file: sqlite3.Connection, rng: random.Random) -> None:
    """Change a cell of a database, or remove some rows."""
    tables = [name for (name,) in file.execute("select name from sqlite_master where type = 'table'")]
    for _ in range(rng.choice([1, 1, 2, 4])):
        name = rng.choice(tables)
        columns = [column[1] for column in file.execute(f"pragma table_info({name})")]
        rows = [row for (row,) in file.execute(f"select rowid from {name}")]
        if not rows:
            continue
        row, column = rng.choice(rows), rng.choice(columns)
        (old,) = file.execute(f"select {column} from {name} where rowid = ?", (row,)).fetchone()
        if rng.random() < 0.15:
            file.execute(f"delete from {name} where rowid = ?", (row,))
            continue
        value = _cell(old, rng)
        with contextlib.suppress(sqlite3.IntegrityError, OverflowError):
            file.execute(f"update {name} set {column} = ? where rowid = ?", (value, row))


def _cell(old: object, rng: random.Random) -> object:
    """Return another value for a cell, which may hold facts as JSON."""
    if isinstance(old, str) and rng.random() < 0.6:
        with contextlib.suppress(ValueError):
            facts = json.loads(old)
            if isinstance(facts, dict | list) and facts:
                return re.sub(NESTED, nested, json.dumps(break_facts(facts, rng)))
    return rng.choice(
        [None, -1, 0, 1, 10**6, 2**62, math.nan, math.inf, 1e300, "", "x", "[]", "{}", "null", "COMPLETE", b"\xff"]
    )


def write_broken(path: Path, key: str, arrays: Arrays, facts: Any) -> None:
    """Write arrays and facts with their checksum; "nested 9" stands for lists within lists, which may be too deep."""
    text = json.dumps(facts)
    if "nested " not in text:
        write_tensors(path, key, arrays, facts)
        return
    text = re.sub(NESTED, nested, text)
    with contextlib.suppress(RecursionError):
        write_tensors(path, key, arrays, json.loads(text))
        return
    path.write_bytes(save({name: np.ascontiguousarray(array) for name, array in arrays.items()}, {key: text}))
