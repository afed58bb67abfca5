"""Is every text there in both languages, with the same placeholders, and is none left over?"""

import re
import string
from pathlib import Path

import pytest

import gatecast
from gatecast.exceptions import ConfigError
from gatecast.texts import LANGUAGES, Texts, catalogue

ROOT = Path(gatecast.__file__).parent
REPORT = ROOT / "reporting"
SOURCES = {
    path: path.read_text(encoding="utf-8")
    for path in [*REPORT.rglob("*.py"), *REPORT.rglob("*.j2"), *(ROOT / "charts").rglob("*.py")]
    if path.parent.name != "texts"
}
# attributes of elements stand in the other quotes
ALL = re.sub(r"\bt\('([^']+)'", r't("\1"', "\n".join(SOURCES.values()))
KEY = r"[a-z_]+\.[a-z_0-9-]+"
# keys that are put together: the part in front, and where the ends come from
PREFIXES = {
    *re.findall(r'f"([a-z_]+\.[a-z_]*)\{', ALL),
    *re.findall(r'"([a-z_]+\.[a-z_]*)" ~', ALL),
    # `f"{cycle}.{peak}"`
    "weekday.",
    "decision.",
    "month.",
}


def placeholders(text):
    return sorted({name for _, name, _, _ in string.Formatter().parse(text) if name})


def library_codes():
    """Codes of the sentences that the library says, from its own source."""
    sentences = "\n".join(
        path.read_text(encoding="utf-8") for part in ("comparison", "diagnosis") for path in (ROOT / part).rglob("*.py")
    )
    codes = set(re.findall(r'"((?:verdict|note|expect)\.[a-z_]+)"', sentences))
    findings = {f"finding.{code}" for code in re.findall(r'Finding\(\s*"([a-z-]+)"', sentences)}
    return codes | findings | {"finding.intervals-too-narrow", "finding.intervals-too-wide"}


@pytest.mark.parametrize("key", catalogue())
def test_text_is_there_in_all_languages_with_the_same_placeholders(key):
    entry = catalogue()[key]
    assert set(entry) <= {*LANGUAGES, "en_one"}
    assert all(entry[lang].strip() for lang in LANGUAGES)
    assert placeholders(entry["en"]) == placeholders(entry["zh"])
    assert set(placeholders(entry.get("en_one", ""))) <= set(placeholders(entry["en"]))


def test_chinese_texts_are_chinese():
    # a text without a single Chinese letter was forgotten, but for names and bare placeholders
    bare = {key for key, entry in catalogue().items() if not re.sub(r"\{[^}]*\}|\W", "", entry["en"])}
    assert [
        key for key, entry in catalogue().items() if key not in bare and not re.search("[一-鿿]", entry["zh"])
    ] == []


def test_no_key_is_missing():
    used = set(re.findall(rf'\bt\(\s*"({KEY})"', ALL)) | set(re.findall(rf'[(\s]"({KEY})" (?:if|else)', ALL))
    used |= set(re.findall(rf'else "({KEY})"', ALL))
    missing = {key for key in used if key not in catalogue() and key not in PREFIXES}
    assert missing == set()


def test_no_key_is_unused():
    said = library_codes() | {f"{code}-column" for code in library_codes()}
    mentioned = set(re.findall(rf'"({KEY})"', ALL))
    left = {
        key
        for key in catalogue()
        if key not in mentioned and key not in said and not any(key.startswith(prefix) for prefix in PREFIXES)
    }
    assert left == set()


def test_all_that_the_library_says_has_a_text():
    codes = library_codes()
    assert len(codes) > 40
    assert {code for code in codes if code not in catalogue()} == set()


def test_numbers_that_are_unknown_are_a_dash():
    said = Texts("en")(
        "verdict.not_better_than_naive", name="LSTM", skill=-0.1, skill_lower=None, skill_upper=float("nan")
    )
    assert said == "LSTM is not better than the seasonal naive here (skill -0.10, interval – to –)."


def test_unknown_language():
    with pytest.raises(ConfigError, match="`lang` must be one of en, zh, got 'fr'"):
        Texts("fr")
