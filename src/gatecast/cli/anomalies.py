"""What does `gatecast anomalies` do? Say which points of a table were not to be expected, without training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatecast import LSTMForecaster, PretrainedLSTM
from gatecast.cli.commands import AnomaliesOptions
from gatecast.cli.language import language
from gatecast.cli.output import Printer, check_outputs, number, rows_of, try_picture, write_table
from gatecast.cli.reading import load_model, read, read_like_training, say_table
from gatecast.cli.tables import in_english, time_texts
from gatecast.cli.wording import joined, text
from gatecast.data.reading.ahead import without_future
from gatecast.data.reading.covariates import with_static_of
from gatecast.exceptions import ConfigError
from gatecast.model.detect import check_false_alarms, find_anomalies
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import pandas as pd

    from gatecast import Panel
    from gatecast.data.reading.files import Table

__all__ = ["anomalies"]

# the rarest ones; all of them are written with --out
SHOWN_ROWS = 20


def anomalies(options: AnomaliesOptions) -> None:
    """Run the command."""
    check_false_alarms(options.false_alarms)
    if options.model is not None and options.settings.season_length is not None:
        raise ConfigError(Message("option.season_of_model", {"path": str(options.model)}))
    files = {"the data file": options.data, "the model file": options.model}
    check_outputs(files, {"--out": options.out, "--plot": options.plot})
    printer = Printer(shown=not options.json)
    model = None if options.model is None else load_model(options.model, "anomalies --model")
    table, n_ahead = without_future(_read(options, model))
    say_table(printer, table, n_ahead)
    panel = table.panel.in_pandas()
    if model is None:
        season, threads = options.settings.season_length, options.settings.n_threads
        model = PretrainedLSTM(1, season_length=season, n_threads=threads, progress=False).fit(panel)
    else:
        panel = with_static_of(panel, model.fitted_.after)
    found: pd.DataFrame = find_anomalies(model.fitted_, panel, options.false_alarms).table()
    write_table(found, options.out, raw_cells=options.raw_cells)
    remarks = _draw(options, found)
    marked = found[found["anomaly"]]
    n_judged = int(found["score"].notna().sum())
    if options.json:
        counts = {"n_points": n_judged, "n_anomalies": len(marked), "false_alarms": options.false_alarms}
        files_written = {"out": options.out, "plot": options.plot}
        report = {"data": table.facts(), **counts, "anomalies": rows_of(marked), "files": files_written}
        printer.json({**report, "remarks": in_english(remarks)})
        return
    _say(printer, marked, panel, n_judged, options)
    printer.file("written.anomalies", options.out)
    printer.file("written.picture", options.plot if options.plot is not None and not remarks else None)
    if remarks:
        printer.say(joined(remarks))


def _read(options: AnomaliesOptions, model: LSTMForecaster | None) -> Table:
    return read(options.data, options) if model is None else read_like_training(options.data, options, model.fitted_)


def _draw(options: AnomaliesOptions, found: pd.DataFrame) -> list[Message]:
    """Draw the series with the rarest point; returns what went wrong."""
    if options.plot is None:
        return []
    from gatecast.charts import plot_anomalies

    return try_picture(lambda: plot_anomalies(found, lang=language()), options.plot, ids=())[1]


def _say(printer: Printer, marked: pd.DataFrame, panel: Panel, n_judged: int, options: AnomaliesOptions) -> None:
    """Print the rarest points in the order of the table, and how many would be marked by chance."""
    several = panel.n_series > 1
    shown = marked.nlargest(SHOWN_ROWS, "score").sort_index()
    keys = len(panel.id_names)
    ids = [*zip(*(shown.iloc[:, n] for n in range(keys)), strict=True)]
    times, values, expected, lower, upper, scores = ([*shown.iloc[:, keys + n]] for n in range(6))
    rows = [
        [
            *(map(str, ids[n]) if several else []),
            time,
            *map(number, (values[n], expected[n])),
            text("screen.range", low=number(lower[n]), high=number(upper[n])),
            f"{scores[n]:.1f}",
        ]
        for n, time in enumerate(time_texts(times))
    ]
    columns = panel.columns
    heads = [columns.time, columns.target, text("found.expected"), text("found.range"), text("found.score")]
    what = Message("unit.series", {"n": panel.n_series}) if several else str(panel.ids[0])
    if rows:
        title = text("found.title", what=what, n=len(marked))
        printer.table(title, [*(panel.id_names if several else []), *heads], rows)
    n_more = len(marked) - len(rows)
    if n_more:
        printer.say(text("found.more", n=n_more))
    if not n_judged:
        printer.say(text("found.too_short"))
        return
    by_chance = options.false_alarms * n_judged
    key = "found.sum" if len(marked) else "found.none"
    printer.say(text(key, n=len(marked), n_judged=n_judged, by_chance=by_chance))
