"""Which points were not to be expected? A series with the interval of each point and a ring around each anomaly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatecast.charts.matplotlib_backend import draw
from gatecast.charts.names import shorten
from gatecast.charts.spec import Axis, Band, Chart, Line, Mark, Panel, time_axis
from gatecast.charts.thinning import thin
from gatecast.charts.timeline import columns_of, plain_times, series_of_rows
from gatecast.exceptions import ConfigError, DataError
from gatecast.model.detect import COLUMNS
from gatecast.texts import Texts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gatecast.data.panel.arrays import Array, Frame

__all__ = ["plot_anomalies"]


def plot_anomalies(
    found: Frame,
    *,
    unique_id: object = None,
    newest: int | None = None,
    title: str | None = None,
    lang: str = "en",
) -> Figure:
    """Draw a series with what was expected of each point, and mark the anomalies.

    Args:
        found: A table made by `detect`.
        unique_id: Which series; the one with the largest score when absent.
        newest: Points that are shown, up to the last one; all when absent.
        title: Headline; the name of the series and the number of its anomalies when absent.
        lang: Language of the texts: "en" or "zh".

    Raises:
        GatecastError: matplotlib is not installed.
        DataError: `found` is no table of `detect`.
        ConfigError: There is no such series, or `newest` makes no sense.

    Examples:
        >>> import gatecast
        >>> y = [20.0, 21.0, 25.0, 22.5] * 30
        >>> y[90] = 60.0
        >>> found = gatecast.PretrainedLSTM(horizon=1, season_length=4).fit(y).detect()
        >>> plot_anomalies(found).axes[0].get_legend_handles_labels()[1]
        ['expected range', 'data', 'anomaly']
    """
    if newest is not None and newest < 1:
        raise ConfigError(f"`newest` must be a positive number of points, got {newest}. Use `newest=200`.")
    columns = columns_of(found)
    names = list(columns)
    # columns of ids, time and target stand before them, under the user's own names
    *ids, time, target = names[: -len(COLUMNS)] if tuple(names[-len(COLUMNS) :]) == COLUMNS else ("", "")
    if not ids:
        raise DataError(f"`found` must be a table made by `detect`, got columns {names}. Pass `model.detect()`.")
    series_of = np.empty(len(columns["score"]), object)
    series_of[:] = series_of_rows(columns, ids)
    series = _series(series_of, columns["score"], unique_id)
    rows = np.flatnonzero(series_of == series)[-(newest or 0) :]
    shown = {name: column[rows] for name, column in columns.items()}
    return draw(_chart(shown, (time, target), str(series), Texts(lang), title))


def _series(ids: Array, scores: Array, unique_id: object) -> object:
    """Return the series that is drawn: the one that was asked for, or that with the largest score."""
    if unique_id is None:
        return ids[int(np.argmax(np.nan_to_num(scores, nan=-1.0)))]
    known = list(dict.fromkeys(ids.tolist()))
    if unique_id not in known:
        raise ConfigError(
            f"`unique_id` must be one of the {len(known)} series of the table, got {unique_id!r}. Use for example "
            f"`unique_id={known[0]!r}`."
        )
    return unique_id


def _chart(shown: dict[str, Array], keys: tuple[str, str], series: str, t: Texts, title: str | None) -> Chart:
    time, target = keys
    times, values, is_anomaly = plain_times(shown[time]), shown[target], shown["anomaly"].astype(bool)
    keep = np.union1d(thin(values), np.flatnonzero(is_anomaly))
    marks: list[Mark] = [
        Band(times[keep], shown["lower"][keep], shown["upper"][keep], "model", 0.2, t("chart.expected_range")),
        Line(times[keep], values[keep], "data", t("chart.data"), width=0.9),
    ]
    if is_anomaly.any():
        rings = Line(
            times[is_anomaly], values[is_anomaly], "contrast", t("chart.anomaly"), width=0, marker="ring", size=8
        )
        marks.append(rings)
    headline = title or t("chart.anomalies_of", name=shorten(series), n=int(is_anomaly.sum()), points=len(values))
    panel = Panel(tuple(marks), "", time_axis(times, shorten(time)), Axis(shorten(target)))
    return Chart((panel,), headline, size=(10.0, 4.6), legend="below", is_over_time=True)
