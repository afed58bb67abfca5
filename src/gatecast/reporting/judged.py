"""Is it any good? The leaderboard with its tests, how often intervals held, what is wrong with the fit, its curves."""

from __future__ import annotations

import numpy as np

from gatecast._json import JsonObject
from gatecast.charts.backtests import coverages, step_errors
from gatecast.charts.fits import Training, training_of
from gatecast.charts.thinning import envelope
from gatecast.comparison.comparison import Comparison
from gatecast.diagnosis import Diagnosis
from gatecast.exceptions import DataError
from gatecast.forecaster import LSTMForecaster
from gatecast.reporting.compact import rounded
from gatecast.texts.message import Message

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
        "sentences": [message.to_dict() for message in board.verdict.sentences],
        "notes": [note.to_dict() for note in board.notes],
        "horizon": record.horizon,
        "n_windows": int(record.forecasts.groupby("unique_id", observed=True)["cutoff"].nunique().max()),
        "n_series": int(record.forecasts["unique_id"].nunique()),
        "models": [
            {"model": str(row["model"]), "seconds": row["fit_seconds"] + row["predict_seconds"]}
            | {name: row[name] for name in (*COLUMNS, *ALWAYS)}
            | {"failure": _failure(row["error"], record.failures.get(row["model"]))}
            for row in rows
        ],
        "pairs": board.pairs.to_dict("records"),
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


def _failure(error: str, failure: Message | None) -> JsonObject | None:
    if failure is None and error:
        # of a backtest that knows sentences only
        failure = Message("failure.quoted", {"text": error})
    return None if failure is None else failure.to_dict()


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


def about_diagnosis(diagnosis: Diagnosis, *, is_other_fit: bool) -> JsonObject:
    """Gather what a diagnosis found, of the model or of another fit of the same settings to a part of the data."""
    return {
        "judged_on": {
            "part": diagnosis.part,
            "n": diagnosis.n_points,
            "sentence": diagnosis.judged_on,
            "is_scaled": diagnosis.is_scaled,
            "is_other_fit": is_other_fit,
        },
        "findings": [{**finding.to_dict(), "message": finding.message.to_dict()} for finding in diagnosis.findings],
    }


def about_training(model: LSTMForecaster) -> JsonObject:
    """Gather how the loss went; there are no curves where nothing was trained."""
    history, record = model.history_, model.fitted_.record
    transform = record.transform
    training = training_of(history) if record.is_trained else Training({}, None)
    epoch, rmse = training.kept or (None, None)
    return {
        "curves": [{"name": name, **_thin(*curve)} for name, curve in training.curves.items()],
        # errors while training are those of transformed values; of the validation set they are in the data's units
        "transform": transform if "training" in training.curves and transform != "none" else None,
        "kept_epoch": epoch,
        "kept_rmse": rmse,
        "n_epochs": len(history["rmse"]),
        "n_steps": record.n_steps,
        "refit_steps": record.refit_steps,
        "n_networks": len(model.fitted_.ensemble.networks),
        "stop": str(record.stop),
    }


def _thin(epochs: np.ndarray, errors: np.ndarray) -> dict[str, list[float | None]]:
    keep = envelope(errors, POINTS // 2)
    return {"epochs": rounded(epochs[keep]), "rmse": rounded(errors[keep])}
