"""Where does an LSTM win and where does it not? Nine kinds of series, each with SARIMA, ETS, Theta and a linear model.

`python benchmarks/when_to_use.py --data folder` compares them and writes `docs/when-to-use-lstm.md` and
`results/when_to_use.json`. All settings are the defaults; the horizon, the windows and the part of a long series that
is looked at stand in `CASES`, and were fixed before anything was compared.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from gatecast import datasets
from gatecast.comparison import Comparison, compare
from harness import machine
from harness.environment import ROOT

OUT = ROOT / "benchmarks" / "results" / "when_to_use.json"
PAGE = ROOT / "docs" / "when-to-use-lstm.md"
MODELS = ("LSTM", "SeasonalNaive", "AutoARIMA", "AutoETS", "AutoTheta", "LinearAR")
N_WINDOWS, TIME_LIMIT = 5, 20


@dataclass(frozen=True)
class Case:
    """What is compared.

    Args:
        title: For people.
        horizon: H.
        source: File below the data folder and the series in it; "" for the tutorial's sine.
        newest: Points of each series that are looked at.
        n_series: Series that are looked at.
        freq: Frequency, where the table has no dates.
    """

    title: str
    horizon: int
    source: str = ""
    newest: int = 3000
    n_series: int = 10
    freq: str | None = None


CASES = (
    Case("sine and noise (the tutorial)", 12),
    Case("Mackey-Glass, chaotic", 12, "classics.parquet:mackey_glass_17"),
    Case("Santa Fe laser", 12, "classics.parquet:santafe_laser"),
    Case("sunspots, monthly", 12, "classics.parquet:sunspots_monthly"),
    Case("airline passengers", 12, "classics.parquet:airline_passengers"),
    Case("CO2, weekly", 13, "classics.parquet:mauna_loa_co2_weekly"),
    Case("electricity demand, half-hourly", 48, "classics.parquet:taylor_halfhourly"),
    Case("cash machines (NN5), 10 series", 14, "nn5.parquet"),
    Case("M4 hourly, 10 series", 24, "m4/m4_hourly.parquet", freq="h"),
)


INTRODUCTION = f"""# When to use an LSTM

What `python benchmarks/when_to_use.py --data folder` measured, with the defaults of all models: MASE over
{N_WINDOWS} windows (smaller is better, the smallest in bold). Below it the p-value of the Diebold-Mariano test against
the LSTM, for this pair alone, and the seconds of all fits and forecasts. A fit may take {TIME_LIMIT} seconds."""
END = f"""{N_WINDOWS} windows are few: a p-value above 0.05 says that they do not show a difference, not that there is
none. On your own data `gatecast compare data.csv --horizon 12` is a better guide than any table."""


def main() -> int:
    """Compare, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="where the series sets lie")
    parser.add_argument("--n-jobs", type=int, default=2, help="processes")
    titles = [case.title for case in CASES]
    parser.add_argument("--only", choices=titles, help="this case; what is known of the others is kept")
    arguments = parser.parse_args()
    before = json.loads(OUT.read_text(encoding="utf-8"))["cases"] if arguments.only else []
    known = {entry["title"]: entry for entry in before}
    entries = []
    for case in CASES:
        if arguments.only not in (None, case.title):
            entries.append(known[case.title])
            continue
        print(case.title, file=sys.stderr, flush=True)
        table = read(arguments.data, case)
        found = compare(
            table,
            case.horizon,
            MODELS,
            n_windows=N_WINDOWS,
            n_jobs=arguments.jobs,
            time_limit=TIME_LIMIT,
            progress=False,
        )
        entries.append(entry_of(case, found))
        print(entries[-1]["verdict"], file=sys.stderr, flush=True)
    result = {"machine": machine.facts(), "n_windows": N_WINDOWS, "cases": entries}
    OUT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(entries), encoding="utf-8")
    return 0


def read(folder: Path, case: Case) -> pd.DataFrame:
    """Read the newest points of a case's series as `unique_id, ds, y`."""
    if not case.source:
        table = datasets.sine().drop(columns="clean")
        return table.tail(case.newest)
    name, _, series = case.source.partition(":")
    table = pd.read_parquet(folder / name)
    if "is_test" in table:
        table = table[~table["is_test"].astype(bool)]
    ids = [series] if series else list(dict.fromkeys(table["unique_id"]))[: case.n_series]
    table = table[table["unique_id"].isin(ids)][["unique_id", "ds", "y"]]
    table = table.assign(unique_id=table["unique_id"].astype(str))
    table = table.groupby("unique_id", sort=False).tail(case.newest).reset_index(drop=True)
    position = table.groupby("unique_id").cumcount()
    if case.freq is not None:
        hours = pd.date_range("2000-01-01", periods=int(position.max()) + 1, freq=case.freq)
        return table.assign(ds=hours[position.to_numpy()])
    is_step = not pd.api.types.is_datetime64_any_dtype(table["ds"]) or (table["ds"] < "1900").all()
    return table.assign(ds=position) if is_step and table["ds"].duplicated().any() else table


def entry_of(case: Case, found: Comparison) -> dict[str, Any]:
    """Keep what the page shows."""
    models = found.board.to_dict()["models"]
    by_name = {model["model"]: model for model in models}
    pairs = found.board.pairs
    lstm = {
        str(row["other"] if row["model"] == "LSTM" else row["model"]): row["p_value"]
        for row in pairs.to_dict("records")
        if "LSTM" in (row["model"], row["other"])
    }
    return {
        "title": case.title,
        "horizon": case.horizon,
        "mase": {name: by_name[name]["mase"] for name in MODELS},
        "seconds": {name: _sum(by_name[name]) for name in MODELS},
        "failures": {name: by_name[name]["error"] for name in MODELS if by_name[name]["n_failures"]},
        "p_against_lstm": {name: None if p != p else p for name, p in lstm.items()},
        "verdict": str(found.board.verdict),
    }


def _sum(model: dict[str, Any]) -> float | None:
    parts = (model["fit_seconds"], model["predict_seconds"])
    return None if None in parts else sum(parts)


def page(entries: list[dict[str, Any]]) -> str:
    """Write the page."""
    lines = [
        *INTRODUCTION.splitlines(),
        "",
        "| series (horizon) | " + " | ".join(MODELS) + " |",
        "|---" * (len(MODELS) + 1) + "|",
    ]
    for entry in entries:
        # what was not forecast in each window is no match for what was
        known = [mase for name, mase in entry["mase"].items() if mase is not None and name not in entry["failures"]]
        cells = [_cell(entry, name, min(known)) for name in MODELS]
        lines.append(f"| {entry['title']} ({entry['horizon']}) | " + " | ".join(cells) + " |")
    lines += ["", "## What `compare` says", ""]
    lines += [f"- **{entry['title']}**: {entry['verdict']}" for entry in entries]
    lines += ["", *END.splitlines()]
    return "\n".join(lines) + "\n"


def _cell(entry: dict[str, Any], name: str, best: float) -> str:
    mase, seconds, p = entry["mase"][name], entry["seconds"][name], entry["p_against_lstm"].get(name)
    if name in entry["failures"]:
        return "timed out" if "time_limit" in entry["failures"][name] else "failed"
    if mase is None:
        return "undefined"
    shown = f"**{mase:.3f}**" if mase == best else f"{mase:.3f}"
    notes = [f"p {p:.2g}"] if p is not None else []
    notes += [f"{seconds:.3g} s"] if seconds is not None else []
    return f"{shown}<br>{', '.join(notes)}"


if __name__ == "__main__":
    sys.exit(main())
