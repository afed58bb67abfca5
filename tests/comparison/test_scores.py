"""Errors of windows against formulas written out, and the inputs for which they are undefined."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from comparison.made_backtests import made_backtest
from gatecast.backtesting.record import Backtest
from gatecast.comparison.board import leaderboard
from gatecast.comparison.scores import score_windows
from gatecast.exceptions import DataError

RNG = np.random.default_rng(1)


def random_backtest() -> Backtest:
    errors = {"A": RNG.normal(size=(3, 2, 4)), "B": RNG.normal(size=(3, 2, 4))}
    return made_backtest(errors, horizon=4, scale=2.0, levels={80.0: 0.5, 95.0: 1.0})


def test_every_metric_is_its_formula() -> None:
    backtest = random_backtest()
    windows = score_windows(backtest).windows.set_index(["unique_id", "cutoff", "model"])
    for (unique_id, cutoff), rows in backtest.forecasts.groupby(["unique_id", "cutoff"]):
        y, f = rows["y"].to_numpy(), rows["A"].to_numpy()
        found = windows.loc[(unique_id, cutoff, "A")]
        losses = [np.abs(y - f) / 2]
        for level in (80, 95):
            for side, q in (("lo", 0.5 - level / 200), ("hi", 0.5 + level / 200)):
                e = y - rows[f"A-{side}-{level}"].to_numpy()
                losses.append(np.where(e >= 0, q * e, (q - 1) * e))
        expected = {
            "mae": np.abs(y - f).mean(),
            "rmse": np.sqrt(((y - f) ** 2).mean()),
            "mase": np.abs(y - f).mean() / 2,
            "smape": (200 * np.abs(y - f) / (np.abs(y) + np.abs(f))).mean(),
            "pinball": np.mean(losses),
            "scaled_crps": 2 * np.mean(losses) / 2,
            "coverage-80": (np.abs(y - f) <= 0.5).mean(),
            "coverage-95": (np.abs(y - f) <= 1.0).mean(),
        }
        # sums of a few numbers in another order
        assert {k: found[k] for k in expected} == pytest.approx(expected, rel=1e-12)


def test_targets_that_are_missing_are_left_out() -> None:
    backtest = random_backtest()
    table = backtest.forecasts.copy()
    table.loc[1, "y"] = np.nan
    found = score_windows(replace(backtest, forecasts=table)).windows.iloc[0]
    y, f = (table.loc[[0, 2, 3], c].to_numpy() for c in ("y", "A"))
    assert found["n_points"] == 3
    assert found["mae"] == pytest.approx(np.abs(y - f).mean())


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_a_window_that_is_not_complete_has_no_errors(broken: float) -> None:
    backtest = random_backtest()
    table = backtest.forecasts.copy()
    table.loc[1, "A"] = broken
    scores = score_windows(replace(backtest, forecasts=table))
    of_a, of_b = (scores.windows[scores.windows["model"] == name]["mae"] for name in "AB")
    assert (of_a.isna().sum(), of_b.isna().sum()) == (1, 0)
    assert [str(note) for note in scores.notes] == ["A has no complete forecast in 1 of 6 windows."]


def test_mase_of_a_constant_series_is_nan_with_a_note_and_no_average_is_infinite() -> None:
    backtest = random_backtest()
    scales = {**backtest.scales, "s000": 0.0, "s001": np.nan}
    board = leaderboard(replace(backtest, scales=scales))
    windows = score_windows(replace(backtest, scales=scales)).windows
    assert windows["mase"].isna().sum() == 8
    assert np.isfinite(board.table[["mase", "rmse", "mae", "smape", "scaled_crps"]].to_numpy()).all()
    assert any("1 series that repeat their season" in str(note) for note in board.notes)
    assert any("1 series that are too short" in str(note) for note in board.notes)
    only = windows[(windows["model"] == "A") & (windows["unique_id"] == "s002")]["mae"].mean() / 2
    assert board.table.set_index("model").loc["A", "mase"] == pytest.approx(only)


def test_smape_of_zeros_is_nan_with_a_note() -> None:
    backtest = made_backtest({"A": np.zeros((1, 2)), "B": np.ones((1, 2))})
    table = backtest.forecasts.assign(y=0.0, A=0.0, B=1.0)
    scores = score_windows(replace(backtest, forecasts=table))
    smape = scores.windows.groupby("model")["smape"].mean()
    assert np.isnan(smape["A"])
    assert smape["B"] == 200
    assert any("0/0" in str(note) for note in scores.notes)


def test_numbers_whose_squares_are_too_large_are_nan_with_a_note() -> None:
    backtest = made_backtest({"A": np.full((1, 3), 1e200)})
    scores = score_windows(backtest)
    assert scores.windows["rmse"].isna().all()
    assert np.isfinite(scores.windows["mae"]).all()
    assert any("too large" in str(note) for note in scores.notes)


def test_a_model_without_intervals_or_forecasts_keeps_its_rows() -> None:
    backtest = random_backtest()
    table = backtest.forecasts.drop(columns=["A-lo-80", "A-hi-80"])
    scores = score_windows(replace(backtest, forecasts=table, models=("A", "B", "Gone")))
    counts = scores.windows.groupby("model")[["mae", "pinball", "coverage-80", "coverage-95"]].count()
    assert counts.loc["A"].tolist() == [6, 0, 0, 6]
    assert counts.loc["Gone"].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(("change", "message"), [(lambda t: t.drop(columns="y"), "'y'"), (lambda t: t[:0], "no rows")])
def test_tables_that_are_no_backtest_are_refused(change, message: str) -> None:
    backtest = random_backtest()
    with pytest.raises(DataError, match=message):
        score_windows(replace(backtest, forecasts=change(backtest.forecasts)))


def test_dates_and_series_of_scales_serve_as_well() -> None:
    backtest = random_backtest()
    days = {k: pd.Timestamp("2024-01-01") + pd.to_timedelta(backtest.forecasts[k], unit="D") for k in ("ds", "cutoff")}
    table = backtest.forecasts.assign(ds=days["ds"], cutoff=days["cutoff"])
    found = score_windows(replace(backtest, forecasts=table, scales=pd.Series(dict(backtest.scales)))).windows
    pd.testing.assert_frame_equal(
        found.drop(columns="cutoff"), score_windows(backtest).windows.drop(columns="cutoff"), check_exact=True
    )
