"""How is a table forecast by more than one model? Each series by the one that a backtest chose for it."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Self, Unpack, overload

import numpy as np

from gatecast._files import read_tensors, write_atomically, write_tensors
from gatecast._json import JsonObject, converted
from gatecast._places import refuse_url
from gatecast._validation import answers_making
from gatecast.backtesting.combination import Combination, ask, forecast_columns, knows_ahead, mean_of
from gatecast.backtesting.held import Held, check_asked, hold_within, read_quietly
from gatecast.backtesting.models import Model
from gatecast.backtesting.record import Backtest
from gatecast.baselines import statistical as baselines
from gatecast.baselines.base import Baseline
from gatecast.comparison.board import Leaderboard, leaderboard, name_of
from gatecast.data import Columns, Panel, to_panel
from gatecast.data.panel.arrays import Frame
from gatecast.data.panel.type_facts import TypeFacts, facts_of_parts, facts_of_types, parts_of_facts, types_of_facts
from gatecast.data.values.bounds import AUTO, Limits
from gatecast.exceptions import ConfigError, ModelFileError, NotFittedError
from gatecast.forecaster import LSTMForecaster
from gatecast.model.fitted import about_bounds
from gatecast.model.protocol import FrameT
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from gatecast.data.panel.frequency import Freq
    from gatecast.data.reading.shapes import Name
    from gatecast.model.protocol import Data, Names, NewFrameT, Values

__all__ = ["KINDS", "Best"]

# kinds of models that a folder may name; a class that is not here or in `kinds=` is never looked for, so that opening a
# folder runs no code of a stranger
KINDS: dict[str, type[Model]] = {
    "LSTMForecaster": LSTMForecaster,
    **{name: kind for name, kind in vars(baselines).items() if isinstance(kind, type) and issubclass(kind, Baseline)},
}
FILE, SERIES, KEY, FORMAT = "best.json", "series.safetensors", "gatecast_series", 5
NAME = "Best"
# why a naive forecast stands in for a model, where that says something about the model
UNABLE = ("standin.failed", "standin.too_few")


@answers_making
class Best(Generic[FrameT]):
    """Forecast each series with what was best for it on a backtest.

    From five windows on that is the model that won the series; a series whose winner was ahead of the best model of all
    by less than a standard error of that difference is left to the best of all. The winner of fewer windows is mostly
    chance: then it is the mean of all models whose errors in the series were within a quarter of the smallest, or
    within a standard error of it, as in `Combination`. A series that the backtest did not have is forecast by what was
    best over all series, by the same rule. Only models that serve a series are fitted, each on all series.

    Args:
        comparison: From `leaderboard(...)` or `backtest(...)`.
        models: Models by their names in the comparison, or all of them in its order. Copies are fitted.
        lower: Least value of any forecast, as in `LSTMForecaster`. With "auto" that of the models where one has one,
            else zero for series that are never below it and often zero. None is no bound.
        upper: Greatest value of any forecast; that of the models when absent.

    Attributes:
        choices: What forecasts each series: the name of a model, or such as `Mean(LSTM, AutoETS)`.
        overall: What forecasts a series that the backtest did not have.
        models: The models that serve a series, alone or in a mean.
        notes: What was not judged everywhere: models that failed or took too long in windows, or have no forecasts of
            some series; and after `fit` the series that a model left to a naive forecast, and the bounds.

    Raises:
        ConfigError: A model that was chosen is missing, or none was ranked.
    """

    def __init__(
        self,
        comparison: Leaderboard | Backtest,
        models: Mapping[str, Model] | Sequence[Model],
        *,
        lower: float | str | None = AUTO,
        upper: float | None = None,
    ) -> None:
        check_asked(lower, upper)
        board = leaderboard(comparison) if isinstance(comparison, Backtest) else comparison
        per_series = board.per_series
        self.overall = name_of(board.chosen) if board.chosen else ""
        self.choices: dict[object, str] = dict(zip(per_series["unique_id"], per_series["chosen"], strict=True))
        # the models of each choice
        self._parts: dict[str, tuple[str, ...]] = dict(zip(per_series["chosen"], per_series["models"], strict=True))
        self._parts[self.overall] = board.chosen
        if not self.overall:
            raise ConfigError(
                "The comparison ranks no model, and one that made its forecasts was expected. Look at its `errors`."
            )
        named = _named(models, comparison)
        used = sorted({name for parts in self._parts.values() for name in parts})
        missing = [name for name in used if name not in named]
        if missing:
            raise ConfigError(
                f"`models` has {', '.join(named)}, and {missing[0]} was chosen for a series. "
                f"Pass it as well: `models={{{missing[0]!r}: ...}}`."
            )
        self.limits = hold_within(lower, upper, named.values())
        self._held: Held | None = None
        self.models: dict[str, Model] = {name: copy.deepcopy(named[name]) for name in used}
        self._not_judged = (*board.verdict.left_out, *_absent(board))
        self._panel: Panel | None = None
        self._columns: JsonObject = {}

    @property
    def notes(self) -> tuple[Message, ...]:
        """What was not judged everywhere, and after `fit` what a model left to a naive forecast, and the bounds."""
        bounds = () if self._held is None else about_bounds(self._held.bounds)
        stand_ins = (note for name, model in self.models.items() for note in _stand_ins(name, model))
        return (*self._not_judged, *stand_ins, *bounds)

    @overload
    def fit(self, data: NewFrameT, **names: Unpack[Names]) -> Best[NewFrameT]: ...

    @overload
    def fit(self, data: Values, *, freq: Freq | None = None) -> Best[pd.DataFrame]: ...

    @overload
    def fit(self, data: pl.Series | Panel, *, freq: Freq | None = None) -> Best: ...

    def fit(
        self,
        data: Data,
        *,
        id_col: Name = None,
        time_col: str | None = None,
        target_col: Name = None,
        freq: Freq | None = None,
    ) -> Best:
        """Fit the models that serve a series.

        Args:
            data: Frame, Series or array, as in `LSTMForecaster.fit`.
            id_col: Name of the column that tells series apart, handed on to each model like all that follow.
            time_col: Name of the time column.
            target_col: Name of the target column.
            freq: pandas frequency of the times.
        """
        named: JsonObject = {"id_col": id_col, "time_col": time_col, "target_col": target_col, "freq": freq}
        given = {name: value for name, value in named.items() if value is not None}
        for model in self.models.values():
            model.fit(data, **given)
        # kept for models that are saved as settings and data
        self._panel, self._columns = to_panel(data, **given), given
        self._held = Held.of(self._panel, self.limits)
        return self

    def predict(
        self,
        horizon: int | None = None,
        data: Data | None = None,
        *,
        future: Data | None = None,
        level: float | Sequence[float] | None = None,
        quantiles: float | Sequence[float] | None = None,
    ) -> FrameT:
        """Forecast each series with its model.

        Args:
            horizon: Steps ahead; those that the models were made with when absent.
            data: Newer data, where all models can go on from them.
            future: Frame with the columns that are known ahead, for the models that learned from such.
            level: Coverage of intervals in %, e.g. 80 or [80, 95].
            quantiles: Probabilities, where all models have quantiles.

        Returns:
            A table `unique_id, ds, Best, Best-lo-80, ..., model`, of the library that the data came from.

        Raises:
            NotFittedError: Nothing was fitted, yet.
            ConfigError: A model cannot do what was asked for.
        """
        import narwhals as nw

        if self._panel is None or self._held is None:
            raise NotFittedError("Best")
        asked: dict[str, object] = {"horizon": horizon, "data": data, "level": level, "quantiles": quantiles}
        given = {name: value for name, value in asked.items() if value is not None}
        self._check_future(future)
        tables = {}
        for name, model in self.models.items():
            known: dict[str, object] = {"future": future} if future is not None and knows_ahead(model) else {}
            tables[name] = nw.from_native(ask(name, model, given | known), eager_only=True)
        held = self._held if data is None else self._held.newer(read_quietly(data, self._columns))
        parts = []
        for choice, names in self._parts.items():
            table = mean_of({name: tables[name] for name in names}, None, NAME, level, quantiles, held.n_keys)
            served = [self.choices.get(unique_id, self.overall) == choice for unique_id in held.ids_of(table)]
            parts.append(table.filter(served).with_columns(model=nw.lit(choice)))
        joined = held.hold(nw.concat(parts, how="vertical"), forecast_columns(NAME, level, quantiles))
        ids = held.ids_of(joined)
        order = {unique_id: k for k, unique_id in enumerate([*self._panel.ids.tolist(), *ids])}
        places = np.array([order[unique_id] for unique_id in ids], dtype=np.int64)
        forecast: FrameT = joined[np.argsort(places, kind="stable").tolist()].to_native()
        return forecast

    def _check_future(self, future: Data | None) -> None:
        if future is not None and not any(knows_ahead(model) for model in self.models.values()):
            raise ConfigError(
                f"`future` was passed, and none of {', '.join(self.models)} learned from what is known ahead. Leave it "
                "out."
            )

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write all that `predict` needs to a folder; nothing in it can run code.

        An LSTM becomes its model file, a `Combination` its models and weights. Any other model that is a dataclass
        becomes its settings, and is fitted again by `load`, to the series, which are kept beside it.

        Raises:
            NotFittedError: Nothing was fitted, yet.
            ModelFileError: A model is no dataclass of numbers, texts and lists, or the folder cannot be written.
        """
        if self._panel is None:
            raise NotFittedError("Best")
        refuse_url("folder", folder)
        target = Path(folder)
        entries = {name: _entry(name, model) for name, model in self.models.items()}
        facts = {
            "format": FORMAT,
            "overall": self.overall,
            # ids may be numbers, which would become texts as the keys of an object
            "choices": [[_plain_id(key), name] for key, name in self.choices.items()],
            "parts": {name: list(parts) for name, parts in self._parts.items()},
            "models": entries,
            "columns": self._columns,
            "limits": list(self.limits),
            "notes": [note.to_dict() for note in self._not_judged],
        }
        try:
            target.mkdir(parents=True, exist_ok=True)
            for k, (entry, model) in enumerate(_leaves(entries, self.models)):
                if isinstance(model, LSTMForecaster):
                    entry["file"] = f"model-{k}.safetensors"
                    model.save(target / entry["file"])
            _write_panel(target / SERIES, self._panel)
            write_atomically(target / FILE, json.dumps(facts, indent=1).encode())
        except OSError as error:
            raise ModelFileError(
                f"{str(folder)!r} cannot be written ({error.strerror}), and a folder was expected. "
                "Save to a folder that you may write to."
            ) from error

    @classmethod
    def load(cls, folder: str | os.PathLike[str], kinds: Mapping[str, type[Model]] | None = None) -> Self:
        """Read a folder that `save` wrote.

        Args:
            folder: Which one.
            kinds: Classes of your own models by their names; those of gatecast are known.

        Raises:
            ModelFileError: Something is missing, damaged, newer, or of a class that is not known.
        """
        refuse_url("folder", folder)
        source, known = Path(folder), {**KINDS, **(kinds or {})}
        facts = _read_facts(source)
        best = cls.__new__(cls)
        try:
            best.overall, best._columns = facts["overall"], dict(facts["columns"])
            best.choices = {key: name for key, name in facts["choices"]}  # noqa: C416  a list of lists
            best._not_judged = tuple(map(Message.from_dict, facts["notes"]))
            best._panel = _read_panel(source)
            best.limits = Limits(*facts["limits"])
            check_asked(*best.limits)
            best._held = Held.of(best._panel, best.limits)
            entries = dict(facts["models"])
            best._parts = {name: tuple(parts) for name, parts in dict(facts["parts"]).items()}
            used = {name for parts in best._parts.values() for name in parts}
            if not ({best.overall, *best.choices.values()} <= set(best._parts) and used <= set(entries)):
                raise ValueError("a model that was chosen is missing")  # noqa: TRY301  caught below with its kin
            learned = best._panel, best._columns
            best.models = {name: _restored(source, name, entry, known, learned) for name, entry in entries.items()}
        except (KeyError, TypeError, ValueError) as error:
            raise _damaged(source, error) from error
        table = None
        for entry, model in _leaves(entries, best.models):
            if "file" not in entry:
                table = _table_of(best._panel) if table is None else table
                model.fit(table, **best._columns)
        return best

    def __repr__(self) -> str:
        served = {name: sum(chosen == name for chosen in self.choices.values()) for name in self._parts}
        said = f"Best({', '.join(f'{name}: {n} series' for name, n in served.items() if n)})"
        return "\n".join([said, *map(str, self.notes)])


def _absent(board: Leaderboard) -> Iterator[Message]:
    """Say of which series a model that is ranked has no forecast: it cannot be chosen for them."""
    ranked = board.table.loc[board.table["is_ranked"], "model"]
    has_any = board.scores.windows.groupby(["model", "unique_id"], observed=True)["mae"].count() > 0
    for name in ranked:
        lacking = has_any[name].index[~has_any[name]].tolist()
        if lacking:
            facts = {"name": name, "n": len(lacking), "n_series": len(has_any[name]), "first": str(lacking[0])}
            yield Message("note.absent", facts)


def _stand_ins(name: str, model: Model) -> Iterator[Message]:
    """Say which series a baseline, also one in a combination, could not learn and left to a naive forecast."""
    if isinstance(model, Combination):
        if model.__sklearn_is_fitted__():
            yield from (note for inner, fitted in model.models_.items() for note in _stand_ins(inner, fitted))
    elif isinstance(model, Baseline) and model.__sklearn_is_fitted__():
        failed = {key: why for key, why in model.stand_ins_.items() if why.code in UNABLE}
        for key, why in list(failed.items())[:1]:
            yield Message("note.stand_ins", {"name": name, "n": len(failed), "first": str(key), "reason": why})


def _named(models: Mapping[str, Model] | Sequence[Model], comparison: Leaderboard | Backtest) -> dict[str, Model]:
    if isinstance(models, Mapping):
        return dict(models)
    if isinstance(comparison, Leaderboard):
        raise ConfigError(
            f"`models` is a list of {len(models)}, and a leaderboard has another order than they were given in. "
            'Pass them by name: `models={"LSTM": ...}`, or pass the backtest.'
        )
    if len(models) != len(comparison.models):
        raise ConfigError(
            f"`models` has {len(models)} models, and the backtest has {len(comparison.models)}: "
            f"{', '.join(comparison.models)}. Pass all of them in this order, or by name."
        )
    return dict(zip(comparison.models, models, strict=True))


def _entry(name: str, model: Model) -> JsonObject:
    kind = type(model).__name__
    if isinstance(model, Combination):
        members = {inner: _entry(inner, fitted) for inner, fitted in model.models_.items()}
        settings = {"weights": model.weights, "label": model.name, "lower": model.lower, "upper": model.upper}
        return {"kind": kind, "settings": settings, "shares": list(model.weights_.values()), "members": members}
    if isinstance(model, LSTMForecaster):
        return {"kind": "LSTMForecaster"}
    if is_dataclass(model) and not isinstance(model, type):
        try:
            settings = {f.name: getattr(model, f.name) for f in fields(model) if f.init}
            json.dumps(settings)
        except TypeError:
            pass
        else:
            return {"kind": kind, "settings": settings}
    raise ModelFileError(
        f"{name} is a {kind}, and an LSTMForecaster or a dataclass of numbers, texts and lists was expected. "
        "Make its class a dataclass of its settings, or leave it out."
    )


def _leaves(entries: JsonObject, models: Mapping[str, Model]) -> Iterator[tuple[JsonObject, Model]]:
    """List what is written of each model beside it, those of combinations one by one."""
    for name, model in models.items():
        if isinstance(model, Combination):
            yield from _leaves(entries[name]["members"], model.models_)
        else:
            yield entries[name], model


def _restored(
    source: Path, name: str, entry: JsonObject, known: Mapping[str, type[Model]], learned: tuple[Panel, JsonObject]
) -> Model:
    """Make a model again of its entry; `learned` are the series, and the names of their columns."""
    kind = entry["kind"]
    if "members" in entry:
        members = {inner: _restored(source, inner, own, known, learned) for inner, own in entry["members"].items()}
        return Combination(members, **entry["settings"]).learned_from(members, entry["shares"], *learned)
    if kind not in known:
        raise ModelFileError(
            f"{name} in {str(source)!r} is a {kind}, and one of {', '.join(known)} was expected. "
            f"Pass its class: `Best.load(folder, kinds={{{kind!r}: {kind}}})`."
        )
    if "file" in entry:
        # only the name counts, so that a folder cannot name a file elsewhere
        return LSTMForecaster.load(source / Path(entry["file"]).name)
    return known[kind](**entry["settings"])


def _plain_id(unique_id: object) -> object:
    return unique_id.item() if isinstance(unique_id, np.generic) else unique_id


def _write_panel(file: Path, panel: Panel) -> None:
    arrays = {"values": panel.values, "offsets": panel.offsets, "starts": panel.starts.astype(np.int64)}  # noqa: PD011  of a panel
    facts = {
        "ids": [_plain_id(unique_id) for unique_id in panel.ids.tolist()],
        "freq": panel.freq,
        "columns": asdict(panel.columns),
        "backend": str(panel.backend),
        "timezone": panel.timezone,
        "bare_times": panel.bare_times,
        "types": {name: asdict(each) for name, each in facts_of_types(panel.types, panel.ids).items()},
        "id_parts": facts_of_parts(panel.id_parts),
        "starts": panel.starts.dtype.str,
    }
    write_tensors(file, KEY, arrays, facts)


def _read_panel(source: Path) -> Panel:
    try:
        arrays, facts, checksum = read_tensors(source / SERIES, KEY)
    except OSError as error:
        raise _damaged(source, error) from error
    if checksum is None:
        raise ValueError("the series are not those that were written")
    return Panel(
        ids=np.array(facts["ids"]),
        values=arrays["values"],
        offsets=arrays["offsets"],
        starts=arrays["starts"].astype(facts["starts"]),
        freq=facts["freq"],
        columns=Columns(**facts["columns"]),
        backend=facts["backend"],
        timezone=facts["timezone"],
        bare_times=facts.get("bare_times", False),
        types=types_of_facts(converted(facts.get("types", {}), dict[str, TypeFacts]), facts["backend"]),
        id_parts=parts_of_facts(facts.get("id_parts", {})),
    )


def _table_of(panel: Panel) -> Frame:
    series, _ = panel.places()
    return panel.frame(series, panel.all_times(), **{panel.columns.target: panel.values})  # noqa: PD011


def _read_facts(source: Path) -> JsonObject:
    try:
        facts = json.loads((source / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(source, error) from error
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        found = facts.get("format") if isinstance(facts, dict) else None
        raise ModelFileError(
            f"{str(source)!r} has format {found!r}, and {FORMAT} was expected. Install the version that saved it."
        )
    return facts


def _damaged(source: Path, error: Exception) -> ModelFileError:
    return ModelFileError(
        f"{str(source)!r} cannot be read ({type(error).__name__}), and a folder that `Best.save` wrote was expected. "
        "Save it again."
    )
