"""What do the charts of a report show? The library's own charts, and the message of each in words.

Colors stand as `@role`, or `@role/0.2` for a weak one: the page replaces them by those of its light or dark dress.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gatecast._json import JsonObject, plain
from gatecast.charts.backtests import Coverages, StepErrors, calibration_chart, steps_chart
from gatecast.charts.comparisons import rows_of, skill_chart
from gatecast.charts.fits import CURVES, Training, training_chart
from gatecast.charts.forecasts import forecast_chart
from gatecast.charts.gates import lags_chart, lives_chart
from gatecast.charts.plotly_backend import figure_of
from gatecast.charts.spec import Axis, Chart, HeatMap, Panel, time_axis
from gatecast.charts.timeline import Band, Timeline
from gatecast.reporting.words import Words

__all__ = ["charts_of", "figure_told", "figures_of", "forecast_told"]

# a chart and its message
Told = tuple[Chart, str]
# what moves the forecasts by less than that cannot be seen
SEEN = 0.999


def figures_of(facts: JsonObject, words: Words) -> dict[str, JsonObject]:
    """Return the data and layout of all charts for plotly.js, by their name on the page."""
    return {name: figure_told(told) for name, told in charts_of(facts, words).items()}


def figure_told(told: Told) -> JsonObject:
    """Return the data and layout of a chart for plotly.js, and its message."""
    chart, message = told
    return {**plain(figure_of(chart, _color)), "message": message}


def charts_of(facts: JsonObject, words: Words) -> dict[str, Told]:
    """Return all charts that the facts allow, and their messages."""
    made: dict[str, Told | None] = {}
    for n, series in enumerate(facts["forecast"].get("series") or []):
        made[f"forecast-{n}"] = forecast_told(series, words)
    comparison, memory = facts["comparison"], facts["memory"]
    if "models" in comparison:
        # a model has one color in all charts
        order = [row["model"] for row in comparison["models"]]
        made["skill"] = _skill(comparison, words)
        made["steps"] = _steps(comparison["steps"], words, order)
        made["calibration"] = _calibration(comparison["coverage"], words, order)
    made["training"] = _training(facts["training"], words)
    if "heat" in memory:
        made["half-lives"] = _lives(memory["half_lives"], words)
        made["lags"] = _lags(memory["lags"], words)
        made["gates"] = _gates(memory["heat"], words)
    return {name: told for name, told in made.items() if told is not None}


def _color(role: str, strength: float) -> str:
    return f"@{role}" if strength == 1 else f"@{role}/{strength:.2g}"


def forecast_told(series: JsonObject, words: Words) -> Told:
    """Draw a series with its forecast, from its facts."""
    values, bands = _floats(series["values"]), series["bands"]
    line = Timeline(
        name=series["name"],
        times=_times(series["times"]),
        values=values,
        predictions=np.full(len(values), np.nan),
        n_train=len(values),
        forecast_times=_times(series["ahead"]),
        forecast=_floats(series["forecast"]),
        bands=tuple(Band(band["level"], _floats(band["lower"]), _floats(band["upper"])) for band in bands),
        is_recursive=False,
        time_name=series["time_name"],
        value_name=series["value_name"],
        freq=series["freq"],
    )
    return forecast_chart(line, 0, words.t), _forecast_message(series, words)


def _times(times: list[str] | list[int]) -> np.ndarray:
    return np.array(times, "datetime64" if times and isinstance(times[0], str) else None)


def _floats(values: list[float | None]) -> np.ndarray:
    return np.array(values, float)


def _forecast_message(series: JsonObject, words: Words) -> str:
    number, ahead = words.number, series["ahead"]
    values = {
        "name": words.name(series["name"]),
        "n": len(ahead),
        "first": number(series["forecast"][0]),
        "last": number(series["forecast"][-1]),
        "begin": ahead[0],
        "end": ahead[-1],
    }
    said = [words.t("message.forecast", **values)]
    said += [
        words.t("message.band", level=band["level"], lower=number(band["lower"][-1]), upper=number(band["upper"][-1]))
        for band in series["bands"]
    ]
    return words.join(said)


def _skill(comparison: JsonObject, words: Words) -> Told | None:
    # without times, which differ from one run to the next
    known = [row | {"seconds": None} for row in comparison["models"] if row["skill"] is not None]
    if not known:
        return None
    metric = comparison["metric"]
    chart = skill_chart(rows_of(known, metric), metric, words.t)
    said = [f"{words.name(row['model'], 28)} {words.percent(row['skill'], '+.0f')}" for row in known]
    return chart, words.t("message.skill", names=words.t("words.comma").join(said))


def _steps(steps: JsonObject | None, words: Words, order: list[str]) -> Told | None:
    if steps is None or len(steps["models"][0]["mean"]) < 2:
        return None
    rows, best = steps["models"], steps["models"][0]
    mean, low, high = (np.array([row[key] for row in rows], float) for key in ("mean", "low", "high"))
    found = StepErrors(tuple(row["model"] for row in rows), mean, low, high, 0, steps["metric"], ())
    message = words.t(
        "message.steps",
        name=words.name(best["model"]),
        metric=steps["metric"],
        first=words.number(best["mean"][0]),
        last=words.number(best["mean"][-1]),
        n=mean.shape[1],
    )
    return steps_chart(found, words.t, order=order), message


def _calibration(coverage: JsonObject | None, words: Words, order: list[str]) -> Told | None:
    if coverage is None:
        return None
    measured = {row["model"]: _floats(row["held"]) for row in coverage["models"]}
    found = Coverages(_floats(coverage["levels"]), measured, {}, {}, coverage["n_origins"])
    # of each model how often its intervals held
    said = []
    for row in coverage["models"]:
        pairs = zip(coverage["levels"], row["held"], strict=True)
        held = ", ".join(f"{level:g} % → {words.number(value)} %" for level, value in pairs)
        said.append(f"{words.name(row['model'], 28)} {held}")
    message = words.t("message.calibration", names=words.t("words.semicolon").join(said))
    return calibration_chart(found, words.t, order=order), message


def _training(training: JsonObject, words: Words) -> Told | None:
    if not training["curves"]:
        return None
    curves = {curve["name"]: (_floats(curve["epochs"]), _floats(curve["rmse"])) for curve in training["curves"]}
    kept = None if training["kept_rmse"] is None else (training["kept_epoch"], training["kept_rmse"])
    first = training["curves"][0]
    known = [value for value in first["rmse"] if value is not None] or [None]
    ends = {"first": words.number(known[0]), "last": words.number(known[-1])}
    curve, transform = words.t(CURVES[first["name"]][0]), training["transform"]
    if transform is not None:
        curve = words.t("message.transformed", curve=curve, transform=transform)
    said = [words.t("message.training", curve=curve, n=training["n_epochs"], **ends)]
    if kept is not None:
        again = training["refit_steps"]
        code = "message.kept" if again is None else "message.trained_again"
        said.append(words.t(code, epoch=kept[0], rmse=words.number(kept[1]), n=again or 0))
    return training_chart(Training(curves, kept), words.t), words.join(said)


def _lives(lives: JsonObject, words: Words) -> Told | None:
    steps = [step for step in lives["steps"] if step > 0]
    if not steps:
        return None
    endless = [np.inf] * lives["n_endless"]
    chart = lives_chart([*steps, *endless], words.t("chart.steps_unit"), (), None, words.t)
    return chart, _lives_message(lives, words)


def _lives_message(lives: JsonObject, words: Words) -> str:
    at = {row["share"]: words.duration(row["time"]) for row in lives["at"]}
    said = [words.t("message.half_lives", n=lives["n"], **{key: at[key] for key in ("shortest", "median", "longest")})]
    if lives["n_endless"]:
        said.append(words.t("message.endless", n=lives["n_endless"]))
    return words.join(said)


def _lags(lags: JsonObject, words: Words) -> Told | None:
    if not lags["effective"]:
        return None
    share = np.nan_to_num(_floats(lags["importance"]))
    sums = np.cumsum(share)
    n = min(max(int(np.searchsorted(sums, SEEN * sums[-1])) + 1, lags["effective"]), len(sums))
    chart = lags_chart(share[:n], range(1, n + 1), None, words.t, lags["effective"] - 0.5)
    return chart, words.said(lags["message"])


def _gates(heat: JsonObject, words: Words) -> Told:
    t = words.t
    key = "unit_name.of_layer" if heat["has_layers"] else "unit_name.alone"
    units = tuple(t(key, **unit) for unit in heat["units"])
    times = _times(heat["times"])
    cells = HeatMap(times, np.array(heat["kept"]), 0.0, 1.0, t("figure.kept_share"), units, ".0%")
    x = replace(time_axis(times, t("chart.time")), has_grid=False)
    panel = Panel((cells,), x=x, y=Axis(t("chart.sorted_units"), ticks=(), has_grid=False))
    values = {"n": heat["n_units"], "shown": len(units), "mean": words.percent(heat["mean"])}
    return Chart((panel,), size=(11.0, 5.2)), t("message.gates", **values)
