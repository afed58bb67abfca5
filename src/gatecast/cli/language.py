"""In which language does the command line speak? In that of `--lang`, else in that of the environment's locale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from gatecast.texts import SCREEN, check_language

__all__ = ["language", "language_of", "speaking"]

OPTION = "--lang"
# the first of these that is set decides, as POSIX says
VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


def language() -> str:
    """Return the language of the screen, "en" or "zh"."""
    return SCREEN.get()


def language_of(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return the language that is asked for, before or behind the command, or that of the locale.

    Raises:
        ConfigError: There are no texts in the language that is asked for.

    Examples:
        >>> language_of(["forecast", "sales.csv", "--lang=zh"], {"LANG": "en_US.UTF-8"})
        'zh'
        >>> language_of(["doctor"], {"LC_ALL": "", "LANG": "zh_CN.UTF-8"}), language_of(["doctor"], {"LANG": "C"})
        ('zh', 'en')
    """
    # found before anything is parsed, as help and errors are said in it
    pairs = zip(arguments, [*arguments[1:], ""], strict=False)
    given = [behind if name == OPTION else name.partition("=")[2] for name, behind in pairs if _is_option(name)]
    if given and given[-1]:
        return check_language(given[-1])
    locale = next(filter(None, (environment.get(name) for name in VARIABLES)), "")
    return "zh" if locale.lower().startswith("zh") else "en"


def _is_option(argument: str) -> bool:
    return argument == OPTION or argument.startswith(f"{OPTION}=")


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """Let everything that is shown inside be in this language."""
    before = SCREEN.set(lang)
    try:
        yield
    finally:
        SCREEN.reset(before)
