"""Does a backtest go on where it was, bit by bit, and leave alone what is not its own?"""

import errno
import json
import os

import numpy as np
import pandas as pd
import pytest

from backtesting.planted import Mean
from gatecast import DataError, Drift, Naive, backtest
from gatecast.backtesting import backtest as module
from made_series import SMALL, forecaster, table

DATA = table(40)


def run(models, folder=None, data=DATA, **settings):
    return backtest(data, 3, models, n_windows=3, folder=folder, **{"progress": False} | settings)


def models():
    return [forecaster(3, **SMALL), Naive(3), Mean()]


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_resumed_backtest_is_the_same_bit_by_bit(tmp_path, monkeypatch):
    whole = run(models())
    folder, calls, honest = tmp_path / "kept", [], module.run_block

    def stops(block):
        calls.append(block.name)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return honest(block)

    monkeypatch.setattr(module, "run_block", stops)
    with pytest.raises(KeyboardInterrupt):
        run(models(), folder)
    assert len(list(folder.glob("*.parquet"))) == 4
    resumed = run(models(), folder)
    assert len(calls) == 5 + 5
    pd.testing.assert_frame_equal(resumed.forecasts, whole.forecasts, check_exact=True)
    before = contents(folder)
    again = run(models(), folder)
    assert len(calls) == 10
    pd.testing.assert_frame_equal(again.forecasts, whole.forecasts, check_exact=True)
    pd.testing.assert_frame_equal(again.runs, resumed.runs, check_exact=True)
    assert contents(folder) == before


def test_block_that_was_interrupted_is_read_on_again(tmp_path):
    whole = run([forecaster(3, **SMALL)], refit=False)
    run([forecaster(3, **SMALL)], tmp_path / "kept", refit=False)
    for path in (tmp_path / "kept").glob("*.0002.*"):
        path.unlink()
    resumed = run([forecaster(3, **SMALL)], tmp_path / "kept", refit=False)
    pd.testing.assert_frame_equal(resumed.forecasts, whole.forecasts, check_exact=True)


def test_another_model_may_join_and_threads_do_not_matter(tmp_path):
    run([forecaster(3, **SMALL)], tmp_path / "kept")
    before = contents(tmp_path / "kept")
    found = run([forecaster(3, **SMALL, n_threads=1), Drift(3)], tmp_path / "kept")
    assert found.forecasts[["LSTM", "Drift"]].notna().all(axis=None)
    after = contents(tmp_path / "kept")
    assert before.items() <= after.items()
    assert len(after) == len(before) + 6


def test_errors_are_kept(tmp_path):
    late = {"m": Mean(2), "Naive": Naive(3)}
    first = run(late, tmp_path / "kept")
    again = run(late, tmp_path / "kept")
    assert first.runs["error"].str.contains("lacks").sum() == 3
    pd.testing.assert_frame_equal(again.runs, first.runs)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": DATA.assign(y=DATA["y"] + 1)}, "of other data or settings"),
        ({"step_size": 1}, "of other data or settings"),
        ({"level": 90}, "of other data or settings"),
        ({"models": {"Naive": Mean()}}, "forecasts of 'Naive' with other settings"),
    ],
)
def test_folder_of_something_else_is_refused_and_left_alone(tmp_path, change, message):
    folder = tmp_path / "kept"
    run([Naive(3)], folder)
    before = contents(folder)
    with pytest.raises(DataError, match=message):
        run(**({"models": [Naive(3)], "folder": folder} | change))
    assert contents(folder) == before


def damage_facts(folder):
    (folder / "backtest.json").write_text("{")


def damage_outcome(folder):
    next(folder.glob("Naive*.json")).write_text("[]")


def damage_table(folder):
    path = next(folder.glob("*.parquet"))
    path.write_bytes(path.read_bytes()[:-20])


def lose_table(folder):
    next(folder.glob("*.parquet")).unlink()


@pytest.mark.parametrize("damage", [damage_facts, damage_outcome, damage_table, lose_table])
def test_damaged_folder_gives_one_sentence_and_is_left_alone(tmp_path, damage):
    folder = tmp_path / "kept"
    run([Naive(3)], folder)
    damage(folder)
    before = contents(folder)
    with pytest.raises(DataError, match="is damaged or missing"):
        run([Naive(3)], folder)
    assert contents(folder) == before


def test_foreign_folder_and_file_are_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(DataError, match="holds 1 other files"):
        run([Naive(3)], tmp_path)
    with pytest.raises(DataError, match="a folder was expected"):
        run([Naive(3)], tmp_path / "letter.txt")
    assert contents(tmp_path) == {"letter.txt": b"dear"}


def test_format_of_another_version_is_refused(tmp_path):
    run([Naive(3)], tmp_path / "kept")
    facts = json.loads((tmp_path / "kept" / "backtest.json").read_text())
    (tmp_path / "kept" / "backtest.json").write_text(json.dumps(facts | {"format": 99}))
    with pytest.raises(DataError, match="has the format 99"):
        run([Naive(3)], tmp_path / "kept")


def test_tables_in_the_folder_can_be_read_by_anyone(tmp_path):
    found = run([Naive(3)], tmp_path / "kept")
    tables = [pd.read_parquet(path) for path in sorted((tmp_path / "kept").glob("*.parquet"))]
    np.testing.assert_array_equal(pd.concat(tables)["Naive"], found.forecasts["Naive"])


def test_full_disk_is_a_warning_and_costs_nothing(tmp_path, monkeypatch):
    whole, write = run([Naive(3), Drift(3)]), module.Folder._write

    def full(self, name, content):
        if name != "backtest.json":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(self, name, content)

    monkeypatch.setattr(module.Folder, "_write", full)
    with pytest.warns(UserWarning, match="No space left.* the backtest goes on without it") as told:
        kept = run([Naive(3), Drift(3)], tmp_path / "kept")
    assert len(told) == 1
    pd.testing.assert_frame_equal(kept.forecasts, whole.forecasts, check_exact=True)


def test_facts_of_a_window_have_a_schema(tmp_path):
    run([Naive(3)], tmp_path)
    path = next(path for path in tmp_path.glob("*.json") if path.name != "backtest.json")
    facts = json.loads(path.read_text())
    for changed in ({"fit_seconds": "x"}, {"failure": {"code": "no.text", "facts": {}}}, {"window": 9}):
        path.write_text(json.dumps(facts | changed))
        with pytest.raises(DataError, match="is damaged or missing"):
            run([Naive(3)], tmp_path)
