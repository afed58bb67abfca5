"""How are errors and forecasts shown, and what do the errors mean in one sentence?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatecast.cli.output import Printer, number

if TYPE_CHECKING:
    import pandas as pd

    from gatecast import Panel
    from gatecast.metrics.errors import Evaluation

__all__ = ["coverage_words", "say_errors", "say_forecast", "verdict"]

SHOWN_ROWS = 12
# intervals and quantiles beside the forecast
MOST_COLUMNS = 3
# below this share two errors count as equal
CLOSE = 0.02


def say_errors(printer: Printer, evaluation: Evaluation, n_test: int, judgement: str) -> None:
    """Print the errors on the test part, and what they mean."""
    ahead = "1 step" if evaluation.horizon == 1 else f"1 to {evaluation.horizon} steps"
    season = f"seasonal naive ({evaluation.season_length} steps ago)"
    called = {"Naive": "naive (the last value)", "SeasonalNaive": season}
    rows = [
        [called.get(name, name), number(score.rmse), number(score.mae), number(score.mase)]
        for name, score in evaluation.scores.items()
    ]
    title = f"Errors on {n_test:,} points held back, {ahead} ahead from {evaluation.n_origins:,} origins"
    printer.table(title, ["forecast", "RMSE", "MAE", "MASE"], rows)
    printer.say(judgement + "\n", style="bold")


def verdict(evaluation: Evaluation) -> str:
    """Compare the LSTM's error with the better naive one, in one sentence."""
    ours, scores = evaluation.rmse, evaluation.scores
    naive = {name: score.rmse for name, score in scores.items() if name != "LSTM"}
    name = min(naive, key=lambda other: naive[other])
    best = naive[name]
    called = {"Naive": "naive", "SeasonalNaive": "seasonal naive"}[name]
    if best == 0 or ours == 0:
        return f"The LSTM's RMSE is {number(ours)} and that of the {called} forecast is {number(best)}."
    change = ours / best - 1
    other_way = (scores["LSTM"].mae - scores[name].mae) * change < 0
    but = "; by the MAE it is the other way round" if other_way else ""
    if abs(change) < CLOSE:
        return f"The LSTM's RMSE is about that of the {called} forecast, which costs nothing and explains itself."
    if change < 0:
        return f"The LSTM's RMSE is {-change:.0%} below that of the {called} forecast, the best of the naive ones{but}."
    size = f"{change:.0%} above" if change < 1 else f"{change + 1:.1f} times"
    better = but or f": on these data the {called} forecast is the better one"
    return f"The LSTM's RMSE is {size} that of the {called} forecast{better}."


def coverage_words(coverage: dict[float, float], where: str) -> str:
    """Say how often intervals held, beside how often they should."""
    held = [f"the {level:g} % interval {100 * share:.1f} %" for level, share in coverage.items()]
    held[0] = held[0].replace("interval", "interval held") + " of what came"
    return f"Measured on {where}: {', '.join(held)}."


def say_forecast(printer: Printer, predicted: pd.DataFrame, panel: Panel, horizon: int, *, is_saved: bool) -> None:
    """Print the first rows of a forecast, with as many intervals and quantiles as a terminal has room for."""
    several = panel.n_series > 1
    shown = predicted.head(SHOWN_ROWS)
    ids, moments, values = ([*shown.iloc[:, n]] for n in range(3))
    more = _uncertain(shown, several)
    rows = [
        [*([str(series)] if several else []), moment, number(value), *(column[n] for column in more.values())]
        for n, (series, moment, value) in enumerate(zip(ids, _moments(moments), values, strict=True))
    ]
    of = f" of {panel.n_series:,} series" if several else f" of {panel.ids[0]}"
    title = f"Forecast{of}, {horizon} {'step' if horizon == 1 else 'steps'} ahead"
    printer.table(title, [*([panel.columns.id] if several else []), panel.columns.time, "LSTM", *more], rows)
    n_more = len(predicted) - len(rows)
    if n_more:
        printer.say(
            f"... and {n_more:,} more rows" + ("" if is_saved else ": write all of them with --out forecast.csv")
        )
    elif not is_saved:
        printer.say("Write it to a file with --out forecast.csv")


def _uncertain(shown: pd.DataFrame, several: bool) -> dict[str, list[str]]:
    """Return columns for intervals and quantiles: the first few of them."""
    levels = [str(name).removeprefix("LSTM-lo-") for name in shown if str(name).startswith("LSTM-lo-")]
    columns = {
        f"{level} %": [
            f"{number(low)} to {number(high)}"
            for low, high in zip(shown[f"LSTM-lo-{level}"], shown[f"LSTM-hi-{level}"], strict=True)
        ]
        # the columns stand from the lowest to the highest, so the widest level comes first
        for level in reversed(levels)
    }
    quantiles = [str(name) for name in shown if str(name).startswith("LSTM-ql")]
    columns |= {name.removeprefix("LSTM-"): [number(value) for value in shown[name]] for name in quantiles}
    return dict(list(columns.items())[: MOST_COLUMNS - several])


def _moments(times: list[object]) -> list[str]:
    """Write times as shortly as all of them allow: no midnights, no seconds that are zero."""
    texts = [str(time) for time in times]
    for zeros in (" 00:00:00", ":00"):
        if all(text.count(":") == 2 and text.endswith(zeros) for text in texts):
            return [text.removesuffix(zeros) for text in texts]
    return texts
