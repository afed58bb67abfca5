"""What is a forecast made of? Bars for what past values, naive forecasts and covariates add to it or take away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatecast.charts.checks import check_type
from gatecast.charts.matplotlib_backend import draw
from gatecast.charts.names import distinct, shorten
from gatecast.charts.spec import Axis, Bars, Chart, Panel
from gatecast.exceptions import ConfigError
from gatecast.explanation.attribution import Attributions
from gatecast.texts import Texts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["plot_attributions"]

# bars of single sources; the others are one bar
MOST_BARS = 12
# letters of a name
LONGEST = 48


def plot_attributions(found: Attributions, step: int = 1, *, title: str | None = None, lang: str = "en") -> Figure:
    """Draw what one step of a forecast is made of, the largest contributions first.

    Args:
        found: What `LSTMForecaster.attributions` returned.
        step: Which step of the forecast, counted from 1.
        title: Headline; forecast and baseline when absent.
        lang: Language of the texts: "en" or "zh".

    Raises:
        GatecastError: matplotlib is not installed.
        ConfigError: `found` is of another type, or there is no such step.

    Examples:
        >>> import numpy as np
        >>> from gatecast import LSTMForecaster, Training
        >>> y = 5 + np.sin(np.arange(300) * 0.3)
        >>> settings = {"hidden_size": 6, "pretrained": "none", "progress": False}
        >>> model = LSTMForecaster(2, **settings, training=Training(epochs=1)).fit(y)
        >>> figure = plot_attributions(model.attributions(), step=2)
        >>> [label.get_text() for label in figure.axes[0].get_yticklabels()][-1]
        'all others'
    """
    check_type("found", found, Attributions, "an Attributions", "what `model.attributions()` returned")
    H = len(found.forecast)
    if not isinstance(step, int) or isinstance(step, bool) or not 1 <= step <= H:
        raise ConfigError(f"`step` must be a step of the forecast, 1 to {H}, got {step!r}. Use `step=1`.")
    return draw(_chart(found, step - 1, title, Texts(lang)))


def _chart(found: Attributions, step: int, title: str | None, t: Texts) -> Chart:
    names = [t("chart.value_at", time=_plain(time)) for time in found.past_times]
    names += [t("chart.naive_forecast", name=one.say(t.lang)) for one in found.candidate_messages]
    names += list(found.covariate_names)
    parts = np.concatenate([found.values[step], found.candidates[step], found.covariates[step]])
    order = np.argsort(-np.abs(parts), kind="stable")[:MOST_BARS]
    order = order[parts[order] != 0]
    rest = float(parts.sum() - parts[order].sum() + found.rest[step])
    sizes = np.append(parts[order], rest)
    shown = (*distinct([names[n] for n in order.tolist()], LONGEST), t("chart.all_others"))
    places = np.arange(len(sizes))
    marks = []
    for role, is_such in (("model", sizes >= 0), ("contrast", sizes < 0)):
        said = tuple(f"{size:+.3g}" for size in sizes[is_such])
        marks.append(Bars(places[is_such], sizes[is_such], role, 0.66, is_flat=True, texts=said))  # type: ignore[arg-type]
    y = Axis(low=len(sizes) - 0.5, high=-0.5, ticks=places.tolist(), names=shown, has_grid=False)
    panel = Panel(tuple(mark for mark in marks if len(mark.x)), "", Axis(t("chart.adds"), margin=0.12), y)
    facts = {"forecast": found.forecast[step], "baseline": found.baseline[step], "time": _plain(found.times[step])}
    headline = title or t("chart.made_of", name=shorten(found.unique_id), **facts)
    return Chart((panel,), headline, size=(10.0, 1.8 + 0.36 * len(sizes)))


def _plain(time: object) -> str:
    """Write a time without a midnight."""
    return str(time).removesuffix(" 00:00:00").removesuffix("T00:00:00.000000000").removesuffix("T00:00:00.000000")
