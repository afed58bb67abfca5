"""What is a finding, and how are several of them shown: as text, as a table, as plain data?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gatecast._json import JsonObject
from gatecast.texts.message import Message, in_python

if TYPE_CHECKING:
    import pandas as pd

    from gatecast.forecaster import LSTMForecaster

__all__ = ["SEVERITIES", "Diagnosis", "Finding", "FixStep", "error_of", "part_of"]

# from what asks for action first to what asks for none
SEVERITIES = ("error", "warning", "info", "ok")
MARKS = {"error": "!!", "warning": "! ", "info": "i ", "ok": "ok"}


@dataclass(frozen=True)
class Finding:
    """One thing that was found out about a fit.

    Args:
        code: A short name that does not change, e.g. `underfit`.
        severity: `ok`, `info` (good to know), `warning` (a better fit is within reach) or `error` (do not use it so).
        evidence: The numbers that it rests on.
        facts: What its sentence names besides these: messages and texts.
        settings: The remedy: settings of `LSTMForecaster`; empty where there is none.
        about: The column that it is about; "" where it is about all.

    Examples:
        >>> finding = Finding("diverging", "warning", {"rise": 1.3}, settings={"learning_rate": 0.001, "epochs": 40})
        >>> finding.sentence
        'Training diverged: the loss rose on the points that it learned from. The steps are too long.'
        >>> finding.remedy
        'training=Training(learning_rate=0.001, epochs=40)'
    """

    code: str
    severity: str
    evidence: dict[str, float]
    facts: JsonObject = field(default_factory=dict)
    settings: JsonObject = field(default_factory=dict)
    about: str = ""

    @property
    def message(self) -> Message:
        """What it means, to be said in any language."""
        code = f"finding.{self.code}-column" if self.about else f"finding.{self.code}"
        return Message(code, {"error": error_of(is_scaled=False), **self.evidence, **self.facts, "about": self.about})

    @property
    def sentence(self) -> str:
        """What it means, in English."""
        return str(self.message)

    @property
    def remedy(self) -> str:
        """Settings that can be pasted into `LSTMForecaster(...)`, e.g. `lookback=64`; "" where there are none."""
        return in_python(self.settings)

    def to_dict(self) -> JsonObject:
        """Return plain data."""
        names = ("code", "severity", "evidence", "sentence", "settings", "remedy", "about")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class FixStep:
    """A remedy that was tried.

    Args:
        code: Finding that it is for.
        settings: Those that were added.
        rmse_before: One step ahead on the validation set, before it.
        rmse_after: The same after it; NaN where the fit failed.
        helped: Whether it was kept.
        failure: Why it failed; None where it did not.
        is_scaled: Whether errors are in units of each series' mean change over a season, and not in the data's.
    """

    code: str
    settings: JsonObject
    rmse_before: float
    rmse_after: float
    helped: bool
    failure: Message | None = None
    is_scaled: bool = False

    @property
    def remedy(self) -> str:
        """The settings as they can be pasted."""
        return in_python(self.settings)

    @property
    def note(self) -> str:
        """Why it failed, in English; "" where it did not."""
        return str(self.failure or "")

    def to_dict(self) -> JsonObject:
        """Return plain data."""
        return {name: getattr(self, name) for name in ("code", "remedy", "rmse_before", "rmse_after", "helped", "note")}

    def __str__(self) -> str:
        outcome = f"failed: {self.note}" if self.note else "helped, kept" if self.helped else "did not help"
        error = error_of(is_scaled=self.is_scaled)
        return f"{self.remedy} ({self.code}): {error} {self.rmse_before:.4g} -> {self.rmse_after:.4g}, {outcome}"


@dataclass(frozen=True)
class Diagnosis:
    """All that was found out about a fit, what asks for action first.

    Args:
        findings: Sorted by severity.
        steps: Remedies that were tried, in order; none unless `fix=True`.
        model: The better model that came of them; None unless `fix=True`.
        part: Where the points lie that it was judged on: `test part`, `validation set` or `training part`.
        n_points: How many they are.
        is_scaled: Whether errors are in units of each series' mean change over a season, as those of several series
            are, and not in the data's.
    """

    findings: tuple[Finding, ...]
    steps: tuple[FixStep, ...] = ()
    model: LSTMForecaster | None = field(default=None, repr=False, compare=False)
    part: str = ""
    n_points: int = 0
    is_scaled: bool = False

    @property
    def judged(self) -> Message:
        """What the errors are of, where that is known, to be said in any language."""
        code = "evidence.judged_scaled" if self.is_scaled else "evidence.judged"
        return Message(code, {"n": self.n_points, "part": part_of(self.part)})

    @property
    def judged_on(self) -> str:
        """What the errors are of, e.g. `2,000 points of the test part, one step ahead`; "" where that is not known."""
        return str(self.judged) if self.part else ""

    @property
    def codes(self) -> list[str]:
        """The codes of all findings, in order."""
        return [finding.code for finding in self.findings]

    @property
    def warnings(self) -> list[Finding]:
        """The findings that ask for action."""
        return [finding for finding in self.findings if finding.severity in ("warning", "error")]

    def __getitem__(self, code: str) -> Finding:
        """Return the finding with this code."""
        return {finding.code: finding for finding in reversed(self.findings)}[code]

    def to_dict(self) -> JsonObject:
        """Return plain data: lists, dicts, texts and numbers."""
        return {
            "judged_on": self.judged_on,
            "codes": self.codes,
            "findings": [finding.to_dict() for finding in self.findings],
            "steps": [step.to_dict() for step in self.steps],
        }

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each finding; its numbers are one text."""
        import pandas as pd

        rows = [
            finding.to_dict() | {"evidence": ", ".join(f"{k}={v:.4g}" for k, v in finding.evidence.items())}
            for finding in self.findings
        ]
        return pd.DataFrame(rows, columns=["code", "severity", "evidence", "sentence", "remedy"])

    def __str__(self) -> str:
        lines = [f"Judged on {self.judged_on}."] if self.judged_on else []
        for finding in self.findings:
            lines.append(f"{MARKS[finding.severity]} {finding.code}: {finding.sentence}")
            lines += [f"   try: {finding.remedy}"] if finding.remedy else []
        lines += [f"-> {step}" for step in self.steps]
        return "\n".join(lines)


def error_of(*, is_scaled: bool) -> Message:
    """Name the root mean squared error by its unit, that of the data or of each series' scale, in any language."""
    return Message("evidence.scaled_rmse" if is_scaled else "evidence.rmse")


def part_of(part: str) -> Message:
    """Name a part of the data, e.g. `test part`, in any language."""
    return Message(f"part.{part.split(' ')[0]}")
