"""What is there to say, before anyone says it in a language? A code and the facts that belong to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self

from gatecast._json import JsonObject, plain
from gatecast.texts import Texts
from gatecast.texts.sentences import translated

__all__ = ["Message", "in_python", "reason"]

# settings by their names, to words that can be pasted
Style = Callable[[Mapping[str, object]], str]
# the class that a setting belongs to, where it is no argument of `LSTMForecaster` itself; told by its definition
OWNERS: dict[str, str] = {}
# an error without a message: a sentence of ours, or the words of another library
QUOTED = "failure.quoted"


def in_python(settings: Mapping[str, object]) -> str:
    """Write settings as arguments in Python."""
    shown = {name: _literal(value) for name, value in settings.items()}
    parts = [f"{name}={value}" for name, value in shown.items() if name not in OWNERS]
    for owner in sorted({OWNERS[name] for name in shown if name in OWNERS}):
        inside = ", ".join(f"{name}={value}" for name, value in shown.items() if OWNERS.get(name) == owner)
        parts.append(f"{owner.lower()}={owner}({inside})")
    return ", ".join(parts)


def _literal(value: object) -> str:
    if isinstance(value, tuple):
        return repr(tuple(plain(value)))
    # numbers of numpy are written as plain ones, and texts in the quotes of most programs
    return json.dumps(value) if isinstance(value, str) else repr(plain(value))


@dataclass(frozen=True)
class Message:
    """Something to be said: the key of a text in the catalogue and what is filled into it.

    The code does not change, so programs may ask for it. Facts are values that the text names: numbers, names, None for
    what is not known, other messages, lists of all of these, and settings by their names.
    """

    code: str
    facts: JsonObject = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make messages of those among the facts that were stored as plain data."""
        object.__setattr__(self, "facts", {name: _restored(value) for name, value in self.facts.items()})

    def say(self, lang: str, settings: Style = in_python) -> str:
        """Return the text, with settings as arguments in Python or as options of the command line."""
        texts = Texts(lang)
        if self.code == QUOTED and (own := translated(str(self.facts["text"]), lang)) != str(self.facts["text"]):
            return own
        return texts(self.code, **{name: _said(value, texts, settings) for name, value in self.facts.items()})

    def renamed(self, change: Callable[[str], str]) -> Message:
        """Return the message with every name among its facts changed, but not the words of others, its `text`."""
        changed = {name: value if name == "text" else _renamed(value, change) for name, value in self.facts.items()}
        return Message(self.code, changed)

    def to_dict(self) -> JsonObject:
        """Return the code, the facts as plain data, and the sentence in English."""
        facts = {name: _stored(value) for name, value in self.facts.items()}
        return {"code": self.code, "facts": facts, "sentence": str(self)}

    @classmethod
    def from_dict(cls, stored: JsonObject) -> Self:
        """Return the message that `to_dict` wrote."""
        return cls(stored["code"], stored["facts"])

    def __str__(self) -> str:
        return self.say("en")

    def __hash__(self) -> int:
        return hash((self.code, *self.facts))


def reason(error: Exception) -> Message:
    """Return why something failed: the message that an error was raised with, or one that quotes its text."""
    told = error.args[0] if error.args else ""
    return told if isinstance(told, Message) else Message(QUOTED, {"text": str(error)})


def _said(value: object, texts: Texts, settings: Style) -> object:
    if isinstance(value, Message):
        return value.say(texts.lang, settings)
    if isinstance(value, Mapping):
        return settings(value)
    if isinstance(value, list | tuple):
        return texts("words.comma").join(str(_said(item, texts, settings)) for item in value)
    return translated(value, texts.lang) if isinstance(value, str) else value


def _renamed(value: object, change: Callable[[str], str]) -> object:
    if isinstance(value, Message):
        return value.renamed(change)
    if isinstance(value, list | tuple):
        return [_renamed(item, change) for item in value]
    return change(value) if isinstance(value, str) else value


def _stored(value: object) -> object:
    if isinstance(value, Message):
        return value.to_dict()
    return [_stored(item) for item in value] if isinstance(value, list | tuple) else plain(value)


def _restored(value: object) -> object:
    if isinstance(value, dict):
        is_message = "code" in value and isinstance(value.get("facts"), dict)
        return Message(value["code"], value["facts"]) if is_message else value
    return [_restored(item) for item in value] if isinstance(value, list) else value
