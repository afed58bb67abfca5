"""How are texts said on the command line? In its language, and `n_layers=2` of Python as `--n-layers 2`."""

from __future__ import annotations

import ast
import shlex
from collections.abc import Iterable, Mapping
from functools import cache

from gatecast.cli.commands import COMMANDS
from gatecast.cli.language import language
from gatecast.cli.options import flag_of, option_names
from gatecast.texts.message import Message
from gatecast.texts.sentences import translated

__all__ = ["as_options", "in_options", "joined", "option_text", "text", "told", "told_error"]

# dataclasses whose arguments are options themselves
GROUPS = ("network", "training")


def text(key: str, **facts: object) -> str:
    """Say a text of the catalogue in the language of the screen, in the words of the command line."""
    return told(Message(key, facts))


def told(said: object, lang: str = "") -> str:
    """Say a message in the language of the screen, or in another one; anything else is a text already."""
    return in_options(said.say(lang or language(), as_options)) if isinstance(said, Message) else str(said)


def told_error(error: Exception) -> str:
    """Say an error or a warning in the language of the screen and the words of this command line."""
    first = error.args[0] if error.args else ""
    return in_options(first.say(language()) if isinstance(first, Message) else translated(str(error), language()))


def joined(sentences: Iterable[object]) -> str:
    """Say several sentences one behind the other."""
    return ("" if language() == "zh" else " ").join(map(told, sentences))


def in_options(message: str) -> str:
    """Say an error in the words of the command line: code of arguments that are options becomes these options."""
    parts = message.replace("or None ", "or leave it out ").replace("or (24, 168) for", "or repeat it for").split("`")
    # every second part stands between backticks
    return "`".join(_in_options(part) if k % 2 else part for k, part in enumerate(parts))


def as_options(settings: Mapping[str, object]) -> str:
    """Write settings as options of the command line."""
    return " ".join(option_text(name, value) for name, value in settings.items())


@cache
def _known() -> frozenset[str]:
    """Return what the options of all commands are called in Python."""
    return frozenset(name for command in COMMANDS for name in option_names(command))


def _in_options(code: str) -> str:
    known = _known()
    # `time_col=` without a value asks for any
    if (name := code.removesuffix("=")) in known:
        return flag_of(name)
    try:
        call = ast.parse(f"f({code})", mode="eval").body
        if not isinstance(call, ast.Call) or call.args or not call.keywords:
            return code
        given = [pair for keyword in call.keywords for pair in _arguments(keyword)]
        is_known = all(name in known for name, _ in given)
        return " ".join(option_text(name, value) for name, value in given) if is_known else code
    except (SyntaxError, ValueError):
        return code


def _arguments(keyword: ast.keyword) -> list[tuple[str, object]]:
    if keyword.arg in GROUPS and isinstance(keyword.value, ast.Call):
        return [pair for inner in keyword.value.keywords for pair in _arguments(inner)]
    if any(isinstance(node, ast.Constant) and node.value is ... for node in ast.walk(keyword.value)):
        raise ValueError("an example that leaves something open is nothing to paste")
    return [(keyword.arg or "", ast.literal_eval(keyword.value))]


def option_text(name: str, value: object) -> str:
    """Write an option with its value as on the command line, quoted for a shell."""
    flag = flag_of(name)
    if isinstance(value, bool):
        return flag if value else flag_of(f"no_{name}")
    if isinstance(value, dict):
        value = [
            f"{key}={(':' if isinstance(tried, tuple) else ',').join(map(str, tried))}" for key, tried in value.items()
        ]
    several = value if isinstance(value, list | tuple) else (value,)
    return " ".join(f"{flag} {'none' if one is None else shlex.quote(str(one))}" for one in several)
