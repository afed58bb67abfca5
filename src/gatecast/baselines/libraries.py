"""How do the libraries of comparisons come in? When first needed, quietly, and what is missing in one sentence."""

from __future__ import annotations

import warnings
from importlib import import_module
from types import ModuleType

from gatecast.exceptions import ConfigError
from gatecast.texts.message import Message

__all__ = ["needed"]


def needed(module: str, purpose: str) -> ModuleType:
    """Import a module of the extra `compare`; a ConfigError says in the words of the code `purpose` what needs it."""
    try:
        with warnings.catch_warnings():
            # texts of these libraries hold escapes that Python warns of when it first compiles them
            warnings.simplefilter("ignore")
            return import_module(module)
    except ImportError:
        library = module.partition(".")[0]
        raise ConfigError(Message("library.missing", {"purpose": Message(purpose), "library": library})) from None
