"""Leaderboards of backtests whose answers are known."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel

from comparison.made_backtests import made_backtest
from gatecast.comparison.board import leaderboard
from gatecast.exceptions import ConfigError

RNG = np.random.default_rng(0)


def noisy(mean: float, n_series: int = 1, n_origins: int = 12, spread: float = 0.1) -> np.ndarray:
    return np.abs(mean + RNG.normal(0, spread, (n_series, n_origins)))


def test_a_model_that_is_better_is_taken_although_it_is_slow() -> None:
    board = leaderboard(
        made_backtest({"SeasonalNaive": noisy(2.0), "LSTM": noisy(1.0), "Drift": noisy(3.0)}, seconds={"LSTM": 900.0})
    )
    assert board.verdict.best == board.verdict.recommended == "LSTM"
    assert "is better than each of the others (p < 0.001 or less): take LSTM." in str(board.verdict)
    assert board.table["model"].tolist() == ["LSTM", "SeasonalNaive", "Drift"]
    skill = board.table.set_index("model").loc["LSTM"]
    assert 0.4 < skill["skill_lower"] < skill["skill"] < skill["skill_upper"] < 0.6


def test_what_few_windows_do_not_prove_is_not_taken_for_equal() -> None:
    # half as wrong in five windows: Holm's p-value is above 0.05, but nobody should take the fast one
    far = np.array([[1.2, 3.6, 1.0, 3.4, 2.8]])
    errors = {"Naive": far, "SeasonalNaive": far + 0.5, "LSTM": np.array([[1.0, 1.2, 1.1, 0.9, 1.3]])}
    errors |= {name: far * scale for name, scale in (("Drift", 1.3), ("WindowAverage", 1.5), ("AutoETS", 1.7))}
    board = leaderboard(made_backtest(errors, seconds={"LSTM": 100.0}))
    assert board.table.set_index("model").loc["Naive", "p_value"] > 0.05
    assert board.verdict.recommended == "LSTM"
    assert "which is not proven" in str(board.verdict)
    assert "5 windows are few" in str(board.verdict)


def test_two_windows_have_no_p_value_and_say_so() -> None:
    board = leaderboard(made_backtest({"A": np.array([[1.0, 1.1]]), "B": np.array([[1.0, 1.3]])}))
    assert board.pairs["p_value"].isna().all()
    assert "too few windows for a test" in str(board.verdict)
    assert "2 windows are few" in str(board.verdict)
    assert board.to_dict()["models"][1]["p_value"] is None


def test_an_lstm_that_is_worse_than_naive_is_told_so() -> None:
    board = leaderboard(made_backtest({"SeasonalNaive": noisy(1.0), "LSTM": noisy(1.5), "AutoETS": noisy(1.2)}))
    text = str(board.verdict)
    assert "LSTM is worse than the seasonal naive here (skill -0." in text
    assert "Behind the seasonal naive: AutoETS." in text
    assert "No model beats the seasonal naive." in text


def test_models_that_fail_are_listed_and_not_left_out() -> None:
    part = np.where(np.arange(12) < 3, noisy(0.1), np.nan)
    errors = {"SeasonalNaive": noisy(1.0), "AutoARIMA": part, "MSTL": np.full((1, 12), np.nan)}
    failures = {"AutoARIMA": "It was stopped after 10 s.", "MSTL": "The season is too long."}
    board = leaderboard(made_backtest(errors, failures=failures))
    assert board.table["model"].tolist() == ["SeasonalNaive", "AutoARIMA", "MSTL"]
    assert board.table["is_ranked"].tolist() == [True, False, False]
    assert board.verdict.best == "SeasonalNaive"
    ours, naive = (errors[name][0, :3].mean() for name in ("AutoARIMA", "SeasonalNaive"))
    assert (
        "AutoARIMA is not ranked: it has complete forecasts of 3 windows only, where its MASE is "
        f"{ours:.3g} and that of SeasonalNaive {naive:.3g}. It was stopped after 10 s."
    ) in str(board.verdict)
    assert "MSTL is not ranked: it has no complete forecast. The season is too long." in str(board.verdict)
    assert board.errors["model"].value_counts().to_dict() == {"AutoARIMA": 12, "MSTL": 12}
    assert board.table["n_failures"].tolist() == [0, 12, 12]


def test_nothing_but_failures_is_told() -> None:
    board = leaderboard(made_backtest({"A": np.full((1, 3), np.nan)}, failures={"A": "It failed."}))
    assert (board.verdict.best, board.verdict.recommended) == ("", "")
    assert "No model made enough forecasts" in str(board.verdict)
    json.dumps(board.to_dict(), allow_nan=False)


def test_models_are_compared_in_the_windows_that_they_share() -> None:
    # B lacks the one window that is hard for all
    a = np.r_[np.full(19, 1.0), 20.0][None]
    b = np.r_[np.full(19, 1.5), np.nan][None]
    table = leaderboard(made_backtest({"A": a, "B": b})).table.set_index("model")
    assert table["mase"].to_dict() == pytest.approx({"A": 1.0, "B": 1.5})
    assert table["rmse"].to_dict() == pytest.approx({"A": 1.0, "B": 1.5})


def test_a_model_with_fewer_windows_is_compared_in_those_that_it_shares() -> None:
    # B lacks the eight windows that are easy for all; in the others it is better by a quarter than A, and C is worse
    hard = np.r_[np.full(8, 1.0), np.full(12, 4.0)] + RNG.normal(0, 0.1, 20)
    b = np.where(np.arange(20) < 8, np.nan, 0.75 * hard)
    errors = {"A": hard[None], "B": b[None], "C": 1.1 * hard[None]}
    board = leaderboard(made_backtest(errors, failures={"B": "It was too slow."}))
    assert board.table["model"].tolist() == ["B", "A", "C"]
    assert (board.verdict.best, board.verdict.recommended) == ("B", "B")
    rows = board.table.set_index("model")
    # errors of its own windows are larger than those of A in all
    assert rows.loc["B", "mase"] == pytest.approx(np.nanmean(b))
    assert rows.loc["B", "mase"] > rows.loc["A", "mase"]
    assert rows["relative"].to_dict() == pytest.approx({"B": 1.0, "A": 1 / 0.75, "C": 1.1 / 0.75})
    pairs = board.pairs.set_index(["model", "other"])
    # of those that have all windows, all count
    assert pairs["n"].to_dict() == {("B", "A"): 12, ("B", "C"): 12, ("A", "C"): 20}
    assert pairs.loc[("B", "A"), "p_value"] == pytest.approx(ttest_rel(b[8:], hard[8:]).pvalue, rel=1e-9)
    said = (
        "B has complete forecasts of 12 of 20 windows, and is compared with each other model in those that both have."
    )
    assert said in str(board.verdict)
    assert "It was too slow." in str(board.verdict)


def test_a_model_with_fewer_windows_that_were_easy_is_not_the_best() -> None:
    easy = np.r_[np.full(12, 1.0), np.full(8, 9.0)] + RNG.normal(0, 0.1, 20)
    b = np.where(np.arange(20) < 12, 1.5 * easy, np.nan)
    board = leaderboard(made_backtest({"B": b[None], "A": easy[None]}))
    assert board.table["model"].tolist() == ["A", "B"]
    assert "33% below that of B" in str(board.verdict) or "better than each" in str(board.verdict)


def test_two_models_without_a_window_in_common_have_no_test() -> None:
    first = np.arange(12) < 6
    a, b = np.where(first, noisy(1.0), np.nan), np.where(first, np.nan, noisy(1.0))
    board = leaderboard(made_backtest({"A": a, "B": b}))
    assert board.pairs["n"].tolist() == [0]
    assert board.verdict.recommended in ("A", "B")
    assert board.to_dict()["models"][1]["relative"] is None


def test_averages_are_over_windows_and_squares_over_steps() -> None:
    errors = {"A": RNG.uniform(1, 2, (3, 4, 6))}
    row = leaderboard(made_backtest(errors, horizon=6, scale=2.0, megabytes={"A": 0.3})).table.iloc[0]
    e = errors["A"]
    assert row["mase"] == pytest.approx(e.mean() / 2)
    assert row["rmse"] == pytest.approx(np.sqrt((e**2).mean()))
    assert row["megabytes"] == 0.3


def test_many_series_have_ranks_and_winners() -> None:
    easy, hard = noisy(1.0, 12, 4, 0.01), noisy(2.0, 12, 4, 0.01)
    odd = (np.arange(12) >= 9)[:, None]
    errors = {
        "SeasonalNaive": noisy(3.0, 12, 4, 0.01),
        "LSTM": np.where(odd, hard, easy),
        "AutoETS": np.where(odd, easy, hard),
    }
    board = leaderboard(made_backtest(errors))
    assert board.per_series["winner"].tolist() == ["LSTM"] * 9 + ["AutoETS"] * 3
    assert board.per_series["chosen"].tolist() == board.per_series["winner"].tolist()
    assert board.ranks.mean == pytest.approx({"SeasonalNaive": 3.0, "LSTM": 1.25, "AutoETS": 1.75})
    assert "Each of 12 series counts once" in str(board.verdict)


def test_a_winner_by_less_than_a_standard_error_is_the_best_of_all() -> None:
    best = np.tile([[1.0, 1.0, 1.0, 1.0], [1.0, 1.2, 0.9, 1.1]], 2)
    other = np.tile([[2.0, 2.0, 2.0, 2.0], [0.5, 1.6, 0.5, 1.5]], 2)
    board = leaderboard(made_backtest({"A": best, "B": other}))
    second = board.per_series.iloc[1]
    assert (second["winner"], second["chosen"]) == ("B", "A")
    d = best[1] - other[1]
    assert second["standard_error"] == pytest.approx(d.std(ddof=1) / np.sqrt(8))
    assert 0 < second["difference"] < second["standard_error"]


def test_a_constant_series_is_ranked_by_mae() -> None:
    board = leaderboard(made_backtest({"A": noisy(2.0), "B": noisy(1.0)}, scale=0.0))
    assert board.metric == "mae"
    assert board.verdict.best == "B"
    assert "Models are ranked by MAE" in " ".join(map(str, board.notes))


def test_one_model_has_nothing_to_be_compared_with() -> None:
    board = leaderboard(made_backtest({"LSTM": noisy(1.0)}))
    assert "nothing to compare it with" in str(board.verdict)
    assert "SeasonalNaive was not among the models" in " ".join(map(str, board.notes))


def test_it_can_be_printed_and_written() -> None:
    board = leaderboard(made_backtest({"SeasonalNaive": noisy(1.0), "A<b>": noisy(0.5)}))
    assert "A<b>" in repr(board)
    assert "<b>" not in board._repr_html_()
    written = json.loads(json.dumps(board.to_dict(), allow_nan=False))
    assert written["recommended"] == "A<b>"
    assert isinstance(board.to_frame(), pd.DataFrame)


def test_the_same_seed_gives_the_same_board() -> None:
    backtest = made_backtest({"SeasonalNaive": noisy(1.0), "A": noisy(0.9)})
    first, second = (json.dumps(leaderboard(backtest, seed=3).to_dict()) for _ in range(2))
    assert first == second


def test_a_backtest_without_models_is_refused() -> None:
    with pytest.raises(ConfigError, match="no models"):
        leaderboard(replace(made_backtest({"A": noisy(1.0)}), models=()))
