"""What do pictures look like in a browser, where a pointer reads off numbers? Made with plotly.

Each function returns a plotly Figure. `to_html` makes a piece of a page of it, without the library, which a page needs
only once (`plotly.offline.get_plotlyjs()`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast.charts.ahead import newest_part
from gatecast.charts.checks import board_of, numbers, record_of
from gatecast.charts.gates import heat_range, place_of
from gatecast.charts.names import distinct, html_label
from gatecast.charts.numbers import step_errors
from gatecast.charts.ranking import STATES, Row, rows_of, skill_limits
from gatecast.charts.style import COLORS, HEADLINE, PALETTE
from gatecast.charts.thinning import block_means, thin
from gatecast.data.panel.arrays import Floats
from gatecast.exceptions import ConfigError, DataError, GatecastError

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from gatecast.backtesting.record import Backtest
    from gatecast.comparison.board import Leaderboard
    from gatecast.comparison.comparison import Comparison
    from gatecast.forecaster import LSTMForecaster

__all__ = ["error_by_step", "forecast", "gates_heatmap", "leaderboard", "to_html"]

# fewer than in a picture: each cell stands in the page as a number
HEAT_COLUMNS, DIGITS = 600, 3
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x")
FONT = "DejaVu Sans, Noto Sans, Noto Sans CJK SC, PingFang SC, Microsoft YaHei, Arial, sans-serif"


def forecast(
    model: LSTMForecaster,
    data: Any,
    forecast: Any = None,
    *,
    unique_id: object = None,
    newest: int | None = None,
    title: str | None = None,
) -> Figure:
    """Draw the newest part of a series and its forecast with intervals, as `gatecast.charts.plot_intervals`.

    Args:
        model: Fitted.
        data: The training part, or it and newer rows, whatever `fit` takes.
        forecast: A table made by `predict`, or a number of steps; the model's horizon with intervals of 80 and 95 %
            when absent.
        unique_id: Which series of a panel; may be left out where there is one.
        newest: Points of the past that are shown; four horizons and at least 60 when absent.
        title: Headline; the name of the series when absent.

    Raises:
        GatecastError: plotly is not installed, or the model is not fitted.
        ConfigError: There is no such series, or `newest` makes no sense.
        DataError: `forecast` is no forecast.

    Examples:
        >>> import gatecast
        >>> from gatecast.charts import interactive
        >>> data = gatecast.datasets.sine(300)
        >>> training = gatecast.Training(epochs=2)
        >>> model = gatecast.LSTMForecaster(12, hidden_size=8, progress=False, training=training).fit(data)
        >>> figure = interactive.forecast(model, data, model.predict(level=80))
        >>> [trace.name for trace in figure.data if trace.showlegend]
        ['80 % interval', 'data', 'forecast']
    """
    go = _plotly()
    line, begin = newest_part(model, data, forecast, unique_id, newest)
    figure = go.Figure()
    for n, band in enumerate(line.bands):
        _add_band(figure, line.forecast_times, band.lower, band.upper, f"{band.level} % interval", (n + 1) * 0.16)
    keep = begin + thin(line.values[begin:])
    _add_line(figure, line.times[keep], line.values[keep], "data", COLORS["data"])
    _add_line(figure, line.forecast_times, line.forecast, "forecast", COLORS["forecast"], dash="dash")
    figure.update_layout(hovermode="x unified")
    return _dress(figure, title or f"{line.name}: forecast", html_label(line.time_name), html_label(line.value_name))


def error_by_step(
    backtest: Backtest | Comparison,
    *,
    models: str | Iterable[str] | None = None,
    title: str = "Error by step of the horizon",
) -> Figure:
    """Draw the error of each model at each step; a click on a name hides a model.

    Errors are those of `gatecast.charts.error_by_step`; the pointer shows between which errors four of five origins
    lie.

    Args:
        backtest: From `backtest` or `compare`.
        models: Which; all when absent.
        title: Headline.

    Raises:
        ConfigError: The backtest does not have a model.
        DataError: No step has a target and forecasts.
        GatecastError: plotly is not installed.
    """
    go = _plotly()
    found = step_errors(record_of(backtest), models)
    steps = np.arange(1, found.mean.shape[1] + 1)
    figure = go.Figure()
    for m, name in enumerate(_names(found.models)):
        figure.add_scatter(
            x=steps,
            y=_rounded(found.mean[m]),
            customdata=np.column_stack([_rounded(found.low[m]), _rounded(found.high[m])]),
            name=name,
            mode="lines+markers",
            line={"color": PALETTE[m % len(PALETTE)], "width": 2, "dash": "solid" if m < len(PALETTE) else "dot"},
            marker={"symbol": SYMBOLS[m % len(SYMBOLS)], "size": 7},
            hovertemplate="%{fullData.name}, step %{x}: %{y:.4g} (%{customdata[0]:.4g} to %{customdata[1]:.4g})"
            "<extra></extra>",
        )
    figure.update_yaxes(rangemode="tozero")
    return _dress(figure, title, "steps ahead", found.metric)


def leaderboard(
    comparison: Comparison | Leaderboard, *, title: str = "Skill against the seasonal naive, with 95 % intervals"
) -> Figure:
    """Draw the skill of each model with its interval; the pointer shows error, p-value and time.

    Args:
        comparison: From `compare`, or its `board`.
        title: Headline.

    Raises:
        ConfigError: `comparison` is something else, or has no seasonal naive to compare with.
        GatecastError: plotly is not installed.
    """
    go = _plotly()
    board = board_of(comparison)
    rows = [row for row in rows_of(board) if np.isfinite(row.skill)]
    if not rows:
        known = ", ".join(map(str, board.table["model"]))
        raise ConfigError(f"There is no SeasonalNaive among {known}, and skill is measured against it. Compare it too.")
    names = _names([row.name for row in rows])
    figure = go.Figure(
        go.Scatter(
            x=[row.skill for row in rows],
            y=list(range(len(rows))),
            customdata=[[name, *_facts(row)] for name, row in zip(names, rows, strict=True)],
            mode="markers",
            marker={"size": 11, "color": [STATES[row.state] for row in rows]},
            error_x=_interval(rows),
            hovertemplate="%{customdata[0]}<br>skill %{x:.3f} (%{customdata[1]} to %{customdata[2]})<br>"
            f"{board.metric.upper()} %{{customdata[3]}}, p %{{customdata[4]}}, %{{customdata[5]}} s<extra></extra>",
            showlegend=False,
        )
    )
    figure.add_vline(x=0, line={"color": COLORS["text"], "width": 1})
    figure.update_yaxes(tickvals=list(range(len(rows))), ticktext=names, autorange="reversed")
    figure.update_xaxes(range=list(skill_limits(rows)))
    figure.update_layout(height=170 + 34 * len(rows))
    return _dress(figure, title, "skill (right of 0: smaller errors than the seasonal naive)", "")


def gates_heatmap(
    times: Any,
    matrix: Any,
    label_of: str,
    *,
    values: Any = None,
    value_name: str = "value",
    title: str | None = None,
) -> Figure:
    """Draw what each unit did at each time, as colors, below the series itself.

    Args:
        times: `(T,)` datetime64 or numbers.
        matrix: `(T, D)`, one column for each unit. More than 600 rows are averaged in blocks.
        label_of: What it is, e.g. "forget gate".
        values: `(T,)` the series, drawn above.
        value_name: Its name.
        title: Headline; `label_of` when absent.

    Raises:
        DataError: Shapes do not fit together.
        GatecastError: plotly is not installed.

    Examples:
        >>> figure = gates_heatmap(np.arange(48), np.full((48, 6), 0.5), "forget gate")
        >>> figure.data[0].z.shape
        (6, 48)
    """
    _plotly()
    gates = numbers("matrix", matrix, "T, D")
    when = np.asarray(times)
    series = None if values is None else numbers("values", values, "T")
    for name, found in (("times", when), ("values", series)):
        if found is not None and len(found) != len(gates):
            raise DataError(
                f"`{name}` has {len(found)} entries, and {len(gates)} were expected, as many as `matrix` has rows. "
                "Pass one for each."
            )
    figure = import_module("plotly.subplots").make_subplots(
        rows=1 if series is None else 2,
        shared_xaxes=True,
        row_heights=None if series is None else [0.28, 0.72],
        vertical_spacing=0.04,
    )
    if series is not None:
        keep = thin(series)
        _add_line(figure, when[keep], series[keep], html_label(value_name), COLORS["data"], row=1, col=1)
    _add_heat(figure, when, gates, html_label(label_of), row=1 if series is None else 2)
    figure.update_layout(showlegend=False, height=480)
    return _dress(figure, title or f"{label_of} of {gates.shape[1]} units", "", "")


def to_html(figure: Figure, name: str) -> str:
    """Return a figure as a piece of a page that holds plotly's library already.

    Args:
        figure: From this module.
        name: Of the element on the page: letters, digits, `-` and `_`. The same figure and name give the same text.

    Raises:
        ConfigError: The name has other letters.

    Examples:
        >>> html = to_html(gates_heatmap([1, 2], [[0.5], [0.7]], "forget gate"), "gates")
        >>> 'id="gates"' in html, len(html) < 20_000
        (True, True)
    """
    if not name or not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
        raise ConfigError(f"`name` must be letters, digits, `-` and `_`, got {name!r}. Use `name='forecast'`.")
    options = {"displaylogo": False, "responsive": True}
    return str(figure.to_html(full_html=False, include_plotlyjs=False, div_id=name, config=options))


def _plotly() -> Any:
    try:
        return import_module("plotly.graph_objects")
    except ImportError:
        raise GatecastError(
            "Interactive pictures are made with plotly, which is not installed. "
            "Run `pip install 'gatecast[interactive]'`."
        ) from None


def _dress(figure: Figure, title: str, x_label: str, y_label: str) -> Figure:
    figure.update_layout(
        # plotly's own template is 7 KB in each figure
        template="none",
        title={"text": html_label(title, HEADLINE), "x": 0.01, "font": {"size": 16}},
        font={"family": FONT, "size": 12, "color": COLORS["text"]},
        margin={"l": 60, "r": 20, "t": 50, "b": 50},
        legend={"orientation": "h", "y": -0.18},
    )
    figure.update_xaxes(gridcolor="#e4e4e4", zeroline=False, automargin=True)
    figure.update_yaxes(gridcolor="#e4e4e4", zeroline=False, automargin=True)
    if x_label or y_label:
        figure.update_layout(xaxis_title=x_label, yaxis_title=y_label)
    return figure


def _names(names: Sequence[object]) -> list[str]:
    return [html_label(name, 40) for name in distinct(names)]


def _rounded(values: Floats) -> Floats:
    """Keep six digits: more of them would only make the page longer."""
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 10.0 ** (5 - np.floor(np.log10(np.abs(values))))
        return np.where(np.isfinite(scale), np.round(values * scale) / scale, values)


def _add_line(
    figure: Figure,
    times: Any,
    values: Floats,
    name: str,
    color: str,
    *,
    dash: str = "solid",
    **at: int,
) -> None:
    figure.add_scatter(
        x=times,
        y=_rounded(values),
        name=name,
        mode="lines",
        line={"color": color, "width": 1.4 if dash == "solid" else 2.4, "dash": dash},
        showlegend=True,
        hovertemplate="%{y:.6g}",
        **at,
    )


def _add_band(figure: Figure, times: Any, lower: Floats, upper: Floats, name: str, alpha: float) -> None:
    """Add the area between two lines; the pointer reads off both ends."""
    red, green, blue = (int(COLORS["forecast"][k : k + 2], 16) for k in (1, 3, 5))
    ends: dict[str, Any] = {"mode": "lines", "line": {"width": 0}, "legendgroup": name, "hovertemplate": "%{y:.6g}"}
    figure.add_scatter(x=times, y=_rounded(upper), name=f"upper end, {name}", showlegend=False, **ends)
    fill = f"rgba({red},{green},{blue},{min(alpha, 0.5):.2f})"
    figure.add_scatter(x=times, y=_rounded(lower), name=name, fill="tonexty", fillcolor=fill, showlegend=True, **ends)


def _add_heat(figure: Figure, times: np.ndarray, gates: Floats, name: str, row: int) -> None:
    low, high = heat_range(gates)
    order = place_of(gates)
    means, firsts = block_means(gates[:, order], HEAT_COLUMNS)
    # half as many bytes as float64, and enough for a color
    cells = np.round(means.T, DIGITS).astype(np.float32)
    figure.add_heatmap(
        x=times[firsts],
        z=cells,
        zmin=low,
        zmax=high,
        colorscale="Cividis" if low >= 0 else "PuOr",
        colorbar={"title": {"text": name, "side": "right"}},
        hovertemplate="%{x}<br>place %{y}: %{z:.3f}<extra></extra>",
        row=row,
        col=1,
    )
    figure.update_yaxes(title_text="units, sorted by their mean", showticklabels=False, row=row, col=1)


def _facts(row: Row) -> list[str]:
    figures = (row.low, row.high, row.error, row.p_value, row.seconds)
    return [f"{value:.3g}" if np.isfinite(value) else "–" for value in figures]


def _interval(rows: list[Row]) -> dict[str, Any]:
    """Return the arms of each interval, both positive, as plotly takes them."""
    skill, low, high = (np.array([getattr(row, key) for row in rows]) for key in ("skill", "low", "high"))
    arms = {"array": np.nan_to_num(high - skill), "arrayminus": np.nan_to_num(skill - low)}
    return {"type": "data", "symmetric": False, "thickness": 2.4, "width": 0, "color": "#6b6b6b", **arms}
