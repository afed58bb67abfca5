"""What is the Chinese of a sentence that was made in English for an error or a warning? It is found by the English one.

As in gettext, the English sentence stands where it is raised and is the key of the Chinese one in errors/zh.toml. What
is filled in is found between the parts of the sentence, and is translated itself where it is a sentence or a part of
one.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from gatecast.texts import catalogue

__all__ = ["Sentence", "parts_of", "sentences", "translated"]

# texts of the catalogue that errors are put together from
WITHIN: tuple[str, ...] = (
    "ahead",
    "argument",
    "clocks",
    "column",
    "failure",
    "known_ahead",
    "left_out",
    "library",
    "option",
    "otherwise",
)
WITHIN += ("output", "place", "standin", "times", "unreadable")
# so many letters say which text it is, fewer where it begins with them
ENOUGH, BEGINNING = 12, 3


class Sentence(NamedTuple):
    """An English sentence and another one: `names` are filled in between the `parts`."""

    parts: tuple[str, ...]
    names: tuple[str, ...]
    said: str


@lru_cache(maxsize=1024)
def translated(english: str, lang: str) -> str:
    """Return a sentence in another language, as it is if it is none of gatecast's.

    Examples:
        >>> translated("its checksum does not match its content", "zh")
        '校验和与内容不符'
    """
    if lang == "en" or " " not in english:
        return english
    plain, open_ = _known(lang)
    if english.casefold() in plain:
        return plain[english.casefold()]
    for each in open_:
        if (found := _between(each.parts, english)) is not None:
            values = {name: translated(value, lang) for name, value in zip(each.names, found, strict=True)}
            return _filled(each.said, values)
    return english


@cache
def sentences(lang: str) -> dict[str, str]:
    """Return all sentences of the file, by the English ones."""
    path = Path(__file__).parent / "errors" / f"{lang}.toml"
    sections = tomllib.loads(path.read_text(encoding="utf-8"))
    return {english: said for section in sections.values() for english, said in section.items()}


def parts_of(text: str) -> Sentence:
    """Take a text apart: what stands between the names that are filled in."""
    parts, names, last = [], [], ""
    for literal, name, _, _ in string.Formatter().parse(text):
        last += literal
        if name is not None:
            parts.append(last)
            names.append(name)
            last = ""
    return Sentence((*parts, last), tuple(names), text)


@cache
def _known(lang: str) -> tuple[dict[str, str], list[Sentence]]:
    """Return the sentences in which nothing is filled in, and the others, those with the longest text first."""
    pairs = [*sentences(lang).items(), *_of_catalogue(lang)]
    known = [parts_of(english)._replace(said=said) for english, said in pairs]
    plain = {each.parts[0].casefold(): _filled(each.said, {}) for each in known if not each.names}
    return plain, sorted((each for each in known if each.names), key=lambda each: -len("".join(each.parts)))


def _of_catalogue(lang: str) -> Iterator[tuple[str, str]]:
    for key, entry in catalogue().items():
        for english in (entry["en"], entry.get("en_one", "")):
            parts = parts_of(english).parts
            first, letters = (re.sub("[^A-Za-z]", "", text) for text in (parts[0], "".join(parts)))
            is_clear = len(letters) >= ENOUGH or len(first) >= BEGINNING
            if key.partition(".")[0] in WITHIN and is_clear and " " in english:
                yield english, entry[lang]


def _between(parts: Sequence[str], text: str) -> list[str] | None:
    """Return what stands between the parts of a text, None if these are not its parts."""
    begin, end = len(parts[0]), len(text) - len(parts[-1])
    if begin > end or not text.startswith(parts[0]) or not text.endswith(parts[-1]):
        return None
    found = []
    for part in parts[1:-1]:
        at = text.find(part, begin, end)
        if at < 0:
            return None
        found.append(text[begin:at])
        begin = at + len(part)
    return [*found, text[begin:end]]


def _filled(said: str, values: dict[str, str]) -> str:
    """Fill in what is written already; where English says "once", nothing says 1."""
    pieces = string.Formatter().parse(said)
    return "".join(literal + ("" if name is None else values.get(name, "1")) for literal, name, _, _ in pieces)
