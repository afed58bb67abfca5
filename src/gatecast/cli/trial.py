"""How good will the forecast be? A fit on the first part, its errors on the rest, and what that leaves of the time."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gatecast import LSTMForecaster, Panel
from gatecast.cli.choices import hold_out
from gatecast.cli.commands import ForecastOptions
from gatecast.cli.output import Printer
from gatecast.cli.tables import say_errors, verdict
from gatecast.exceptions import ConfigError
from gatecast.model.settings import Settings

if TYPE_CHECKING:
    from gatecast.metrics.errors import Evaluation

__all__ = ["Budget", "Checkpoints", "Tested", "try_out"]

# share of the time that the fit to be tested may take, so that the second one is trained like it
TEST_SHARE = 0.45
# below this share of the time there is no second fit
REFIT_SHARE = 0.25


@dataclass
class Budget:
    """How the seconds for the command are divided; `started` and `tested`, the test's end, are `time.monotonic`."""

    limit: float | None
    started: float
    tested: float

    @classmethod
    def start(cls, limit: float | None) -> Budget:
        """Begin to count."""
        now = time.monotonic()
        return cls(limit, now, now)

    @property
    def seconds(self) -> float:
        """Seconds since the command began."""
        return time.monotonic() - self.started

    @property
    def test_seconds(self) -> float:
        """Seconds that went by before the test was over."""
        return self.tested - self.started

    @property
    def left(self) -> float | None:
        """Seconds that are left, a few at least."""
        return None if self.limit is None else max(self.limit - self.seconds, 0.05 * self.limit)

    @property
    def for_test(self) -> float | None:
        """Seconds that the fit to be tested may take."""
        return None if self.limit is None else TEST_SHARE * self.limit

    @property
    def allows_refit(self) -> bool:
        """Tell whether a second fit would get a fair share of the time."""
        return self.limit is None or self.limit - self.seconds >= REFIT_SHARE * self.limit

    def end_test(self) -> None:
        """Note that the test is over."""
        self.tested = time.monotonic()


@dataclass(frozen=True)
class Checkpoints:
    """Files of unfinished fits, the one on everything and the tested one; `resumed` are those of an earlier run."""

    path: Path | None = None
    test_path: Path | None = None
    resumed: Path | None = None
    test_resumed: Path | None = None

    @property
    def is_there(self) -> bool:
        """Tell whether there is anything to go on from."""
        return any(file is not None and file.exists() for file in (self.path, self.test_path))

    @classmethod
    def of(cls, options: ForecastOptions) -> Checkpoints:
        """Read the options.

        Raises:
            ConfigError: A file to go on from is missing, or one that would be lost is there.
        """
        resume = options.resume
        path = resume if options.settings.checkpoint is None else Path(options.settings.checkpoint)
        if path is None:
            return cls()
        if resume is not None and _is_same(resume, options.data):
            raise ConfigError(
                f"`--resume {resume}` is the data file, and the checkpoint of an earlier run was expected. Pass the "
                "file that `--checkpoint` named."
            )
        if resume is not None and not resume.exists() and not _beside(resume).exists():
            raise ConfigError(
                f"`--resume {resume}` names no file, and the checkpoint of an earlier run was expected. Check the "
                f"path, or begin anew with `--checkpoint {resume}`."
            )
        for file, other in ((path, resume), (_beside(path), None if resume is None else _beside(resume))):
            if file.exists() and (other is None or file.resolve() != other.resolve()):
                raise ConfigError(
                    f"`--checkpoint {path}` would replace {file}, which an earlier run left there, and a new name was "
                    f"expected. Go on from it with `--resume {path}`, or pass another name."
                )
        there = [None if file is None or not file.exists() else file for file in (resume, resume and _beside(resume))]
        return cls(path, _beside(path), *there)


def _is_same(path: Path, other: Path) -> bool:
    return path.exists() and other.exists() and path.samefile(other)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.stem}.test{path.suffix}")


@dataclass(frozen=True)
class Tested:
    """The model that was fitted on the training part, its errors on the part held out, and a sentence about them."""

    model: LSTMForecaster
    train: Panel
    held_out: Panel
    evaluation: Evaluation
    judgement: str

    def report(self) -> dict[str, object]:
        """Return all of it for JSON."""
        evaluation = self.evaluation
        return {
            "n_origins": evaluation.n_origins,
            "errors": {name: asdict(score) for name, score in evaluation.scores.items()},
            "coverage": evaluation.coverage,
            "stop": str(self.model.stop_reason_),
            "decisions": list(self.model.decisions_),
            "verdict": self.judgement,
        }


def try_out(
    printer: Printer,
    settings: Settings,
    panel: Panel,
    share: float | int,
    levels: tuple[float, ...],
    budget: Budget,
    checkpoints: Checkpoints,
) -> Tested | None:
    """Fit on the training part and measure the error on the rest; None where nothing is held back."""
    if share == 0:
        printer.say("Nothing was held back, as was asked for: the error of this forecast is unknown.\n", style="bold")
        return None
    train, held_out = hold_out(panel, share, settings.horizon, settings.lookback)
    if held_out is None:
        printer.say(
            f"The data are too short to hold anything back: {int(panel.lengths.min())} points, and a forecast of "
            f"{settings.horizon} steps. So the error of this forecast is unknown.\n",
            style="bold",
        )
        return None
    model = LSTMForecaster.from_settings(
        replace(settings, max_seconds=budget.for_test, checkpoint=checkpoints.test_path)
    )
    model.fit(train, resume=checkpoints.test_resumed)
    evaluation = model.evaluate(panel, level=levels)
    judgement = verdict(evaluation)
    say_errors(printer, evaluation, len(held_out.values), judgement)
    budget.end_test()
    return Tested(model, train, held_out, evaluation, judgement)
