"""How was it made, and how can it be made again? Settings, choices, versions, seconds, and code that runs."""

from __future__ import annotations

import datetime
import os
import platform
from contextlib import suppress
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from gatecast._json import JsonObject
from gatecast.data.panel.panel import Columns, Panel
from gatecast.forecaster import LSTMForecaster
from gatecast.reporting.work import unfitted

if TYPE_CHECKING:
    from gatecast.reporting.made import Origin

__all__ = ["about_recipe", "python_code"]

LIBRARIES = ("gatecast", "numpy", "pandas", "scipy", "statsforecast", "statsmodels", "plotly")


def about_recipe(
    model: LSTMForecaster, panel: Panel, facts: JsonObject, origin: Origin, seconds: dict[str, float], lang: str
) -> JsonObject:
    """Gather settings, choices, versions and code."""
    fitted = model.fitted_
    spec = fitted.ensemble.spec
    return {
        "made_at": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "model": repr(unfitted(model, progress=True)),
        "chosen": {
            "horizon": fitted.horizon,
            "lookback": fitted.lookback,
            "season_length": fitted.season_length,
            "transform": fitted.preparation.transform.name,
            "loss": fitted.ensemble.first.loss.loss,
            "layers": [f"{layer['kind'].upper()}({layer['units']})" for layer in facts["memory"].get("layers", [])],
            "n_parameters": spec.n_parameters,
            "ensemble": len(fitted.ensemble.networks),
            "epochs": facts["training"]["n_epochs"],
            "steps": facts["training"]["n_steps"],
            "seed": model.settings_.seed,
        },
        "decisions": [{**asdict(said), "sentence": str(said)} for said in fitted.record.decisions],
        "versions": {"Python": platform.python_version(), **_versions()},
        "machine": {"system": f"{platform.system()} {platform.machine()}", "processors": os.cpu_count()},
        "seconds": seconds,
        "command": origin.command,
        "code": origin.code or python_code(model, panel, lang),
        "needs_data": not origin.code,
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def python_code(model: LSTMForecaster, panel: Panel, lang: str = "en") -> str:
    """Write Python that makes the same report of a training part called `data`, and of what follows it, `test`."""
    has_test = int(panel.lengths.sum()) > int(model.fitted_.lengths.sum())
    more = (", test=test" if has_test else "") + (f", lang={lang!r}" if lang != "en" else "")
    usual = Columns()
    # what is called as usual is found, also in arrays, which have no names
    names = [
        f", {role}_col={getattr(panel.columns, role)!r}"
        for role in ("id", "time", "target")
        if getattr(panel.columns, role) != getattr(usual, role)
    ]
    names += [f", freq={panel.freq!r}"] if panel.freq != 1 else []
    return f"""from gatecast import LSTMForecaster, Network, Training, report

model = {unfitted(model, progress=True)!r}
model.fit(data{"".join(names)})
report(model{more}).save("report.html")"""
