"""What is there to say, before anyone says it in a language? A code and the facts that belong to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from gatecast.texts import Texts

__all__ = ["Message"]


@dataclass(frozen=True)
class Message:
    """Something to be said: the key of a text in the catalogue and what is filled into it.

    Args:
        code: Key of a text, e.g. `verdict.alike`; it does not change, so programs may ask for it.
        facts: Plain values that the text names: numbers, texts, other messages, lists of them, None for what is not
            known.

    Examples:
        >>> message = Message("note.one_window")
        >>> str(message)
        'One window of one series shows no interval of the skill.'
        >>> message.say("zh")
        '只有一个序列的一个窗口，无法给出技巧得分的区间。'
        >>> Message.from_dict({"code": "unit.day", "facts": {"n": 3}}).say("zh")
        '3 天'
    """

    code: str
    facts: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Self:
        """Return the message that `dataclasses.asdict` took apart, with the messages inside it."""
        return cls(facts["code"], {name: cls._inner(value) for name, value in facts["facts"].items()})

    @classmethod
    def _inner(cls, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [cls._inner(item) for item in value]
        return cls.from_dict(value) if isinstance(value, dict) else value

    def say(self, lang: str) -> str:
        """Return the text in a language, "en" or "zh"; lists are joined by commas."""
        texts = Texts(lang)
        return texts(self.code, **{name: _said(value, texts) for name, value in self.facts.items()})

    def __str__(self) -> str:
        return self.say("en")


def _said(value: Any, texts: Texts) -> Any:
    if isinstance(value, list | tuple):
        return texts("words.comma").join(str(_said(item, texts)) for item in value)
    return value.say(texts.lang) if isinstance(value, Message) else value
