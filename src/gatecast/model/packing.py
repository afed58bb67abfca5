"""How does a fitted model come apart into named numbers and JSON, and together again?"""

from __future__ import annotations

from dataclasses import asdict, fields

import numpy as np

from gatecast._files import Tensors
from gatecast._json import JsonObject
from gatecast.data.features.yearly_lags import YearlyLags
from gatecast.data.panel.panel import Columns, Panel
from gatecast.data.values.scaling import Scaling
from gatecast.data.values.transforms import transform_from_arrays
from gatecast.metrics.conformal import Conformal
from gatecast.model.fitted import Fitted
from gatecast.model.inputs import Preparation
from gatecast.model.record import FitRecord
from gatecast.network.ensemble import Ensemble
from gatecast.network.inputs import LossSettings, PanelArrays, ValueInputs
from gatecast.network.memory import Memory, TrainedNetwork
from gatecast.network.spec import NetworkSpec

__all__ = ["facts_of", "tensors_of", "unpack"]

# what all series and all members share; everything else in `PanelArrays` is an array
COUNTS = ("n_ahead_numbers", "n_ahead_codes")


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
        "series.lengths": fitted.lengths,
        "series.anchors": fitted.anchors,
        "series.tail": fitted.tail,
        "series.years": fitted.years,
        "series.naive_scales": fitted.naive_scales,
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
        "encoder": None if encoder is None else encoder.to_dict(),
        "yearly_lags": None if preparation.yearly_lags is None else preparation.yearly_lags.to_dict(),
        "after": _about_series(fitted.after),
        "record": asdict(fitted.record),
    }


def unpack(tensors: Tensors, facts: JsonObject, n_threads: int) -> Fitted:
    """Put a fitted model together again."""
    record = FitRecord.from_dict(facts["record"])
    value_inputs = record.value_inputs
    networks = _networks(tensors, facts, value_inputs, n_threads)
    arrays: JsonObject = {**_below("recent", tensors), **facts["recent"]}
    recent = PanelArrays(**arrays)
    calibration = _below("calibration", tensors)
    return Fitted(
        ensemble=Ensemble(networks),
        memories=tuple(Memory(recent, tensors[f"members.{n}.state"]) for n in range(len(networks))),
        preparation=_preparation(tensors, facts, record.transform, value_inputs),
        after=_series(facts["after"], tensors["series.starts"]),
        lengths=tensors["series.lengths"],
        anchors=tensors["series.anchors"],
        tail=tensors["series.tail"],
        years=tensors["series.years"],
        naive_scales=tensors["series.naive_scales"],
        calibration=Conformal.from_arrays(calibration) if calibration else None,
        record=record,
    )


def _named(prefix: str, tensors: Tensors) -> Tensors:
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def _below(prefix: str, tensors: Tensors) -> Tensors:
    return {n.removeprefix(f"{prefix}."): t for n, t in tensors.items() if n.startswith(f"{prefix}.")}


def _arrays_of(recent: PanelArrays) -> Tensors:
    each = {field.name: getattr(recent, field.name) for field in fields(recent) if field.name not in COUNTS}
    return {name: array for name, array in each.items() if array is not None}


def _networks(
    tensors: Tensors, facts: JsonObject, value_inputs: ValueInputs, n_threads: int
) -> tuple[TrainedNetwork, ...]:
    spec, window = NetworkSpec.from_dict(facts["spec"]), facts["window"]
    loss = LossSettings(**{**facts["loss"], "quantiles": tuple(facts["loss"]["quantiles"])})

    def network(n: int) -> TrainedNetwork:
        named = _below(f"members.{n}.weights", tensors)
        weights = np.concatenate([named[name].ravel() for name in spec.shapes])
        return TrainedNetwork(spec, weights, loss, value_inputs, window, n_threads)

    return tuple(network(n) for n in range(facts["n_members"]))


def _preparation(tensors: Tensors, facts: JsonObject, transform: str, value_inputs: ValueInputs) -> Preparation:
    encoder = None
    if facts["encoder"] is not None:
        from gatecast.data.features.encoding import CovariateEncoder

        encoder = CovariateEncoder.from_dict(facts["encoder"])
    return Preparation(
        transform=transform_from_arrays(transform, _below("transform", tensors)),
        scaling=Scaling(tensors["scaling.center"], tensors["scaling.scale"], facts["scaling"]),
        spreads=tensors["series.spreads"],
        units=tensors["series.units"],
        value_inputs=value_inputs,
        encoder=encoder,
        yearly_lags=None if facts["yearly_lags"] is None else YearlyLags.from_dict(facts["yearly_lags"]),
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


def _series(facts: JsonObject, starts: np.ndarray) -> Panel:
    ids = facts["ids"]
    return Panel(
        ids=np.array(ids, dtype=object) if isinstance(ids[0], str) else np.array(ids),
        values=np.zeros(0),
        offsets=np.zeros(len(ids) + 1, np.int64),
        starts=starts.astype(facts["unit"]) if facts["unit"] else starts,
        freq=facts["freq"],
        columns=Columns(**facts["columns"]),
        backend=facts["backend"],
        timezone=facts["timezone"],
        past={name: _column([], is_object=is_object) for name, is_object in facts["past"].items()},
        future={name: _column([], is_object=is_object) for name, is_object in facts["future"].items()},
        static={name: _column(values, is_object=is_object) for name, (is_object, values) in facts["static"].items()},
    )


def _column(values: list[object], *, is_object: bool) -> np.ndarray:
    return np.array(values, dtype=object if is_object else np.float64)
