"""What do pictures look like in a browser, where a pointer reads off numbers? Made with plotly.

Each function returns a plotly Figure, or `GatecastError` says that plotly is not installed. `to_html` makes a piece of
a page of it, without the library, which a page needs only once (`plotly.offline.get_plotlyjs()`).
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from gatecast.charts.backtests import step_errors, steps_chart
from gatecast.charts.checks import board_of, record_of
from gatecast.charts.comparisons import board_rows, skill_chart
from gatecast.charts.forecasts import forecast_chart, newest_part
from gatecast.charts.gates import heatmap_chart
from gatecast.charts.names import HEADLINE, for_plotly, shorten
from gatecast.charts.plotly_backend import figure_of
from gatecast.charts.spec import COLORS, Chart
from gatecast.exceptions import ConfigError, GatecastError
from gatecast.texts import Texts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from plotly.graph_objects import Figure

    from gatecast.backtesting.record import Backtest
    from gatecast.comparison.board import Leaderboard
    from gatecast.comparison.comparison import Comparison
    from gatecast.data.panel.arrays import Frame
    from gatecast.forecaster import LSTMForecaster
    from gatecast.model.protocol import Data

__all__ = ["draw", "error_by_step", "forecast", "gates_heatmap", "leaderboard", "to_html"]

# fewer than in a picture: each cell stands in the page as a number
HEAT_COLUMNS = 600
FONT = "DejaVu Sans, Noto Sans, Noto Sans CJK SC, PingFang SC, Microsoft YaHei, Arial, sans-serif"


def forecast(
    model: LSTMForecaster,
    data: Data,
    forecast: Frame | int | None = None,
    *,
    unique_id: object = None,
    newest: int | None = None,
    title: str | None = None,
    lang: str = "en",
) -> Figure:
    """Draw the newest part of a series and its forecast, with the arguments of `gatecast.charts.plot_intervals`."""
    check_plotly()
    line, begin = newest_part(model, data, forecast, unique_id, newest)
    return draw(forecast_chart(line, begin, Texts(lang), title))


def error_by_step(
    backtest: Backtest | Comparison,
    *,
    models: str | Iterable[str] | None = None,
    title: str | None = None,
    lang: str = "en",
) -> Figure:
    """Draw the error of each model at each step, with the arguments of `gatecast.charts.error_by_step`.

    A click on a name hides a model; the pointer shows between which errors four of five origins lie.
    """
    check_plotly()
    return draw(steps_chart(step_errors(record_of(backtest), models), Texts(lang), title))


def leaderboard(comparison: Comparison | Leaderboard, *, title: str | None = None, lang: str = "en") -> Figure:
    """Draw the skill of each model with its interval, with the arguments of `gatecast.charts.leaderboard`.

    The pointer shows error, p-value and time. Without a seasonal naive to compare with there is an error.
    """
    check_plotly()
    board = board_of(comparison)
    rows = [row for row in board_rows(board) if np.isfinite(row.skill)]
    if not rows:
        known = ", ".join(map(str, board.table["model"]))
        raise ConfigError(f"There is no SeasonalNaive among {known}, and skill is measured against it. Compare it too.")
    return draw(skill_chart(rows, board.metric, Texts(lang), title))


def gates_heatmap(
    times: ArrayLike,
    matrix: ArrayLike,
    label_of: str,
    *,
    values: ArrayLike | None = None,
    value_name: str = "value",
    title: str | None = None,
    lang: str = "en",
) -> Figure:
    """Draw what each unit did at each time, with the arguments of `gatecast.charts.gates_heatmap`.

    More than 600 rows are averaged in blocks.

    Examples:
        >>> figure = gates_heatmap(np.arange(48), np.full((48, 6), 0.5), "forget gate")
        >>> figure.data[0].z.shape
        (6, 48)
    """
    check_plotly()
    return draw(heatmap_chart(times, matrix, label_of, values, value_name, title, HEAT_COLUMNS, Texts(lang)))


def draw(chart: Chart) -> Figure:
    """Draw a chart with its headline, for a white page."""
    check_plotly()
    figure = import_module("plotly.graph_objects").Figure(figure_of(chart))
    figure.update_layout(
        # plotly's own template is 7 KB in each figure
        template="none",
        title={"text": for_plotly(shorten(chart.title, HEADLINE)), "x": 0.01, "font": {"size": 16}},
        font={"family": FONT, "size": 12, "color": COLORS["text"]},
        margin={"l": 60, "r": 20, "t": 50, "b": 50},
        legend={"orientation": "h", "y": -0.18},
    )
    for update in (figure.update_xaxes, figure.update_yaxes):
        update(gridcolor=COLORS["grid"], zeroline=False, automargin=True)
    return figure


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


def check_plotly() -> None:
    """Make sure that figures can be made."""
    try:
        import_module("plotly.graph_objects")
    except ImportError:
        raise GatecastError(
            "Interactive pictures are made with plotly, which is not installed. "
            "Run `pip install 'gatecast[interactive]'`."
        ) from None
