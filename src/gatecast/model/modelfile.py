"""How is a fitted model kept in a file? Numbers as tensors, everything else as JSON, and a format number."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np

from gatecast._files import Tensors, check_regular, read_tensors, unwritable, write_tensors
from gatecast._json import JsonObject, converted
from gatecast.data.features.yearly_lags import YearlyLags
from gatecast.data.panel.panel import Panel
from gatecast.data.values.bounds import Bounds
from gatecast.data.values.scaling import Scaling
from gatecast.data.values.transforms import transform_from_arrays
from gatecast.exceptions import GatecastError, ModelFileError
from gatecast.metrics.conformal import Conformal
from gatecast.model.fitted import Fitted
from gatecast.model.inputs import Preparation
from gatecast.model.modelcheck import (
    COUNTS,
    OF_SERIES,
    Header,
    SeriesFacts,
    check_forecast,
    check_tensors,
    settings_of,
)
from gatecast.model.settings import Settings
from gatecast.network.ensemble import Ensemble
from gatecast.network.inputs import PanelArrays
from gatecast.network.memory import Memory, TrainedNetwork
from gatecast.network.wrapper import thread_count

__all__ = ["FORMAT", "read_model", "write_model"]

FORMAT = 9
KEY = "gatecast"
# what parts that do not fit together raise where they are put together or run
MISFITS = (
    ArithmeticError,
    AttributeError,
    GatecastError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)


def write_model(path: str | os.PathLike[str], fitted: Fitted, settings: JsonObject) -> None:
    """Write a model, replacing an older file only when the new one is complete."""
    facts = {"format": FORMAT, "model": facts_of(fitted), "settings": settings}
    try:
        write_tensors(path, KEY, tensors_of(fitted), facts)
    except OSError as error:
        raise unwritable("model", path, error) from None


def read_model(path: str | os.PathLike[str]) -> tuple[Fitted, Settings]:
    """Read a model and the settings it was made with; ModelFileError where the file is no model that can forecast."""
    file = Path(path)
    tensors, facts, is_intact = _read(file)
    _check_format(file, facts)
    if not is_intact:
        raise ModelFileError(f"{file} is damaged: its checksum does not match its content. Copy or save it again.")
    try:
        return _checked(tensors, facts)
    except MISFITS as error:
        # the cause is told too: this may be a mistake of gatecast's own
        raise ModelFileError(
            f"{file} is no model that LSTMForecaster.save wrote ({_first_line(error)}). Save the model again, and open "
            "no files of people you do not trust."
        ) from error


def _checked(tensors: Tensors, facts: JsonObject) -> tuple[Fitted, Settings]:
    settings = settings_of(facts["settings"])
    header = converted(facts["model"], Header)
    check_tensors(tensors, header, settings)
    fitted = unpack(tensors, header, thread_count(settings.n_threads))
    check_forecast(fitted)
    return fitted, settings


def _first_line(error: BaseException) -> str:
    text = str(error).splitlines()
    return text[0][:200] if text else type(error).__name__


def _read(file: Path) -> tuple[Tensors, JsonObject, bool]:
    try:
        _refuse_pickle(file)
        return read_tensors(file, KEY)
    except FileNotFoundError:
        raise ModelFileError(
            f"There is no model file {file}. Save one with LSTMForecaster.save, or check the path."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ModelFileError(f"{file} cannot be read ({reason}). Pass a model file that you may read.") from None
    except KeyError:
        raise _foreign(file) from None
    except ValueError as error:
        raise ModelFileError(
            f"{file} is not a complete safetensors file ({error}). It may be truncated or damaged: copy or save it "
            "again."
        ) from None


def _refuse_pickle(file: Path) -> None:
    check_regular(file)
    with file.open("rb") as stream:
        first = stream.read(9)
    # a safetensors file may begin with the same bytes, which are its header's length, but a brace follows that
    if first[8:] != b"{" and (first[:1] == b"\x80" or first[:2] == b"PK"):
        raise ModelFileError(
            f"{file} is a pickle or an archive, and gatecast opens only safetensors files, which cannot run code. "
            "Use a file written by LSTMForecaster.save."
        )


def _check_format(file: Path, facts: JsonObject) -> None:
    try:
        number = int(facts["format"])
    except (KeyError, TypeError, ValueError, OverflowError):
        raise _foreign(file) from None
    if number != FORMAT:
        remedy = (
            "Update it with `pip install --upgrade gatecast`."
            if number > FORMAT
            else "Fit the model again and save it, or open it with the older version that wrote it."
        )
        raise ModelFileError(
            f"{file} has model format {number}, and this version of gatecast reads format {FORMAT}. {remedy}"
        )


def _foreign(file: Path) -> ModelFileError:
    return ModelFileError(f"{file} is a safetensors file, but not of gatecast. Use one written by LSTMForecaster.save.")


def tensors_of(fitted: Fitted) -> Tensors:
    """Return all arrays of a fitted model by name."""
    tensors: Tensors = {}
    for n, (network, memory) in enumerate(zip(fitted.ensemble.networks, fitted.memories, strict=True)):
        tensors |= _named(f"members.{n}.weights", network.spec.views(network.weights))
        tensors[f"members.{n}.state"] = memory.state
    preparation = fitted.preparation
    tensors |= _named("recent", _arrays_of(fitted.memories[0].recent))
    tensors |= _named("transform", preparation.transform.to_arrays())
    tensors |= {
        "scaling.center": preparation.scaling.center,
        "scaling.scale": preparation.scaling.scale,
        "series.spreads": preparation.spreads,
        "series.units": preparation.units,
        "series.sparse": preparation.is_sparse,
        "series.lower": preparation.bounds.lower,
        "series.upper": preparation.bounds.upper,
        **{f"series.{name}": getattr(fitted, name) for name in OF_SERIES},
        "series.starts": fitted.after.starts.astype(np.int64),
    }
    if fitted.calibration is not None:
        tensors |= _named("calibration", fitted.calibration.to_arrays())
    return tensors


def facts_of(fitted: Fitted) -> JsonObject:
    """Return all the rest, ready for JSON."""
    first, preparation = fitted.ensemble.first, fitted.preparation
    encoder = preparation.encoder
    return {
        "n_members": len(fitted.memories),
        "spec": first.spec.to_dict(),
        "loss": asdict(first.loss),
        "window": first.window,
        "recent": {name: getattr(fitted.memories[0].recent, name) for name in COUNTS},
        "scaling": preparation.scaling.kind,
        "limits": list(preparation.bounds.limits),
        "encoder": None if encoder is None else asdict(encoder),
        "yearly_lags": None if preparation.yearly_lags is None else asdict(preparation.yearly_lags),
        "after": _about_series(fitted.after),
        "record": asdict(fitted.record),
        "widening": fitted.widening,
    }


def unpack(tensors: Tensors, header: Header, n_threads: int) -> Fitted:
    """Put a fitted model together again."""
    networks = _networks(tensors, header, n_threads)
    arrays: JsonObject = {**_below("recent", tensors), **vars(header.recent)}
    recent = PanelArrays(**arrays)
    calibration = _below("calibration", tensors)
    return Fitted(
        ensemble=Ensemble(networks),
        memories=tuple(Memory(recent, tensors[f"members.{n}.state"]) for n in range(len(networks))),
        preparation=_preparation(tensors, header),
        after=_series(header.after, tensors["series.starts"]),
        **{name: tensors[f"series.{name}"] for name in OF_SERIES},
        calibration=Conformal.from_arrays(calibration) if calibration else None,
        record=header.record,
        widening=header.widening,
    )


def _named(prefix: str, tensors: Tensors) -> Tensors:
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def _below(prefix: str, tensors: Tensors) -> Tensors:
    return {n.removeprefix(f"{prefix}."): t for n, t in tensors.items() if n.startswith(f"{prefix}.")}


def _arrays_of(recent: PanelArrays) -> Tensors:
    each = {field.name: getattr(recent, field.name) for field in fields(recent) if field.name not in COUNTS}
    return {name: array for name, array in each.items() if array is not None}


def _networks(tensors: Tensors, header: Header, n_threads: int) -> tuple[TrainedNetwork, ...]:
    spec = header.spec

    def network(n: int) -> TrainedNetwork:
        named = _below(f"members.{n}.weights", tensors)
        weights = np.concatenate([named[name].ravel() for name in spec.shapes])
        return TrainedNetwork(spec, weights, header.loss, header.record.value_inputs, header.window, n_threads)

    return tuple(network(n) for n in range(header.n_members))


def _preparation(tensors: Tensors, header: Header) -> Preparation:
    encoder = None
    if header.encoder is not None:
        from gatecast.data.features.encoding import CovariateEncoder

        encoder = converted(header.encoder, CovariateEncoder)
    return Preparation(
        transform=transform_from_arrays(header.record.transform, _below("transform", tensors)),
        scaling=Scaling(tensors["scaling.center"], tensors["scaling.scale"], header.scaling),
        spreads=tensors["series.spreads"],
        units=tensors["series.units"],
        is_sparse=tensors["series.sparse"],
        bounds=Bounds(tensors["series.lower"], tensors["series.upper"], header.limits),
        value_inputs=header.record.value_inputs,
        encoder=encoder,
        yearly_lags=None if header.yearly_lags is None else converted(header.yearly_lags, YearlyLags),
    )


def _about_series(after: Panel) -> JsonObject:
    is_time = after.starts.dtype.kind == "M"
    return {
        "ids": [id_ if isinstance(id_, str | int | float | bool) else str(id_) for id_ in after.ids.tolist()],
        "freq": after.freq,
        "timezone": after.timezone,
        "unit": str(after.starts.dtype) if is_time else None,
        "columns": asdict(after.columns),
        "backend": after.backend,
        # of what varies in time only the type is left: numbers or categories
        "past": {name: array.dtype == object for name, array in after.past.items()},
        "future": {name: array.dtype == object for name, array in after.future.items()},
        "static": {name: [array.dtype == object, array.tolist()] for name, array in after.static.items()},
    }


def _series(facts: SeriesFacts, starts: np.ndarray) -> Panel:
    ids = facts.ids
    return Panel(
        ids=np.array(ids, dtype=object) if isinstance(ids[0], str) else np.array(ids),
        values=np.zeros(0),
        offsets=np.zeros(len(ids) + 1, np.int64),
        starts=starts.astype(facts.unit) if facts.unit else starts,
        freq=facts.freq,
        columns=facts.columns,
        backend=facts.backend,
        timezone=facts.timezone,
        past={name: _column([], is_object=is_object) for name, is_object in facts.past.items()},
        future={name: _column([], is_object=is_object) for name, is_object in facts.future.items()},
        static={name: _column(values, is_object=is_object) for name, (is_object, values) in facts.static.items()},
    )


def _column(values: Sequence[object], *, is_object: bool) -> np.ndarray:
    return np.array(values, dtype=object if is_object else np.float64)
