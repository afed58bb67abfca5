"""How can a sentence be said in another language? It keeps its name and what it was made of."""

from __future__ import annotations

from typing import Any

__all__ = ["Sentence"]


class Sentence(str):
    """A text in English that knows what it says.

    Attributes:
        code: Short name that does not change, e.g. `verdict.alike`.
        facts: Names and numbers that are in it.

    >>> said = Sentence("3 windows are few.", "note.few_windows", n=3)
    >>> said, said.code, said.facts
    ('3 windows are few.', 'note.few_windows', {'n': 3})
    """

    __slots__ = ("code", "facts")

    code: str
    facts: dict[str, Any]

    def __new__(cls, text: str, code: str = "", **facts: Any) -> Sentence:
        """Make a text with its code and facts."""
        made = super().__new__(cls, text)
        made.code, made.facts = code, facts
        return made
