"""What is the data? Counts, frequency, gaps, seasons, outliers, and checks for what would make a forecast a lie."""

from __future__ import annotations

import numpy as np

from gatecast._json import JsonObject
from gatecast.comparison.facts import Facts
from gatecast.data.panel.panel import Panel
from gatecast.forecaster import LSTMForecaster
from gatecast.reporting.compact import rounded, time_format, times_of
from gatecast.reporting.suspects import FAR, find_leaks, find_outliers
from gatecast.texts.frequency import frequency_words

__all__ = ["about_data"]

SHOWN_NAMES = 5


def about_data(model: LSTMForecaster, panel: Panel, facts: Facts | None) -> JsonObject:
    """Gather what is known of the data, rows about the future left out, with the facts of a comparison if any."""
    lengths, season, checks = panel.lengths, model.fitted_.season_length, model.fitted_.record.seasons.checks
    form = time_format(panel)
    ends = panel.grid.times(panel.starts, np.maximum(lengths - 1, 0))
    return {
        "n_series": panel.n_series,
        "n_points": len(panel.values),
        "n_observed": len(panel.values) - panel.n_gaps,
        "lengths": {"shortest": lengths.min(), "median": np.median(lengths), "longest": lengths.max()},
        "columns": {"id": panel.columns.id, "time": panel.columns.time, "target": panel.columns.target},
        "frequency": str(panel.freq),
        "frequency_words": frequency_words(panel.freq),
        "timezone": panel.timezone,
        "start": times_of(panel.index(panel.starts.min(keepdims=True)), form)[0],
        "end": times_of(panel.index(ends.max(keepdims=True)), form)[0],
        "gaps": _gaps(panel, form),
        "values": _values(panel),
        "season_length": season,
        "seasons": [{"season_length": c.season_length, "kept": c.kept, "strength": c.strength} for c in checks],
        "covariates": _covariates(panel),
        "outliers": _outliers(panel, [c.season_length for c in checks if c.kept] or [season], form),
        "checks": _checks(panel, model.fitted_.horizon),
        "facts": [] if facts is None else _facts(facts),
        "expectations": [{"favours": e.favours, **e.message.to_dict()} for e in (facts.expectations if facts else ())],
    }


def _gaps(panel: Panel, form: str) -> JsonObject:
    missing = np.flatnonzero(np.isnan(panel.values))
    found: JsonObject = {"n": len(missing), "share": len(missing) / max(len(panel.values), 1)}
    if len(missing):
        s = int(np.searchsorted(panel.offsets, missing[0], "right")) - 1
        at = int(missing[0] - panel.offsets[s])
        found["first_time"] = times_of(panel.times(s)[[at]], form)[0]
        found["first_series"] = str(panel.ids[s])
    return found


def _values(panel: Panel) -> JsonObject:
    seen = panel.values[np.isfinite(panel.values)]
    if not len(seen):
        return {}
    low, middle, high = np.quantile(seen, [0, 0.5, 1])
    return {"lowest": low, "median": middle, "highest": high}


def _covariates(panel: Panel) -> list[JsonObject]:
    roles = {"past": panel.past, "future": panel.future, "static": panel.static}
    return [
        {"name": name, "role": role, "is_category": column.dtype == object}
        for role, columns in roles.items()
        for name, column in columns.items()
    ]


def _outliers(panel: Panel, seasons: list[int], form: str) -> JsonObject:
    found = find_outliers(panel, seasons)
    values, usual = rounded(found.values), rounded(found.usual)
    examples = [
        {
            "series": str(panel.ids[s]),
            "time": times_of(panel.times(int(s))[[int(at)]], form)[0],
            "value": values[n],
            "usual": usual[n],
        }
        for n, (s, at) in enumerate(zip(found.series, found.positions, strict=True))
    ]
    counts = {"n": found.n, "n_series": found.n_series, "n_looked": found.n_looked}
    return {**counts, "season_lengths": found.season_lengths, "limit": FAR, "examples": examples}


def _checks(panel: Panel, horizon: int) -> list[JsonObject]:
    """Return checks with their state, `ok` or `warning`."""
    series = [panel.series(s) for s in range(panel.n_series)]
    spans = np.array([np.ptp(values[seen]) if (seen := np.isfinite(values)).any() else 0.0 for values in series])
    constant = [str(panel.ids[s]) for s in np.flatnonzero(spans == 0)]
    leaks = find_leaks(panel, horizon)
    empty = [
        n for n, column in (panel.past | panel.future).items() if column.dtype != object and np.isnan(column).all()
    ]
    checks: list[JsonObject] = [_named("constant", constant)]
    if panel.past or panel.future:
        state = "warning" if leaks else "ok"
        checks.append({"code": "leaks", "state": state, "n": len(panel.past) + len(panel.future)})
        checks += [
            {
                "code": "leak_now" if leak.steps == 0 else "leak_later",
                "state": "warning",
                "names": [leak.name],
                "steps": leak.steps,
                "correlation": leak.correlation,
                "is_equal": leak.is_equal,
            }
            for leak in leaks
        ]
    if empty:
        checks.append(_named("empty", empty))
    return checks


def _named(code: str, names: list[str]) -> JsonObject:
    return {"code": code, "state": "warning" if names else "ok", "n": len(names), "names": names[:SHOWN_NAMES]}


def _facts(facts: Facts) -> object:
    table = facts.to_frame()
    return table[table["median"].notna()][["fact", "median", "lowest", "highest"]].to_dict("records")
