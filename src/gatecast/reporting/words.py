"""How are numbers, times and the library's own sentences said in the language of a report?"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

from gatecast.charts.names import shorten
from gatecast.charts.words import frequency_words
from gatecast.texts import UNKNOWN, Texts

__all__ = ["Words"]

DURATION = re.compile(
    r"([\d.,e+]+) (business day|week|day|hour|minute|second|millisecond|microsecond|year|month|step)s?"
)
# what a fit chose, as `gatecast.model` says it: model files keep these sentences, and nothing else of them
WAY = re.compile(r"transform (\S+) (with|without) the level(?: ([^\s,]+))?")
VALUES = re.compile(r"Values: (.+), which was best on the validation part or not clearly worse \(MASE: (.+)\)\.")
CHOSEN = {
    "decision.rate_worse": re.compile(
        r"Learning rate (?P<rate>\S+): the other one was worse on the validation part "
        r"\(MASE: (?P<first>\S+) (?P<error>\S+), (?P<second>\S+) (?P<other>\S+)\)\."
    ),
    "decision.rate_alike": re.compile(
        r"Learning rate (?P<rate>\S+): the other one was not clearly better on the validation part "
        r"\(MASE: (?P<first>\S+) (?P<error>\S+), (?P<second>\S+) (?P<other>\S+)\)\."
    ),
    "decision.longer": re.compile(
        r"Epochs (?P<n>\d+): after (?P<other>\d+) the validation part was still forecast better and better "
        r"\(MASE: \d+ (?P<before>\S+), \d+ (?P<after>\S+)\)\."
    ),
    "decision.enough": re.compile(
        r"Epochs (?P<n>\d+): (?P<other>\d+) were not much better on the validation part "
        r"\(MASE: \d+ (?P<before>\S+), \d+ (?P<after>\S+)\)\."
    ),
    "decision.single": re.compile(
        r"One network instead of (?P<n>\d+), as so long a course takes its time; "
        r"`ensemble=\d+` asks for all of them\."
    ),
    "decision.again": re.compile(
        r"Trained again on all points, also those held back, in (?P<n>\d+) steps, after so many of which the "
        r"validation part was forecast best; errors and widths of intervals are those measured before\."
    ),
}
# letters of a name that a heading, a cell and a sentence have room for
NAME = 60


class Words:
    """Says things in one language.

    Args:
        lang: "en" or "zh".
    """

    def __init__(self, lang: str) -> None:
        self.t = Texts(lang)
        self.lang = lang

    def name(self, name: object, width: int = NAME) -> str:
        r"""Return a name that nobody vouches for on one line, shortened.

        Examples:
            >>> Words("en").name("a\nb"), len(Words("en").name("x" * 10_000))
            ('a b', 60)
        """
        return shorten(name, width)

    def names(self, names: Iterable[object]) -> str:
        """Return names as a list."""
        return self.t("words.comma").join(self.name(name) for name in names)

    def number(self, value: float | None) -> str:
        """Write a number with four digits that count.

        Examples:
            >>> [Words("en").number(value) for value in (0.49734, 25680.2, None, 0.0, 1e-7, 12)]
            ['0.4973', '25,680', '–', '0', '1e-07', '12']
        """
        if value is None or not math.isfinite(value):
            return UNKNOWN
        size = abs(value)
        if value == int(value) and size < 1e9:
            return f"{int(value):,}"
        if not 1e-4 <= size < 1e9:
            return f"{value:.4g}"
        return f"{value:,.{4 if size < 1 else max(0, 3 - math.floor(math.log10(size)))}f}"

    def percent(self, share: float | None, form: str = ".0f") -> str:
        """Write a share in percent.

        Examples:
            >>> Words("en").percent(0.123), Words("zh").percent(0.123, "+.1f")
            ('12 %', '+12.3%')
        """
        if share is None or not math.isfinite(share):
            return UNKNOWN
        return f"{100 * share:{form}}" + ("%" if self.lang == "zh" else " %")

    def p_value(self, p: float | None) -> str:
        """Write a p-value.

        Examples:
            >>> Words("en").p_value(0.0004), Words("en").p_value(0.1234)
            ('< 0.001', '0.12')
        """
        if p is None or not math.isfinite(p):
            return UNKNOWN
        return "< 0.001" if p < 0.001 else f"{p:.2g}"

    def p_text(self, p: float | None) -> str:
        """Write a p-value with its name.

        Examples:
            >>> Words("en").p_text(0.0004), Words("en").p_text(0.04)
            ('p < 0.001', 'p = 0.04')
        """
        shown = self.p_value(p)
        return f"p {shown}" if shown.startswith("<") else f"p = {shown}"

    def seconds(self, seconds: float | None) -> str:
        """Write how long something took.

        Examples:
            >>> Words("en").seconds(0.04), Words("zh").seconds(12.34)
            ('< 0.1 s', '12.3 秒')
        """
        if seconds is None or not math.isfinite(seconds):
            return UNKNOWN
        return self.t("unit.s", n="< 0.1" if seconds < 0.1 else f"{seconds:,.1f}")

    def duration(self, text: str) -> str:
        """Say a duration of `gatecast.explanation.durations`.

        Examples:
            >>> Words("zh").duration("9 days"), Words("en").duration("1 day"), Words("zh").duration("for ever")
            ('9 天', '1 day', '永远')
        """
        if text in ("for ever", "unknown", "none"):
            return self.t(f"unit.{text.replace(' ', '_')}")
        found = DURATION.fullmatch(text)
        return text if found is None else self.t(f"unit.{found[2].replace(' ', '_')}", n=found[1])

    def frequency(self, freq: str) -> str:
        """Say a frequency.

        Examples:
            >>> Words("en").frequency("MS"), Words("zh").frequency("30min"), Words("en").frequency("2")
            ('monthly', '每 30 分钟', 'steps of 2')
        """
        return frequency_words(freq, self.t)

    def said(self, sentence: dict[str, Any]) -> dict[str, str]:
        """Say a sentence of the library; in its own English, and marked as such, where there is no other text of it."""
        code, facts = sentence["code"], dict(sentence["facts"])
        if code not in self.t:
            return {"text": sentence["sentence"], "lang": "en"}
        if "p" in facts:
            facts["chance"] = self._chance(facts)
        facts |= {k: self.names(v) for k, v in facts.items() if isinstance(v, list)}
        return {"text": self.t(code, **facts).strip(), "lang": self.lang}

    def _chance(self, facts: dict[str, Any]) -> str:
        p = facts["p"]
        if p is None and facts.get("behind") is not None:
            return self.t("verdict.untested", metric=facts["metric"], behind=facts["behind"])
        return self.p_text(p)

    def finding(self, finding: dict[str, Any], part: str) -> dict[str, str]:
        """Say what a diagnosis found."""
        code = f"finding.{finding['code']}"
        if finding["about"]:
            code += "-column"
        if code not in self.t:
            return {"text": finding["sentence"], "lang": "en"}
        levels = [
            self.t("finding.level", level=name.removeprefix("coverage_"), held=self.percent(held, ".1f"))
            for name, held in finding["evidence"].items()
            if name.startswith("coverage_")
        ]
        held = self.t("words.semicolon").join(levels)
        values = {"part": self.part(part), "about": self.name(finding["about"]), "levels": held}
        # numbers such as "coverage_80" are no names that a text uses
        numbers = {name.replace(".", "_"): value for name, value in finding["evidence"].items()}
        return {"text": self.t(code, **values, **numbers), "lang": self.lang}

    def decision(self, sentence: str) -> dict[str, str]:
        """Say what was chosen automatically.

        Examples:
            >>> text = "Learning rate 0.01: the other one was worse on the validation part (MASE: 0.003 0.8, 0.01 0.7)."
            >>> Words("zh").decision(text)["text"]
            '学习率 0.01：另一个在验证部分更差（MASE：0.003 为 0.8，0.01 为 0.7）。'
        """
        values = VALUES.fullmatch(sentence)
        if values is not None:
            tried = self.t("words.comma").join(self._way(way) for way in WAY.findall(values[2]))
            return {
                "text": self.t("decision.values", way=self._way(WAY.findall(values[1])[0]), tried=tried),
                "lang": self.lang,
            }
        for key, pattern in CHOSEN.items():
            chosen = pattern.fullmatch(sentence)
            if chosen is not None:
                return {"text": self.t(key, **chosen.groupdict()), "lang": self.lang}
        return {"text": sentence, "lang": "en"}

    def _way(self, way: tuple[str, str, str]) -> str:
        transform, level, error = way
        said = self.t(f"decision.{level}_level", transform=transform)
        return f"{said} {error}".strip()

    def part(self, part: str) -> str:
        """Say which part of the data."""
        return self.t(f"part.{part.split(' ')[0] or 'unknown'}")

    def peak(self, alignment: dict[str, Any]) -> str:
        """Say which part of a cycle."""
        cycle, peak = alignment["cycle"], alignment["peak"]
        if cycle in ("weekday", "month"):
            return self.t(f"{cycle}.{peak.lower()}")
        return self.t("cycle.step", n=peak) if cycle == "season" else str(peak)

    def join(self, texts: Iterable[str]) -> str:
        """Put sentences one behind the other."""
        return ("" if self.lang == "zh" else " ").join(texts)
