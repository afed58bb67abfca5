"""How long does a step of the tutorial's kind take: one window of one point, 50 units, batch 1?"""

from __future__ import annotations

from contextlib import ExitStack

from harness.goals import Row
from harness.processes import SideProcess
from harness.steps import StepCase, choose_fastest
from harness.turns import Times, take_turns

__all__ = ["run"]

CASE = StepCase(1, 1, 50)
FITS = ("Keras fit", "Keras fit, 100 steps per execution")
# a fit has a fixed cost, which 1,000 steps make small
FIXED = dict.fromkeys(FITS, 1000)
JAX, TORCH, KERAS = "jax_step:JaxStep", "torch_step:TorchStep", "keras_step:KerasStep"


def run() -> list[Row]:
    """Measure all four libraries in turn."""
    with ExitStack() as stack:
        ours, keras = CASE.side(stack, "gatecast_step:GatecastStep"), CASE.side(stack, KERAS)
        difference = CASE.prove("Keras", ours, keras)
        notes = {
            "Keras train_on_batch": f"equal to {difference:.0e}",
            FITS[1]: "steps_per_execution=100",
        }
        timers = {"gatecast": ours.timer("time"), "gatecast, one step a call": ours.timer("time_single")}
        peers = {
            "JAX, by hand": (JAX, ["by hand"]),
            "JAX, general": (JAX, ["general"]),
            "PyTorch": (TORCH, []),
        }
        for name, (side, form) in peers.items():
            peer = CASE.side(stack, side)
            notes[name] = _prepare(name, ours, peer, *form)
            timers[name] = peer.timer("time")
        timers["Keras train_on_batch"] = keras.timer("time")
        timers |= {name: keras.timer("time_fit", grouped=name == FITS[1]) for name in FITS}
        return _rows(take_turns(timers, fixed=FIXED), notes)


def _prepare(name: str, ours: SideProcess, peer: SideProcess, *form: str) -> str:
    """Choose a peer's fastest form, then show that it computes the same."""
    variant = choose_fastest(peer, peer.call("variants", **({"form": form[0]} if form else {})))
    return f"{variant}; equal to {CASE.prove(name, ours, peer):.0e}"


def _rows(times: Times, notes: dict[str, str]) -> list[Row]:
    rows = []
    for name in list(times.seconds)[2:]:
        ratio = times.ratio(name)
        note = notes.get(name, "")
        rows.append(Row("batch_one", f"{name} / gatecast", ratio.value, "times", ratio.low, ratio.high, note))
    for name, seconds in times.seconds.items():
        us = [1e6 * value for value in seconds]
        rows.append(Row("batch_one", name, 1e6 * times.median(name), "us", min(us), max(us)))
    return rows
