"""What is a finding, and how are several of them shown: as text, as a table, as plain data?"""

from __future__ import annotations

import ast
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from gatecast._json import JsonObject

if TYPE_CHECKING:
    import pandas as pd

    from gatecast.forecaster import LSTMForecaster

__all__ = ["SEVERITIES", "Diagnosis", "Finding", "FixStep"]

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
        sentence: What it means, for people.
        remedy: Settings that can be pasted into `LSTMForecaster(...)`, e.g. `lookback=64`; "" where there are none.
        about: The column that it is about; "" where it is about all.

    Examples:
        >>> remedy = "lookback=64, training=Training(epochs=40)"
        >>> Finding("underfit", "warning", {"ratio": 1.3}, "It is underfit.", remedy).settings
        {'lookback': 64, 'epochs': 40}
    """

    code: str
    severity: str
    evidence: dict[str, float]
    sentence: str
    remedy: str = ""
    about: str = ""

    @property
    def settings(self) -> dict[str, object]:
        """The remedy as settings of `LSTMForecaster`."""
        call = ast.parse(f"f({self.remedy})", mode="eval").body
        assert isinstance(call, ast.Call)
        return _arguments(call)


def _arguments(call: ast.Call) -> dict[str, object]:
    """Return the settings of a call, those inside `Network(...)` and `Training(...)` too."""
    found: dict[str, object] = {}
    for keyword in call.keywords:
        if isinstance(keyword.value, ast.Call):
            found |= _arguments(keyword.value)
        elif keyword.arg:
            found[keyword.arg] = ast.literal_eval(keyword.value)
    return found


@dataclass(frozen=True)
class FixStep:
    """A remedy that was tried.

    Args:
        code: Finding that it is for.
        remedy: The settings that were added.
        rmse_before: One step ahead on the validation part, before it.
        rmse_after: The same after it; NaN where the fit failed.
        helped: Whether it was kept.
        note: Why it failed; "" where it did not.
    """

    code: str
    remedy: str
    rmse_before: float
    rmse_after: float
    helped: bool
    note: str = ""

    def __str__(self) -> str:
        outcome = f"failed: {self.note}" if self.note else "helped, kept" if self.helped else "did not help"
        return f"{self.remedy} ({self.code}): RMSE {self.rmse_before:.4g} -> {self.rmse_after:.4g}, {outcome}"


@dataclass(frozen=True)
class Diagnosis:
    """All that was found out about a fit, what asks for action first.

    Args:
        findings: Sorted by severity.
        judged_on: What the errors are of, e.g. `2,000 points of the test part`.
        steps: Remedies that were tried, in order; none unless `fix=True`.
        model: The better model that came of them; None unless `fix=True`.
        part: Where those points lie: `test part`, `validation part` or `training part`.
        n_points: How many they are.
    """

    findings: tuple[Finding, ...]
    judged_on: str = ""
    steps: tuple[FixStep, ...] = ()
    model: LSTMForecaster | None = field(default=None, repr=False, compare=False)
    part: str = ""
    n_points: int = 0

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
        for finding in self.findings:
            if finding.code == code:
                return finding
        raise KeyError(code)

    def to_dict(self) -> JsonObject:
        """Return plain data: lists, dicts, texts and numbers."""
        return {
            "judged_on": self.judged_on,
            "codes": self.codes,
            "findings": [asdict(finding) for finding in self.findings],
            "steps": [asdict(step) for step in self.steps],
        }

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each finding; its numbers are one text."""
        import pandas as pd

        rows = [asdict(finding) | {"evidence": _numbers(finding.evidence)} for finding in self.findings]
        return pd.DataFrame(rows, columns=["code", "severity", "evidence", "sentence", "remedy"])

    def __str__(self) -> str:
        lines = [f"Judged on {self.judged_on}."] if self.judged_on else []
        for finding in self.findings:
            lines.append(f"{MARKS[finding.severity]} {finding.code}: {finding.sentence}")
            lines += [f"   try: {finding.remedy}"] if finding.remedy else []
        lines += [f"-> {step}" for step in self.steps]
        return "\n".join(lines)


def _numbers(evidence: dict[str, float]) -> str:
    return ", ".join(f"{name}={value:.4g}" for name, value in evidence.items())
