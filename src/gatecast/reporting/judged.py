"""Is it any good? The leaderboard with its tests, how often intervals held, what is wrong with the fit, its curves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gatecast._json import JsonObject
from gatecast.charts.numbers import coverages, step_errors
from gatecast.charts.thinning import envelope
from gatecast.comparison.comparison import Comparison
from gatecast.diagnosis import Diagnosis
from gatecast.exceptions import DataError
from gatecast.forecaster import LSTMForecaster
from gatecast.reporting.compact import rounded, said

__all__ = ["about_comparison", "about_diagnosis", "about_training"]

POINTS = 400
COLUMNS = ("mase", "mae", "rmse", "smape", "scaled_crps", "skill", "skill_lower", "skill_upper", "p_value")
ALWAYS = ("n_windows", "is_ranked", "n_failures", "error")


def about_comparison(comparison: Comparison) -> JsonObject:
    """Gather what a comparison found."""
    board, record = comparison.board, comparison.backtest
    rows = board.table.to_dict("records")
    return {
        "metric": board.metric,
        "best": board.verdict.best,
        "recommended": board.verdict.recommended,
        "sentences": [said(sentence) for sentence in board.verdict.sentences],
        "notes": [said(note) for note in board.notes],
        "horizon": record.horizon,
        "n_windows": int(record.forecasts.groupby("unique_id", observed=True)["cutoff"].nunique().max()),
        "n_series": int(record.forecasts["unique_id"].nunique()),
        "models": [
            {"model": str(row["model"]), "seconds": row["fit_seconds"] + row["predict_seconds"]}
            | {name: row[name] for name in (*COLUMNS, *ALWAYS)}
            for row in rows
        ],
        "pairs": [{**row, "note": said(row["note"])} for row in board.pairs.to_dict("records")],
        "ranks": {
            "n_series": board.ranks.n_series,
            "p_value": board.ranks.p_value,
            "critical_difference": board.ranks.critical_difference,
            "mean": dict(board.ranks.mean),
        },
        "chosen": {str(name): int(n) for name, n in board.per_series["chosen"].value_counts().items()},
        "steps": _steps(comparison),
        "coverage": _coverage(comparison),
    }


def _steps(comparison: Comparison) -> JsonObject | None:
    try:
        found = step_errors(comparison.backtest)
    except DataError:
        return None
    each = zip(found.models, found.mean, found.low, found.high, strict=True)
    return {
        "metric": found.metric,
        "models": [
            {"model": str(name), "mean": rounded(mean), "low": rounded(low), "high": rounded(high)}
            for name, mean, low, high in each
        ],
    }


def _coverage(comparison: Comparison) -> JsonObject | None:
    try:
        found = coverages(comparison.backtest)
    except DataError:
        return None
    return {
        "levels": rounded(found.levels),
        "n_origins": found.n_origins,
        "models": [{"model": str(name), "held": rounded(held)} for name, held in found.measured.items()],
    }


def about_diagnosis(diagnosis: Diagnosis) -> JsonObject:
    """Gather what a diagnosis found."""
    return {
        "judged_on": {"part": diagnosis.part, "n": diagnosis.n_points, "sentence": diagnosis.judged_on},
        "findings": [
            {
                "code": finding.code,
                "severity": finding.severity,
                "evidence": finding.evidence,
                "about": finding.about,
                "sentence": finding.sentence,
                "remedy": finding.remedy,
            }
            for finding in diagnosis.findings
        ],
    }


def about_training(model: LSTMForecaster) -> JsonObject:
    """Gather how the loss went."""
    history, record = model.history_, model.fitted_.record
    checked = history.get("validation_epoch") or []
    if checked:
        names = {"validation": "validation_rmse", "learned": "train_rmse"}
        curves = {name: (checked, history[key]) for name, key in names.items() if history.get(key)}
    else:
        curves = {"training": (list(range(1, len(history["rmse"]) + 1)), history["rmse"])}
    losses = np.asarray(history.get("validation_loss") or [], float)
    best = int(np.nanargmin(losses)) if len(losses) and not np.isnan(losses).all() else None
    return {
        "curves": [{"name": name, **_thin(*curve)} for name, curve in curves.items()],
        "kept_epoch": None if best is None else checked[best],
        "kept_rmse": None if best is None or not history.get("validation_rmse") else history["validation_rmse"][best],
        "n_epochs": len(history["rmse"]),
        "n_steps": record.n_steps,
        "stop": str(record.stop),
    }


def _thin(epochs: npt.ArrayLike, errors: npt.ArrayLike) -> dict[str, list[float | None]]:
    values = np.asarray(errors, float)
    keep = envelope(values, POINTS // 2)
    return {"epochs": rounded(np.asarray(epochs, float)[keep]), "rmse": rounded(values[keep])}
