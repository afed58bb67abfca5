"""How does a command end? Exit codes, and errors as one sentence.

0    success
1    a failure of gatecast's own
2    bad input: every GatecastError, and options that make no sense
130  Ctrl-C
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from functools import partial

import typer

from gatecast.cli.app import app
from gatecast.exceptions import GatecastError

__all__ = ["run"]

BAD_INPUT, FAILURE = 2, 1


def run(arguments: Sequence[str]) -> int:
    """Run one command, of arguments without the name of the program, and return its exit code; never raises."""
    _write_all_letters()
    try:
        with warnings.catch_warnings():
            warnings.showwarning = partial(_warn, warnings.showwarning)
            return _code(arguments)
    except GatecastError as error:
        from gatecast.cli.wording import in_options

        _say(f"Error: {in_options(str(error))}")
        return BAD_INPUT
    except BrokenPipeError:
        # whoever read the output has seen enough, as `gatecast ... | head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001  the last line of defense: no traceback unless asked for
        if os.environ.get("GATECAST_DEBUG"):
            _say(traceback.format_exc())
        what = f"{type(error).__name__}: {error}".strip().splitlines()[0]
        _say(
            f"gatecast failed ({what}). That is a mistake in gatecast: please report it, with what the same command "
            "prints when the environment variable GATECAST_DEBUG is 1."
        )
        return FAILURE


def _code(arguments: Sequence[str]) -> int:
    try:
        app(list(arguments), prog_name="gatecast")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except typer.Exit as end:
        return end.exit_code
    return 0


def _warn(others: Callable[..., None], message: Warning | str, category: type[Warning], *place: object) -> None:
    """Say a warning of gatecast's own without its place in the code, which is nothing to a user of the command."""
    if category is not UserWarning:
        others(message, category, *place)
        return
    from gatecast.cli.wording import in_options

    _say(f"Note: {in_options(str(message))}")


def _say(message: str) -> None:
    with contextlib.suppress(BrokenPipeError):
        sys.stderr.write(f"{message}\n")
        sys.stderr.flush()


def _write_all_letters() -> None:
    """Names in the data may hold letters that the terminal's encoding lacks: show those as `?`."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
