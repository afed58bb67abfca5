"""What does `gatecast doctor` do? Say what is installed and in use, and check the core."""

from __future__ import annotations

import os
import platform
import re
import sys
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version

import numpy as np
import typer

from gatecast import __version__
from gatecast._json import JsonObject
from gatecast.cli.commands import DoctorOptions
from gatecast.cli.output import Printer
from gatecast.cli.wording import text, told
from gatecast.network import inputs, reference, wrapper
from gatecast.network.initial import initial_weights
from gatecast.network.layers import LAYERS
from gatecast.network.spec import LayerSpec, NetworkSpec
from gatecast.texts.message import Message

__all__ = ["doctor"]

NEEDED = ("numpy", "pandas", "narwhals", "safetensors", "scipy", "tqdm", "typer", "rich", "charset-normalizer")
# what an extra brings, as a package's own description says it: matplotlib>=3.10; extra == "plots"
EXTRA = re.compile(r"(?P<package>[\w.-]+)[^;]*;.*\bextra\s*==\s*['\"](?P<extra>[\w-]+)['\"]")
# float64 rounding over some thousand sums stays far below
GRADIENT_LIMIT = 1e-10
# float32 holds seven digits, and states are carried over 40 steps
FORECAST_LIMIT = 1e-5
LSTM = (LayerSpec("lstm", 17), LayerSpec("lstm", 9))


def doctor(options: DoctorOptions) -> None:
    """Run the command; exit code 1 when a check fails."""
    printer = Printer(shown=not options.json)
    facts = _facts()
    _say_facts(printer, facts)
    checks = check_core()
    healthy = all(check.passed for check in checks)
    _say_checks(printer, checks, healthy)
    if options.json:
        printer.json({"healthy": healthy, **facts, "checks": [check.report() for check in checks]})
    if not healthy:
        raise typer.Exit(1)


def _facts() -> JsonObject:
    return {
        "gatecast": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "compiler": wrapper.compiler(),
        "packages": {name: _version(name) for name in NEEDED},
        "extras": _extras(),
        "instruction_sets": {"available": wrapper.available_isas(), "in_use": wrapper.isa()},
        "threads": {"in_use": wrapper.thread_count(), "processors": os.cpu_count()},
        "executable": sys.executable,
    }


def _extras() -> dict[str, dict[str, str | None]]:
    """Return the packages of each extra, with their versions; None where one is not installed."""
    found: dict[str, dict[str, str | None]] = {}
    for match in filter(None, map(EXTRA.match, requires("gatecast") or [])):
        if match["extra"] != "all":
            found.setdefault(match["extra"], {})[match["package"]] = _version(match["package"])
    return found


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _say_facts(printer: Printer, facts: JsonObject) -> None:
    sets, threads = facts["instruction_sets"], facts["threads"]
    isa = {"isa": sets["in_use"], "names": sets["available"]}
    is_forced = bool(os.environ.get("GATECAST_ISA"))
    shown = {
        "gatecast": facts["gatecast"],
        "Python": f"{facts['python']}, {facts['executable']}",
        text("doctor.platform"): facts["platform"],
        text("doctor.compiler"): facts["compiler"],
        text("doctor.packages"): _listed(facts["packages"]),
        text("doctor.instructions"): text(
            "doctor.instructions_forced" if is_forced else "doctor.instructions_text", **isa
        ),
        text("doctor.threads"): text("doctor.threads_text", n=threads["in_use"], processors=threads["processors"]),
    }
    for extra, packages in facts["extras"].items():
        missing = text("doctor.not_installed", command=f"pip install 'gatecast[{extra}]'")
        shown[text("doctor.extra", name=extra)] = _listed(packages) if all(packages.values()) else missing
    printer.facts(text("doctor.title"), shown)


def _listed(packages: dict[str, str | None]) -> str:
    named = [f"{name} {number or text('doctor.missing')}" for name, number in packages.items()]
    return text("words.all", shown=named)


def _say_checks(printer: Printer, checks: list[Check], healthy: bool) -> None:
    passed = {True: text("doctor.passed"), False: text("doctor.failed")}
    rows = {f"{passed[check.passed]}  {told(check.name)}": told(check.detail) for check in checks}
    printer.facts(text("doctor.checks", seconds=sum(check.seconds for check in checks)), rows)
    said = text("doctor.well") if healthy else text("doctor.ill", isa=wrapper.available_isas()[0])
    printer.say(said, style="bold")


@dataclass(frozen=True)
class Check:
    """One check of the core against the NumPy reference; the detail is the largest difference, or what went wrong."""

    name: Message
    passed: bool
    detail: Message
    seconds: float

    def report(self) -> JsonObject:
        """Return all of it for JSON."""
        return {"name": str(self.name), "passed": self.passed, "detail": str(self.detail), "seconds": self.seconds}


def check_core() -> list[Check]:
    """Check every instruction set of this machine, and the identity of threads; in about a second."""
    checks, before = [], os.environ.get("GATECAST_ISA")
    try:
        for isa in wrapper.available_isas():
            os.environ["GATECAST_ISA"] = isa
            for key, work in WORK.items():
                started = time.perf_counter()
                passed, detail = work()
                name = Message("doctor.check", {"what": Message(key), "isa": isa})
                checks.append(Check(name, passed, detail, time.perf_counter() - started))
    finally:
        os.environ.pop("GATECAST_ISA", None)
        if before is not None:
            os.environ["GATECAST_ISA"] = before
    return checks


def _gradients() -> tuple[bool, Message]:
    """Compare float64 gradients, for each loss and each kind of layer, with targets missing."""
    worst = max(_gradient_difference(LSTM, name) for name in inputs.LOSSES)
    for kind, layer in LAYERS.items():
        if kind != "lstm":
            worst = max(worst, _gradient_difference((*LSTM[:1], LayerSpec(kind, 9)), "mse", layer.sees_ahead))
    return _is_below(worst, GRADIENT_LIMIT)


def _gradient_difference(stack: tuple[LayerSpec, ...], name: str, windows: bool = False) -> float:
    rng = np.random.default_rng(0)
    loss = inputs.LossSettings(name, quantiles=(0.1, 0.5, 0.9))
    spec = NetworkSpec(2, stack, 3, n_parameters_of_step=loss.n_parameters)
    flat = rng.normal(size=spec.n_parameters) * 0.5
    x, y = rng.normal(size=(5, 12, 2)), rng.normal(size=(5, 1 if windows else 8, 3))
    y[2, 5:] = np.nan
    trainer = wrapper.make_trainer(spec, flat, loss, wrapper.OptimizerSettings(), 1)
    ours = reference.Gradients(*trainer.gradient(wrapper.array_source(x[None], y[None]), False))
    expected = reference.gradients(spec, flat, reference.Batch(x, y), loss)
    return max(
        _difference(ours.weights, expected.weights),
        _difference(ours.inputs, expected.inputs),
        _difference(np.array(ours.loss), np.array(expected.loss)),
    )


def _forecasts() -> tuple[bool, Message]:
    """Compare float32 forecasts along one sequence, a mixture of candidates among them."""
    value_inputs = inputs.ValueInputs((1, 7), (1, 7))
    spec = NetworkSpec(value_inputs.n_inputs, (LayerSpec("lstm", 50),), 4, n_skip_forecasts=2)
    flat, loss = initial_weights(spec, 0), inputs.LossSettings()
    panel, exact = (_sine(40, dtype) for dtype in (np.float32, np.float64))
    whole = wrapper.Stretches(*(np.array([number]) for number in (0, 0, 40)))
    run = wrapper.run_sequences(spec, flat, loss, value_inputs, panel, whole, width=spec.horizon)
    batch = reference.batch_of(exact, value_inputs, [(0, 0)], 40, 0, spec.horizon)
    expected = reference.gradients(spec, flat.astype(np.float64), batch, loss).predictions
    return _is_below(_difference(run.every, expected[0]), FORECAST_LIMIT)


def _threads() -> tuple[bool, Message]:
    """Train a few steps on one, two and three threads: the weights must be the same, bit by bit."""
    weights = [_trained(n_threads) for n_threads in (1, 2, 3)]
    same = all(np.array_equal(weights[0], other) for other in weights[1:])
    return same, Message("doctor.same" if same else "doctor.different")


def _trained(n_threads: int) -> np.ndarray:
    spec = NetworkSpec.plain(1, (24,), 2)
    source = wrapper.segment_source(_sine(600, np.float32), inputs.ValueInputs(), 8, 24, 13, 0)
    settings = inputs.LossSettings(), wrapper.OptimizerSettings(clip_norm=1.0)
    trainer = wrapper.make_trainer(spec, initial_weights(spec, 0), *settings, n_threads)
    trainer.run(source, 0, np.full(20, 0.01))
    return np.asarray(trainer.weights())


def _sine(length: int, dtype: type) -> inputs.PanelArrays:
    values = np.sin(np.arange(length) * 0.1).astype(np.float32).astype(dtype)
    return inputs.PanelArrays(values, values, np.array([0, length]), np.ones(1))


def _difference(actual: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest difference over the largest expected number; NaN counts as infinite."""
    difference = np.abs(actual - expected).max() / max(float(np.abs(expected).max()), 1e-300)
    return float(difference) if np.isfinite(difference) else float("inf")


def _is_below(worst: float, limit: float) -> tuple[bool, Message]:
    return worst < limit, Message("doctor.difference", {"worst": worst, "limit": limit})


WORK = {"doctor.gradients": _gradients, "doctor.forecasts": _forecasts, "doctor.threads": _threads}
