"""What is there to say, before anyone says it in a language? A code and the facts that belong to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gatecast.texts import Texts

__all__ = ["Message"]


@dataclass(frozen=True)
class Message:
    """Something to be said: the key of a text in the catalogue and what is filled into it.

    Args:
        code: Key of a text, e.g. `verdict.alike`; it does not change, so programs may ask for it.
        facts: Plain values that the text names: numbers, texts, lists of them, None for what is not known.

    Examples:
        >>> message = Message("note.one_window")
        >>> str(message)
        'One window of one series shows no interval of the skill.'
        >>> message.say("zh")
        '只有一个序列的一个窗口，无法给出技巧得分的区间。'
    """

    code: str
    facts: dict[str, Any] = field(default_factory=dict)

    def say(self, lang: str) -> str:
        """Return the text in a language, "en" or "zh"."""
        return Texts(lang)(self.code, **self.facts)

    def __str__(self) -> str:
        return self.say("en")
