"""Which pictures are there, and how do they look on real series? Draws them all, and the page that shows them.

`python benchmarks/gallery.py --data folder` fits, compares and searches with the defaults, on the airline passengers
and on 12 hourly series of M4, and writes `docs/gallery.md` and its pictures in `docs/images/` (a few minutes).
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from gatecast import LSTMForecaster, charts, train_test_split
from gatecast.comparison import Comparison, compare
from gatecast.diagnosis import diagnose
from gatecast.tuning import tune
from gatecast.tuning.tuned import Tuned
from harness.environment import ROOT
from when_to_use import Case, read

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gatecast.explanation import Gates

PAGE = ROOT / "docs" / "gallery.md"
IMAGES = ROOT / "docs" / "images"
# a page with many pictures must load on a slow line
MOST_BYTES, DPI, N_COLORS = 80_000, 80, 96
LEVELS = [50, 80, 95]
AIRLINE = Case("airline passengers", 12, "classics.parquet:airline_passengers")
HOURLY = Case("M4 hourly", 24, "m4/m4_hourly.parquet", newest=700, n_series=12, freq="h")
HOURS = 28 * 24
FAST = ("LSTM", "Naive", "SeasonalNaive", "AutoTheta", "LinearAR")


class Subjects:
    """What is drawn; each part is made when a picture asks for it."""

    def __init__(self, folder: Path) -> None:
        self.airline = read(folder, AIRLINE).rename(columns={"y": "passengers", "ds": "month"})
        self.airline["unique_id"] = "airline"
        self.hourly = read(folder, HOURLY)
        self.train, self.test = train_test_split(self.airline, **self.columns)

    @property
    def columns(self) -> dict[str, str]:
        """How the table's columns are called."""
        return {"id_col": "unique_id", "time_col": "month", "target_col": "passengers"}

    @cached_property
    def model(self) -> LSTMForecaster:
        """Fitted on the airline's training part."""
        return LSTMForecaster(AIRLINE.horizon, progress=False).fit(self.train, **self.columns)

    @cached_property
    def errors(self) -> pd.DataFrame:
        """One step ahead, of all points."""
        table = self.model.predict_insample(self.airline)
        return table.assign(error=table["passengers"] - table["LSTM"])

    @cached_property
    def hour_model(self) -> LSTMForecaster:
        """Fitted on the hourly series."""
        return LSTMForecaster(HOURLY.horizon, progress=False).fit(self.hourly)

    @cached_property
    def gates(self) -> Gates:
        """What the units did with the newest four weeks of one of them."""
        newest = self.hourly.groupby("unique_id", observed=True).tail(HOURS)
        return self.hour_model.gates(newest, self.hourly["unique_id"].iloc[0])

    @cached_property
    def of_one(self) -> Comparison:
        """A comparison on one series."""
        return compare(self.airline, AIRLINE.horizon, level=LEVELS, progress=False, **self.columns)

    @cached_property
    def of_many(self) -> Comparison:
        """A comparison on twelve series."""
        return compare(self.hourly, HOURLY.horizon, FAST, level=LEVELS, progress=False)

    @cached_property
    def tuned(self) -> Tuned:
        """A search on the airline's training part."""
        model = LSTMForecaster(AIRLINE.horizon, progress=False)
        return tune(model, self.train, n_trials=30, **self.columns)


@dataclass(frozen=True)
class Picture:
    """One picture of the page.

    Args:
        name: Of its file.
        section: Where it stands.
        call: What makes it, as people write it.
        text: What it shows.
        draw: Makes it.
    """

    name: str
    section: str
    call: str
    text: str
    draw: Callable[[Subjects], Figure]


FIT, COMPARING, SEARCH, WITHIN = "A fit", "A comparison", "A search for settings", "Inside the network"
PICTURES = (
    Picture(
        "intervals",
        FIT,
        "charts.plot_intervals(model, data)",
        "The newest points, the forecast, and where it is expected to end with 80 and 95 %.",
        lambda of: charts.plot_intervals(of.model, of.airline),
    ),
    Picture(
        "predictions",
        FIT,
        "charts.plot_predictions(model, train, test)",
        "What the model said one step ahead, each prediction at the time that it is for. "
        "`charts.plot_forecast` adds the forecast and the learning curve.",
        lambda of: charts.plot_predictions(of.model, of.train, of.test),
    ),
    Picture(
        "learning-curves",
        FIT,
        'charts.learning_curves(model, diagnose(model, test=test), unit="passengers")',
        "Both curves are of the same weights; the diamond marks those that were kept. Below stands what the diagnosis "
        "says of training.",
        lambda of: charts.learning_curves(of.model, diagnose(of.model, test=of.test), unit="passengers"),
    ),
    Picture(
        "residuals",
        FIT,
        "charts.residuals(errors, times, season_length=12)",
        "Errors that hang together, or whose mean is not zero, could have been forecast.",
        lambda of: charts.residuals(
            of.errors["error"], of.errors["month"].to_numpy(), season_length=12, unit="passengers"
        ),
    ),
    Picture(
        "leaderboard",
        COMPARING,
        "charts.leaderboard(compare(data, 24))",
        "An interval that holds zero does not show that a model is better than repeating the last season.",
        lambda of: charts.leaderboard(of.of_many),
    ),
    Picture(
        "significance-many",
        COMPARING,
        "charts.significance(comparison)",
        "With ten and more series: mean ranks, and a bar over models that do not differ.",
        lambda of: charts.significance(of.of_many),
    ),
    Picture(
        "significance-one",
        COMPARING,
        "charts.significance(comparison)",
        "With fewer series: p-values of all pairs.",
        lambda of: charts.significance(of.of_one),
    ),
    Picture(
        "error-by-step",
        COMPARING,
        "charts.error_by_step(comparison)",
        "How errors grow with the horizon.",
        lambda of: charts.error_by_step(of.of_many),
    ),
    Picture(
        "calibration",
        COMPARING,
        "charts.interval_calibration(compare(data, 12, level=[50, 80, 95]))",
        "Whether intervals are calibrated: how often they hold, against their level.",
        lambda of: charts.interval_calibration(of.of_many),
    ),
    Picture(
        "tuning-history",
        SEARCH,
        "charts.tuning_history(tuned)",
        "Trials that were worse than the median of the others ended early.",
        lambda of: charts.tuning_history(of.tuned),
    ),
    Picture(
        "tuning-importance",
        SEARCH,
        "charts.tuning_importance(tuned)",
        "Which settings decided which trials were among the best.",
        lambda of: charts.tuning_importance(of.tuned),
    ),
    Picture(
        "gates",
        WITHIN,
        'charts.gates_heatmap(gates.times, gates.layers[0]["forget"], "forget gate", values=series)',
        "What each unit kept at each hour, of `gates = model.gates(data, unique_id)`, sorted by how much: "
        "dark ones forget what they hold.",
        lambda of: charts.gates_heatmap(
            of.gates.times,
            of.gates.layers[0]["forget"],
            "forget gate",
            values=of.gates.panel.values,
            value_name="series",
        ),
    ),
    Picture(
        "half-lives",
        WITHIN,
        'charts.half_lives(gates.half_lives().steps, "hours", marks=[24, 168])',
        "How long units remember, beside a day and a week.",
        lambda of: charts.half_lives(of.gates.half_lives().steps, "hours", marks=[24, 168]),
    ),
    Picture(
        "lags",
        WITHIN,
        "charts.lag_importance(model.lag_importance(data, unique_id).absolute)",
        "Which past hours a forecast rests on, for each step ahead; 1 is the newest value.",
        lambda of: charts.lag_importance(
            of.hour_model.lag_importance(of.hourly, of.hourly["unique_id"].iloc[0], n_lags=200).absolute
        ),
    ),
)
INTRODUCTION = """# Gallery of charts

Drawn by `python benchmarks/gallery.py --data folder`, with the defaults, on the airline passengers and on 12 hourly
series of M4. Each function of `gatecast.charts` returns a matplotlib figure that belongs to no window:
`figure.savefig("picture.png")`. `pip install 'gatecast[plots]'` brings what they need."""
BROWSER = """## In a browser

`gatecast.charts.interactive` has `forecast`, `error_by_step`, `leaderboard` and `gates_heatmap` with the same
arguments, made with plotly (`pip install 'gatecast[interactive]'`): a pointer reads off numbers.
`interactive.to_html(figure, "name")` is a piece of a page, without plotly's library, which a page needs once."""


def main() -> int:
    """Draw, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="where the series sets lie")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="draw these only; the page stays whole")
    arguments = parser.parse_args()
    subjects = Subjects(arguments.data)
    for picture in PICTURES:
        if arguments.only and picture.name not in arguments.only:
            continue
        content = png(picture.draw(subjects))
        print(f"{picture.name}: {len(content):,} bytes", file=sys.stderr, flush=True)
        if len(content) > MOST_BYTES:
            sys.exit(f"{picture.name} takes {len(content):,} bytes, and at most {MOST_BYTES:,} were expected.")
        path_of(picture).write_bytes(content)
    PAGE.write_text(page(), encoding="utf-8")
    return 0


def path_of(picture: Picture) -> Path:
    """Where a picture lies."""
    return IMAGES / f"gallery-{picture.name}.png"


def png(figure: Any) -> bytes:
    """Draw a figure in few colors: a third of the bytes, and nobody sees it."""
    from PIL import Image

    content, _ = charts.render(figure, dpi=DPI)
    stream = io.BytesIO()
    image = Image.open(io.BytesIO(content)).convert("RGB")
    image.quantize(N_COLORS, dither=Image.Dither.NONE).save(stream, "png", optimize=True)
    return stream.getvalue()


def page() -> str:
    """Write the page."""
    parts = [INTRODUCTION]
    for section in (FIT, COMPARING, SEARCH, WITHIN):
        parts.append(f"## {section}")
        for picture in PICTURES:
            if picture.section == section:
                link = path_of(picture).relative_to(PAGE.parent).as_posix()
                parts += [f"    {picture.call}", picture.text, f"![{picture.text.split('. ')[0]}]({link})"]
    return "\n\n".join([*parts, BROWSER]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
