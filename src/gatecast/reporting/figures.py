"""What do the charts of a report show? Plain data for plotly.js, with colors by name, and the message of each in words.

Colors stand as `@name`: the page replaces them by those of its light or dark dress.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from gatecast._json import JsonObject
from gatecast.charts.names import distinct, html_label
from gatecast.reporting.words import Words

__all__ = ["calibration_figure", "figures_of", "forecast_figure", "skill_figure"]

# what a chart holds as JSON
Value = Any
Chart = JsonObject
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x")
N_COLORS = 8
DASHES = ("solid", "dash", "dot")
N_BINS = 24
# errors twice those of the seasonal naive: what is further behind would squeeze the others together
WORST_SHOWN = -1.0
FEW_STEPS = 14


def figures_of(facts: JsonObject, words: Words) -> dict[str, Chart]:
    """Return all charts that the facts allow, by their name on the page."""
    made: dict[str, Chart | None] = {}
    for n, series in enumerate(facts["forecast"].get("series") or []):
        made[f"forecast-{n}"] = forecast_figure(series, words)
    comparison, memory = facts["comparison"], facts["memory"]
    if "models" in comparison:
        # a model has one color in all charts
        order = [row["model"] for row in comparison["models"]]
        made["skill"] = skill_figure(comparison, words)
        made["steps"] = _steps_figure(comparison["steps"], words, order)
        made["calibration"] = calibration_figure(comparison["coverage"], words, order)
    made["training"] = _training_figure(facts["training"], words)
    if "heat" in memory:
        made["half-lives"] = _lives_figure(memory["half_lives"], words)
        made["lags"] = _lags_figure(memory["lags"], words)
        made["gates"] = _gates_figure(memory["heat"], words)
    return {name: chart for name, chart in made.items() if chart is not None}


def _chart(traces: list[Chart], x: str, y: str, message: str, height: int = 360, **layout: object) -> Chart:
    axes: JsonObject = {"xaxis": {"title": {"text": x}}, "yaxis": {"title": {"text": y}}}
    for name, more in layout.items():
        axes[name] = axes.get(name, {}) | more if isinstance(more, dict) else more
    return {"data": traces, "layout": {**axes, "height": height}, "message": message}


def _line(x: object, y: object, name: str, color: str, **more: Value) -> JsonObject:
    line = {"color": color, "width": 2, **more.pop("line", {})}
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "name": name, "line": line, **more}


def forecast_figure(series: JsonObject, words: Words) -> Chart:
    """Draw the newest part of a series and its forecast with intervals."""
    t, ahead = words.t, _from_last(series, series["ahead"], "times")
    traces = []
    for n, band in enumerate(series["bands"]):
        name = t("figure.band", level=band["level"])
        ends: JsonObject = {"line": {"width": 0}, "hovertemplate": "%{y:.5~g}"}
        lower, upper = (t(f"figure.{end}", band=name) for end in ("lower", "upper"))
        traces.append(_line(ahead, _from_last(series, band["upper"]), upper, "@forecast", showlegend=False, **ends))
        fill = {"fill": "tonexty", "fillcolor": f"@band{min(n, 1)}"}
        traces.append(
            _line(ahead, _from_last(series, band["lower"]), lower, "@forecast", showlegend=True, **fill, **ends)
        )
    past = {"hovertemplate": "%{y:.5~g}", "line": {"width": 1.5}}
    traces.append(_line(series["times"], series["values"], t("figure.data"), "@data", **past))
    hover = {"hovertemplate": "%{y:.5~g}", "line": {"width": 2.5}}
    traces.append(_line(ahead, _from_last(series, series["forecast"]), t("figure.forecast"), "@forecast", **hover))
    value = html_label(series["value_name"])
    return _chart(traces, "", value, forecast_message(series, words), 400, hovermode="x unified")


def _from_last(series: JsonObject, values: list[Value], past: str = "values") -> list[Value]:
    """Begin a forecast of a single step at the newest value: a line needs two points to be seen."""
    return values if len(values) > 1 else [series[past][-1], *values]


def forecast_message(series: JsonObject, words: Words) -> str:
    """Say what a forecast is, in words."""
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


def skill_figure(comparison: JsonObject, words: Words) -> Chart | None:
    """Draw the skill of each model with its interval."""
    t = words.t
    rows = [row for row in comparison["models"] if row["skill"] is not None]
    if not rows:
        return None
    names = [html_label(name, 40) for name in distinct([row["model"] for row in rows])]
    skill = np.array([row["skill"] for row in rows], float)
    low, high = (np.array([_or(row[f"skill_{end}"], row["skill"]) for row in rows]) for end in ("lower", "upper"))
    colors = ["@good" if a > 0 else "@bad" if b < 0 else "@open" for a, b in zip(low, high, strict=True)]
    left, right = max(float(low.min()), WORST_SHOWN), max(float(high.max()), 0.0)
    keys = ("skill", "skill_lower", "skill_upper")
    facts = [[name, *(words.number(row[key]) for key in keys)] for name, row in zip(names, rows, strict=True)]
    hover = f"%{{customdata[0]}}<br>{t('figure.skill')}: %{{customdata[1]}} (%{{customdata[2]}} … %{{customdata[3]}})"
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": np.maximum(skill, left).tolist(),
        "y": list(range(len(rows))),
        "customdata": facts,
        "marker": {
            "size": 11,
            "color": colors,
            # what is further behind stands at the edge
            "symbol": [
                _symbol(color) if at >= left else "triangle-left" for color, at in zip(colors, skill, strict=True)
            ],
        },
        "cliponaxis": False,
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": np.maximum(high - np.maximum(skill, left), 0).tolist(),
            "arrayminus": np.maximum(np.maximum(skill, left) - low, 0).tolist(),
            "color": "@open",
            "thickness": 2.5,
            "width": 0,
        },
        "hovertemplate": f"{hover}<extra></extra>",
        "showlegend": False,
    }
    room = 0.06 * max(right - left, 0.1)
    axis = {"tickvals": list(range(len(rows))), "ticktext": names, "range": [len(rows) - 0.5, -0.5], "zeroline": False}
    limits = {"range": [min(left, 0) - room, right + room], "zeroline": True, "zerolinecolor": "@text"}
    message = t("message.skill", names=_list(words, rows, "skill"))
    return _chart([trace], t("figure.skill"), "", message, 130 + 38 * len(rows), xaxis=limits, yaxis=axis)


def _symbol(color: str) -> str:
    return {"@good": "circle", "@bad": "square", "@open": "diamond"}[color]


def _or(value: float | None, other: float) -> float:
    return other if value is None else value


def _list(words: Words, rows: list[JsonObject], key: str) -> str:
    parts = [f"{words.name(row['model'], 28)} {words.percent(row[key], '+.0f')}" for row in rows]
    return words.t("words.comma").join(parts)


def _steps_figure(steps: JsonObject | None, words: Words, order: list[str]) -> Chart | None:
    if steps is None or len(steps["models"][0]["mean"]) < 2:
        return None
    t = words.t
    ahead = list(range(1, len(steps["models"][0]["mean"]) + 1))
    traces = []
    for name, row in zip(_names(steps), steps["models"], strict=True):
        n = order.index(row["model"])
        hover = f"{t('figure.step')} %{{x}}: %{{y:.4g}}<extra>%{{fullData.name}}</extra>"
        look = {"line": {"dash": DASHES[n // N_COLORS % 3]}, "marker": {"symbol": SYMBOLS[n % len(SYMBOLS)], "size": 6}}
        traces.append(
            _line(ahead, row["mean"], name, f"@m{n % N_COLORS}", mode="lines+markers", hovertemplate=hover, **look)
        )
    best = steps["models"][0]
    message = t(
        "message.steps",
        name=words.name(best["model"]),
        metric=steps["metric"],
        first=words.number(best["mean"][0]),
        last=words.number(best["mean"][-1]),
        n=len(ahead),
    )
    # whole steps, where there is room for all of them
    whole = {"dtick": 1} if len(ahead) <= FEW_STEPS else {}
    axes = {"xaxis": whole, "yaxis": {"rangemode": "tozero"}}
    return _chart(traces, t("figure.steps_ahead"), steps["metric"], message, 380, **axes)


def _names(found: JsonObject) -> list[str]:
    return [html_label(name, 40) for name in distinct([row["model"] for row in found["models"]])]


def calibration_figure(coverage: JsonObject | None, words: Words, order: list[str]) -> Chart | None:
    """Draw promised and measured coverage of each model."""
    if coverage is None:
        return None
    t, levels = words.t, coverage["levels"]
    ideal = {"line": {"dash": "dash", "width": 1}, "hoverinfo": "skip"}
    traces = [_line([0, 100], [0, 100], t("figure.honest"), "@text", **ideal)]
    for name, row in zip(_names(coverage), coverage["models"], strict=True):
        n = order.index(row["model"])
        hover = f"{t('figure.promised')} %{{x}}, {t('figure.held')} %{{y:.1f}}<extra>%{{fullData.name}}</extra>"
        look = {"mode": "lines+markers", "marker": {"symbol": SYMBOLS[n % len(SYMBOLS)], "size": 8}}
        traces.append(_line(levels, row["held"], name, f"@m{n % N_COLORS}", hovertemplate=hover, **look))
    ends = [value for row in coverage["models"] for value in row["held"] if value is not None]
    lowest = max(0.0, min([*ends, *levels]) - 10)
    axes = {"xaxis": {"range": [min(levels) - 5, 101]}, "yaxis": {"range": [lowest, 103]}}
    message = t("message.calibration", names=calibration_words(coverage, words))
    return _chart(traces, t("figure.promised_axis"), t("figure.held_axis"), message, 400, **axes)


def calibration_words(coverage: JsonObject, words: Words) -> str:
    """Say of each model how often its intervals held."""
    said = []
    for row in coverage["models"]:
        pairs = zip(coverage["levels"], row["held"], strict=True)
        held = ", ".join(f"{level:g} % → {words.number(value)} %" for level, value in pairs)
        said.append(f"{words.name(row['model'], 28)} {held}")
    return words.t("words.semicolon").join(said)


def _training_figure(training: JsonObject, words: Words) -> Chart:
    t = words.t
    colors = {"validation": "@bad", "learned": "@good", "training": "@good"}
    traces = [
        _line(
            curve["epochs"],
            curve["rmse"],
            t(f"figure.curve_{curve['name']}"),
            colors[curve["name"]],
            mode="lines+markers" if len(curve["epochs"]) < 40 else "lines",
            hovertemplate=f"{t('figure.epoch')} %{{x:.3~g}}: %{{y:.4g}}<extra>%{{fullData.name}}</extra>",
        )
        for curve in training["curves"]
    ]
    if training["kept_rmse"] is not None:
        kept = t("figure.kept", epoch=training["kept_epoch"])
        mark = {"mode": "markers", "marker": {"symbol": "diamond", "size": 11, "color": "@text"}}
        hover = f"{kept}: %{{y:.4g}}<extra></extra>"
        traces.append(
            _line([training["kept_epoch"]], [training["kept_rmse"]], kept, "@text", hovertemplate=hover, **mark)
        )
    return _chart(traces, t("figure.epoch"), "RMSE", _training_message(training, words), 360)


def _training_message(training: JsonObject, words: Words) -> str:
    first = training["curves"][0]
    known = [value for value in first["rmse"] if value is not None]
    ends = {"first": words.number(known[0] if known else None), "last": words.number(known[-1] if known else None)}
    said = [words.t("message.training", curve=words.t(f"figure.curve_{first['name']}"), n=training["n_epochs"], **ends)]
    if training["kept_rmse"] is not None:
        kept = {"epoch": training["kept_epoch"], "rmse": words.number(training["kept_rmse"])}
        said.append(words.t("message.kept", **kept))
    return words.join(said)


def _lives_figure(lives: JsonObject, words: Words) -> Chart | None:
    steps = np.array(lives["steps"], float)
    steps = steps[steps > 0]
    if not len(steps):
        return None
    t = words.t
    low, high = np.log10(steps.min()), np.log10(steps.max())
    edges = np.linspace(low - 0.02, high + 0.02, N_BINS + 1)
    counts, _ = np.histogram(np.log10(steps), edges)
    middles = 10 ** ((edges[1:] + edges[:-1]) / 2)
    ends = [[words.number(float(10**a)), words.number(float(10**b))] for a, b in pairwise(edges)]
    bars = {
        "type": "bar",
        "x": middles.tolist(),
        "y": counts.tolist(),
        "width": (10 ** edges[1:] - 10 ** edges[:-1]).tolist(),
        "customdata": ends,
        "marker": {"color": "@good"},
        "hovertemplate": f"%{{customdata[0]}} … %{{customdata[1]}} {t('figure.steps_word')}: %{{y}}<extra></extra>",
        "showlegend": False,
    }
    marks = [float(f"{m}e{k}") for k in range(int(np.floor(low)), int(np.ceil(high)) + 1) for m in (1, 2, 5)]
    axis = {"type": "log", "tickvals": marks, "ticktext": [f"{mark:,g}" for mark in marks]}
    return _chart([bars], t("figure.half_life"), t("figure.units"), lives_message(lives, words), 320, xaxis=axis)


def lives_message(lives: JsonObject, words: Words) -> str:
    """Say how long units remember."""
    at = {row["share"]: words.duration(row["time"]) for row in lives["at"]}
    said = [words.t("message.half_lives", n=lives["n"], **{key: at[key] for key in ("shortest", "median", "longest")})]
    if lives["n_endless"]:
        said.append(words.t("message.endless", n=lives["n_endless"]))
    return words.join(said)


def _lags_figure(lags: JsonObject, words: Words) -> Chart | None:
    if not lags["effective"]:
        return None
    sums = np.cumsum([share or 0.0 for share in lags["importance"]])
    # what is further back cannot be seen
    t, n = words.t, max(int(np.searchsorted(sums, 0.999 * sums[-1])) + 1, lags["effective"])
    n = min(n, len(sums))
    lag = list(range(1, n + 1))
    hover = f"{t('figure.lag')} %{{x}}: %{{y:.1%}}<extra></extra>"
    bars = {"type": "bar", "x": lag, "y": lags["importance"][:n], "marker": {"color": "@good"}, "hovertemplate": hover}
    mark = {"type": "line", "x0": lags["effective"] + 0.5, "x1": lags["effective"] + 0.5, "y0": 0, "y1": 1}
    look = {"yref": "paper", "line": {"color": "@bad", "width": 1.5, "dash": "dash"}}
    share = {"tickformat": ".0%"}
    message = lags_message(lags, words)
    return _chart([bars], t("figure.lag"), t("figure.share"), message, 320, yaxis=share, shapes=[mark | look])


def lags_message(lags: JsonObject, words: Words) -> str:
    """Say how far back the forecasts look."""
    if not lags["effective"]:
        return words.t("message.no_lags")
    top = lags["top"][0]
    values = {"share": words.percent(lags["share"]), "time": words.duration(lags["time"])}
    said = [words.t("message.lags", **values, top=words.duration(top["time"]), most=words.percent(top["share"]))]
    if not lags["is_whole"]:
        said.append(words.t("message.looked", time=words.duration(lags["looked_within"])))
    return words.join(said)


def _gates_figure(heat: JsonObject, words: Words) -> Chart:
    t = words.t
    key = "figure.unit_of_layer" if heat["has_layers"] else "figure.unit"
    units = [t(key, **unit) for unit in heat["units"]]
    trace = {
        "type": "heatmap",
        "x": heat["times"],
        "y": units,
        "z": heat["kept"],
        "zmin": 0,
        "zmax": 1,
        "colorscale": "Cividis",
        "colorbar": {"title": {"text": t("figure.kept_share"), "side": "right"}, "thickness": 14, "tickformat": ".0%"},
        "hovertemplate": "%{x}<br>%{y}: %{z:.0%}<extra></extra>",
    }
    values = {"n": heat["n_units"], "shown": len(units), "mean": words.percent(heat["mean"])}
    message = t("message.gates", **values)
    axis = {"showticklabels": False, "showgrid": False, "ticks": ""}
    return _chart([trace], "", t("figure.sorted_units"), message, 440, yaxis=axis)
