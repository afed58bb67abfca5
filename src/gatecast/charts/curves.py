"""How did training go, which weights were kept, and what does the diagnosis say of it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast.charts.names import label
from gatecast.charts.style import COLORS, dress, finish, legend_above, new_figure
from gatecast.charts.thinning import thin
from gatecast.exceptions import ConfigError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from gatecast.diagnosis.findings import Diagnosis
    from gatecast.forecaster import LSTMForecaster

__all__ = ["learning_curves"]

# a loss that falls further than this is seen better in logarithms
STEEP = 10.0
N_FINDINGS = 2
FEW_LOOKS = 40
# findings about the course of training, before those about everything else
OF_TRAINING = ("diverging", "still-learning", "too-noisy", "past-its-best", "overfit", "underfit", "plateau")


def learning_curves(
    fit: LSTMForecaster | Mapping[str, Sequence[float]],
    diagnosis: Diagnosis | None = None,
    *,
    unit: str = "",
    noise_floor: float | None = None,
    title: str = "Learning curves",
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
        ['validation part', 'learned points', 'kept: epoch 2']
    """
    history = fit if isinstance(fit, Mapping) else _history_of(fit)
    figure = new_figure(9.0, 5.0)
    axes = figure.add_subplot()
    curves = _curves(history)
    for (name, (epochs, errors)), key in zip(curves.items(), ("test", "train"), strict=False):
        keep = thin(errors)
        marker = "o" if len(errors) <= FEW_LOOKS else ""
        axes.plot(epochs[keep], errors[keep], label=name, color=COLORS[key], linewidth=1.7, marker=marker, markersize=4)
    _mark_kept(axes, history)
    _mark_floor(axes, noise_floor)
    lowest, highest = _range(curves)
    if lowest > 0 and highest > STEEP * lowest:
        axes.set_yscale("log")
    dress(axes, "", "epoch", f"RMSE ({label(unit)})" if unit else "RMSE")
    legend_above(axes)
    return finish(figure, title, _verdict(diagnosis))


def _history_of(fit: Any) -> Mapping[str, Sequence[float]]:
    from gatecast.forecaster import LSTMForecaster

    if not isinstance(fit, LSTMForecaster):
        raise ConfigError(
            f"`fit` has the type {type(fit).__name__}, and a fitted LSTMForecaster or its `history_` was expected. "
            "Pass the model."
        )
    return fit.history_


def _curves(history: Mapping[str, Sequence[float]]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return epochs and errors of each curve."""
    looks = np.asarray(history.get("validation_epoch", ()), float)
    judged = {"validation part": "validation_rmse", "learned points": "train_rmse"}
    found = {
        name: (looks, np.asarray(history[key], float)) for name, key in judged.items() if len(history.get(key, ()))
    }
    if found:
        return found
    rmse = np.asarray(history.get("rmse", ()), float)
    if not len(rmse):
        raise ConfigError(
            f"`fit` holds {', '.join(history) or 'nothing'}, and `rmse` of at least one epoch was expected. "
            "Pass a fitted model or its `history_`."
        )
    return {"training part": (np.arange(1.0, len(rmse) + 1), rmse)}


def _mark_kept(axes: Axes, history: Mapping[str, Sequence[float]]) -> None:
    """Mark the look whose weights were kept: the first with the smallest loss on the validation part."""
    losses = np.asarray(history.get("validation_loss", ()), float)
    errors = np.asarray(history.get("validation_rmse", ()), float)
    if not len(losses) or len(losses) != len(errors) or np.isnan(losses).all():
        return
    best = int(np.nanargmin(losses))
    epoch = float(history["validation_epoch"][best])
    axes.axvline(epoch, color=COLORS["text"], linewidth=1, linestyle=(0, (4, 3)), label=f"kept: epoch {epoch:.3g}")
    axes.plot([epoch], [errors[best]], marker="D", markersize=7, color=COLORS["text"], zorder=5)
    axes.annotate(
        f"{errors[best]:.4g}",
        (epoch, errors[best]),
        xytext=(-7, 7),
        textcoords="offset points",
        ha="right",
        fontsize=9.5,
        color=COLORS["text"],
    )


def _mark_floor(axes: Axes, noise_floor: float | None) -> None:
    if noise_floor is not None:
        name = f"noise floor {noise_floor:.4g}"
        axes.axhline(noise_floor, color=COLORS["text"], linewidth=1, linestyle=":", label=name)


def _range(curves: dict[str, tuple[np.ndarray, np.ndarray]]) -> tuple[float, float]:
    errors = np.concatenate([values[np.isfinite(values)] for _, values in curves.values()])
    return (float(errors.min()), float(errors.max())) if len(errors) else (0.0, 0.0)


def _verdict(diagnosis: Diagnosis | None) -> str:
    """Choose what to say below: what a diagnosis found out about training, else what it found first."""
    if diagnosis is None:
        return ""
    of_training = [finding for finding in diagnosis.findings if finding.code in OF_TRAINING]
    chosen = (of_training or list(diagnosis.findings))[:N_FINDINGS]
    return " ".join(finding.sentence + (f" Try {finding.remedy}." if finding.remedy else "") for finding in chosen)
