"""Is every text there in both languages, with the same placeholders, and is none left over?"""

import ast
import functools
import itertools
import re
import string
import tomllib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import gatecast
from gatecast.exceptions import ConfigError, GatecastError
from gatecast.texts import LANGUAGES, Texts, catalogue
from gatecast.texts.message import Message, in_python, reason

ROOT = Path(gatecast.__file__).parent
TEMPLATES = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.rglob("*.j2"))
SECTIONS = {key.split(".")[0] for key in catalogue()}
KEY = rf"(?:{'|'.join(SECTIONS)})\.[a-z_0-9-]+"
# keys that are put together: `f"{cycle}.{peak}"`
PUT_TOGETHER = {"weekday.", "month."}


def finding_codes():
    """Codes of the findings, from the checks themselves."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "diagnosis" / "checks").glob("*.py"))
    codes = set(re.findall(r'Finding\(\s*"([a-z-]+)"', source))
    return codes | {"intervals-too-narrow", "intervals-too-wide"}


class Source(NamedTuple):
    """What the source says, and which of it are keys and beginnings of keys."""

    keys: set[str]
    prefixes: set[str]
    messages: list[str]


@functools.cache
def source():
    """Read the source once, and when a test first asks: to collect the tests takes none of it."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(ROOT.rglob("*.py"))]
    texts, inner, beginnings, messages = {}, set(), [], []
    for node in itertools.chain.from_iterable(map(ast.walk, trees)):
        match node:
            case ast.JoinedStr(values=parts):
                # parts of a longer text are no texts; what it begins with, up to the first value, may be a prefix
                inner |= {id(part) for part in parts}
                beginnings += [part.value for part in parts[:1] if isinstance(part, ast.Constant)]
            case ast.Constant(value=str()):
                texts[id(node)] = node
            case ast.Call(func=ast.Name(id="Message"), args=[ast.Constant(value=code), *_]):
                messages.append(code)
    literals = {node.value for name, node in texts.items() if name not in inner}
    keys = {text for text in literals if re.fullmatch(KEY, text)} | set(re.findall(rf"[\"']({KEY})[\"']", TEMPLATES))
    prefixes = {text for text in beginnings if re.fullmatch(rf"(?:{'|'.join(SECTIONS)})\.[a-z_-]*", text)}
    prefixes |= set(re.findall(rf"[\"']((?:{'|'.join(SECTIONS)})\.[a-z_]*)[\"'] ~", TEMPLATES)) | PUT_TOGETHER
    return Source(keys, prefixes, messages)


def placeholders(text):
    return sorted({name for _, name, _, _ in string.Formatter().parse(text) if name})


def test_no_key_stands_in_two_files():
    files = [tomllib.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "texts").glob("*.toml")]
    keys = [(section, key) for sections in files for section, texts in sections.items() for key in texts]
    assert len(keys) == len(set(keys))


def test_texts_are_there_in_all_languages_with_the_same_placeholders():
    assert [key for key, entry in catalogue().items() if not is_whole(entry)] == []


def is_whole(entry):
    same = placeholders(entry["en"]) == placeholders(entry["zh"])
    more = set(placeholders(entry.get("en_one", ""))) - set(placeholders(entry["en"]))
    return set(entry) <= {*LANGUAGES, "en_one"} and all(entry[lang].strip() for lang in LANGUAGES) and same and not more


def test_chinese_texts_are_chinese():
    assert {key: entry["zh"] for key, entry in catalogue().items() if not is_chinese(entry["zh"])} == {}


def is_chinese(text):
    plain = re.sub(r"\{[^}]*\}", "", text)
    # only what has no words, such as "p < 0.001", needs no Chinese ones
    is_read = re.search("[一-鿿]", plain) or not re.search("[A-Za-z]{2}", plain)
    # three English words in a row are no name
    return is_read and not re.search(r"\b[a-z]{2,} [a-z]{2,} [a-z]{2,}\b", re.sub("`[^`]*`", "", plain))


def test_no_key_is_missing():
    keys, prefixes, _ = source()
    assert len(keys) > 200
    assert {key for key in keys if key not in catalogue() and key not in prefixes} == set()
    assert {prefix for prefix in prefixes if not any(key.startswith(prefix) for key in catalogue())} == set()


def test_every_message_in_the_source_has_a_text():
    calls = source().messages
    assert len(calls) > 50
    assert {code for code in calls if code not in catalogue()} == set()


def test_every_finding_has_a_text():
    codes = finding_codes()
    assert len(codes) > 15
    assert {code for code in codes if f"finding.{code}" not in catalogue()} == set()


def test_no_text_is_unused():
    findings = {f"finding.{code}" for code in finding_codes()} | {"finding.leakage-suspected-column"}
    keys, prefixes = source().keys, tuple(source().prefixes - {"finding."})
    assert {key for key in catalogue() if key not in keys | findings and not key.startswith(prefixes)} == set()


def test_numbers_that_are_unknown_are_a_dash():
    said = Texts("en")(
        "verdict.not_better_than_naive", name="LSTM", skill=-0.1, skill_lower=None, skill_upper=float("nan")
    )
    assert said == "LSTM is not better than the seasonal naive here (skill -0.10, interval – to –)."


def test_unknown_language():
    with pytest.raises(ConfigError, match="`lang` must be one of en, zh, got 'fr'"):
        Texts("fr")


def test_message_holds_messages_lists_and_settings():
    limit = {"time_limit": 3, "refit": True}
    message = Message("failure.time_limit", {"name": "A", "limit": limit, "what": Message("failure.fit")})
    assert str(message).startswith(
        "A was given `time_limit=3, refit=True` seconds of computing for a fit, and took longer."
    )
    assert message.say("zh").startswith("A 的拟合时限为 `time_limit=3, refit=True` 秒计算时间")
    assert "`<3>` seconds" in message.say("en", lambda settings: f"<{settings['time_limit']}>")
    names = Message("verdict.behind_naive", {"names": ["A", "B"]})
    assert (str(names), names.say("zh")) == ("Behind the seasonal naive: A, B.", "不如季节性朴素预测的有：A、B。")


def test_settings_of_groups_are_written_with_their_class():
    from gatecast.model import settings  # noqa: F401  tells which class a setting belongs to

    said = in_python({"epochs": 32, "loss": "quantile", "season_length": (7, 24)})
    assert said == 'loss="quantile", season_length=(7, 24), training=Training(epochs=32)'


def test_one_thing_is_called_otherwise_than_several():
    said = [Texts(lang)("unit.day", n=n) for lang, n in (("en", 1), ("en", 3), ("zh", 3))]
    assert said == ["1 day", "3 days", "3 天"]


def test_settings_of_numpy_are_written_as_plain_ones():
    assert in_python({"a": np.int64(7), "b": (np.int64(7), 24), "c": np.float64(0.5)}) == "a=7, b=(7, 24), c=0.5"


def test_message_comes_back_from_plain_data():
    inner = Message("failure.raised_text", {"what": Message("failure.fit"), "name": "A", "kind": "E", "text": "long"})
    message = Message("verdict.not_ranked_why", {"name": "A", "n": 2, "reason": inner})
    again = Message.from_dict(message.to_dict())
    assert again == message
    assert message.to_dict()["sentence"] == str(message)
    # the words of others are nobody's name
    assert str(message.renamed(str.lower)) == str(message).replace("A ", "a ").replace("of A", "of a").replace(
        "with E", "with e"
    )


def test_errors_carry_their_message():
    message = Message("note.one_window")
    error = GatecastError(message)
    assert str(error) == str(message)
    assert reason(error) is message
    assert reason(GatecastError("Some words.")).facts == {"text": "Some words."}


@pytest.mark.parametrize(
    ("value", "said"),
    [(12345.6, "12,346"), (1720.4, "1720"), (0.04321, "0.04321"), (-54321.0, "-54,321"), (3.2e12, "3.2e+12")],
)
def test_large_numbers_are_written_in_full(value, said):
    assert Texts("en")("chart.noise_floor", rmse=value) == f"noise floor {said}"
