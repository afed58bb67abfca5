"""How does a report come about? What is not passed is computed, part by part; a part that fails says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatecast._json import JsonObject, plain
from gatecast._validation import answers_calls
from gatecast.backtesting.models import PRETRAINED
from gatecast.comparison.comparison import Comparison, compare, model_named
from gatecast.comparison.verdict import ACCURATE, check_preference
from gatecast.data.panel.arrays import Frame
from gatecast.data.panel.panel import Panel
from gatecast.data.reading.ahead import rows_ahead, split_future
from gatecast.diagnosis import Diagnosis
from gatecast.diagnosis.gather import find_parts
from gatecast.exceptions import ConfigError
from gatecast.forecaster import LSTMForecaster
from gatecast.model.alignment import read_like_training
from gatecast.reporting.ahead import about_forecast
from gatecast.reporting.data import about_data
from gatecast.reporting.judged import about_comparison, about_diagnosis, about_training
from gatecast.reporting.made import Origin, Report, about_recipe
from gatecast.reporting.memory import about_memory
from gatecast.reporting.work import Clock, Scope, hold_out, scope_of, unfitted, within
from gatecast.texts import check_language

if TYPE_CHECKING:
    from gatecast.model.protocol import Data

__all__ = ["report"]


@answers_calls
def report(
    model: LSTMForecaster,
    data: Data | None = None,
    *,
    test: Data | None = None,
    comparison: Comparison | None = None,
    diagnosis: Diagnosis | None = None,
    prefer: str = ACCURATE,
    lang: str = "en",
    origin: Origin | None = None,
) -> Report:
    """Put what is known of a fit and its data into one page that needs no network.

    Args:
        model: Fitted.
        data: What it was fitted on, where the model does not hold it; newer rows behind it are the test part.
        test: Held-out rows after the training part.
        comparison: From `gatecast.comparison.compare`; when absent, a model of the same settings is compared with the
            usual ones: in five windows, or two of ten series or more.
        diagnosis: From `gatecast.diagnosis.diagnose`; when absent that of `model` where a test part lies behind what it
            learned, else that of a model of the same settings that is fitted on the first four fifths.
        prefer: As in `compare`: "fast" recommends a faster model that is not distinguishable from the best.
        lang: "en" or "zh".
        origin: What it is called and how it was made.

    Returns:
        The report: `save(path)`, `html`, `to_dict()`.

    Raises:
        ConfigError: There is no such language, or `model` is no forecaster.
        DataError: The data are missing, or not those of the model.
        GatecastError: The model is not fitted, or jinja2 or plotly is not installed.

    Examples:
        >>> import gatecast
        >>> data = gatecast.datasets.sine(300).drop(columns="clean")
        >>> training = gatecast.Training(epochs=2)
        >>> model = gatecast.LSTMForecaster(4, hidden_size=8, progress=False, training=training).fit(data)
        >>> found = gatecast.compare(data, 4, ["Naive", "LinearAR"], n_windows=2, progress=False)
        >>> page = gatecast.report(model, comparison=found).html
        >>> page.startswith("<!DOCTYPE html>"), len(page) < 6_000_000
        (True, True)
    """
    check_language(lang)
    check_preference(prefer)
    if not isinstance(model, LSTMForecaster):
        raise ConfigError(
            f"`model` has the type {type(model).__name__}, and a fitted LSTMForecaster was expected. Pass one, e.g. "
            "`report(LSTMForecaster(horizon=12).fit(data))`."
        )
    origin = origin or Origin()
    panel, ahead = _read(model, data, test)
    clock = Clock(dict(origin.seconds))
    scope = scope_of(panel, model.fitted_.horizon)
    left_out = origin.left_out if comparison is not None else scope.left_out
    compared = comparison or clock.try_("compare", lambda: _compare(model, panel, scope, prefer))
    held = hold_out(model, panel, clock)
    diagnosed = diagnosis or clock.try_("diagnose", held.diagnose)
    known = compared if isinstance(compared, Comparison) else None
    forecast = clock.try_("forecast", lambda: about_forecast(model, panel, ahead, known, origin.shown))
    facts = {
        "format": 1,
        "name": origin.name or panel.columns.target,
        "data": about_data(model, panel, known.facts if known else None),
        "forecast": forecast,
        "comparison": about_comparison(known) if known else compared,
        "left_out": list(left_out),
        "diagnosis": about_diagnosis(diagnosed, is_other_fit=diagnosis is None and held.model is not model)
        if isinstance(diagnosed, Diagnosis)
        else diagnosed,
        "training": about_training(model),
        "memory": clock.try_("explain", lambda: about_memory(model, panel, _shown_row(panel, forecast))),
        "covariates": clock.try_("covariates", held.covariates),
    }
    facts["recipe"] = about_recipe(model, panel, facts, origin, clock.seconds, lang)
    return Report(plain(facts), lang)


def _read(model: LSTMForecaster, data: Data | None, test: Data | None) -> tuple[Panel, Frame | None]:
    """Return all that is known, and the rows about the future as a table."""
    panel = find_parts(model, data, test).panel
    ahead = model._ahead
    if data is not None:
        newer = split_future(read_like_training(model.fitted_, data))[1]
        ahead = ahead if newer is None else newer
    return split_future(panel)[0], None if ahead is None else rows_ahead(ahead)


def _compare(model: LSTMForecaster, panel: Panel, scope: Scope, prefer: str) -> Comparison:
    horizon, seed = model.fitted_.horizon, model.settings_.seed
    # a model that never trains stands in the comparison once
    names = [name for name in scope.models if name != PRETRAINED or model.settings_.pretrained != "only"]
    models = [unfitted(model) if name == "LSTM" else model_named(name, horizon, seed) for name in names]
    return compare(
        panel,
        horizon,
        dict(zip(names, within(scope.time_limit, models), strict=True)),
        n_windows=scope.n_windows,
        n_jobs=scope.n_jobs,
        prefer=prefer,
        seed=seed,
        progress=False,
    )


def _shown_row(panel: Panel, forecast: JsonObject) -> int:
    """Return the series whose gates are shown: the one of median error, else the first that is shown."""
    shown = forecast.get("series") or []
    name = next((one["name"] for one in shown if one["rank"] == "median"), shown[0]["name"] if shown else None)
    ids = [str(id_) for id_ in panel.ids.tolist()]
    return ids.index(name) if name in ids else int(np.argmax(panel.lengths))
