"""What does `gatecast forecast` do? Read, split, fit, evaluate, fit on everything, forecast, write."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast import LSTMForecaster, Panel
from gatecast.cli.options import ForecastOptions
from gatecast.cli.output import Printer
from gatecast.cli.outputs import check_outputs, rows_of, write_picture, write_table
from gatecast.cli.reading import read, say_table
from gatecast.cli.tables import say_errors, say_forecast, verdict
from gatecast.data.split import split_positions
from gatecast.exceptions import ConfigError
from gatecast.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from gatecast.evaluate.evaluation import Evaluation

__all__ = ["forecast"]

# a series that is short is tested on less, but never learns from fewer points than these and the horizon
LEAST_LOOKBACK = 8


@dataclass(frozen=True)
class Tested:
    """The model that was tested, and what came out.

    Args:
        model: Fitted on the training part.
        positions: `(S,)` training points of each series.
        evaluation: Errors on the test part.
        judgement: One sentence about them.
    """

    model: LSTMForecaster
    positions: np.ndarray
    evaluation: Evaluation
    judgement: str


def forecast(options: ForecastOptions) -> None:
    """Run the command."""
    check_outputs(
        {"the data file": options.data}, {"--out": options.out, "--plot": options.plot, "--save": options.save}
    )
    settings = _settings(options)
    Settings(**settings).check()
    share = _share(options.test_size)
    printer = Printer(shown=not (options.json or options.quiet))
    table = read(options.data, options)
    panel = table.panel
    say_table(printer, table)
    started = time.perf_counter()
    tested = _test(printer, settings, panel, share)
    test_seconds = time.perf_counter() - started
    final = LSTMForecaster(**settings).fit(panel)
    predicted = final.predict()
    seconds = {"test": test_seconds, "fit": time.perf_counter() - started - test_seconds}
    remark = _write(options, final, tested, panel, predicted)
    if options.json:
        report = _report(options, table.facts(), final, tested, predicted)
        printer.json({**report, "seconds": seconds, "remarks": [remark] if remark else []})
        return
    if not (options.quiet and options.out):
        say_forecast(Printer(shown=True), predicted, panel, options.horizon, is_saved=options.out is not None)
    if not options.quiet:
        _say_files(printer, options, remark)


def _settings(options: ForecastOptions) -> dict[str, Any]:
    return {
        "horizon": options.horizon,
        "lookback": options.lookback,
        "epochs": options.epochs,
        "season_length": options.season_length,
        "seed": options.seed,
        "n_threads": options.threads,
        "progress": not (options.quiet or options.json),
    }


def _share(text: str) -> float | int:
    try:
        return int(text) if text.strip().isdigit() else float(text)
    except ValueError:
        raise ConfigError(
            f"`test_size` must be a share between 0 and 1 or a whole number of points, got {text!r}. "
            "Use `test_size=0.2`."
        ) from None


def _test(printer: Printer, settings: dict[str, Any], panel: Panel, share: float | int) -> Tested | None:
    """Fit on the training part and measure the error on the rest; None where there is too little of it."""
    positions = held_out_positions(panel, share, settings["horizon"], settings["lookback"])
    n_test = int((panel.lengths - positions).sum())
    if not n_test:
        printer.say(
            f"The data are too short to hold anything back: {int(panel.lengths.min())} points, and a forecast of "
            f"{settings['horizon']} steps. So the error of this forecast is unknown.\n",
            style="bold",
        )
        return None
    model = LSTMForecaster(**settings).fit(panel.head(positions))
    evaluation = model.evaluate(panel)
    judgement = verdict(evaluation)
    say_errors(printer, evaluation, n_test, judgement)
    return Tested(model, positions, evaluation, judgement)


def held_out_positions(panel: Panel, share: float | int, horizon: int, lookback: int | None) -> np.ndarray:
    """Return where the training part of each series ends, `(S,)`.

    At least one horizon is tested where the series are long enough, and series that are too short for that are not
    tested. A number of points that was asked for is taken as it is.

    Raises:
        ConfigError: `share` makes no sense.
        DataError: A series has fewer points than were asked for.
    """
    positions = split_positions(panel, share)
    lengths = panel.lengths
    if isinstance(share, float):
        needed = (lookback or min(horizon, LEAST_LOOKBACK)) + horizon
        positions = np.minimum(positions, lengths - horizon)
        positions = np.where(positions < needed, np.minimum(np.maximum(needed, lengths - horizon), lengths), positions)
    return positions


def _write(
    options: ForecastOptions, final: LSTMForecaster, tested: Tested | None, panel: Panel, predicted: pd.DataFrame
) -> str:
    """Write the files that were asked for; returns a remark about the picture."""
    if options.out:
        write_table(predicted, options.out)
    if options.save:
        final.save(options.save.resolve())
    if not options.plot:
        return ""
    from gatecast.plots import plot_forecast

    first = panel.ids.tolist()[0]
    if tested is None:
        figure = plot_forecast(final, panel, forecast=predicted, unique_id=first)
    else:
        train, test = panel.head(tested.positions), panel.tail_from(tested.positions)
        figure = plot_forecast(tested.model, train, test, predicted, unique_id=first)
    remark = write_picture(figure, options.plot)
    others = "" if panel.n_series == 1 else f"{options.plot} shows the first of {panel.n_series} series, {first!r}. "
    return others + remark


def _say_files(printer: Printer, options: ForecastOptions, remark: str) -> None:
    if options.out:
        printer.say(f"Forecast written to {options.out}", wrap=False)
    if options.plot:
        printer.say(f"Picture drawn to {options.plot}", wrap=False)
    if options.save:
        printer.say(f"Model saved to {options.save}; forecast again with: gatecast predict {options.save}", wrap=False)
    if remark:
        printer.say(remark)


def _report(
    options: ForecastOptions,
    facts: dict[str, Any],
    final: LSTMForecaster,
    tested: Tested | None,
    predicted: pd.DataFrame,
) -> dict[str, Any]:
    fitted = final.fitted_
    return {
        "data": facts,
        "model": {
            "horizon": fitted.horizon,
            "lookback": fitted.lookback,
            "season_length": fitted.season_length,
            "epochs": len(fitted.history["rmse"]),
            "train_rmse": fitted.history["rmse"][-1],
        },
        "test": None if tested is None else _test_report(tested),
        "forecast": rows_of(predicted),
        "files": {"out": options.out, "plot": options.plot, "model": options.save},
    }


def _test_report(tested: Tested) -> dict[str, Any]:
    evaluation = tested.evaluation
    return {
        "n_origins": evaluation.n_origins,
        "errors": {
            name: {"rmse": s.rmse, "mae": s.mae, "mase": s.mase, "rmse_by_step": s.rmse_by_step.tolist()}
            for name, s in evaluation.scores.items()
        },
        "verdict": tested.judgement,
    }
