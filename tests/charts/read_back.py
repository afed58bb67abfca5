"""Which numbers and texts does a figure hold? Read back from matplotlib's artists, and from what plotly.js gets."""

from html import unescape

import numpy as np
from matplotlib.collections import LineCollection, PolyCollection, QuadMesh
from matplotlib.dates import date2num


def floats(values):
    """Return times as days, and numbers as they are; None is NaN."""
    found = np.asarray(values)
    if found.dtype.kind in "MU":
        found = date2num(found.astype("datetime64[us]"))
    return tuple(np.asarray(found, float))


def of_matplotlib(axes):
    """Return curves (x, then y), bands (low, then high), bars, rules, cells and texts of a panel."""
    curves, bands, bars, rules, cells = [], [], [], [], []
    for line in axes.lines:
        x, y = line.get_xdata(orig=True), line.get_ydata(orig=True)
        if line.get_transform() != axes.transData:
            rules.append(floats(x[:1] if list(y) == [0, 1] else y[:1]))
        elif len(x) and not (len(x) == 2 and x[0] == x[1] and y[0] == y[1]):
            # an interval without a width is seen nowhere
            curves.append(floats(x) + floats(y))
    for one in axes.collections:
        if isinstance(one, LineCollection):
            ends = np.concatenate(one.get_segments())
            curves.append((*ends[:, 0], *ends[:, 1]))
        elif isinstance(one, QuadMesh):
            cells.append(tuple(np.ravel(one.get_array())))
        elif isinstance(one, PolyCollection):
            outline = one.get_paths()[0].vertices[:, 1]
            n = (len(outline) - 3) // 2
            bands.append((*outline[1 : n + 1], *outline[n + 2 : 2 * n + 2][::-1]))
    cells += [tuple(np.ravel(image.get_array())) for image in axes.images if np.ndim(image.get_array()) == 2]
    for container in axes.containers:
        for bar in container.patches:
            middle, size = bar.get_center(), (bar.get_width(), bar.get_height())
            bars.append((middle[0], size[1]) if container.orientation == "vertical" else (middle[1], size[0]))
    handles, names = axes.get_legend_handles_labels()
    drawn = [
        name for one, name in zip(handles, names, strict=True) if not hasattr(one, "get_xdata") or len(one.get_xdata())
    ]
    texts = {
        "labels": [axes.get_xlabel(), axes.get_ylabel()],
        "texts": [text.get_text() for text in axes.texts],
        "legend": drawn,
    }
    texts = {name: sorted(text.replace("\\$", "$").strip() for text in several) for name, several in texts.items()}
    return {"curves": curves, "bands": bands, "bars": bars, "rules": rules, "cells": cells}, texts


def of_plotly(figure, n):
    """Return the same of panel number n of a figure as plain data."""
    number = "" if n == 0 else str(n + 1)
    layout, traces = figure["layout"], [t for t in figure["data"] if t.get("xaxis", "x") == f"x{number}"]
    curves, bands, bars, cells = [], [], [], []
    for trace, before in zip(traces, [None, *traces], strict=False):
        if trace["type"] == "heatmap":
            cells.append(tuple(np.ravel(trace["z"])))
        elif trace["type"] == "bar":
            along, up = ("x", "y") if trace["orientation"] == "v" else ("y", "x")
            bars += zip(floats(trace[along]), floats(trace[up]), strict=True)
        elif "fill" in trace:
            curves.pop()
            bands.append(floats(trace["y"]) + floats(before["y"]))
        elif "error_x" in trace:
            arms = trace["error_x"]["arrayminus"], trace["error_x"]["array"]
            for x, y, down, up in zip(trace["x"], trace["y"], *arms, strict=True):
                curves.append((x, y))
                curves += [(x - down, x + up, y, y)] if down or up else []
        elif None in list(trace["y"]) and trace.get("hoverinfo") == "skip":
            kept = [k for k, value in enumerate(trace["y"]) if value is not None]
            curves.append(floats([trace["x"][k] for k in kept]) + floats([trace["y"][k] for k in kept]))
        else:
            curves.append(floats(trace["x"]) + floats(trace["y"]))
    shapes = [s for s in layout["shapes"] if s["type"] == "line" and f"x{number}" == s["xref"].split(" ")[0]]
    rules = [floats([shape["x0" if "domain" in shape["yref"] else "y0"]]) for shape in shapes]
    named = [one["name"] for one in (*traces, *shapes) if one.get("showlegend")]
    texts = {
        "labels": [layout[f"{letter}axis{number}"]["title"]["text"] for letter in "xy"],
        "texts": [a["text"] for a in layout["annotations"] if a["xref"].split(" ")[0] == f"x{number}"]
        + [text for trace in traces for text in trace.get("text", ())],
        "legend": named,
    }
    texts = {
        name: sorted(unescape(text.replace("<br>", "\n").replace("<b>", "").replace("</b>", "")) for text in several)
        for name, several in texts.items()
    }
    return {"curves": curves, "bands": bands, "bars": bars, "rules": rules, "cells": cells}, texts
