"""What does `gatecast demo` do? Forecasts without training, then the tutorial's LSTM, our defaults and SARIMA."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gatecast import LSTMForecaster, datasets, train_test_split
from gatecast.cli.commands import DemoOptions
from gatecast.cli.language import language
from gatecast.cli.output import Printer, make_folder, number, write_picture
from gatecast.cli.tables import ON_TEST, coverage_words, say_errors, verdict
from gatecast.cli.wording import text, told_error
from gatecast.exceptions import GatecastError

if TYPE_CHECKING:
    import pandas as pd

    from gatecast.baselines.base import Baseline
    from gatecast.metrics.errors import Evaluation

__all__ = ["demo"]

# about three periods of the sine, two of the sunspots
SINE_STEPS, SUNSPOT_STEPS, SUNSPOT_SEASON = 190, 22, 11
# series that are forecast without training: points, steps ahead and season of each; and origins, as many steps apart
UNTRAINED = {"sine": (500, 24, 63), "sunspots": (309, SUNSPOT_SEASON, SUNSPOT_SEASON), "nile": (100, 6, 1)}
NAMES = {"sine": "demo.sine_name", "sunspots": "demo.sunspots", "nile": "demo.nile"}
ORIGINS = 4
# origins of the comparison in the report, one year apart
REPORT_WINDOWS = 6
# drawing takes as long as the fits: sharp enough, in half of the time
DPI = 100
# the search for orders takes its time, and more values change the error of its forecasts by hundredths only
SARIMA_POINTS = 500
# a sine is an autoregression of order 2, and noise on it adds as many moving averages
SINE_ORDER = (2, 0, 2)
COLUMNS = ("one_step", "train_rmse", "test_rmse", "above_floor", "fit", "predict")


@dataclass(frozen=True)
class Trial:
    """An LSTM fitted on `train`, its one-step-ahead errors, and seconds of the fit and of a forecast for each point."""

    model: LSTMForecaster
    train: pd.DataFrame
    test: pd.DataFrame
    evaluation: Evaluation
    train_rmse: float
    fit_seconds: float
    predict_seconds: float

    def report(self) -> dict[str, object]:
        """Return the figures for JSON; losses are mean squared errors in squared units of the data."""
        return {
            "train_rmse": self.train_rmse,
            "test_rmse": self.evaluation.rmse,
            "fit_seconds": self.fit_seconds,
            "predict_seconds": self.predict_seconds,
            "losses": [rmse**2 for rmse in self.model.history_["rmse"]],
            "coverage": self.evaluation.coverage,
        }


@dataclass(frozen=True)
class Rival:
    """A model of another kind, its one-step-ahead RMSE on the test part, and seconds as in `Trial`."""

    title: str
    test_rmse: float
    fit_seconds: float
    predict_seconds: float

    def report(self) -> dict[str, object]:
        """Return the figures for JSON."""
        return {"model": self.title, "test_rmse": self.test_rmse, "fit_seconds": self.fit_seconds}


def demo(options: DemoOptions) -> None:
    """Run the command."""
    from gatecast.charts.matplotlib_backend import check_matplotlib

    make_folder("--out", options.out)
    shown = not options.json
    printer = Printer(shown=shown)
    draws = False
    with _missing(printer, "demo.pictures"):
        check_matplotlib()
        draws = True
    sine = datasets.sine()
    untrained = _untrained(printer)
    train, test = train_test_split(sine.drop(columns="clean"))
    clean = sine["clean"].to_numpy()[len(train) :]
    noise_floor = float(np.sqrt(np.mean((test["y"].to_numpy() - clean) ** 2)))
    printer.say(text("demo.sine", n=len(sine), n_test=len(test), floor=noise_floor) + "\n")
    tutorial = _try(LSTMForecaster.tutorial(), train, test, shown)
    _say_losses(printer, text("demo.tutorial"), tutorial)
    ours = _try(LSTMForecaster(pretrained="none"), train, test, shown)
    _say_losses(printer, text("demo.defaults"), ours)
    rivals = _sarima(printer, train, test)
    trials = {"tutorial": tutorial, "gatecast": ours}
    _say_comparison(printer, trials, rivals, noise_floor)
    diagnosis = _diagnose(printer, trials)
    pictures = []
    if draws:
        for name, trial in trials.items():
            pictures.append(options.out / f"sine-{name}.png")
            _draw(trial, pictures[-1], SINE_STEPS, f"demo.picture_{name}", noise_floor)
    sunspots, page = _sunspots(printer, options.out, pictures, draws=draws)
    report = {
        "without_training": untrained,
        "noise_floor": noise_floor,
        **{name: trial.report() for name, trial in trials.items()},
        **{name: rival.report() for name, rival in rivals.items()},
        "diagnosis": diagnosis,
        "sunspots": sunspots,
        "pictures": pictures,
        "report": page,
    }
    for path in pictures:
        printer.file("written.picture", path)
    printer.file("written.sunspots", page)
    printer.say("\n" + text("demo.own_data"), wrap=False)
    if options.json:
        printer.json(report)


def _untrained(printer: Printer) -> dict[str, dict[str, float]]:
    """Forecast short series without training, beside models that learn each of them; mean absolute errors."""
    found: dict[str, dict[str, float]] = {}
    for name in UNTRAINED:
        with _missing(printer, NAMES[name]):
            found[name] = _errors_without_training(name)
    rows = [
        [text(NAMES[name]), *(f"{UNTRAINED[name][n]}" for n in (0, 1)), *(number(value) for value in errors.values())]
        for name, errors in found.items()
    ]
    columns = [*(text(f"demo.{name}") for name in ("no_training", "points", "steps")), "gatecast", "AutoARIMA"]
    printer.table(text("demo.untrained", n=ORIGINS), [*columns, text("judged.seasonal_naive")], rows)
    return found


def _errors_without_training(name: str) -> dict[str, float]:
    from gatecast import AutoARIMA, PretrainedLSTM, SeasonalNaive, backtest
    from gatecast.backtesting.models import Model

    n_points, horizon, season = UNTRAINED[name]
    data = getattr(datasets, name)()[["unique_id", "ds", "y"]].tail(n_points)
    models: dict[str, Model] = {
        "gatecast": PretrainedLSTM(horizon, season_length=season),
        "AutoARIMA": AutoARIMA(horizon, season_length=1, time_limit=None),
        "SeasonalNaive": SeasonalNaive(horizon, season_length=season, time_limit=None),
    }
    made = backtest(data, horizon, models, n_windows=ORIGINS, refit=False, season_length=season, progress=False)
    forecasts = made.forecasts
    return {name: float(np.abs(forecasts[name] - forecasts["y"]).mean()) for name in models}


@contextmanager
def _missing(printer: Printer, key: str) -> Iterator[None]:
    """Say what there is not, and go on, where a library is not installed."""
    try:
        yield
    except GatecastError as error:
        printer.say(text("demo.not_now", what=text(key), why=told_error(error)) + "\n")


def _try(model: LSTMForecaster, train: pd.DataFrame, test: pd.DataFrame, shown: bool) -> Trial:
    model.progress = shown
    errors, *seconds = _timed(model, "LSTM", train, test)
    train_rmse = float(np.sqrt(np.nanmean(errors[: len(train)] ** 2)))
    return Trial(model, train, test, model.evaluate(test), train_rmse, *seconds)


def _timed(
    model: LSTMForecaster | Baseline, name: str, train: pd.DataFrame, test: pd.DataFrame
) -> tuple[np.ndarray, float, float]:
    """Fit and forecast each point of both parts one step ahead; return the errors, and the seconds of both."""
    import pandas as pd

    started = time.perf_counter()
    model.fit(train)
    fitted = time.perf_counter()
    table = model.predict_insample(pd.concat([train, test], ignore_index=True))
    return (table[name] - table["y"]).to_numpy(), fitted - started, time.perf_counter() - fitted


def _sarima(printer: Printer, train: pd.DataFrame, test: pd.DataFrame) -> dict[str, Rival]:
    """Let SARIMA forecast the sine, with orders that are searched for and with its own; none if not installed."""
    from gatecast.baselines.statistical import SARIMA, AutoARIMA

    found = AutoARIMA(season_length=1, max_points=SARIMA_POINTS, time_limit=None)
    given = SARIMA(season_length=1, order=SINE_ORDER, time_limit=None)
    with _missing(printer, "demo.sarima"):
        searched = _rival("AutoARIMA", found, train, test)
        return {"sarima": searched, "sarima_by_hand": _rival("SARIMA(2,0,2)", given, train, test)}
    return {}


def _rival(title: str, model: Baseline, train: pd.DataFrame, test: pd.DataFrame) -> Rival:
    # its import is no part of the fit
    model.import_library()
    errors, *seconds = _timed(model, model.name, train, test)
    return Rival(title, float(np.sqrt(np.mean(errors[len(train) :] ** 2))), *seconds)


def _say_losses(printer: Printer, title: str, trial: Trial) -> None:
    rmse = trial.model.history_["rmse"]
    shown = [n for n in (1, 2, 3, 4, 5, 10, 20, 50, 100, 200) if n <= len(rmse)]
    printer.say(title, style="bold")
    for n in sorted({*shown, len(rmse)}):
        printer.say(text("demo.epoch", n=n, loss=rmse[n - 1] ** 2, rmse=rmse[n - 1]))
    printer.say()


def _say_comparison(printer: Printer, trials: dict[str, Trial], rivals: dict[str, Rival], noise_floor: float) -> None:
    naive = trials["gatecast"].evaluation.scores["Naive"].rmse
    rows = [
        _row(text(f"demo.name_{name}"), t.evaluation.rmse, noise_floor, t, f"{t.train_rmse:.4f}")
        for name, t in trials.items()
    ]
    rows += [_row(rival.title, rival.test_rmse, noise_floor, rival) for rival in rivals.values()]
    rows.append(_row(text("demo.last_value"), naive, noise_floor))
    rows.append([text("demo.floor"), "", f"{noise_floor:.4f}", "", "", ""])
    columns = [text(f"demo.{name}") for name in COLUMNS]
    printer.table(text("demo.beside"), columns, rows)
    if rivals:
        printer.say(_beside(trials["gatecast"].evaluation.rmse, rivals) + "\n")
    _say_coverage(printer, trials["gatecast"])


def _row(
    name: str, rmse: float, noise_floor: float, timed: Trial | Rival | None = None, train_rmse: str = ""
) -> list[str]:
    each = () if timed is None else (timed.fit_seconds, timed.predict_seconds)
    seconds = [text("unit.s", n=f"{one:.2f}") for one in each] or ["", ""]
    # adding zero turns -0.0 into 0.0
    return [name, train_rmse, f"{rmse:.4f}", f"{round(rmse - noise_floor, 4) + 0.0:.4f}", *seconds]


def _beside(rmse: float, rivals: dict[str, Rival]) -> str:
    searched, given = rivals["sarima"].test_rmse, rivals["sarima_by_hand"].test_rmse

    def change(other: float) -> str:
        return text("demo.below" if rmse < other else "demo.above", share=abs(rmse / other - 1))

    return text("demo.rivals", searched=change(searched), given=change(given), n=SARIMA_POINTS)


def _say_coverage(printer: Printer, trial: Trial) -> None:
    if trial.evaluation.coverage:
        words = coverage_words(trial.evaluation.coverage, ON_TEST)
        printer.say(text("demo.intervals", text=words) + "\n")


def _diagnose(printer: Printer, trials: dict[str, Trial]) -> dict[str, list[str]]:
    """Say what is wrong with each model, and what to change; returns the codes of the findings."""
    from gatecast.cli.diagnose import say_findings
    from gatecast.diagnosis import diagnose

    codes = {}
    for name, trial in trials.items():
        diagnosis = diagnose(trial.model, test=trial.test)
        printer.say(text(f"demo.verdict_{name}"), style="bold")
        say_findings(printer, diagnosis.findings)
        codes[name] = diagnosis.codes
    return codes


def _sunspots(
    printer: Printer, folder: Path, pictures: list[Path], *, draws: bool
) -> tuple[dict[str, object] | None, Path | None]:
    """Forecast a real series and write a report on it; None where what that needs is not installed."""
    data = datasets.sunspots()
    train, test = train_test_split(data)
    model = LSTMForecaster(season_length=SUNSPOT_SEASON, pretrained="none")
    trial = _try(model, train, test, shown=False)
    judgement = verdict(trial.evaluation)
    printer.say(text("demo.real"), style="bold")
    say_errors(printer, trial.evaluation, len(test), judgement)
    _say_coverage(printer, trial)
    if draws:
        pictures.append(folder / "sunspots.png")
        _draw(trial, pictures[-1], SUNSPOT_STEPS, "demo.picture_sunspots", None)
    scores = trial.evaluation.scores
    naive = {"naive_rmse": scores["Naive"].rmse, "seasonal_naive_rmse": scores["SeasonalNaive"].rmse}
    facts = {**trial.report(), **naive, "verdict": str(judgement)}
    return facts, _report(printer, trial, data, folder / "report.html")


def _report(printer: Printer, trial: Trial, data: pd.DataFrame, path: Path) -> Path | None:
    """Write a report on a trial, beside models that take no time; None where what that needs is not installed."""
    from gatecast import LinearAR, Naive, SeasonalNaive
    from gatecast.backtesting.models import Model
    from gatecast.comparison import compare
    from gatecast.diagnosis import diagnose
    from gatecast.reporting import Origin, report

    # without a limit they need no process of their own, which would import again what SARIMA has imported here
    models: list[Model] = [
        LSTMForecaster.from_settings(replace(trial.model.settings_, progress=False)),
        Naive(1, time_limit=None),
        SeasonalNaive(1, season_length=SUNSPOT_SEASON, time_limit=None),
        LinearAR(1, season_length=SUNSPOT_SEASON, time_limit=None),
    ]
    with _missing(printer, "demo.report"):
        comparison = compare(
            data, 1, models, n_windows=REPORT_WINDOWS, refit=False, season_length=SUNSPOT_SEASON, progress=False
        )
        diagnosis = diagnose(trial.model, test=trial.test)
        about = Origin(name=text("demo.name_sunspots"))
        made = partial(report, trial.model, test=trial.test, comparison=comparison, diagnosis=diagnosis)
        made(origin=about, lang=language()).save(path)
        return path
    return None


def _draw(trial: Trial, path: Path, n_steps: int, key: str, noise_floor: float | None) -> None:
    from gatecast.charts import plot_forecast

    look = {"title": text(key, rmse=number(trial.evaluation.rmse)), "lang": language()}
    figure = plot_forecast(trial.model, trial.train, trial.test, n_steps, noise_floor=noise_floor, **look)
    write_picture(figure, path, DPI)
