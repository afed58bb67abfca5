"""What came of a training? Its forecast, how it learned, and what the network remembers, as the page shows it."""

from __future__ import annotations

from typing import Any

import numpy as np

from gatecast._json import JsonObject
from gatecast.data.panel.panel import Panel
from gatecast.data.reading.ahead import rows_ahead
from gatecast.forecaster import LSTMForecaster
from gatecast.reporting.figures import charts_of, figure_told
from gatecast.reporting.judged import about_training
from gatecast.reporting.memory import about_memory
from gatecast.reporting.words import Words
from gatecast.serving.bodies import File
from gatecast.serving.page.asked import AskedModel
from gatecast.serving.page.look import forecast_shown
from gatecast.serving.schemas import Writing
from gatecast.serving.tables import file_future

__all__ = ["held_out_error", "trained_shown"]


def trained_shown(
    model: LSTMForecaster[Any], panel: Panel, future: File | Panel | None, asked: AskedModel, words: Words
) -> JsonObject:
    """Return the forecast of a trained model, with its loss curves and the memory of its units.

    What is known ahead stands in a file of its own, or in rows at the end of the table.
    """
    level = asked.level if model.fitted_.has_intervals else None
    known: Any = rows_ahead(future) if isinstance(future, Panel) else None
    if isinstance(future, File):
        known = file_future(future, Writing(), model.fitted_.after)
    frame = model.predict(level=level, future=known)
    shown = forecast_shown(model, panel, frame, asked.series, words)
    memory = (
        about_memory(model, panel, shown["series"].index(shown["shown"])) if model.fitted_.record.is_trained else {}
    )
    facts = {"forecast": {}, "comparison": {}, "training": about_training(model), "memory": memory}
    figures = {name: figure_told(told) for name, told in charts_of(facts, words).items()}
    said = [message.say(words.lang) for message in model.fitted_.record.decisions]
    remembered = [words.said(message) for message in memory["events"]["messages"]] if "events" in memory else []
    error = held_out_error(model, panel)
    row = {"model": words.t("studio.model_trained"), "error": error, "said": words.number(error)}
    return {
        **shown,
        "decisions": said,
        "figures": figures,
        "remembered": remembered,
        "error": {"row": row, "about": words.t("studio.errors_trained")} if np.isfinite(error) else None,
    }


def held_out_error(model: LSTMForecaster[Any], panel: Panel) -> float:
    """Return the mean absolute error of the newest H values; NaN where they were not all held out of the training."""
    fitted, H = model.fitted_, model.fitted_.horizon
    is_held_out = fitted.record.refit_steps is None and min(fitted.record.hold_out, default=0) >= H
    if not is_held_out or not fitted.record.is_trained or fitted.after.roles.future or panel.lengths.min() <= H:
        return float("nan")
    made = model.predict(H, data=panel.head(panel.lengths - H))["LSTM"].to_numpy(float)
    places = panel.offsets[1:, None] - H + np.arange(H)
    missed = np.abs(made.reshape(places.shape) - panel.values[places])
    return float(np.nanmean(missed)) if np.isfinite(missed).any() else float("nan")
