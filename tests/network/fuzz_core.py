"""What does the compiled core do with calls that are wrong? Every one must end in an exception.

`test_core_fuzz` runs this file as a process of its own: a call that crashes or hangs ends the process, not the tests.
"""

from __future__ import annotations

import faulthandler
import itertools
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gatecast.network import _native

# far more than any call takes, also under a sanitizer: what takes longer hangs
SECONDS_UNTIL_HANGING = 60.0
N_PAIRS = 300

Call = Callable[..., object]
Arguments = dict[str, Any]

WHOLE = [-1, -(2**31), 2**31 - 1, 2**31, 2**63 - 1, 2**63, -(2**63), 10**30, None, "x", 1.5, np.nan]
REAL = [np.nan, np.inf, -np.inf, -1.0, -1e300, None, "x", (1.0,)]
OTHER = [None, "x", 3, object(), []]
# what is unusual and still right: any seed, segments and burn-ins that are cut to the series, any scale of a loss
RIGHT = {("seed", 2**63 - 1), ("seed", 2**63), ("seed", 2**31), ("seed", 2**31 - 1), ("n_targets", 2**31 - 1)}
RIGHT |= {("n", 2**31 - 1), ("n", 2**31)} | {("key", value) for value in (2**31 - 1, 2**31, 2**63 - 1, 2**63)}
RIGHT |= {("step", value) for value in (2**31 - 1, 2**31, 2**63 - 1)}
RIGHT |= {("adam_steps", 2**31 - 1), ("adam_steps", 2**31), ("first_step", 2**31 - 1), ("first_step", 2**31)}
RIGHT |= {("huber_delta", np.inf), ("center", -1.0), ("center", -1e300), ("value", np.inf), ("value", -np.inf)}
RIGHT |= {("value", -1.0), ("value", -1e300), ("value", np.nan)}


# arrays that may have any length, and numbers that may be negative
ANY_LENGTH = ("rates",)
SIGNED = ("skip_forecasts",)


def wrong_arrays(array: np.ndarray, any_length: bool) -> Iterator[object]:
    """Arrays that are not what `array` is: of other types, shapes and layouts."""
    yield from (None, "x", 3.0, object(), np.float32(1.0), array.tolist())
    for dtype in (np.int16, np.uint8, np.float16, np.complex64, bool, object, ">f4", ">i8", "datetime64[s]"):
        yield array.astype("i8").astype(dtype)
    yield from (array.astype(other) for other in ("f4", "f8", "i4", "i8") if np.dtype(other) != array.dtype)
    yield from (array[None], array[..., None], array.ravel()[:1].reshape(()) if array.size else array[None, None])
    yield np.zeros((0,) * (array.ndim + 1), array.dtype)
    if not array.size:
        return
    if not any_length:
        yield from (np.concatenate([array, array]), array[:-1], array[..., :-1], array[:0])
    yield from (np.repeat(array, 2, axis=0)[::2], np.repeat(array, 2, axis=-1)[..., ::2], array[::-1])
    yield from (
        np.lib.stride_tricks.as_strided(array, strides=(0,) * array.ndim),
        np.broadcast_to(array, (2, *array.shape)),
    )
    if array.ndim > 1:
        yield np.asfortranarray(array)


def wrong_contents(name: str, array: np.ndarray) -> Iterator[np.ndarray]:
    """Arrays of the right shape that point to where nothing is, or hold what makes no sense."""
    numbers: tuple[float, ...] = ()
    if name in ("offsets", "series", "starts", "lengths", "origins"):
        numbers = (-1, 10**6, 2**31, 2**62, 2**63 - 1, -(2**63))
    elif name in ("rates", "target_weights"):
        numbers = (np.nan, np.inf, -np.inf)
    for number, place in itertools.product(numbers, (0, -1)):
        changed = array.copy()
        changed.flat[place] = number
        yield changed
    if name == "offsets":
        yield array[::-1].copy()


def wrong_values(name: str, value: object) -> list[object]:
    """Return what may not stand for an argument."""
    if isinstance(value, np.ndarray):
        found = [*wrong_arrays(value, name in ANY_LENGTH), *wrong_contents(name, value)]
        # of no length they say that all targets count the same
        is_right = [name == "target_weights" and np.shape(wrong) == (0,) for wrong in found]
        return [wrong for wrong, right in zip(found, is_right, strict=True) if not right]
    if isinstance(value, bool):
        return [None, "x", 2, 1.0, np.ones(2)]
    if isinstance(value, int):
        return [wrong for wrong in WHOLE if (name, wrong) not in RIGHT]
    if isinstance(value, float):
        return [wrong for wrong in REAL if (name, wrong) not in RIGHT]
    if isinstance(value, str):
        return [None, 3, "nothing", b"x"]
    if isinstance(value, list):
        negative: list[object] = [] if name in SIGNED else [[-1]]
        return [None, 3, "x", [None], [2**31], [10**30], ["x"], [[1]], [np.nan], list(range(-9, 9)), *negative]
    return [*OTHER, type(value).__new__(type(value)), _native.Loss.__new__(_native.Loss)]


# --- calls that are right ---------------------------------------------------------------------------------------------

RNG = np.random.default_rng(0)
N, LENGTHS = 30, (12, 18)


def layer(kind: str = "lstm", units: int = 4, **changes: Any) -> _native.Layer:
    """Describe a layer."""
    right = {"kind": kind, "units": units, "dilation": 1, "residual": False, "ends_stack": True, "dropout": 0.0}
    return _native.Layer(**(right | changes))


SHAPE: Arguments = {
    "dense_inputs": 10,
    "embeddings": [[2, 2]] * 4,
    "layers": [layer()],
    "n_stack_layers": 1,
    "horizon": 3,
    "n_skip_forecasts": 3,
    "n_parameters_of_step": 1,
    "n_contexts": 2,
    "n_ahead_numbers": 2,
    "n_ahead_codes": 1,
    "future_units": 4,
}
# one input, no covariates, no skip forecasts
PLAIN = SHAPE | {
    "dense_inputs": 1,
    "embeddings": [],
    "n_skip_forecasts": 0,
    "n_contexts": 0,
    "n_ahead_numbers": 0,
    "n_ahead_codes": 0,
    "future_units": 0,
}
LOSS: Arguments = {"kind": "mse", "huber_delta": 1.0, "quantiles": [0.1, 0.5]}
SEEN: Arguments = {"lags": [1, 2], "skip_forecasts": [1, -3], "drifts": [], "averages": [(2, 3, 1, 0)], "level": True}
OPTIMIZER: Arguments = {
    "beta1": 0.9,
    "beta2": 0.999,
    "epsilon": 1e-7,
    "clip_norm": 1.0,
    "weight_decay": 0.0,
    "ema_decay": 0.9,
    "n_threads": 2,
    "isa": "baseline",
}


def panel_arguments(dtype: type = np.float32) -> Arguments:
    """Two series with covariates."""
    values = RNG.normal(size=N).astype(dtype)
    return {
        "values": values,
        "targets": values.copy(),
        "offsets": np.array([0, LENGTHS[0], N]),
        "units": np.ones(2),
        "spreads": np.ones(2, dtype),
        "target_weights": np.ones(N, dtype),
        "numbers": np.ones((N, 3), dtype),
        "codes": np.ones((N, 2), np.int32),
        "static_numbers": np.ones((2, 2), dtype),
        "static_codes": np.ones((2, 2), np.int32),
        "n_ahead_numbers": 2,
        "n_ahead_codes": 1,
    }


def size_of(shape: _native.Shape) -> tuple[int, int]:
    """Count the weights and the numbers of the state."""
    trainer = _native.Trainer_float32(shape=shape, loss=_native.Loss(**LOSS), **OPTIMIZER)
    return len(trainer.weights()), trainer.state_size


def right_calls() -> dict[str, tuple[Call, Arguments]]:
    """Name the calls of the core, with arguments that fit."""
    shape, plain, loss, seen = (
        _native.Shape(**SHAPE),
        _native.Shape(**PLAIN),
        _native.Loss(**LOSS),
        _native.ValueInputs(**SEEN),
    )
    panel = _native.Panel_float32(**panel_arguments())
    n_weights, n_state = size_of(shape)
    weights = RNG.normal(size=n_weights).astype(np.float32)
    trainer = _native.Trainer_float32(shape=shape, loss=loss, **OPTIMIZER)
    windows = {"lookback": 4, "horizon": 3, "batch_size": 4, "shuffle": True, "n_dropped": 0, "seed": 1}
    segments = {"burn_in": 2, "n_targets": 4, "batch_size": 3, "seed": 1}
    of_panel = {"panel": panel, "value_inputs": seen}
    source = _native.SegmentSource_float32(**of_panel, **segments)
    network = {"shape": shape, "loss": loss, "value_inputs": seen, "weights": weights}
    run_in = {"panel": panel, "series": np.array([0, 1]), "n_threads": 2, "isa": "baseline"}
    nothing_seen = _native.ValueInputs(lags=[], skip_forecasts=[], drifts=[], averages=[], level=True)
    n_plain, n_plain_state = size_of(plain)
    plain_weights = RNG.normal(size=n_plain).astype(np.float32)
    of_stream = {
        "shape": plain,
        "loss": loss,
        "value_inputs": nothing_seen,
        "weights": plain_weights,
        "isa": "baseline",
    }
    of_stream |= {"window": 0, "center": 0.0, "unit": 1.0, "spread": 1.0}
    stream = _native.Stream_float32(**of_stream)
    x, y = np.zeros((2, 3, 4, 1), np.float32), np.zeros((2, 3, 2, 3), np.float32)
    return {
        "Layer": (
            _native.Layer,
            {"kind": "lstm", "units": 4, "dilation": 1, "residual": False, "ends_stack": True, "dropout": 0.1},
        ),
        "Shape": (_native.Shape, SHAPE),
        "Loss": (_native.Loss, LOSS),
        "ValueInputs": (_native.ValueInputs, SEEN),
        "Panel_float32": (_native.Panel_float32, panel_arguments()),
        "Panel_float64": (_native.Panel_float64, panel_arguments(np.float64)),
        "ArraySource": (_native.ArraySource_float32, {"x": x, "y": y, "target_weights": np.ones_like(y), "first": 2}),
        "WindowSource": (_native.WindowSource_float32, of_panel | windows),
        "SegmentSource": (_native.SegmentSource_float32, of_panel | segments),
        "batch": (source.batch, {"step": 0}),
        "shuffled": (_native.shuffled, {"index": 3, "n": 10, "key": 1}),
        "Trainer": (_native.Trainer_float32, {"shape": shape, "loss": loss, **OPTIMIZER}),
        "set_weights": (trainer.set_weights, {"weights": weights}),
        "set_mean_weights": (trainer.set_mean_weights, {"weights": weights}),
        "set_moments": (trainer.set_moments, {"moments": np.zeros((2, n_weights), np.float32), "adam_steps": 3}),
        "run": (trainer.run, {"source": source, "first_step": 0, "rates": np.full(3, 1e-3)}),
        "run_into": (
            trainer.run_into,
            {"source": source, "first_step": 0, "rates": np.full(3, 1e-3), "records": np.zeros((3, 5))},
        ),
        "gradient": (trainer.gradient, {"source": source, "chance": True}),
        "run_sequences": (
            _native.run_sequences_float32,
            {
                **network,
                **run_in,
                "starts": np.array([2, 0]),
                "lengths": np.array([10, 18]),
                "zero_state": False,
                "state": np.zeros((2, n_state), np.float32),
                "last": np.zeros((2, 1, 3), np.float32),
                "every": np.zeros((28, 1, 3), np.float32),
                "every_from": np.zeros(2, np.int64),
                "every_step": 1,
                "trace": np.zeros((28, 24), np.float32),
                "trace_each": True,
            },
        ),
        "forecast_slopes": (
            _native.forecast_slopes_float32,
            {
                **network,
                **run_in,
                "origins": np.array([5, 17]),
                "n_steps": 4,
                "middle": 0,
                "inputs": np.zeros((2, 3, 4, 10), np.float32),
                "shares": np.zeros((2, 3, 3), np.float32),
                "ahead": np.zeros((2, 3, 2), np.float32),
            },
        ),
        "Stream": (_native.Stream_float32, of_stream),
        "set_state": (stream.set_state, {"state": np.zeros(n_plain_state, np.float32)}),
        "remember": (stream.remember, {"values": np.zeros(5, np.float32), "targets": np.zeros(5, np.float32)}),
        "update": (stream.update, {"value": 1.0, "observed": True}),
    }


# --- calls that are wrong ---------------------------------------------------------------------------------------------


def wrong_calls() -> Iterator[tuple[str, Call, Arguments]]:
    """All calls with one wrong argument, some with two, and objects that do not fit each other."""
    calls = right_calls()
    for name, (call, right) in calls.items():
        yield f"{name}()", call, {}
        yield f"{name}(unknown)", call, right | {"unknown": 1}
        for argument, value in right.items():
            for k, wrong in enumerate(wrong_values(argument, value)):
                yield f"{name}({argument}: {k})", call, right | {argument: wrong}
    rng = np.random.default_rng(1)
    several = [name for name, (_, right) in calls.items() if len(right) > 1]
    for _ in range(N_PAIRS):
        name = several[rng.integers(len(several))]
        call, right = calls[name]
        changed = {}
        for argument in rng.choice(list(right), 2, replace=False).tolist():
            choice = wrong_values(argument, right[argument])
            k = int(rng.integers(len(choice)))
            changed[f"{argument}: {k}"] = (argument, choice[k])
        yield f"{name}({', '.join(changed)})", call, right | dict(changed.values())
    yield from misfits()


def misfits() -> Iterator[tuple[str, Call, Arguments]]:
    """Objects that are right by themselves and do not fit each other, or no machine."""
    loss, seen = _native.Loss(**LOSS), _native.ValueInputs(**SEEN)
    panel = _native.Panel_float32(**panel_arguments())
    double = _native.Panel_float64(**panel_arguments(np.float64))
    segments = {"burn_in": 2, "n_targets": 4, "batch_size": 3, "seed": 1}
    source = _native.SegmentSource_float32(panel=panel, value_inputs=seen, **segments)
    sources = {
        "double": _native.SegmentSource_float64(panel=double, value_inputs=seen, **segments),
        "inputs": _native.ArraySource_float32(
            x=np.zeros((1, 2, 3, 8), np.float32),
            y=np.zeros((1, 2, 1, 3), np.float32),
            target_weights=np.zeros(0, np.float32),
            first=2,
        ),
        "other skip forecasts": _native.SegmentSource_float32(
            panel=panel,
            value_inputs=_native.ValueInputs(lags=[1, 2], skip_forecasts=[1], drifts=[], averages=[], level=True),
            **segments,
        ),
    }
    trainer = _native.Trainer_float32(shape=_native.Shape(**SHAPE), loss=loss, **OPTIMIZER)
    for name, other in sources.items():
        yield f"run(source: {name})", trainer.run, {"source": other, "first_step": 0, "rates": np.full(3, 1e-3)}
        yield f"gradient(source: {name})", trainer.gradient, {"source": other, "chance": False}
    for name, size in (("dense_inputs", 8), ("horizon", 2), ("n_skip_forecasts", 1), ("n_ahead_codes", 2)):
        other_trainer = _native.Trainer_float32(shape=_native.Shape(**(SHAPE | {name: size})), loss=loss, **OPTIMIZER)
        if name != "horizon":  # segments know no horizon
            yield f"run({name})", other_trainer.run, {"source": source, "first_step": 0, "rates": np.full(3, 1e-3)}
    yield "init twice", trainer.__init__, {"shape": _native.Shape(**SHAPE), "loss": loss, **OPTIMIZER}  # type: ignore[misc]
    for units in (2**20, 2**18):
        large = _native.Shape(**(PLAIN | {"layers": [layer(units=units)]}))
        yield f"Trainer({units} units)", _native.Trainer_float32, {"shape": large, "loss": loss, **OPTIMIZER}
    for dtype in ("float32", "float64"):
        uninitialized = getattr(_native, f"Trainer_{dtype}")
        yield "uninitialized", uninitialized.__new__(uninitialized).weights, {}
    empty = panel_arguments() | {
        name: np.zeros(0, np.float32) for name in ("values", "targets", "spreads", "target_weights")
    }
    empty |= {"offsets": np.zeros(1, np.int64), "units": np.zeros(0), "n_ahead_numbers": 0, "n_ahead_codes": 0}
    empty |= {name: np.zeros((0, 0), np.float32) for name in ("numbers", "static_numbers")}
    empty |= {name: np.zeros((0, 0), np.int32) for name in ("codes", "static_codes")}
    nothing = _native.Panel_float32(**empty)
    yield "segments of nothing", _native.SegmentSource_float32, {"panel": nothing, "value_inputs": seen, **segments}


def main(first: int) -> None:
    """Make the wrong calls from number `first` on, and say of each what came of it."""
    # what was right must be right, or the wrong calls prove nothing
    for call, right in right_calls().values():
        call(**right)
    for number, (name, call, arguments) in enumerate(wrong_calls()):
        if number < first:
            continue
        print(number, name, flush=True)
        faulthandler.dump_traceback_later(SECONDS_UNTIL_HANGING, exit=True)
        try:
            call(**arguments)
        except Exception as error:
            print("raised", type(error).__name__, flush=True)
        else:
            print("accepted", flush=True)
        faulthandler.cancel_dump_traceback_later()
    print("all done", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
