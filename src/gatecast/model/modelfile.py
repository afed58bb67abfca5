"""How is a fitted model kept in a file? Numbers as tensors, everything else as JSON, and a format number."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from gatecast._files import (
    UNFINISHED,
    Tensors,
    at_hand,
    check_regular,
    packed,
    read_tensors,
    unwritable,
    write_atomically,
)
from gatecast._json import JsonObject, converted
from gatecast._places import Place, to_place
from gatecast.data.features.yearly_lags import YearlyLags
from gatecast.data.panel.panel import Panel
from gatecast.data.panel.type_facts import facts_of_parts, facts_of_types, parts_of_facts, types_of_facts
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
    check_some,
    check_tensors,
    settings_of,
)
from gatecast.model.settings import Settings
from gatecast.model.upgrades import OLDEST, upgrade
from gatecast.network.ensemble import Ensemble
from gatecast.network.inputs import PanelArrays
from gatecast.network.memory import Memory, TrainedNetwork
from gatecast.network.wrapper import thread_count

__all__ = ["FORMAT", "Contents", "pack_model", "read_contents", "read_model", "unpack_model", "write_model"]

# of what is written; whoever raises it adds a step to `upgrades.py`, and files of the new format as `tests/golden/`
# says
FORMAT = 10
KEY = "gatecast"
# arrays that are no weights and say what was learned from
ABOUT = ("series.lengths", "series.starts")
CALIBRATED = "calibration.is_symmetric"
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
    try:
        write_atomically(path, pack_model(fitted, settings))
    except OSError as error:
        raise unwritable("model", path, error) from None


def pack_model(fitted: Fitted, settings: JsonObject) -> bytes:
    """Return what `write_model` writes."""
    return packed(KEY, tensors_of(fitted), {"format": FORMAT, "model": facts_of(fitted), "settings": settings})


def unpack_model(content: bytes) -> tuple[Fitted, Settings]:
    """Return what `read_model` reads of a file with this content; the same errors."""
    with tempfile.TemporaryDirectory(suffix=UNFINISHED) as folder:
        file = Path(folder) / "model-bytes"
        file.write_bytes(content)
        return read_model(file)


def read_model(path: str | os.PathLike[str]) -> tuple[Fitted, Settings]:
    """Read a model and the settings it was made with; ModelFileError where the file is no model that can forecast."""
    file = to_place(path)
    found = _opened(file)
    with _as_model(file):
        found.upgrade()
        header, settings = found.header(), settings_of(found.facts["settings"])
        check_tensors(found.tensors, header, settings)
        fitted = unpack(found.tensors, header, thread_count(settings.n_threads))
        check_forecast(fitted)
    return fitted, settings


@dataclass(frozen=True)
class Contents:
    """What a model file holds, without its weights."""

    format: int  # of the file
    sha256: str  # its checksum, which matches what it holds
    n_bytes: int  # of the file
    settings: Settings
    header: Header
    lengths: np.ndarray  # `(S,)` points that there were to learn from
    after: Panel  # the series, empty, from the time after what was learned from
    has_errors: bool  # whether errors on a hold-out are kept, from which intervals get their widths


def read_contents(path: str | os.PathLike[str]) -> Contents:
    """Read what a model file holds, without its weights; ModelFileError where the file is damaged or no model."""
    file = to_place(path)
    found = _opened(file, (*ABOUT, CALIBRATED))
    if found.number != FORMAT:
        # a step may need any array
        found = _opened(file)
    with _as_model(file):
        found.upgrade()
        header, settings = found.header(), settings_of(found.facts["settings"])
        lengths, starts = check_some(found.tensors, header, ABOUT)
        after = _series(header.after, starts)
    is_calibrated = CALIBRATED in found.tensors
    return Contents(found.number, found.sha256, found.n_bytes, settings, header, lengths, after, is_calibrated)


@dataclass(frozen=True)
class _Opened:
    """A whole file of a format that is known."""

    tensors: Tensors
    facts: JsonObject
    number: int  # of the format
    sha256: str
    n_bytes: int

    def upgrade(self) -> None:
        """Take the steps to the newest format."""
        upgrade(self.number, FORMAT, self.tensors, self.facts)

    def header(self) -> Header:
        """Return the header of the newest format; ValueError or KeyError where it is none."""
        return converted(self.facts["model"], Header)


def _opened(file: Place, names: Sequence[str] | None = None) -> _Opened:
    """Read a file, and of its arrays those of some names, or all; ModelFileError where it is damaged or no model."""
    tensors, facts, checksum, n_bytes = _read(file, names)
    number = _check_format(file, facts)
    if checksum is None:
        raise ModelFileError(f"{file} is damaged: its checksum does not match its content. Copy or save it again.")
    return _Opened(tensors, facts, number, checksum, n_bytes)


@contextlib.contextmanager
def _as_model(file: Place) -> Iterator[None]:
    """Let what does not fit together be an error that names the file."""
    try:
        yield
    except MISFITS as error:
        # the cause is told too: this may be a mistake of gatecast's own
        raise ModelFileError(
            f"{file} is no model that LSTMForecaster.save wrote ({_first_line(error)}). Save the model again, and open "
            "no files of people you do not trust."
        ) from error


def _first_line(error: BaseException) -> str:
    text = str(error).splitlines()
    return text[0][:200] if text else type(error).__name__


def _read(file: Place, names: Sequence[str] | None) -> tuple[Tensors, JsonObject, str | None, int]:
    try:
        with at_hand(file) as here:
            _refuse_pickle(file, here)
            return *read_tensors(here, KEY, names), here.stat().st_size
    except GatecastError:
        raise
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


def _refuse_pickle(file: Place, here: Path) -> None:
    check_regular(here)
    with here.open("rb") as stream:
        first = stream.read(9)
    # a safetensors file may begin with the same bytes, which are its header's length, but a brace follows that
    if first[8:] != b"{" and (first[:1] == b"\x80" or first[:2] == b"PK"):
        raise ModelFileError(
            f"{file} is a pickle or an archive, and gatecast opens only safetensors files, which cannot run code. "
            "Use a file written by LSTMForecaster.save."
        )


def _check_format(file: Place, facts: JsonObject) -> int:
    """Return the number of a format that can be read."""
    try:
        number = int(facts["format"])
    except (KeyError, TypeError, ValueError, OverflowError):
        raise _foreign(file) from None
    if not OLDEST <= number <= FORMAT:
        remedy = (
            "Update it with `pip install --upgrade gatecast`."
            if number > FORMAT
            else "Fit the model again and save it, or open it with the older version that wrote it."
        )
        known = f"format {FORMAT}" if OLDEST == FORMAT else f"formats {OLDEST} to {FORMAT}"
        raise ModelFileError(f"{file} has model format {number}, and this version of gatecast reads {known}. {remedy}")
    return number


def _foreign(file: Place) -> ModelFileError:
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
        "series.observed": preparation.observed,
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
        observed=tensors["series.observed"],
        value_inputs=header.record.value_inputs,
        encoder=encoder,
        yearly_lags=None if header.yearly_lags is None else converted(header.yearly_lags, YearlyLags),
    )


def _about_series(after: Panel) -> JsonObject:
    is_time, types = after.starts.dtype.kind == "M", facts_of_types(after.types, after.ids)
    parts = facts_of_parts(after.id_parts)
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
        # said where it is so only, as most files do without
        **({"bare_times": True} if after.bare_times else {}),
        **({"types": {name: asdict(each) for name, each in types.items()}} if types else {}),
        **({"id_parts": parts} if parts else {}),
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
        bare_times=facts.bare_times,
        types=types_of_facts(facts.types, facts.backend),
        id_parts=parts_of_facts(facts.id_parts),
        past={name: _column([], is_object=is_object) for name, is_object in facts.past.items()},
        future={name: _column([], is_object=is_object) for name, is_object in facts.future.items()},
        static={name: _column(values, is_object=is_object) for name, (is_object, values) in facts.static.items()},
    )


def _column(values: Sequence[object], *, is_object: bool) -> np.ndarray:
    return np.array(values, dtype=object if is_object else np.float64)
