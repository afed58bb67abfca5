"""What is kept of a request to train? All that a worker needs, and what gates and reports of the model read later."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from gatecast._files import write_atomically
from gatecast.data import Panel, to_panel
from gatecast.data.reading.ahead import split_future
from gatecast.exceptions import ConfigError
from gatecast.model.settings import SETTINGS, Settings
from gatecast.serving.bodies import File
from gatecast.serving.limits import Limits
from gatecast.serving.problems import RequestError
from gatecast.serving.schemas import ColumnRoles, Frame, TrainOptions, Writing
from gatecast.serving.tables import as_data, file_table, names_of
from gatecast.texts.message import Message

__all__ = ["Asked", "read_kept", "read_panels", "settings_of"]

REQUEST, UPLOAD = "request.json", "upload"
# of what was let in already
NO_LIMITS = Limits(rows=sys.maxsize, series=sys.maxsize, horizon=sys.maxsize)
# what says where and how a fit runs, and nothing of the model
OWN = ("checkpoint", "checkpoint_seconds", "progress", "n_threads", "horizon")


@dataclass(frozen=True)
class Asked:
    """A request to train: the table, as JSON or as a file, and what is asked of it."""

    options: TrainOptions
    data: Frame | None = None
    file: File | None = None
    writing: Writing | None = None

    def panel(self, limits: Limits) -> Panel:
        """Return the panel to learn from."""
        settings = settings_of(self.options)
        roles: dict[str, Any] = {role: tuple(getattr(settings, role)) for role in ("past", "future", "static")}
        if self.file is not None:
            names = ColumnRoles(**{**names_of(self.options), **{role: list(own) for role, own in roles.items()}})
            panel = file_table(self.file, self.writing or Writing(), limits, names=names).panel
        else:
            data = as_data(self.data or [], limits)
            panel = to_panel(data, **names_of(self.options), **roles)
        limits.check_series(panel.n_series, self.options.horizon)
        return panel

    def keep(self, folder: Path) -> None:
        """Write the request to a folder; a later reader sees all of it or no `request.json`."""
        if self.file is not None:
            write_atomically(folder / UPLOAD, self.file.content)
        kept: dict[str, Any] = {"options": self.options, "data": self.data, "writing": self.writing}
        kept["file"] = None if self.file is None else self.file.name
        write_atomically(folder / REQUEST, msgspec.json.encode(kept))


class _Kept(msgspec.Struct):
    options: TrainOptions
    data: Frame | None
    writing: Writing | None
    file: str | None


def read_kept(folder: Path) -> tuple[Settings, Panel]:
    """Return the settings and the panel of a request that was kept."""
    asked = _asked(folder)
    return settings_of(asked.options), asked.panel(NO_LIMITS)


def read_panels(folder: Path) -> tuple[Panel, Panel | None]:
    """Return what a model of a kept request learned from, and rows about the future, None where there are none."""
    return split_future(_asked(folder).panel(NO_LIMITS))


def _asked(folder: Path) -> Asked:
    kept = msgspec.json.decode((folder / REQUEST).read_bytes(), type=_Kept)
    file = None if kept.file is None else File(kept.file, (folder / UPLOAD).read_bytes())
    return Asked(kept.options, kept.data, file, kept.writing)


def settings_of(options: TrainOptions) -> Settings:
    """Return the settings of a fit, checked; an error names the one that makes no sense."""
    for name in options.settings:
        if name in OWN:
            raise RequestError(Message("serving.own_setting", {"name": name}), field=f"settings.{name}"[:100])
    given: dict[str, Any] = {name: _as_tuple(name, value) for name, value in options.settings.items()}
    try:
        settings = Settings(horizon=options.horizon, **given)
        settings.check()
    except ConfigError as error:
        raise RequestError(error.args[0], field="settings") from None
    return settings


def _as_tuple(name: str, value: Any) -> Any:
    is_several = name in SETTINGS and SETTINGS[name].is_several
    return tuple(value) if is_several and isinstance(value, list) else value
