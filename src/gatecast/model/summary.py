"""What does a notebook show of a forecaster? A few facts, what was chosen, and why training ended."""

from __future__ import annotations

import html
from collections.abc import Sequence

from gatecast.model.fitted import Fitted

__all__ = ["facts_of", "to_html"]

MOST_IDS = 3
# layers that are named by how many units they have
RECURRENT = ("lstm", "gru")


def facts_of(fitted: Fitted) -> dict[str, str]:
    """Return what a fitted forecaster is, in words, by what they are about."""
    record, spec = fitted.record, fitted.ensemble.spec
    n_networks = len(fitted.ensemble.networks)
    layers = ", ".join(f"{layer.kind.upper()}({layer.units})" for layer in spec.stack if layer.kind in RECURRENT)
    errors = [error for error in record.history.get("validation_rmse", []) if error == error]
    facts = {
        "series": _series(fitted.after.ids.tolist()),
        "learned from": f"{int(fitted.lengths.sum()):,} points, frequency {fitted.after.freq}",
        "horizon": f"{fitted.horizon} steps",
        "lookback": f"{fitted.lookback} steps",
        "season": f"{fitted.season_length} steps" if fitted.season_length > 1 else "none",
        "network": (layers or "dense") + (f", {n_networks} of them" if n_networks > 1 else ""),
        "training": f"{record.n_steps:,} of {record.plan.n_steps:,} steps. {record.stop.remedy}",
    }
    if errors:
        facts["RMSE on the validation set"] = f"{min(errors):.4g}, in the data's units"
    return facts


def to_html(title: str, fitted: Fitted | None) -> str:
    """Return a piece of a page about a forecaster and what it learned; nothing comes from the data unescaped."""
    head = f"<pre>{html.escape(title)}</pre>"
    if fitted is None:
        return head + "<p>Not fitted yet: call <code>fit(data)</code>.</p>"
    rows = "".join(
        f'<tr><th scope="row" style="text-align: left">{html.escape(name)}</th>'
        f'<td style="text-align: left">{html.escape(text)}</td></tr>'
        for name, text in facts_of(fitted).items()
    )
    chosen = "".join(f"<li>{html.escape(str(decision))}</li>" for decision in fitted.record.decisions)
    return f"{head}<table>{rows}</table>" + (f"<ul>{chosen}</ul>" if chosen else "")


def _series(ids: Sequence[object]) -> str:
    shown = ", ".join(str(unique_id)[:40] for unique_id in ids[:MOST_IDS])
    return shown if len(ids) <= MOST_IDS else f"{len(ids):,}: {shown}, ..."
