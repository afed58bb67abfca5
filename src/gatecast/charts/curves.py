"""How did training go, which weights were kept, and what does the diagnosis say of it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gatecast.charts.checks import check_type
from gatecast.charts.matplotlib_backend import draw
from gatecast.charts.names import shorten
from gatecast.charts.spec import Axis, Chart, Line, Mark, Marker, Panel, Role, Rule, Text
from gatecast.charts.thinning import thin
from gatecast.exceptions import ConfigError
from gatecast.texts import Texts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gatecast.diagnosis.findings import Diagnosis
    from gatecast.forecaster import LSTMForecaster

__all__ = ["Training", "learning_curves", "training_chart", "training_of"]

# a loss that falls further than this is seen better in logarithms
STEEP = 10.0
N_FINDINGS = 2
FEW_LOOKS = 40
# findings about the course of training, before those about everything else
OF_TRAINING = ("diverging", "still-learning", "too-noisy", "past-its-best", "overfit", "underfit", "plateau")
CURVES: dict[str, tuple[str, Role]] = {
    "validation": ("chart.curve_validation", "contrast"),
    "learned": ("chart.curve_learned", "model"),
    "training": ("chart.curve_training", "model"),
}


@dataclass(frozen=True)
class Training:
    """Epochs and RMSE, `(N,)` both, on `validation` and `learned` points, or while `training`.

    Kept are the weights with the smallest loss on the validation set: their epoch and RMSE, or None.
    """

    curves: dict[str, tuple[np.ndarray, np.ndarray]]
    kept: tuple[float, float] | None


def learning_curves(
    fit: LSTMForecaster | Mapping[str, Sequence[float]],
    diagnosis: Diagnosis | None = None,
    *,
    unit: str = "",
    noise_floor: float | None = None,
    title: str | None = None,
) -> Figure:
    """Draw the errors on learned and on held-back points, the epoch whose weights were kept, and the verdict.

    Args:
        fit: A fitted model, or its `history_`.
        diagnosis: From `diagnose`; its findings about training stand below the picture.
        unit: What errors are measured in, e.g. the target's name.
        noise_floor: The lowest RMSE that any model could reach, where it is known.
        title: Headline.

    Raises:
        ConfigError: `fit` holds no history.
        GatecastError: matplotlib is not installed, or the model is not fitted.

    Examples:
        >>> history = {"rmse": [3.0, 2.0], "validation_epoch": [1, 2], "validation_rmse": [3.0, 2.5]}
        >>> figure = learning_curves(history | {"validation_loss": [0.9, 0.7], "train_rmse": [2.9, 2.0]})
        >>> figure.axes[0].get_legend_handles_labels()[1]
        ['validation set', 'learned points', 'kept: epoch 2']
    """
    from gatecast.forecaster import LSTMForecaster

    if not isinstance(fit, Mapping):
        check_type("fit", fit, LSTMForecaster, "a fitted LSTMForecaster or its `history_`", "the model")
        fit = fit.history_
    return draw(training_chart(training_of(fit), Texts("en"), unit, noise_floor, title, _verdict(diagnosis)))


def training_of(history: Mapping[str, Sequence[float]]) -> Training:
    """Read the curves of a history.

    Raises:
        ConfigError: It holds none.
    """
    checks = np.asarray(history.get("validation_epoch", ()), float)
    judged = {"validation": "validation_rmse", "learned": "train_rmse"}
    found = {name: (checks, np.asarray(history[key], float)) for name, key in judged.items() if history.get(key)}
    if not found:
        rmse = np.asarray(history.get("rmse", ()), float)
        if not len(rmse):
            raise ConfigError(
                f"`fit` holds {', '.join(history) or 'nothing'}, and `rmse` of at least one epoch was expected. "
                "Pass a fitted model or its `history_`."
            )
        return Training({"training": (np.arange(1.0, len(rmse) + 1), rmse)}, None)
    losses = np.asarray(history.get("validation_loss", ()), float)
    errors = found.get("validation", (checks, checks[:0]))[1]
    if not len(losses) or len(losses) != len(errors) or np.isnan(losses).all():
        return Training(found, None)
    best = int(np.nanargmin(losses))
    return Training(found, (float(checks[best]), float(errors[best])))


def training_chart(
    training: Training,
    t: Texts,
    unit: str = "",
    noise_floor: float | None = None,
    title: str | None = None,
    note: str = "",
) -> Chart:
    """Show the curves, what was kept, and the lowest error that is possible."""
    marks: list[Mark] = []
    for name, (epochs, errors) in training.curves.items():
        key, role = CURVES[name]
        keep = thin(errors)
        marker: Marker = "circle" if len(errors) <= FEW_LOOKS else ""
        marks.append(Line(epochs[keep], errors[keep], role, t(key), marker=marker))
    if training.kept is not None:
        epoch, error = training.kept
        marks += [
            Rule("x", epoch, label=t("chart.kept", epoch=epoch), dash="dashed"),
            Line([epoch], [error], "text", width=0.0, marker="diamond", size=7.0),
            Text(epoch, error, f"{error:.4g}", align=("right", "bottom"), offset=(-7, 7)),
        ]
    if noise_floor is not None:
        marks.append(Rule("y", noise_floor, label=t("chart.noise_floor", rmse=noise_floor), dash="dotted"))
    known = np.concatenate([errors[np.isfinite(errors)] for _, errors in training.curves.values()])
    is_steep = len(known) > 0 and known.min() > 0 and known.max() > STEEP * known.min()
    error_axis = Axis(f"RMSE ({shorten(unit)})" if unit else "RMSE", "log" if is_steep else "number")
    panel = Panel(tuple(marks), x=Axis(t("chart.epoch")), y=error_axis)
    return Chart((panel,), title or t("chart.training"), note, (9.0, 5.0), legend="above")


def _verdict(diagnosis: Diagnosis | None) -> str:
    """Choose what to say below: what a diagnosis found out about training, else what it found first."""
    if diagnosis is None:
        return ""
    of_training = [finding for finding in diagnosis.findings if finding.code in OF_TRAINING]
    chosen = (of_training or list(diagnosis.findings))[:N_FINDINGS]
    return " ".join(finding.sentence + (f" Try {finding.remedy}." if finding.remedy else "") for finding in chosen)
