"""How are entries of a search space written on the command line?"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from gatecast.exceptions import ConfigError

__all__ = ["read_space"]


def read_space(texts: Sequence[str]) -> dict[str, Any]:
    """Read entries of a search space as people write them on the command line.

    Raises:
        ConfigError: One has no name.

    Examples:
        >>> read_space(["lookback=8:128", "learning-rate=1e-4:1e-2:log", "cell=lstm,gru", "dropout="])
        {'lookback': (8, 128), 'learning_rate': (0.0001, 0.01, 'log'), 'cell': ['lstm', 'gru'], 'dropout': None}
    """
    space: dict[str, Any] = {}
    for text in texts:
        name, sign, values = text.partition("=")
        if not sign or not name:
            raise ConfigError(
                f"`--space {text}` has no name and values, and for example `--space lookback=8:128` was expected. Put "
                "`=` between the setting and what is tried."
            )
        name = name.strip().replace("-", "_")
        space[name] = _values(values.strip())
    return space


def _values(text: str) -> Any:
    if not text:
        return None
    if ":" in text:
        return tuple(_value(part) for part in text.split(":"))
    return [_value(part) for part in text.split(",")]


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        return text.strip()
