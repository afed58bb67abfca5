"""What do the series look like that the pretrained networks learned from? Draws the picture of `docs/pretrained.md`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from gatecast.pretraining.made import KINDS, changed, make_series, observed

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "made-series.png"
N_EACH, N_POINTS, SEASON, SEED = 4, 144, 12, 2


def draw() -> Figure:
    """Draw a row of monthly series for each kind."""
    figure = Figure(figsize=(11, 8), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(KINDS), N_EACH)
    rng = np.random.default_rng(SEED)
    for row, kind in zip(axes, KINDS, strict=True):
        paths = observed(changed(make_series(kind, N_EACH, N_POINTS, (SEASON,), rng), rng), rng)
        for axis, y in zip(row, paths, strict=True):
            axis.plot(y, linewidth=0.9, color="#1f5f8b")
            axis.tick_params(labelsize=6)
            axis.spines[["top", "right"]].set_visible(False)
        row[0].set_title(kind.replace("_", " "), fontsize=9, loc="left")
    return figure


if __name__ == "__main__":
    draw().savefig(PICTURE, dpi=110)
    print(f"Written to {PICTURE}.")
