"""How do fields of a dataclass become options of a command? Settings become options here, each from its definition.

An option is called as the argument in Python is: `season_length` is `--season-length`. What a setting is called, its
default and what is allowed stand in `gatecast.model.settings` and nowhere else; its help is the first sentence about it
in the docstrings of `LSTMForecaster`, `Network` and `Training`.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, field, fields
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import typer

from gatecast._places import Url, refuse_url, to_place
from gatecast.forecaster import LSTMForecaster
from gatecast.model.settings import COVARIATES, SETTINGS, Network, Setting, Settings, Training

__all__ = [
    "COVARIATES",
    "INTERRUPTED",
    "KNOWN",
    "REQUIRED",
    "RESULTS",
    "Options",
    "argument",
    "as_command",
    "flag_of",
    "option",
    "option_names",
    "settings",
]

Options = TypeVar("Options")
Default = TypeVar("Default")
# the default of what must be given
REQUIRED: Any = MISSING
INTERRUPTED = 130
KNOWN = "Columns beside the target, and the calendar"
RESULTS = "Where the results go"
PANELS = {
    "Everyday": "Settings (good as they are)",
    "Network": "The network (good as it is)",
    "Training": "The training (good as it is)",
}
# what is not chosen from the data where it is left out
LEFT_OUT = ("country", "max_seconds", "n_threads", "checkpoint", "dilations")
METAVARS = {int: "N", float: "X", str: "NAME", Path: "FILE"}
NAMED = {"past": "COLUMN", "future": "COLUMN", "static": "COLUMN", "country": "CODE", "max_seconds": "SECONDS"}


def option(
    default: Default, text: str, metavar: str = "", *, panel: str = "", short: str = "", shown: str = ""
) -> Default:
    """Define an option by a field, whose name is the option's; its default is a tuple where it may be repeated.

    The help shows `metavar` in place of a value, `panel` as its heading, and `shown` in place of the default.
    """
    shows_default = shown or not (default in (None, ()) or isinstance(default, bool))
    more = {"help": text, "metavar": metavar or None, "rich_help_panel": panel or None, "show_default": shows_default}
    return field(default=default, metadata={"short": short, "option": more})


def argument(default: Default, text: str, metavar: str) -> Default:
    """Define an argument by a field: what stands behind the command without a name."""
    more = {"help": text, "metavar": metavar, "show_default": False}
    return field(default=default, metadata={"argument": more})


def settings(names: Sequence[str]) -> Settings:
    """Define a field whose settings of these names become options."""
    return cast(Settings, field(metadata={"settings": tuple(names)}))


def flag_of(name: str) -> str:
    """Return the option of an argument, e.g. `--season-length`."""
    return f"--{name.replace('_', '-')}"


def as_command(options: type[Options], work: Callable[[Options], None]) -> Callable[..., None]:
    """Turn a function of one dataclass into a function of its options, as typer reads commands.

    Its fields are those that `option`, `argument` and `settings` define, and its docstring is the help.
    """
    hints = get_type_hints(options)
    own = [each for each in fields(options) if "settings" not in each.metadata]  # type: ignore[arg-type]
    parameters = [_parameter(each, hints[each.name]) for each in own]
    places = {each.name: _is_place(hints[each.name]) for each in own if _is_path(hints[each.name])}
    parameters += [_of_setting(SETTINGS[name]) for name in _names(options)]

    def command(**given: Any) -> None:
        given = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
        for name, may_be_url in places.items():
            if given[name] is not None:
                given[name] = to_place(given[name]) if may_be_url else _local(name, given[name])
        chosen = {name: _value(SETTINGS[name], given.pop(name)) for name in _names(options)}
        work(options(**given, **({"settings": Settings(**chosen)} if chosen else {})))

    # what must be given comes first, as the help shows it
    parameters.sort(key=lambda parameter: parameter.default is not inspect.Parameter.empty)
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    # the lines of each paragraph are joined: the help is wrapped to the terminal, not as the source is
    paragraphs = inspect.cleandoc(options.__doc__ or "").split("\n\n")
    command.__doc__ = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    return command


def option_names(options: type) -> list[str]:
    """Return what the options of a command are called in Python."""
    own = [each.name for each in fields(options) if "option" in each.metadata]
    return [*own, *_names(options)]


def _names(options: type) -> tuple[str, ...]:
    """Return the settings that are options of a command."""
    return next((each.metadata["settings"] for each in fields(options) if "settings" in each.metadata), ())


def _parameter(own: Field[Any], hint: object) -> inspect.Parameter:
    kind, is_several = _kind(hint)
    default = str(own.default) if isinstance(own.default, Path) and kind is str else own.default
    if "argument" in own.metadata:
        return _made(own.name, kind, default, typer.Argument(**own.metadata["argument"]), is_several=is_several)
    more = dict(own.metadata["option"])
    flags = [_flags(own.name, own.default), *filter(None, [own.metadata["short"]])]
    if kind is bool:
        more.pop("metavar")
    return _made(own.name, kind, default, typer.Option(*flags, **more), is_several=is_several)


def _of_setting(setting: Setting) -> inspect.Parameter:
    """Make an option of a setting, from its definition alone."""
    name, kind = setting.name, _simple(setting.types)
    panel = KNOWN if name in COVARIATES else PANELS[setting.group]
    is_by_data = setting.default is None and name not in LEFT_OUT
    made = typer.Option(
        _flags(name, setting.default),
        help=HELP[name].replace("`", "") + (" May be repeated." if setting.is_several else ""),
        metavar=None if kind is bool else NAMED.get(name) or METAVARS[float if float in setting.types else kind],
        autocompletion=(lambda: list(setting.choices)) if setting.choices else None,
        rich_help_panel=panel,
        show_default="chosen from the data" if is_by_data else setting.default not in (None, ()) and kind is not bool,
    )
    return _made(name, kind, setting.default, made, is_several=setting.is_several)


def _first_sentences(doc: str) -> dict[str, str]:
    """Return the first sentence about each argument of a docstring in Google style."""
    texts: dict[str, str] = {}
    name = ""
    # from Python 3.13 on the compiler takes the indentation off
    for line in inspect.cleandoc(doc).partition("Args:\n")[2].partition("\n\n")[0].splitlines():
        is_new = line.startswith(" " * 4) and not line.startswith(" " * 5)
        if is_new:
            name, _, line = line.strip().partition(": ")
        if name:
            texts[name] = f"{texts.get(name, '')} {line.strip()}".strip()
    return {name: text.partition(". ")[0].rstrip(".") + "." for name, text in texts.items()}


HELP = {
    name: text
    for cls in (LSTMForecaster, Network, Training)
    for name, text in _first_sentences(cls.__doc__ or "").items()
}


def _flags(name: str, default: object) -> str:
    return f"{flag_of(name)}/{flag_of(f'no_{name}')}" if default is True else flag_of(name)


def _made(name: str, kind: Any, default: object, made: object, *, is_several: bool) -> inspect.Parameter:
    hint = list[kind] if is_several else kind | None if default is None else kind
    if default is MISSING:
        default = inspect.Parameter.empty
    elif is_several:
        default = list(cast("Sequence[object]", default or ()))
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[hint, made])


def _is_place(hint: object) -> bool:
    """Tell whether a path or a URL is expected."""
    return Url in get_args(hint)


def _is_path(hint: object) -> bool:
    """Tell whether a path is expected, which a URL may be or not."""
    return Path in (hint, *get_args(hint))


def _local(name: str, text: str) -> Path:
    refuse_url(flag_of(name), text)
    return Path(text)


def _kind(hint: object) -> tuple[type, bool]:
    """Return the type of a single value, and whether several may be given."""
    if _is_path(hint):
        # a path would take one of two slashes for too many
        return str, False
    if get_origin(hint) in (Union, UnionType):
        hint = next(part for part in get_args(hint) if part is not type(None))
    return (get_args(hint)[0], True) if get_origin(hint) is tuple else (cast(type, hint), False)


def _simple(types: tuple[type, ...]) -> type:
    """Return the type that typer reads; a text where there are several, which `_value` makes a number of."""
    if os.PathLike in types:
        return Path
    return types[0] if len(types) == 1 else str


def _value(setting: Setting, given: object) -> Any:
    """Read a number where a setting takes numbers and texts, or shares and counts."""
    if setting.is_several:
        return given or setting.default
    if setting.is_optional and setting.default is not None and str(given).lower() == "none":
        return None
    if isinstance(given, str) and {int, float} & set(setting.types):
        for kind in (int, float):
            try:
                return kind(given)
            except ValueError:
                continue
    return given
