"""How is the help of a command said in the language of the screen? English stands where options are defined."""

from __future__ import annotations

import shutil
from copy import copy
from typing import Any

from typer.core import TyperCommand, TyperGroup

from gatecast.cli.language import language
from gatecast.exceptions import ConfigError
from gatecast.texts import help_texts
from gatecast.texts.lines import broken
from gatecast.texts.message import Message

__all__ = ["Command", "Group", "Help"]

TOP = "gatecast"
# between columns of the help, and around all of them
GAP, FRAME = 2, 7
LEAST_ROOM = 24


class Help:
    """Says the help of one command in a language other than English.

    The text of an option is found by its name, first among those of this command alone; other words by the English
    ones, which typer writes, too.
    """

    def __init__(self, command: str, lang: str) -> None:
        texts = help_texts(lang)
        self._about, self._words = str(texts["command"].get(command, "")).strip(), texts["words"]
        self._options = {**texts["option"], **texts["own"].get(command, {})}

    def about(self, english: str) -> str:
        """Say what the command does."""
        return self._about or english

    def option(self, name: str, english: str) -> str:
        """Say what an option or argument is."""
        return str(self._options.get(name) or self.words(english))

    def words(self, english: Any) -> Any:
        """Say a heading, or what stands in place of a default, if it is a text."""
        return self._words.get(english, english) if isinstance(english, str) else english


def _translated(command: Any, ctx: Any) -> Any:
    """Return a command, or a group of them, whose help is in the language of the screen."""
    if language() == "en":
        return command
    texts, said = Help(command.name or TOP, language()), _titled(command)
    said.epilog = "\n\n".join(texts.words(line) for line in (command.epilog or "").split("\n\n"))
    # the option --help is no parameter until help is asked for; those without a heading of their own come first
    params = sorted([*command.params, command.get_help_option(ctx)], key=lambda each: bool(each.rich_help_panel))
    room = {each.rich_help_panel: _room(params, each.rich_help_panel) for each in params}
    said.params = [_parameter(each, texts, room[each.rich_help_panel]) for each in params]
    said.add_help_option = False
    if isinstance(command, Group):
        said.commands = {name: _titled(each) for name, each in command.commands.items()}
    return said


def _titled(command: Any) -> Any:
    """Return a command that says what it does in the language of the screen."""
    said, texts = copy(command), Help(command.name or TOP, language())
    said.help, said.rich_help_panel = texts.about(command.help or ""), texts.words("Commands")
    return said


def _parameter(english: Any, texts: Help, room: int) -> Any:
    said = copy(english)
    # an empty line between: a single line break would be joined
    said.help = "\n\n".join(broken(texts.option(english.name, english.help or ""), room))
    said.show_default = texts.words(english.show_default)
    said.rich_help_panel = texts.words(english.rich_help_panel or f"{english.param_type_name.capitalize()}s")
    return said


def _room(params: list[Any], panel: str | None) -> int:
    """Return how wide the last column of a panel is at least: what the names and kinds of its options leave."""
    own = [each for each in params if each.rich_help_panel == panel]
    flags = [[flag for flag in each.opts if flag.startswith("--")] for each in own]
    others = [[name for name in each.opts if not name.startswith("--")] for each in own]
    columns = [*[map("".join, each) for each in (flags, others)], (",".join(each.secondary_opts) for each in own)]
    columns.append(each.metavar or "<bool>" for each in own)
    widths = [max(map(len, column)) for column in columns]
    return max(shutil.get_terminal_size().columns - FRAME - sum(widths) - 5 * GAP, LEAST_ROOM)


class Command(TyperCommand):
    """A command whose options, but for those that may be repeated, are given once: the last would win in silence."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Refuse an option that is given twice, and read the rest as typer does."""
        _, _, given = self.make_parser(ctx).parse_args(args=list(args))
        for option in dict.fromkeys(given):
            n = sum(other is option for other in given)
            if n > 1 and not (getattr(option, "multiple", False) or getattr(option, "is_flag", False)):
                raise ConfigError(Message("option.once", {"option": option.opts[0], "n": n}))
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        TyperCommand.format_help(_translated(self, ctx), ctx, formatter)


class Group(TyperGroup):
    """The command that has all others."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        TyperGroup.format_help(_translated(self, ctx), ctx, formatter)
