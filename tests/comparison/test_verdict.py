"""Which model is recommended, and what is said beside it? Backtests that were made so that the answer is known."""

from dataclasses import replace

import numpy as np
import pytest

from comparison.made_backtests import made_backtest
from gatecast.backtesting.record import Backtest
from gatecast.comparison.board import leaderboard
from gatecast.comparison.significance import detectable_difference
from gatecast.exceptions import ConfigError

RNG = np.random.default_rng(0)


def around(mean: float, spread: float = 0.1, n_origins: int = 12) -> np.ndarray:
    """Errors of one series whose mean is exactly that."""
    noise = RNG.normal(0, spread, (1, n_origins))
    return mean + noise - noise.mean()


def rivals(behind: float, spread: float = 0.05, n_origins: int = 12, **seconds: float) -> Backtest:
    """The LSTM, which is the best, and AutoARIMA, whose errors are larger by a share."""
    base = around(1.0, 0.1, n_origins)
    errors = {"SeasonalNaive": base + 1, "LSTM": base, "AutoARIMA": base + around(behind, spread, n_origins)}
    return made_backtest(errors, seconds=seconds)


def test_the_smallest_error_is_recommended_and_a_faster_model_is_named_beside_it() -> None:
    board = leaderboard(rivals(0.005, LSTM=40.0, AutoARIMA=1.0))
    assert (board.verdict.best, board.verdict.recommended, board.verdict.faster) == ("LSTM", "LSTM", "AutoARIMA")
    assert board.verdict.alike == ("AutoARIMA",)
    p = board.pairs.set_index(["model", "other"]).loc[("LSTM", "AutoARIMA"), "p_holm"]
    assert str(board.verdict) == (
        "LSTM has the smallest MASE (1): take LSTM. "
        f"AutoARIMA is not distinguishable from it (p = {p:.2g}) and 40 times faster: "
        'take it where time matters (`prefer="fast"`).'
    )
    assert board.to_dict()["faster"] == "AutoARIMA"


def test_the_faster_one_is_recommended_where_time_matters() -> None:
    board = leaderboard(rivals(0.005, LSTM=40.0, AutoARIMA=1.0), prefer="fast")
    assert (board.verdict.best, board.verdict.recommended) == ("LSTM", "AutoARIMA")
    assert "and time matters: take AutoARIMA, it is 40 times faster." in str(board.verdict)


@pytest.mark.parametrize(("prefer", "recommended"), [("accurate", "LSTM"), ("fast", "AutoARIMA")])
def test_what_is_faster_and_perhaps_worse_is_said_to_be(prefer: str, recommended: str) -> None:
    verdict = leaderboard(rivals(0.04, 0.3, LSTM=40.0, AutoARIMA=1.0), prefer=prefer).verdict
    assert verdict.recommended == recommended
    assert "40 times faster, though its MASE is 4% larger, which may be chance" in str(verdict)


@pytest.mark.parametrize("prefer", ["accurate", "fast"])
def test_a_slower_model_that_is_alike_is_named_without_its_time(prefer: str) -> None:
    verdict = leaderboard(rivals(0.005, LSTM=1.0, AutoARIMA=40.0), prefer=prefer).verdict
    assert (verdict.recommended, verdict.faster) == ("LSTM", "")
    assert "and AutoARIMA is not distinguishable from it (p = " in str(verdict)
    assert "faster" not in str(verdict)


@pytest.mark.parametrize(("slow", "fast"), [(0.03, 0.01), (0.08, 0.0), (10.0, 7.0)])
def test_tenths_of_a_second_and_small_ratios_are_no_reason(slow: float, fast: float) -> None:
    # each of 12 windows took so long
    verdict = leaderboard(rivals(0.005, LSTM=slow, AutoARIMA=fast), prefer="fast").verdict
    assert (verdict.recommended, verdict.faster) == ("LSTM", "")


@pytest.mark.parametrize("prefer", ["accurate", "fast"])
def test_a_faster_model_that_is_worse_is_never_recommended(prefer: str) -> None:
    verdict = leaderboard(rivals(0.3, LSTM=900.0, AutoARIMA=1.0), prefer=prefer).verdict
    assert (verdict.recommended, verdict.faster, verdict.alike) == ("LSTM", "", ())


@pytest.mark.parametrize(("behind", "alike"), [(0.24, ("AutoARIMA",)), (0.26, ())])
def test_what_is_far_behind_is_no_alternative_however_large_the_standard_error(
    behind: float, alike: tuple[str, ...]
) -> None:
    # a standard error of 0.6 / sqrt(3), a third of the error itself
    errors = {"LSTM": np.ones((1, 3)), "AutoARIMA": 1 + behind + np.array([[-0.6, 0.0, 0.6]])}
    board = leaderboard(made_backtest(errors))
    assert board.verdict.alike == alike


def test_few_windows_say_how_large_a_difference_had_to_be() -> None:
    board = leaderboard(rivals(0.2, 0.2, 6, LSTM=1.0))
    errors = board.scores.windows.pivot_table(index="cutoff", columns="model", values="mase")
    d = errors["AutoARIMA"] - errors["LSTM"]
    share = detectable_difference(d.std(ddof=1) / np.sqrt(6), 6) / errors["LSTM"].mean()
    said = "With 6 windows the test finds a difference between LSTM and AutoARIMA in four of five cases only if it is "
    assert f"{said}at least {share:.0%} of the MASE of LSTM." in str(board.verdict)
    assert "finds a difference" not in str(leaderboard(rivals(0.2, 0.2, 12, LSTM=1.0)).verdict)


def test_many_series_in_few_windows_count_as_series() -> None:
    base = RNG.uniform(1, 2, (15, 2))
    board = leaderboard(made_backtest({"LSTM": base, "AutoETS": base + RNG.normal(0.1, 0.1, base.shape)}))
    assert "With 15 series the test finds a difference between LSTM and AutoETS" in str(board.verdict)


def test_two_windows_have_no_detectable_difference() -> None:
    assert "four of five" not in str(leaderboard(rivals(0.2, 0.2, 2, LSTM=1.0)).verdict)


def combined(both: float, lstm: float, ets: float) -> str:
    base = around(0.0, 0.05)
    errors = {name: mean + base + around(0.0, 0.02) for name, mean in (("LSTM", lstm), ("ETS", ets), ("Both", both))}
    board = leaderboard(replace(made_backtest(errors), members={"Both": ("ETS", "LSTM")}))
    return str(board.verdict)


def test_a_model_that_is_as_good_alone_as_in_a_combination_is_named() -> None:
    said = combined(both=1.0, lstm=1.004, ets=1.003)
    assert said.startswith("Both has the smallest MASE (1), and ETS is not distinguishable from it")
    # an LSTM before others
    assert "LSTM alone is not distinguishable from Both (p = " in said
    assert "though its MASE is 0.4% larger: it is one model instead of 2." in said


def test_a_combination_that_is_worse_than_a_model_of_it_is_said_to_be() -> None:
    assert "LSTM alone is at least as good as Both." in combined(both=1.2, lstm=1.0, ets=1.4)
    assert "alone" not in combined(both=1.0, lstm=1.3, ets=1.4)


def test_another_preference_is_refused() -> None:
    with pytest.raises(ConfigError, match='"accurate" or "fast", got \'quick\''):
        leaderboard(rivals(0.1), prefer="quick")


def test_all_sentences_are_there_in_chinese() -> None:
    for prefer in ("accurate", "fast"):
        for message in leaderboard(rivals(0.04, 0.3, 6, LSTM=40.0, AutoARIMA=1.0), prefer=prefer).verdict.sentences:
            assert "选用" in message.say("zh") or "窗口" in message.say("zh")
